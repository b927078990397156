//! Exec mode with real children.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use preflight_processes::{Adoption, Environment, ExitStatus, Processes, Program, Signal, Signals};
use tempfile::TempDir;
use tokio::{
    sync::mpsc::{self, Sender},
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{Change, Ending, Notice, Settings, supervise};

const LONG: Duration = Duration::from_secs(20);
const CHANGED: Change = Change::Rendered { changed: true };

/// Exec mode in a task of its own, with a child that writes what happens to it into a file.
struct Scene {
    folder: TempDir,
    changes: Sender<Change>,
    signals: Sender<Signal>,
    notices: Arc<Mutex<Vec<String>>>,
    ending: JoinHandle<Ending>,
}

impl Scene {
    /// `{log}` in the line is the file; the child should write `start` into it when it is ready.
    fn new(line: &str, change: impl FnOnce(Settings) -> Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log").display().to_string();
        let settings = change(Settings::new(Program::Shell(line.replace("{log}", &log).into())));
        let (changes, mut changes_in) = mpsc::channel(8);
        let (signals, signals_in) = mpsc::channel(8);
        let notices = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&notices);
        let ending = tokio::spawn(async move {
            let processes = Processes::start(Adoption::Leave).unwrap();
            let mut signals = Signals::from_channel(signals_in);
            let tell = move |notice: Notice| told.lock().unwrap().push(format!("{notice:?}"));
            supervise(settings, &processes, &mut changes_in, &mut signals, tell).await
        });
        Self { folder, changes, signals, notices, ending }
    }

    async fn tell(&self, change: Change) {
        self.changes.send(change).await.unwrap();
    }

    async fn signal(&self, signal: Signal) {
        self.signals.send(signal).await.unwrap();
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    async fn log_has(&self, expected: &str) {
        let waited = timeout(LONG, async {
            while self.log() != expected {
                sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "{:?} is not {expected:?}", self.log());
    }

    async fn told(&self, part: &str) {
        let waited = timeout(LONG, async {
            while !self.notices.lock().unwrap().iter().any(|notice| notice.contains(part)) {
                sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "{part} was not told: {:?}", self.notices.lock().unwrap());
    }

    /// Waits for the end, and holds that nothing of the child is left: every one has the folder on its command line.
    async fn ends(self) -> Ending {
        let ending = timeout(LONG, self.ending).await.expect("it ends in time").unwrap();
        let name = self.folder.path().to_str().unwrap().as_bytes().to_vec();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let is_ours = line.windows(name.len()).any(|part| part == name);
            assert!(!is_ours, "{} is left", line.escape_ascii());
        }
        ending
    }
}

/// Says when it starts, is told and ends; obeys INT and TERM.
const SERVER: &str = "trap 'echo told >> {log}' USR1; trap 'echo end >> {log}; exit 0' INT; \
    trap 'echo term >> {log}; exit 7' TERM; echo start >> {log}; while :; do sleep 0.02; done";

fn reloading(settings: Settings) -> Settings {
    Settings { reload_signal: Some(Signal::USR1), ..settings }
}

#[tokio::test]
async fn nothing_starts_before_everything_is_rendered() {
    let scene = Scene::new(SERVER, reloading);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(scene.log(), "");
    scene.tell(Change::Rendered { changed: false }).await;
    scene.log_has("start\n").await;
    scene.tell(CHANGED).await;
    scene.log_has("start\ntold\n").await;
    scene.signal(Signal::INT).await;
    let ending = scene.ends().await;
    assert!(matches!(
        ending,
        Ending::Stopped { signal: Some(Signal::INT), child: Some(ExitStatus::Code(0)), killed: false }
    ));
    assert_eq!(ending.code(), 0);
}

#[tokio::test]
async fn a_change_right_after_the_start_does_not_kill_a_child_that_is_not_ready_for_it() {
    let scene = Scene::new(&format!("sleep 0.3; {SERVER}"), reloading);
    scene.tell(CHANGED).await;
    scene.tell(CHANGED).await;
    scene.log_has("start\ntold\n").await;
    scene.signal(Signal::TERM).await;
    assert_eq!(scene.ends().await.code(), 7);
}

#[tokio::test]
async fn a_restart_ends_the_old_child_before_the_new_one_starts() {
    let scene = Scene::new(SERVER, |settings| settings);
    scene.tell(CHANGED).await;
    scene.log_has("start\n").await;
    scene.tell(CHANGED).await;
    scene.log_has("start\nend\nstart\n").await;
    scene.signal(Signal::TERM).await;
    assert_eq!(scene.ends().await.code(), 7, "a TERM is passed on, and the code is the child's");
}

#[tokio::test]
async fn the_programs_code_is_the_childs() {
    for (line, code) in [("exit 42; true", 42), ("kill -KILL $$; true", 137), ("kill -SEGV $$; true", 139)] {
        let scene = Scene::new(line, |settings| settings);
        scene.tell(CHANGED).await;
        let ending = scene.ends().await;
        assert!(matches!(ending, Ending::Child(_)), "{ending:?}");
        assert_eq!(ending.code(), code, "{line}");
    }
}

#[tokio::test]
async fn a_stop_within_a_long_splay_is_obeyed_at_once() {
    let scene =
        Scene::new(SERVER, |settings| Settings { splay: Duration::from_secs(3_600), ..reloading(settings) });
    scene.tell(CHANGED).await;
    scene.log_has("start\n").await;
    scene.tell(CHANGED).await;
    scene.told("Waiting").await;
    let started = Instant::now();
    scene.signal(Signal::TERM).await;
    assert_eq!(scene.ends().await.code(), 7);
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_deaf_child_is_killed_with_its_deaf_children() {
    let deaf = "trap '' INT TERM; (while :; do sleep 0.02; : {log}; done) & echo start >> {log}; while :; do sleep 0.02; done";
    let scene =
        Scene::new(deaf, |settings| Settings { kill_timeout: Duration::from_millis(200), ..settings });
    scene.tell(CHANGED).await;
    scene.log_has("start\n").await;
    scene.signal(Signal::INT).await;
    assert_eq!(scene.ends().await.code(), 137);
    let scene = Scene::new(deaf, |settings| settings);
    scene.tell(CHANGED).await;
    scene.log_has("start\n").await;
    scene.signal(Signal::TERM).await;
    scene.told("Asked").await;
    scene.signal(Signal::TERM).await;
    assert_eq!(scene.ends().await.code(), 137, "a second one hurries");
}

#[tokio::test]
async fn what_a_child_leaves_behind_is_ended_with_it() {
    let line = "(trap 'sleep 0.2; echo late >> {log}; exit' INT; echo start >> {log}; while :; do sleep 0.02; done) & sleep 0.2; exit 3";
    // A background job of a shell ignores INT, and cannot change that.
    let scene = Scene::new(&line.replace("INT", "TERM"), |settings| Settings {
        kill_signal: Signal::TERM,
        ..settings
    });
    scene.tell(CHANGED).await;
    scene.log_has("start\nlate\n").await;
    assert_eq!(scene.ends().await.code(), 3);
}

#[tokio::test]
async fn a_broken_configuration_keeps_the_child_and_a_good_one_replaces_it_when_it_must() {
    let scene = Scene::new(SERVER, reloading);
    scene.tell(CHANGED).await;
    scene.log_has("start\n").await;
    scene.signal(Signal::HUP).await;
    scene.told("ReadConfiguration").await;
    scene.tell(Change::Broken("app.ctmpl:3: unexpected \"}\"".into())).await;
    scene.told("app.ctmpl:3").await;
    let log = scene.folder.path().join("log").display().to_string();
    let command = Program::Shell(SERVER.replace("{log}", &log).into());
    let environment = Environment { custom: vec!["NEW=1".into()], ..Environment::default() };
    scene.tell(Change::Reconfigured(Box::new(Settings { environment, ..Settings::new(command) }))).await;
    scene.log_has("start\nend\nstart\n").await;
    scene.tell(Change::Stop).await;
    assert!(matches!(scene.ends().await, Ending::Stopped { signal: None, .. }));
}

#[tokio::test]
async fn other_signals_reach_the_child() {
    let line = "trap 'echo two >> {log}' USR2; trap 'echo size >> {log}' WINCH; echo start >> {log}; while :; do sleep 0.02; done";
    let scene = Scene::new(line, |settings| settings);
    scene.tell(CHANGED).await;
    scene.log_has("start\n").await;
    scene.signal(Signal::USR2).await;
    scene.log_has("start\ntwo\n").await;
    scene.signal(Signal::WINCH).await;
    scene.log_has("start\ntwo\nsize\n").await;
    scene.signal(Signal::TERM).await;
    assert_eq!(scene.ends().await.code(), 143);
}

#[tokio::test]
async fn a_child_that_is_stopped_still_ends() {
    let scene = Scene::new(SERVER, reloading);
    scene.tell(CHANGED).await;
    scene.log_has("start\n").await;
    scene.signal(Signal::TSTP).await;
    sleep(Duration::from_millis(50)).await;
    scene.signal(Signal::TERM).await;
    assert_eq!(scene.ends().await.code(), 7);
}

#[tokio::test]
async fn when_the_caller_has_no_more_changes_the_child_runs_to_its_end() {
    let scene = Scene::new("sleep 0.2; exit 5", |settings| settings);
    scene.tell(CHANGED).await;
    scene.told("Started").await;
    let Scene { changes, ending, .. } = scene;
    drop(changes);
    assert_eq!(timeout(LONG, ending).await.unwrap().unwrap().code(), 5);
    let never = Scene::new("exit 5", |settings| settings);
    let Scene { changes, ending, .. } = never;
    drop(changes);
    assert!(matches!(timeout(LONG, ending).await.unwrap().unwrap(), Ending::Stopped { child: None, .. }));
}

#[tokio::test]
async fn a_command_that_is_not_there_is_an_error_with_its_name() {
    let scene = Scene::new("", |settings| Settings {
        command: Program::Direct(vec!["no-such-program".into()]),
        ..settings
    });
    scene.tell(CHANGED).await;
    let ending = scene.ends().await;
    assert!(
        matches!(&ending, Ending::NotStarted(error) if error.to_string().contains("no-such-program")),
        "{ending:?}"
    );
    assert_eq!(ending.code(), 127);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_storm_of_changes_and_signals_ends_with_the_stop() {
    for round in 0..12 {
        let scene = Scene::new(SERVER, |settings| match round % 3 {
            0 => settings,
            1 => reloading(settings),
            _ => Settings { splay: Duration::from_millis(20), ..settings },
        });
        scene.tell(CHANGED).await;
        for _ in 0..fastrand::usize(1..20) {
            if fastrand::bool() {
                scene.tell(CHANGED).await;
            } else {
                scene.signal(Signal::WINCH).await;
            }
            sleep(Duration::from_millis(fastrand::u64(..30))).await;
        }
        scene.signal(Signal::TERM).await;
        let starts = scene.log().matches("start").count();
        let ends = scene.log().matches("end").count();
        assert!(starts <= ends + 1, "two at once: {}", scene.log());
        let ending = scene.ends().await;
        assert!(matches!(ending, Ending::Child(_)), "{ending:?}");
    }
}
