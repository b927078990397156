//! A run whose lines can be read while it goes on. It is killed when it is dropped.

use std::fs::File;
use std::path::PathBuf;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::scene::{LONG, Scene};

/// A run that goes on, or has ended.
pub(crate) struct Logged {
    child: Child,
    scene: Scene,
}

/// Starts it.
pub(crate) fn logged(scene: Scene) -> Logged {
    let log = File::create(scene.path("log")).expect("a file");
    let mut command = scene.command();
    command.stdout(log.try_clone().expect("one more")).stderr(log);
    Logged { child: command.spawn().expect("the built binary runs"), scene }
}

/// Writes a file at once, as whoever fills in a value does.
pub(crate) fn write(scene: &Scene, name: &str, text: &str) {
    let (path, staged) = (scene.path(name), scene.path(&format!("{name}.staged")));
    std::fs::write(&staged, text).expect("a file");
    std::fs::rename(staged, path).expect("renamed");
}

impl Logged {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scene.path(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        write(&self.scene, name, text);
    }

    /// The text of a file; empty when it is not there.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.scene.path(name)).unwrap_or_default()
    }

    /// All that was said by now.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.scene.path("log")).unwrap_or_default()).into_owned()
    }

    /// Waits until it is said.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        self.waits_until(words, || self.said().contains(words));
    }

    #[track_caller]
    pub(crate) fn never_said(&self, words: &str) {
        let said = self.said();
        assert!(!said.contains(words), "{words:?} in\n{said}");
    }

    /// Waits until a file has this text.
    #[track_caller]
    pub(crate) fn becomes(&self, name: &str, text: &str) {
        self.waits_until(&format!("{name} is {text:?}"), || self.read(name) == text);
    }

    #[track_caller]
    pub(crate) fn waits_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < LONG, "never: {what}\n{}", self.said());
            sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a number");
        kill_process(Pid::from_raw(pid).expect("not 0"), signal).expect("it runs");
    }

    /// Waits for its end, with this code; its lines.
    #[track_caller]
    pub(crate) fn ends_with(mut self, code: i32) -> Self {
        let began = Instant::now();
        let status = loop {
            match self.child.try_wait().expect("a child of ours") {
                Some(status) => break status,
                None => assert!(began.elapsed() < LONG, "it does not end\n{}", self.said()),
            }
            sleep(Duration::from_millis(5));
        };
        assert_eq!(status.code(), Some(code), "{}", self.said());
        self
    }

    /// Asks it to end, which it must do with this code.
    #[track_caller]
    pub(crate) fn stops_with(self, code: i32) -> Self {
        self.signal(Signal::TERM);
        self.ends_with(code)
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
