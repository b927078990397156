//! Who looks after service directories: the real `runsv`, one for each, or our supervisor. Either is ended, with all its
//! services, when dropped.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    thread::{JoinHandle, sleep, spawn},
    time::{Duration, Instant},
};

use preflight_processes::{Adoption, Environment, Processes};
use preflight_supervise::{
    Fleet, Handle, Happened, Inherited, Listener, Service, Stop, Supervisor,
    directories::{Directories, Settings},
};

use super::Sv;

/// Looks after the services of a directory.
pub(crate) enum Supervisors {
    Runsv(Vec<Child>),
    Ours(Handle, Option<JoinHandle<()>>),
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Runsv,
    Ours,
}

impl Supervisors {
    pub(crate) fn start(who: Who, base: &Path, services: &[&str]) -> Self {
        let started = match who {
            Who::Runsv => Self::Runsv(services.iter().map(|name| runsv(&base.join(name))).collect()),
            Who::Ours => ours(base),
        };
        for service in services {
            for file in ["supervise/ok", "supervise/status"] {
                await_file(&base.join(service).join(file));
            }
        }
        started
    }

    /// Ends all services.
    pub(crate) fn end(mut self, base: &Path, services: &[&str]) {
        match &mut self {
            Self::Runsv(children) => {
                for (name, child) in services.iter().zip(children) {
                    Sv::Runit.say(&["-w", "3", "force-shutdown", base.join(name).to_str().unwrap()]);
                    let _ = child.kill();
                    let _ = child.wait();
                }
            }
            Self::Ours(handle, thread) => {
                handle.shutdown(None, Duration::from_secs(2));
                thread.take().unwrap().join().unwrap();
            }
        }
    }
}

fn runsv(folder: &Path) -> Child {
    let mut command = Command::new("runsv");
    command.arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

struct Silent;

impl Listener for Silent {
    fn hear(&mut self, _service: &Service, _happened: &Happened) {}
}

fn ours(base: &Path) -> Supervisors {
    let settings = Settings {
        folder: base.to_owned(),
        state: base.join(".state"),
        environment: Environment::default(),
        stop: Stop::default(),
    };
    let (give, take) = std::sync::mpsc::channel();
    let thread = spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let processes = Processes::start(Adoption::Leave).unwrap();
            let (directories, services) = Directories::open(settings, |_| {});
            let plumbing = Box::new(directories.pipes().around(Inherited));
            let fleet = Fleet::new(services).unwrap();
            let (supervisor, handle) = Supervisor::new(fleet, processes, Box::new(Silent), plumbing);
            give.send(handle.clone()).unwrap();
            tokio::join!(supervisor.run(), directories.keep(handle));
        });
    });
    Supervisors::Ours(take.recv().unwrap(), Some(thread))
}

fn await_file(path: &Path) {
    let began = Instant::now();
    while !path.exists() {
        assert!(began.elapsed() < Duration::from_secs(5), "{path:?} has not come");
        sleep(Duration::from_millis(5));
    }
}
