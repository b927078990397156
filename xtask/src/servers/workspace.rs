//! What one server is given to start in: a folder, free ports, passwords, certificates and a way to run programs.

use super::certificates::Certificates;
use super::ledger::Ledger;
use super::process::{Launch, Process, user_ids};
use crate::failure::Failure;
use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Ports are taken from below Linux' ephemeral range (32768 and up), where no outgoing connection can steal them.
const PORTS: std::ops::Range<u16> = 15_000..30_000;
/// How long to wait between two probes of a server that is starting.
const PROBE_INTERVAL: Duration = Duration::from_millis(50);

/// One server's place: everything it writes goes into its folder, everything it starts into the ledger.
pub struct Workspace {
    server: String,
    folder: PathBuf,
    store: PathBuf,
    certificates: Arc<Certificates>,
    ledger: Arc<Ledger>,
}

impl Workspace {
    /// Makes the folder of `server` below `root`; `store` is where downloads are kept between runs.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(
        server: &str,
        root: &Path,
        store: &Path,
        certificates: Arc<Certificates>,
        ledger: Arc<Ledger>,
    ) -> Result<Self, Failure> {
        let folder = root.join(server);
        // What a former try left there would only confuse this one.
        let _ = fs::remove_dir_all(&folder);
        let workspace =
            Self { server: server.to_owned(), folder, store: store.to_owned(), certificates, ledger };
        workspace.make_folder(&workspace.folder)?;
        Ok(workspace)
    }

    /// The server's own folder. Logs are `NAME.log` in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where downloads are kept between runs.
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// The certificates all servers share, in PEM files that this machine's users may read.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// A port that was free a moment ago on both loopback addresses, and is given out only once.
    ///
    /// # Errors
    /// When no free port is found.
    pub fn port(&self) -> Result<u16, Failure> {
        free_port()
    }

    /// A random password that holds `@ : / % + "` and a space, for every server that can take one.
    pub fn hostile_password(&self) -> String {
        format!("{}@:/%+\" {}", letters(6), letters(6))
    }

    /// A random password of letters and digits.
    pub fn password(&self) -> String {
        letters(16)
    }

    /// Writes a file into the server's folder (readable by all users of the machine) and returns its path.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, contents: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.join(name);
        fs::write(&path, contents).map_err(Failure::io("write", path.display()))?;
        Ok(path)
    }

    /// Makes a folder in the server's folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn subfolder(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.join(name);
        self.make_folder(&path)?;
        Ok(path)
    }

    /// Copies a file into the server's folder under `name`, readable only by its owner.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn copy_private(&self, from: &Path, name: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.join(name);
        fs::copy(from, &path).map_err(Failure::io("copy", from.display()))?;
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&path, mode).map_err(Failure::io("set the mode of", path.display()))?;
        Ok(path)
    }

    /// Gives the whole folder to `user` when we are root; does nothing otherwise.
    ///
    /// # Errors
    /// When the user does not exist or the owner cannot be changed.
    pub fn hand_to(&self, user: &str) -> Result<(), Failure> {
        if !rustix::process::geteuid().is_root() {
            return Ok(());
        }
        let (uid, gid) = user_ids(user).ok_or_else(|| Failure::Missing {
            what: format!("user {user}"),
            hint: "its package makes it; is that installed?".to_owned(),
        })?;
        hand_over(&self.folder, uid, gid)
    }

    /// The ids of the user and group that [`Launch::as_user`] ends up with: `user`'s when we are root, else our own.
    pub fn ids_of(&self, user: &str) -> (u32, u32) {
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        user_ids(user).filter(|_| uid.is_root()).unwrap_or((uid.as_raw(), gid.as_raw()))
    }

    /// Prepares to run a program; `name` is what its log file is called.
    pub fn launch(&self, name: &str, program: impl AsRef<Path>) -> Launch {
        let program = program.as_ref().to_owned();
        Launch::new(&self.server, name, program, self.folder.clone(), Arc::clone(&self.ledger))
    }

    /// Probes until the probe succeeds, the process ends, or `limit` is over.
    ///
    /// # Errors
    /// When the process ended, or was not ready in time; the failure says what the last probe met.
    pub fn until_ready(
        &self,
        process: &Process,
        limit: Duration,
        mut probe: impl FnMut() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let deadline = Instant::now() + limit;
        loop {
            let Err(failure) = probe() else { return Ok(()) };
            if !process.is_alive() {
                let (server, log) = (process.name.clone(), process.log.clone());
                return Err(Failure::Ended { server, log });
            }
            if Instant::now() >= deadline {
                let (server, last) = (process.name.clone(), failure.to_string());
                return Err(Failure::NotReady { server, limit, last });
            }
            std::thread::sleep(PROBE_INTERVAL);
        }
    }

    fn make_folder(&self, path: &Path) -> Result<(), Failure> {
        fs::create_dir_all(path).map_err(Failure::io("make", path.display()))
    }
}

fn hand_over(path: &Path, uid: u32, gid: u32) -> Result<(), Failure> {
    chown(path, Some(uid), Some(gid)).map_err(Failure::io("change the owner of", path.display()))?;
    if path.is_dir() {
        for entry in fs::read_dir(path).map_err(Failure::io("list", path.display()))? {
            let entry = entry.map_err(Failure::io("list", path.display()))?;
            hand_over(&entry.path(), uid, gid)?;
        }
    }
    Ok(())
}

fn letters(count: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(count).collect()
}

fn free_port() -> Result<u16, Failure> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    std::iter::repeat_with(|| fastrand::u16(PORTS))
        .take(10_000)
        .find(|port| is_free(*port) && given.insert(*port))
        .ok_or_else(|| Failure::Missing {
            what: "a free port".to_owned(),
            hint: format!("none was free in {PORTS:?}"),
        })
}

fn is_free(port: u16) -> bool {
    // A machine without IPv6 is fine; a port that is in use there is not.
    let on_six = TcpListener::bind((Ipv6Addr::LOCALHOST, port));
    let in_use = |error: &std::io::Error| error.kind() == std::io::ErrorKind::AddrInUse;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() && !on_six.as_ref().is_err_and(in_use)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_free_and_given_once() {
        let ports: Vec<u16> = (0..50).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), 50);
        assert!(ports.iter().all(|port| PORTS.contains(port)));
    }

    #[test]
    fn a_port_in_use_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()));
    }
}
