//! The system's groups of processes that cannot be left: `cgroups(7)`, version 2, and the memory controller of version 1.

use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::process_table;

/// A process starts in our group, and what it starts before it is moved stays there: that is moved afterwards, and looked for
/// so often, as each look can miss what has just been started.
const GENERATIONS: usize = 4;

/// The control group that this program is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlGroup {
    /// Where version 2 has it.
    unified: Option<PathBuf>,
    /// Where version 1 has its memory.
    memory: Option<PathBuf>,
    /// Tells the groups of several supervisors in one program from each other.
    instance: u64,
}

/// A control group of our own making, below ours. Removed when it is dropped and empty.
#[derive(Debug)]
pub struct Below {
    folder: PathBuf,
}

impl ControlGroup {
    /// Ours, as far as it can be seen.
    pub fn own() -> Self {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        static INSTANCES: AtomicU64 = AtomicU64::new(0);
        Self { instance: INSTANCES.fetch_add(1, Ordering::Relaxed), ..Self::find(&groups, &mounts) }
    }

    /// How often the kernel has killed something in it for want of memory; `None` when that cannot be seen. It counts
    /// everything in the group: a growth around a process's end means that process, or another one at the same time.
    pub fn memory_kills(&self) -> Option<u64> {
        let read = |folder: &Option<PathBuf>, file: &str| {
            let text = fs::read_to_string(folder.as_ref()?.join(file)).ok()?;
            count(&text)
        };
        read(&self.unified, "memory.events").or_else(|| read(&self.memory, "memory.oom_control"))
    }

    /// Makes a group below ours.
    ///
    /// # Errors
    /// The system's refusal: there is no version 2, or it is read-only, as in most containers.
    pub fn make(&self, name: &str) -> io::Result<Below> {
        let own = self.unified.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        let folder = own.join(self.name_below(name));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(Below { folder }),
        }
    }

    /// Different for different names: what is in one group ends together.
    fn name_below(&self, name: &str) -> String {
        // A text takes everything that is written to it.
        let mut below = format!("preflight.{}", std::process::id());
        if self.instance > 0 {
            let _ = write!(below, "-{}", self.instance);
        }
        below.push('.');
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte) {
                below.push(char::from(byte));
            } else {
                let _ = write!(below, "={byte:02x}");
            }
        }
        below
    }

    fn find(groups: &str, mounts: &str) -> Self {
        let lines: Vec<Mount<'_>> = mounts.lines().filter_map(Mount::parse).collect();
        let folder = |is: &dyn Fn(&Mount<'_>) -> bool, path: Option<&str>| {
            let path = path?;
            let mount = lines.iter().find(|mount| is(mount))?;
            // Below the part of the tree that is mounted here; what is outside of it cannot be seen.
            let inner = Path::new(path).strip_prefix(mount.root).unwrap_or(Path::new(""));
            let folder = Path::new(mount.place).join(inner);
            folder.is_dir().then_some(folder)
        };
        let path = |is: &dyn Fn(&str, &str) -> bool| {
            groups.lines().find_map(|line| {
                let mut parts = line.splitn(3, ':');
                let (number, controllers) = (parts.next()?, parts.next()?);
                parts.next().filter(|_| is(number, controllers))
            })
        };
        let has_memory = |list: &str| list.split(',').any(|one| one == "memory");
        Self {
            unified: folder(&|mount| mount.kind == "cgroup2", path(&|number, _| number == "0")),
            memory: folder(
                &|mount| mount.kind == "cgroup" && has_memory(mount.options),
                path(&|_, controllers| has_memory(controllers)),
            ),
            instance: 0,
        }
    }
}

impl Below {
    /// Puts a process into it; what it starts from then on is in it as well.
    ///
    /// # Errors
    /// The system's refusal; the process has ended.
    pub fn add(&self, pid: i32) -> io::Result<()> {
        fs::write(self.folder.join("cgroup.procs"), pid.to_string())
    }

    /// As [`Below::add`], with what it has started before. What that has started is not found when its parent has ended.
    ///
    /// # Errors
    /// As [`Below::add`].
    pub fn add_with_all_below(&self, pid: i32) -> io::Result<()> {
        self.add(pid)?;
        for _ in 0..GENERATIONS {
            let inside = self.processes();
            let mut strays = process_table::below(vec![pid]);
            strays.retain(|entry| !entry.is_dead && !inside.contains(&entry.pid));
            if strays.is_empty() {
                break;
            }
            // Whatever has ended meanwhile needs no group.
            strays.iter().for_each(|entry| drop(self.add(entry.pid)));
        }
        Ok(())
    }

    /// Kills everything in it (`cgroup.kill`, since Linux 5.14).
    ///
    /// # Errors
    /// An older kernel.
    pub fn kill(&self) -> io::Result<()> {
        fs::write(self.folder.join("cgroup.kill"), "1")
    }

    /// What is in it, without what has ended.
    pub fn processes(&self) -> Vec<i32> {
        let text = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.trim().parse().ok()).collect()
    }
}

impl Drop for Below {
    fn drop(&mut self) {
        // Something still runs in it: it stays, and is used again by the next one of the name.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// A line of `/proc/self/mountinfo`, see `proc_pid_mountinfo(5)`.
struct Mount<'a> {
    root: &'a str,
    place: &'a str,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let mut after = after.split(' ');
        let (root, place) = (before.next()?, before.next()?);
        Some(Self { root, place, kind: after.next()?, options: after.nth(1)? })
    }
}

/// `oom_kill 3` on a line.
fn count(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_that_of_kills() {
        assert_eq!(count("low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\noom_group_kill 1\n"), Some(3));
        assert_eq!(count("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"), Some(2));
        assert_eq!(count("oom 4\n"), None);
    }

    #[test]
    fn ours_is_found_below_what_is_mounted() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().display().to_string();
        std::fs::create_dir_all(folder.path().join("inner")).unwrap();
        let mounts = format!("30 24 0:26 /outer {place} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\nbroken\n");
        let found = ControlGroup::find("0::/outer/inner\n", &mounts);
        assert_eq!(
            found,
            ControlGroup { unified: Some(folder.path().join("inner")), memory: None, instance: 0 }
        );
        std::fs::write(folder.path().join("inner/memory.events"), "oom_kill 7\n").unwrap();
        assert_eq!(found.memory_kills(), Some(7));
        assert_eq!(ControlGroup::find("", "").memory_kills(), None);
    }

    #[test]
    fn version_1_has_memory_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().display().to_string();
        let mounts = format!("30 24 0:26 / {place} rw - cgroup cgroup rw,cpu,memory\n");
        let found = ControlGroup::find("4:cpu,memory:/\n0::/\n", &mounts);
        std::fs::write(folder.path().join("memory.oom_control"), "under_oom 0\noom_kill 1\n").unwrap();
        assert_eq!((found.memory_kills(), found.make("x").is_err()), (Some(1), true));
    }

    #[test]
    fn names_cannot_lead_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let own = ControlGroup { unified: Some(folder.path().to_owned()), memory: None, instance: 0 };
        let below = own.make("../a b/log").unwrap();
        assert_eq!(below.folder.parent(), Some(folder.path()));
        assert!(below.processes().is_empty());
    }

    #[test]
    fn no_two_services_share_one_nor_do_two_supervisors() {
        let folder = tempfile::tempdir().unwrap();
        let one = ControlGroup { unified: Some(folder.path().to_owned()), memory: None, instance: 0 };
        let other = ControlGroup { instance: 1, ..one.clone() };
        let made = [one.make("web/log"), one.make("web_log"), other.make("web_log")].map(Result::unwrap);
        let folders: std::collections::BTreeSet<_> = made.iter().map(|below| &below.folder).collect();
        assert_eq!(folders.len(), 3);
        let name = format!("preflight.{}.web", std::process::id());
        assert_eq!(one.make("web").unwrap().folder, folder.path().join(name));
    }
}
