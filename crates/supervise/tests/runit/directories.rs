//! Service directories with somebody in the supervisor's place: what the real `sv` sees of them, and what its letters
//! become.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::Command as System,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use preflight_processes::{Environment, Signal};
use preflight_supervise::{
    Command, Ends, Handle, Phase, Request, ServiceSnapshot, Snapshot, Stop, Wanted,
    directories::{Directories, Notice, Settings},
};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::{is_installed, masked, place::script};

struct Fixture {
    base: TempDir,
    ends: Ends,
    notices: Arc<Mutex<Vec<String>>>,
    services: Vec<String>,
}

impl Fixture {
    async fn new(prepare: impl FnOnce(&Path)) -> Self {
        let base = tempfile::tempdir().unwrap();
        prepare(base.path());
        let settings = Settings {
            folder: base.path().to_owned(),
            state: base.path().join(".state"),
            environment: Environment::default(),
            stop: Stop::default(),
        };
        let notices: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = Arc::clone(&notices);
        let (directories, services) = Directories::open(settings, move |notice: Notice| {
            told.lock().unwrap().push(format!("{notice:?}"));
        });
        let (handle, ends) = Handle::new(snapshot(Vec::new()));
        tokio::spawn(directories.keep(handle));
        let services = services.iter().map(|service| service.name.to_string()).collect();
        Self { base, ends, notices, services }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.base.path().join(name)
    }

    fn show(&self, services: Vec<ServiceSnapshot>) {
        self.ends.snapshots.send_replace(Arc::new(snapshot(services)));
    }

    /// The real `sv`, while the directories go on.
    async fn sv(&self, words: &str, name: &str) -> String {
        let (words, folder) = (words.to_owned(), self.folder(name));
        let run = move || System::new("sv").args(words.split(' ')).arg(folder).output().unwrap();
        let output = tokio::task::spawn_blocking(run).await.unwrap();
        let base = self.base.path().to_str().unwrap();
        masked(&String::from_utf8(output.stdout).unwrap().replace(base, "S"))
    }

    async fn request(&mut self) -> Request {
        timeout(Duration::from_secs(8), self.ends.requests.recv()).await.expect("in time").unwrap()
    }
}

fn snapshot(services: Vec<ServiceSnapshot>) -> Snapshot {
    let services = services.into_iter().map(Arc::new).collect();
    Snapshot { services, began: Instant::now(), ready: true, shutting_down: false }
}

fn running(name: &str, pid: i32) -> ServiceSnapshot {
    ServiceSnapshot {
        name: name.into(),
        phase: Phase::Running,
        pid: Some(pid),
        since: Instant::now(),
        since_wall: SystemTime::now(),
        restarts: 0,
        last_exit: None,
        wanted: Wanted::Up,
        normally: Wanted::Up,
        paused: false,
        termed: false,
        ready: true,
    }
}

fn service(base: &Path, name: &str) {
    fs::create_dir_all(base.join(name)).unwrap();
    script(&base.join(name).join("run"), "exec sleep 1000");
}

const A_MOMENT: Duration = Duration::from_millis(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_sv_sees_what_can_be_seen() {
    if !is_installed() {
        return;
    }
    let fixture = Fixture::new(|base| {
        service(base, "web");
        service(base, "web/log");
    })
    .await;
    assert_eq!(fixture.services, ["web/log", "web"]);
    fixture.show(vec![running("web", 41), running("web/log", 42)]);
    sleep(A_MOMENT).await;
    assert_eq!(fixture.sv("status", "web").await, "run: S/web: (pid N) Ns; run: log: (pid N) Ns\n");
    let paused = ServiceSnapshot { paused: true, wanted: Wanted::Down, termed: true, ..running("web", 41) };
    fixture.show(vec![paused, running("web/log", 42)]);
    sleep(A_MOMENT).await;
    let said = fixture.sv("status", "web").await;
    assert_eq!(said, "run: S/web: (pid N) Ns, paused, want down, got TERM; run: log: (pid N) Ns\n");
    assert_eq!(
        fs::read_to_string(fixture.folder("web/supervise/stat")).unwrap(),
        "run, paused, got TERM, want down\n"
    );
    let down = ServiceSnapshot { phase: Phase::Down, pid: None, ..running("web", 0) };
    fixture.show(vec![down, running("web/log", 42)]);
    sleep(A_MOMENT).await;
    let said = fixture.sv("status", "web").await;
    assert_eq!(said, "down: S/web: Ns, normally up, want up; run: log: (pid N) Ns\n");
    assert_eq!(fs::read_to_string(fixture.folder("web/supervise/pid")).unwrap(), "", "no stale number");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_of_the_real_sv_are_commands() {
    if !is_installed() {
        return;
    }
    let mut fixture = Fixture::new(|base| {
        service(base, "web");
        service(base, "web/log");
    })
    .await;
    fixture.show(vec![running("web", 41), running("web/log", 42)]);
    sleep(A_MOMENT).await;
    let term = Command::Signal(Signal::TERM);
    for (words, name, commands) in [
        ("hup", "web", vec![Command::Signal(Signal::HUP)]),
        ("down", "web", vec![Command::Down]),
        ("-w 0 try-restart", "web", vec![term.clone(), Command::Continue]),
        ("pause", "web", vec![Command::Pause]),
        ("2", "web/log", vec![Command::Signal(Signal::USR2)]),
        ("down", "web/log", vec![Command::Once, term, Command::Continue]),
        ("exit", "web/log", vec![]),
        ("exit", "web", vec![Command::Exit]),
    ] {
        fixture.sv(words, name).await;
        for command in commands {
            assert_eq!(fixture.request().await, Request::Command(name.into(), command), "{words} {name}");
        }
    }
    sleep(A_MOMENT).await;
    assert!(fixture.ends.requests.try_recv().is_err(), "nothing more was said");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_come_and_go_with_their_directories() {
    let mut fixture = Fixture::new(|base| service(base, "web")).await;
    fixture.show(vec![running("web", 41)]);
    service(fixture.base.path(), "new");
    let began = Instant::now();
    let Request::Put(put) = fixture.request().await else { panic!("a new service") };
    assert_eq!((&*put.name, put.folder), ("new", Some(fixture.folder("new"))));
    assert!(began.elapsed() < Duration::from_secs(3), "told by the system, not by the clock");
    script(&fixture.folder("web").join("finish"), "exit 0");
    let Request::Put(put) = fixture.request().await else { panic!("a changed service") };
    assert!(&*put.name == "web" && put.finish.is_some());
    fs::remove_dir_all(fixture.folder("web")).unwrap();
    loop {
        match fixture.request().await {
            Request::Command(name, Command::Exit) => break assert_eq!(&*name, "web"),
            // Its files go one by one.
            Request::Put(put) => assert_eq!(&*put.name, "web"),
            other => panic!("{other:?}"),
        }
    }
    assert!(fixture.notices.lock().unwrap().iter().any(|notice| notice == "Gone(\"web\")"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_was_told_to_exit_takes_its_log_along_and_comes_back() {
    let mut fixture = Fixture::new(|base| {
        service(base, "web");
        service(base, "web/log");
    })
    .await;
    fixture.show(vec![running("web", 41), running("web/log", 42)]);
    sleep(A_MOMENT).await;
    fs::write(fixture.folder("web/supervise/control"), "x").unwrap();
    assert_eq!(fixture.request().await, Request::Command("web".into(), Command::Exit));
    fixture.show(vec![running("web/log", 42)]);
    assert_eq!(fixture.request().await, Request::Command("web/log".into(), Command::Once));
    fixture.show(vec![ServiceSnapshot { phase: Phase::Done, pid: None, ..running("web/log", 42) }]);
    assert_eq!(fixture.request().await, Request::Remove("web/log".into()));
    fixture.show(Vec::new());
    let left = Instant::now();
    let Request::Put(log) = fixture.request().await else { panic!("its log is back") };
    let Request::Put(web) = fixture.request().await else { panic!("it is back") };
    assert_eq!((&*log.name, &*web.name), ("web/log", "web"));
    assert!(left.elapsed() > Duration::from_secs(4), "as late as runsvdir");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_supervisor_has_left_is_not_believed() {
    let fixture = Fixture::new(|base| {
        service(base, "web");
        fs::create_dir(base.join("web/supervise")).unwrap();
        fs::write(base.join("web/supervise/pid"), "1\n").unwrap();
    })
    .await;
    assert_eq!(fs::read_to_string(fixture.folder("web/supervise/pid")).unwrap(), "");
    assert_eq!(fs::read_to_string(fixture.folder("web/supervise/stat")).unwrap(), "down\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_supervisor_has_is_left_to_it() {
    let fixture = Fixture::new(|base| service(base, "web")).await;
    let notices: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Arc::clone(&notices);
    let settings = Settings {
        folder: fixture.base.path().to_owned(),
        state: fixture.base.path().join(".state"),
        environment: Environment::default(),
        stop: Stop::default(),
    };
    let tell = move |notice: Notice| told.lock().unwrap().push(format!("{notice:?}"));
    let (_directories, services) = Directories::open(settings, tell);
    assert!(services.is_empty());
    assert!(notices.lock().unwrap()[0].contains("Taken"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_service_that_comes_later_is_joined_when_it_is_complete() {
    let mut fixture = Fixture::new(|base| service(base, "web")).await;
    fixture.show(vec![running("web", 41)]);
    fs::create_dir(fixture.folder("web/log")).unwrap();
    sleep(A_MOMENT).await;
    assert!(fixture.ends.requests.try_recv().is_err(), "there is no run yet");
    script(&fixture.folder("web/log/run"), "exec cat");
    let Request::Put(log) = fixture.request().await else { panic!("the log service") };
    assert_eq!(&*log.name, "web/log");
    fixture.show(vec![running("web", 41), running("web/log", 42)]);
    wait_for(&fixture.folder("web/log/supervise/pid"), "42\n").await;
    fs::write(fixture.folder("web/supervise/control"), "x").unwrap();
    assert_eq!(fixture.request().await, Request::Command("web".into(), Command::Exit));
    fixture.show(vec![running("web/log", 42)]);
    assert_eq!(fixture.request().await, Request::Command("web/log".into(), Command::Once), "it goes along");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_live_on_while_the_directory_of_all_is_out_of_reach() {
    let mut fixture = Fixture::new(|base| service(base, "web")).await;
    fixture.show(vec![running("web", 41)]);
    let (here, away) = (fixture.base.path().to_owned(), fixture.base.path().with_extension("away"));
    fs::rename(&here, &away).unwrap();
    let is_told = || fixture.notices.lock().unwrap().iter().any(|notice| notice.starts_with("NotRead"));
    timeout(Duration::from_secs(20), async {
        while !is_told() {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("told");
    sleep(A_MOMENT).await;
    assert!(fixture.ends.requests.try_recv().is_err(), "as with runsvdir, nothing is ended");
    fs::rename(&away, &here).unwrap();
    service(&here, "new");
    let Request::Put(put) = fixture.request().await else { panic!("a new service") };
    assert_eq!(&*put.name, "new");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifos_that_somebody_deletes_are_made_again_and_heard() {
    let mut fixture = Fixture::new(|base| service(base, "web")).await;
    fixture.show(vec![running("web", 41)]);
    let supervise = fixture.folder("web/supervise");
    wait_for(&supervise.join("pid"), "41\n").await;
    for name in ["control", "ok"] {
        fs::remove_file(supervise.join(name)).unwrap();
    }
    until("they are there", || supervise.join("control").exists() && supervise.join("ok").exists()).await;
    fs::write(supervise.join("control"), "h").unwrap();
    let hup = Command::Signal(Signal::HUP);
    assert_eq!(fixture.request().await, Request::Command("web".into(), hup.clone()));
    fs::remove_dir_all(&supervise).unwrap();
    wait_for(&supervise.join("pid"), "41\n").await;
    fs::write(supervise.join("control"), "h").unwrap();
    assert_eq!(fixture.request().await, Request::Command("web".into(), hup));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_that_cannot_be_written_is_told_once_and_written_when_it_can_be() {
    let fixture = Fixture::new(|base| service(base, "web")).await;
    let supervise = fixture.folder("web/supervise");
    // Not even root writes a file where a directory is.
    let told = || {
        let notices = fixture.notices.lock().unwrap();
        notices.iter().filter(|notice| notice.starts_with("NotWritten")).count()
    };
    for (at, times) in [(10, 1), (20, 2)] {
        fs::create_dir(supervise.join("pid.new")).unwrap();
        for pid in at..at + 5 {
            fixture.show(vec![running("web", pid)]);
            sleep(A_MOMENT).await;
        }
        until("it is told", || told() == times).await;
        fs::remove_dir(supervise.join("pid.new")).unwrap();
        wait_for(&supervise.join("pid"), &format!("{}\n", at + 4)).await;
        assert_eq!(told(), times, "once, until it could be written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_whose_name_is_not_utf_8_is_told_once() {
    let mut fixture = Fixture::new(|base| {
        service(base, "web");
        fs::create_dir(base.join(OsStr::from_bytes(b"caf\xe9"))).unwrap();
    })
    .await;
    fixture.show(vec![running("web", 41)]);
    assert_eq!(fixture.services, ["web"]);
    service(fixture.base.path(), "new");
    let Request::Put(_) = fixture.request().await else { panic!("looked at again") };
    let notices = fixture.notices.lock().unwrap().clone();
    let told: Vec<_> = notices.iter().filter(|notice| notice.starts_with("Nameless")).collect();
    assert_eq!(told, [r#"Nameless("caf\xE9")"#]);
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if holds() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

async fn wait_for(path: &Path, text: &str) {
    for _ in 0..1_000 {
        if fs::read_to_string(path).is_ok_and(|read| read == text) {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("{path:?} is never {text:?}");
}
