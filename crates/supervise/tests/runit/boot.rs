//! Scripts of `my_init.d` with real processes.

use std::{
    fs,
    future::pending,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use preflight_processes::{Adoption, Processes};
use preflight_supervise::boot::{BootError, Notice, Settings, Variables, run};
use tempfile::TempDir;
use tokio::time::sleep;

use super::place::script;

struct Boot {
    base: TempDir,
    settings: Settings,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Boot {
    fn new(scripts: &[(&str, &str)]) -> Self {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        let settings = Settings {
            folder: at("my_init.d"),
            last: at("rc.local"),
            environment: at("container_environment"),
            limit: Duration::from_secs(10),
            grace: Duration::from_secs(10),
        };
        for folder in [&settings.folder, &settings.environment] {
            fs::create_dir(folder).unwrap();
        }
        for (name, body) in scripts {
            let path = if *name == "rc.local" { settings.last.clone() } else { settings.folder.join(name) };
            script(&path, body);
        }
        Self { base, settings, lines: Arc::default() }
    }

    async fn run(&self, stop: impl Future<Output = ()>) -> Result<Variables, BootError> {
        let processes = Processes::start(Adoption::Leave).unwrap();
        let lines = Arc::clone(&self.lines);
        let given = [("PATH", std::env::var("PATH").unwrap()), ("GIVEN", "g".to_owned())];
        let given = Variables::new(given.map(|(name, value)| (name.to_owned(), value)));
        let tell = Arc::new(move |notice: Notice| {
            if let Notice::Line { script, line } = notice {
                let name = script.file_name().unwrap().to_string_lossy().into_owned();
                lines.lock().unwrap().push(format!("{name}: {}", String::from_utf8_lossy(&line)));
            }
        });
        let mut stop = Some(Box::pin(stop));
        let stop = async || match &mut stop {
            Some(future) => {
                future.await;
                stop = None;
            }
            None => std::future::pending().await,
        };
        run(&self.settings, given, &processes, stop, tell).await
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.base.path().join(name)).unwrap_or_default()
    }
}

fn runs(pid_file: &Path) -> bool {
    let pid = fs::read_to_string(pid_file).unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[tokio::test]
async fn scripts_run_in_order_and_hand_on_their_variables() {
    let boot = Boot::new(&[
        (
            "10_first",
            r#"echo "$GIVEN $FILE"; echo new > "${0%/*}/../container_environment/ADDED"; rm "${0%/*}/../container_environment/GIVEN""#,
        ),
        ("20_second", r#"echo "$ADDED ${GIVEN-gone}"; echo error >&2; printf 'no newline'"#),
        ("rc.local", "echo last"),
    ]);
    fs::write(boot.settings.environment.join("FILE"), "f\n").unwrap();
    let variables = boot.run(pending()).await.unwrap();
    assert_eq!(
        boot.lines(),
        [
            "10_first: g f",
            "20_second: new gone",
            "20_second: error",
            "20_second: no newline",
            "rc.local: last"
        ]
    );
    let names: Vec<&str> = variables.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ADDED", "FILE", "PATH"]);
    assert!(boot.file("container_environment.sh").contains("export ADDED='new'\n"));
    assert!(boot.file("container_environment.json").contains("\"FILE\": \"f\""));
}

#[tokio::test]
async fn the_first_that_fails_is_the_last() {
    let boot = Boot::new(&[("1", "echo one; exit 3"), ("2", "echo two")]);
    let error = boot.run(pending()).await.unwrap_err();
    assert!(error.to_string().ends_with("/1: it exited with 3"), "{error}");
    assert_eq!(boot.lines(), ["1: one"]);
}

#[tokio::test]
async fn what_takes_too_long_is_ended_with_its_group() {
    let mut boot =
        Boot::new(&[("1", r#"trap '' TERM; sleep 60 & echo $! > "${0%/*}/../pid"; wait; wait; sleep 60"#)]);
    boot.settings.limit = Duration::from_millis(300);
    let began = Instant::now();
    let error = boot.run(pending()).await.unwrap_err();
    assert!(matches!(error, BootError::TooLong { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(!runs(&boot.base.path().join("pid")));
}

#[tokio::test]
async fn a_stop_is_heard_while_a_script_runs() {
    let boot = Boot::new(&[("1", r#"echo $$ > "${0%/*}/../pid"; sleep 60"#), ("2", "echo two")]);
    let began = Instant::now();
    let error = boot.run(sleep(Duration::from_millis(300))).await.unwrap_err();
    assert!(matches!(error, BootError::Stopped { script: Some(_) }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(3) && boot.lines().is_empty());
    assert!(!runs(&boot.base.path().join("pid")));
}

#[tokio::test]
async fn a_daemon_that_a_script_leaves_goes_on_and_can_write() {
    let daemon = r#"(sleep 0.7; echo later; sleep 0.2; echo done > "${0%/*}/../done") & echo now"#;
    let boot = Boot::new(&[("1", daemon)]);
    boot.run(pending()).await.unwrap();
    assert_eq!(boot.lines(), ["1: now"]);
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!((boot.lines().last().unwrap().as_str(), boot.file("done").as_str()), ("1: later", "done\n"));
}
