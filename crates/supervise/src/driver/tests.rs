//! The rules with real processes.

mod commands;
mod names;

use std::{
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use preflight_processes::{Adoption, Environment, Processes, Program};
use tempfile::TempDir;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::Supervisor;
use crate::{
    AddressesOnly, Command, Ending, Finish, Fleet, Handle, Happened, Inherited, Listener, Names, Phase,
    Probe, Readiness, Restart, Service, Stop,
};

const LONG: Duration = Duration::from_secs(20);

struct Notes(Arc<Mutex<Vec<String>>>);

impl Listener for Notes {
    fn hear(&mut self, service: &Service, happened: &Happened) {
        self.0.lock().unwrap().push(format!("{} {happened:?}", service.name));
    }
}

/// A supervisor in a task of its own.
struct Scene {
    folder: TempDir,
    handle: Handle,
    notes: Arc<Mutex<Vec<String>>>,
    ending: JoinHandle<Ending>,
}

impl Scene {
    fn new(make: impl FnOnce(&str) -> Fleet) -> Self {
        Self::resolving_by(Arc::new(AddressesOnly), make)
    }

    fn resolving_by(names: Arc<dyn Names>, make: impl FnOnce(&str) -> Fleet) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fleet = make(&folder.path().display().to_string());
        let notes = Arc::new(Mutex::new(Vec::new()));
        let processes = Processes::start(Adoption::Leave).unwrap();
        let listener = Box::new(Notes(Arc::clone(&notes)));
        let (supervisor, handle) = Supervisor::new(fleet, processes, listener, Box::new(Inherited));
        let running = supervisor.resolving_by(names).run();
        Self { folder, handle, notes, ending: tokio::spawn(running) }
    }

    async fn until(&self, name: &str, phase: &Phase) -> i32 {
        let mut snapshots = self.handle.snapshots();
        let found = timeout(LONG, async {
            loop {
                let snapshot = Arc::clone(&snapshots.borrow_and_update());
                if let Some(service) = snapshot.service(name).filter(|service| service.phase == *phase) {
                    return service.pid.unwrap_or(0);
                }
                snapshots.changed().await.unwrap();
            }
        });
        found.await.unwrap_or_else(|_| panic!("{name} never {phase:?}: {:#?}", self.notes.lock().unwrap()))
    }

    /// Runs, in another process than that one. What lies between may be too short to be seen.
    async fn until_another(&self, name: &str, pid: i32) {
        let started = Instant::now();
        while self.until(name, &Phase::Running).await == pid {
            assert!(started.elapsed() < LONG, "{name} stays {pid}: {:#?}", self.notes.lock().unwrap());
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// What stands in a file, when a whole line does.
    async fn file(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        let started = Instant::now();
        loop {
            if let Some(text) = std::fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n')) {
                return text;
            }
            assert!(started.elapsed() < LONG, "{name} is not there: {:#?}", self.notes.lock().unwrap());
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn end(self) -> Ending {
        self.handle.shutdown(None, Duration::from_secs(5));
        timeout(LONG, self.ending).await.unwrap().unwrap()
    }
}

fn shell(name: &str, line: impl Into<String>) -> Service {
    Service::new(name, Program::Shell(line.into().into()))
}

fn one(service: Service) -> Fleet {
    Fleet::new(vec![service]).unwrap()
}

#[tokio::test]
async fn a_commands_code_is_the_code() {
    for (line, code) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)] {
        let scene = Scene::new(|_| Fleet::of_command(shell("main", line)));
        assert_eq!(timeout(LONG, scene.ending).await.unwrap().unwrap().code, code);
    }
    let missing = Service::new("main", Program::Direct(vec!["/no/such/program".into()]));
    let scene = Scene::new(|_| Fleet::of_command(missing));
    assert_eq!(timeout(LONG, scene.ending).await.unwrap().unwrap().code, 127);
}

#[tokio::test]
async fn what_is_killed_comes_back_and_all_end_at_once_when_asked() {
    let scene = Scene::new(|_| one(shell("web", "exec sleep 1000")));
    let first = scene.until("web", &Phase::Running).await;
    scene.handle.command("web", Command::Restart);
    scene.until_another("web", first).await;
    let ending = scene.end().await;
    assert_eq!((ending.code, ending.killed.len()), (0, 0));
}

#[tokio::test]
async fn one_that_ignores_its_stop_and_leaves_its_session_is_killed() {
    let line = |folder: &str| {
        format!(
            "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo $$ > {folder}/escaped; exec sleep 1000' & sleep 1000 & wait; sleep 1000"
        )
    };
    let stop = Stop { grace: Duration::from_millis(300), ..Stop::default() };
    let scene = Scene::new(|folder| one(Service { stop, ..shell("web", line(folder)) }));
    let escaped = scene.file("escaped").await;
    let ending = scene.end().await;
    assert_eq!((ending.code, ending.killed.len()), (137, 1));
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", escaped.trim())).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z"), "{stat}");
}

#[tokio::test]
async fn readiness_by_descriptor_socket_and_port() {
    let notify = Probe::NotificationDescriptor(5);
    let service = shell("s6", "sleep 0.1; echo >&5; exec sleep 1000");
    let scene = Scene::new(|_| one(Service { ready: Some(Readiness::new(notify)), ..service }));
    scene.until("s6", &Phase::Starting).await;
    scene.until("s6", &Phase::Running).await;
    scene.end().await;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let ready = Some(Readiness::new(Probe::Tcp { address }));
    let scene = Scene::new(|_| one(Service { ready, ..shell("tcp", "exec sleep 1000") }));
    scene.until("tcp", &Phase::Running).await;
    scene.end().await;
}

#[tokio::test]
async fn what_is_said_to_the_socket_is_taken_until_the_service_has_ended() {
    let line = |folder: &str| {
        format!(
            "trap 'until [ -e {folder}/end ]; do sleep 0.01; done; exit 0' TERM
             echo \"$NOTIFY_SOCKET\" >{folder}/socket; while :; do sleep 0.01; done"
        )
    };
    let ready = Some(Readiness::new(Probe::NotifySocket));
    let scene = Scene::new(|folder| one(Service { ready, ..shell("web", line(folder)) }));
    let name = scene.file("socket").await;
    let address = SocketAddr::from_abstract_name(name.trim().trim_start_matches('@')).unwrap();
    let socket = UnixDatagram::unbound().unwrap();
    socket.set_write_timeout(Some(LONG)).unwrap();
    // The system keeps a few: many of them show that they are taken.
    let say = async |message: &'static [u8], times: usize| {
        let (socket, address) = (socket.try_clone().unwrap(), address.clone());
        let saying = tokio::task::spawn_blocking(move || {
            (0..times).try_for_each(|_| socket.send_to_addr(message, &address).map(drop))
        });
        saying.await.unwrap().unwrap();
    };
    say(b"STATUS=loading", 100).await;
    scene.until("web", &Phase::Starting).await;
    say(b"STATUS=loaded\nREADY=1\n", 1).await;
    scene.until("web", &Phase::Running).await;
    say(b"WATCHDOG=1", 1000).await;
    scene.handle.command("web", Command::Down);
    scene.until("web", &Phase::Stopping).await;
    say(b"STOPPING=1", 100).await;
    std::fs::write(scene.folder.path().join("end"), "").unwrap();
    scene.until("web", &Phase::Down).await;
    scene.end().await;
}

#[tokio::test]
async fn the_finish_program_runs_with_what_it_is_told() {
    let scene = Scene::new(|folder| {
        let finish = Finish {
            program: Program::Shell(format!("echo \"$1 $2\" > {folder}/finish").into()),
            timeout: None,
        };
        one(Service { finish: Some(finish), restart: Restart::never(), ..shell("web", "kill -15 $$") })
    });
    assert_eq!(scene.file("finish").await, "-1 15\n");
    scene.end().await;
}

#[tokio::test]
async fn dependents_start_later_and_environment_and_folder_are_theirs() {
    let scene = Scene::new(|folder| {
        let migrate = Service {
            once: true,
            restart: Restart::never(),
            ..shell("migrate", format!("sleep 0.1; touch {folder}/migrated"))
        };
        let web = Service {
            depends_on: vec!["migrate".into()],
            folder: Some(folder.into()),
            environment: Environment { custom: vec!["COLOUR=red".into()], ..Environment::default() },
            ..shell("web", "echo $(ls migrated) $COLOUR >seen; exec sleep 1000")
        };
        Fleet::new(vec![web, migrate]).unwrap()
    });
    assert_eq!(scene.file("seen").await, "migrated red\n");
    scene.end().await;
}
