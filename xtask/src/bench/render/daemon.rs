//! A program that runs on, and what Linux says of it.

use crate::bench::scenario::Contender;
use crate::failure::Failure;
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How long the first rendering may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How long to sleep between two looks for its files.
const LOOK: Duration = Duration::from_millis(20);
/// An established connection, in the table of connections.
const ESTABLISHED: &str = "01";

/// A running program; killed when dropped.
pub(super) struct Daemon {
    child: Child,
}

/// What it has used since its start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usage {
    /// Time on a processor.
    pub(super) processor: Duration,
    /// How often a thread went to sleep, and so was woken.
    pub(super) wakeups: u64,
}

impl Daemon {
    /// Starts it and waits until these files are there.
    ///
    /// # Errors
    /// When it cannot be started, ends, or does not write them in time.
    pub(super) fn start(contender: &Contender, files: &[PathBuf]) -> Result<Self, Failure> {
        let mut command = contender.command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(Failure::io("start", contender.program.display()))?;
        let mut daemon = Self { child };
        let began = Instant::now();
        while !files.iter().all(|file| file.is_file()) {
            let ended = daemon.child.try_wait().map_err(Failure::io("wait for", contender.name))?;
            if let Some(status) = ended.filter(|_| !files.iter().all(|file| file.is_file())) {
                let (program, status) = (contender.name.to_owned(), status.to_string());
                return Err(Failure::Command { program, status, output: String::new() });
            }
            if began.elapsed() > LIMIT {
                let last = "files are missing".to_owned();
                return Err(Failure::NotReady { server: contender.name.to_owned(), limit: LIMIT, last });
            }
            std::thread::sleep(LOOK);
        }
        Ok(daemon)
    }

    /// How many connections it has to a port; see proc(5) on `/proc/PID/net/tcp`.
    ///
    /// # Errors
    /// When Linux does not say.
    pub(super) fn connections(&self, port: u16) -> Result<usize, Failure> {
        let own = self.sockets()?;
        let is_one = |line: &&str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let to_port = fields.get(2).and_then(|peer| peer.rsplit_once(':')).map(|(_, port)| port);
            to_port.and_then(|text| u16::from_str_radix(text, 16).ok()) == Some(port)
                && fields.get(3) == Some(&ESTABLISHED)
                && fields.get(9).is_some_and(|inode| own.contains(*inode))
        };
        let tables = ["net/tcp", "net/tcp6"].map(|table| self.read(table).unwrap_or_default());
        Ok(tables.iter().map(|table| table.lines().filter(is_one).count()).sum())
    }

    /// What it has used so far, from `/proc/PID/task/*/schedstat` and `…/status`.
    ///
    /// # Errors
    /// When Linux does not say.
    pub(super) fn usage(&self) -> Result<Usage, Failure> {
        let mut usage = Usage { processor: Duration::ZERO, wakeups: 0 };
        for task in self.list("task")? {
            let times = self.read(&format!("task/{task}/schedstat")).unwrap_or_default();
            let nanoseconds = times.split(' ').next().and_then(|time| time.parse().ok());
            usage.processor += Duration::from_nanos(nanoseconds.unwrap_or_default());
            let status = self.read(&format!("task/{task}/status")).unwrap_or_default();
            usage.wakeups += field(&status, "voluntary_ctxt_switches:").unwrap_or_default();
        }
        Ok(usage)
    }

    /// Its resident memory now, and the most it ever was, in bytes.
    ///
    /// # Errors
    /// When Linux does not say.
    pub(super) fn memory(&self) -> Result<(u64, u64), Failure> {
        let status = self.read("status")?;
        let bytes = |name| field(&status, name).unwrap_or_default() * 1024;
        Ok((bytes("VmRSS:"), bytes("VmHWM:")))
    }

    /// The inodes of its sockets.
    fn sockets(&self) -> Result<HashSet<String>, Failure> {
        let inode = |descriptor: String| {
            let leads_to = fs::read_link(self.path(&format!("fd/{descriptor}"))).ok()?;
            let inode = leads_to.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        };
        Ok(self.list("fd")?.into_iter().filter_map(inode).collect())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, Failure> {
        let path = self.path(folder);
        let entries = fs::read_dir(&path).map_err(Failure::io("list", path.display()))?;
        Ok(entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
    }

    fn read(&self, file: &str) -> Result<String, Failure> {
        let path = self.path(file);
        fs::read_to_string(&path).map_err(Failure::io("read", path.display()))
    }

    fn path(&self, below: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{below}", self.child.id()))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number after a name in `/proc/PID/status`.
fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    fn asleep() -> Daemon {
        Daemon { child: std::process::Command::new("sleep").arg("60").spawn().unwrap() }
    }

    #[test]
    fn connections_of_others_do_not_count() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let _mine = TcpStream::connect(("127.0.0.1", port)).unwrap();
        assert_eq!(asleep().connections(port).unwrap(), 0);
    }

    #[test]
    fn connections_to_another_port_do_not_count() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; exec sleep 60");
        let mut command = std::process::Command::new("bash");
        let daemon = Daemon { child: command.args(["-c", &script]).spawn().unwrap() };
        let (_accepted, _) = listener.accept().unwrap();
        assert_eq!(daemon.connections(port).unwrap(), 1);
        assert_eq!(daemon.connections(port.wrapping_add(1)).unwrap(), 0);
    }

    #[test]
    fn memory_and_usage_are_there() {
        let daemon = asleep();
        std::thread::sleep(LOOK);
        let (now, most) = daemon.memory().unwrap();
        assert!(now > 0 && now <= most);
        assert!(daemon.usage().unwrap().processor > Duration::ZERO);
    }
}
