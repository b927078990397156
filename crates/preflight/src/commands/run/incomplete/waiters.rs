//! Which services wait for which files. Pure.

use std::path::{Path, PathBuf};

use preflight_supervise::{Fleet, Name, Service};

use super::files::{Files, Lack};

/// Who waits for files.
#[derive(Debug)]
pub(super) enum Waiters {
    /// Every service, also those that come later, for all files.
    All(Option<Lack>),
    /// Each for its own.
    Each(Vec<Waiter>),
}

/// A service, and what it waits for.
#[derive(Debug)]
pub(super) struct Waiter {
    name: Name,
    /// The files that it may read.
    files: Vec<PathBuf>,
    lack: Option<Lack>,
}

/// Whose lack has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    /// That of all services.
    All,
    /// That of one.
    One(Name),
}

impl Waiters {
    /// Holds the services of the fleet from the beginning: those that read a file, or, with `is_for_all`, all of them and
    /// those that come later.
    pub(super) fn before(fleet: &mut Fleet, is_for_all: bool, files: &Files) -> Self {
        if is_for_all {
            let lack = files.lack(|_| true);
            if let Some(lack) = &lack {
                fleet.hold_all(&lack.words());
            }
            return Self::All(lack);
        }
        let enabled = fleet.services().iter().filter(|service| service.is_enabled());
        let is_main = |service: &Service| fleet.main.as_ref() == Some(&service.name);
        let waiter = |service: &Service| Waiter::of(service, is_main(service), files);
        let waiters: Vec<Waiter> = enabled.map(waiter).collect();
        let lack_of = |name: &Name| waiters.iter().find(|waiter| waiter.name == *name)?.lack.as_ref();
        fleet.hold(|service| lack_of(&service.name).map(Lack::words));
        Self::Each(waiters)
    }

    /// Takes in how files are now: whose lack is another one than before, and what is lacking now.
    pub(super) fn step(&mut self, files: &Files) -> Vec<(Whose, Option<Lack>)> {
        match self {
            Self::All(lack) => {
                let news = replaced(lack, files.lack(|_| true));
                news.then(|| (Whose::All, lack.clone())).into_iter().collect()
            }
            Self::Each(waiters) => {
                let step = |waiter: &mut Waiter| {
                    let now = files.lack(|path| waiter.files.iter().any(|own| own == path));
                    let news = replaced(&mut waiter.lack, now);
                    news.then(|| (Whose::One(waiter.name.clone()), waiter.lack.clone()))
                };
                waiters.iter_mut().filter_map(step).collect()
            }
        }
    }

    /// Whether a service is held.
    pub(super) fn holds(&self, name: &Name) -> bool {
        match self {
            Self::All(lack) => lack.is_some(),
            Self::Each(waiters) => waiters.iter().any(|waiter| waiter.name == *name && waiter.lack.is_some()),
        }
    }

    /// Who still waits for files that are not rendered, a line each.
    pub(super) fn words(&self) -> Vec<String> {
        let line = |who: String, lack: &Option<Lack>| {
            lack.as_ref().filter(|lack| lack.code().is_none()).map(|lack| format!("{who}: {}", lack.words()))
        };
        match self {
            Self::All(lack) => line("services wait".to_owned(), lack).into_iter().collect(),
            Self::Each(waiters) => {
                waiters.iter().filter_map(|one| line(format!("{} waits", one.name), &one.lack)).collect()
            }
        }
    }
}

impl Waiter {
    /// A service that says which files it reads, reads no others; unless it is the only one.
    fn of(service: &Service, is_only: bool, files: &Files) -> Self {
        let named = service.reload.as_ref().filter(|_| !is_only);
        let reads = |file: &Path| named.is_none_or(|reload| reload.reads(file));
        let own = files.paths().filter(|file| reads(file)).map(Path::to_owned).collect();
        Self { name: service.name.clone(), files: own, lack: files.lack(reads) }
    }
}

/// Puts the new one in place of the old one, and says whether they differ.
fn replaced(lack: &mut Option<Lack>, now: Option<Lack>) -> bool {
    let differs = *lack != now;
    *lack = now;
    differs
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use preflight_processes::{Program, Signal};
    use preflight_supervise::sentinel::Sentinels;
    use preflight_supervise::{Enabled, Reload, Reloading};

    use super::*;

    fn service(name: &str, on: Option<&str>) -> Service {
        let how = Reloading::Signal(Signal::HUP);
        let reload = on.map(|on| Reload { on: vec![on.into()], how, splay: Duration::ZERO });
        Service { reload, ..Service::new(name, Program::Direct(vec!["x".into()])) }
    }

    fn settle(files: &mut Files, path: &str, text: &str) {
        let sentinels = Sentinels::new(&["NOKEY".to_owned()], &[]).unwrap();
        files.settle(Path::new(path), sentinels.scan(text.as_bytes()));
    }

    fn steps(waiters: &mut Waiters, files: &Files) -> Vec<(String, Option<u8>, bool)> {
        let told = |(whose, lack): (Whose, Option<Lack>)| {
            let name = match whose {
                Whose::All => "*".to_owned(),
                Whose::One(name) => name.to_string(),
            };
            (name, lack.as_ref().and_then(Lack::code), lack.is_some())
        };
        waiters.step(files).into_iter().map(told).collect()
    }

    #[test]
    fn a_service_is_held_for_what_it_names_and_another_for_all() {
        let disabled = Enabled::Disabled { reason: "not here".to_owned() };
        let services = vec![
            service("named", Some("a.conf")),
            service("other", None),
            service("free", Some("c.conf")),
            Service { enabled: disabled, ..service("off", None) },
        ];
        let mut fleet = Fleet::new(services).unwrap();
        let mut files = Files::awaited(["/etc/a.conf", "/etc/b.conf"].map(PathBuf::from));
        let mut waiters = Waiters::before(&mut fleet, false, &files);
        let held = |name: &str| fleet.service(name).unwrap().held.is_some();
        assert_eq!(["named", "other", "free", "off"].map(held), [true, true, false, false]);
        assert!(fleet.holds_new().is_none());
        settle(&mut files, "/etc/a.conf", "fine");
        assert_eq!(
            steps(&mut waiters, &files),
            [("named".to_owned(), None, false), ("other".to_owned(), None, true)]
        );
        assert_eq!(waiters.words(), ["other waits: not rendered yet: /etc/b.conf"]);
        settle(&mut files, "/etc/b.conf", "x=NOKEY");
        assert_eq!(steps(&mut waiters, &files), [("other".to_owned(), Some(10), true)]);
        assert!(waiters.holds(&"other".into()) && !waiters.holds(&"named".into()));
        assert!(waiters.words().is_empty());
        settle(&mut files, "/etc/b.conf", "x=1");
        assert_eq!(steps(&mut waiters, &files), [("other".to_owned(), None, false)]);
        assert!(steps(&mut waiters, &files).is_empty());
    }

    #[test]
    fn all_services_are_held_for_all_files_and_those_that_come_later_too() {
        let mut fleet = Fleet::new(vec![service("a", Some("a.conf"))]).unwrap();
        let mut files = Files::awaited(["/etc/a.conf", "/etc/b.conf"].map(PathBuf::from));
        let mut waiters = Waiters::before(&mut fleet, true, &files);
        assert!(fleet.service("a").unwrap().held.is_some() && fleet.holds_new().is_some());
        settle(&mut files, "/etc/a.conf", "fine");
        settle(&mut files, "/etc/b.conf", "fine");
        assert_eq!(steps(&mut waiters, &files), [("*".to_owned(), None, false)]);
    }
}
