//! The container engine, and one container of it.

use std::io::Read;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{image, left_out};

/// How long a container may take for anything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the test servers' facts file says.
pub(crate) struct Facts(Value);

impl Facts {
    /// The facts, or none when the run leaves out containers or the database, which was said aloud.
    pub(crate) fn unless_left_out() -> Option<Self> {
        if left_out::any_of(&["container", "postgres"]).is_some() {
            return None;
        }
        let path = std::env::var("PREFLIGHT_TEST_SERVERS")
            .expect("PREFLIGHT_TEST_SERVERS names the facts file: run this through `cargo xtask test`");
        let text = std::fs::read_to_string(&path).unwrap();
        Some(Self(serde_json::from_str(&text).unwrap()))
    }

    /// A fact of a server, as text.
    pub(crate) fn text(&self, server: &str, name: &str) -> String {
        match &self.0[server][name] {
            Value::String(text) => text.clone(),
            Value::Null => panic!("{server} has no {name} among its facts"),
            other => other.to_string(),
        }
    }

    fn words(&self, name: &str) -> Vec<String> {
        let words =
            self.0["container"][name].as_array().unwrap_or_else(|| panic!("the engine has no {name}"));
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    }
}

/// The engine of the facts file, with the tests' image in its store.
pub(crate) struct Engine {
    command: Vec<String>,
    run_options: Vec<String>,
}

impl Engine {
    /// Builds the image, once in a run.
    pub(crate) fn with_image(facts: &Facts) -> Self {
        static BUILT: OnceLock<()> = OnceLock::new();
        let engine = Self { command: facts.words("engine"), run_options: facts.words("run_options") };
        BUILT.get_or_init(|| {
            let context = image::assemble(&facts.text("container", "busybox"));
            let folder = context.path().to_str().unwrap();
            engine.ask(&["build", "--quiet", "--tag", image::NAME, folder]);
        });
        engine
    }

    /// Starts a container in the background with these variables and options, on the machine's own network.
    pub(crate) fn run(&self, environment: &[String], options: &[&str]) -> Container<'_> {
        let mut words = vec!["run", "--detach", "--network=host"];
        words.extend(self.run_options.iter().map(String::as_str));
        words.extend(environment.iter().map(String::as_str));
        words.extend(options);
        words.push(image::NAME);
        Container { engine: self, id: self.ask(&words).trim().to_owned() }
    }

    /// What the engine writes to standard output; it must end well.
    fn ask(&self, words: &[&str]) -> String {
        let output = self.command(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?} ended with {}: {said}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(words);
        command
    }
}

/// A container; removed when dropped.
pub(crate) struct Container<'engine> {
    engine: &'engine Engine,
    id: String,
}

impl Container<'_> {
    /// Waits for its end and returns its exit code.
    pub(crate) fn wait(&self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        while self.inspect("{{.State.Running}}") == "true" {
            assert!(Instant::now() < deadline, "it did not end; it said:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        self.inspect("{{.State.ExitCode}}").parse().unwrap()
    }

    /// Both its outputs, in the order they were written.
    pub(crate) fn log(&self) -> String {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut command = self.engine.command(&["logs", &self.id]);
        let mut logs = command.stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
        // It holds the pipe's other ends, which must be closed for the reading to end.
        drop(command);
        let mut text = Vec::new();
        reader.read_to_end(&mut text).unwrap();
        assert!(logs.wait().unwrap().success(), "the engine has no log of {}", self.id);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Waits until it has said this.
    pub(crate) fn wait_for_line(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log().contains(text) {
            let in_time = Instant::now() < deadline && self.inspect("{{.State.Running}}") == "true";
            assert!(in_time, "it did not say {text:?}, but:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What a program inside it writes.
    pub(crate) fn execute(&self, words: &[&str]) -> String {
        self.engine.ask(&[&["exec", &self.id], words].concat())
    }

    /// Stops it as a platform does: SIGTERM to process 1, and SIGKILL to all after twenty seconds.
    pub(crate) fn stop(&self) {
        self.engine.ask(&["stop", "--time=20", &self.id]);
    }

    fn inspect(&self, format: &str) -> String {
        self.engine.ask(&["inspect", "--format", format, &self.id]).trim().to_owned()
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // A container that cannot be removed goes with the engine's folder.
        let _ = self.engine.command(&["rm", "--force", "--time=0", &self.id]).output();
    }
}
