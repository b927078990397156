//! Limits and use of memory from control groups, v2 and v1, and from `/proc/meminfo`. Formats: cgroups(7), the kernel's
//! `admin-guide/cgroup-v2.rst` and `cgroup-v1/memory.rst`, proc(5).

use std::fs;
use std::path::{Path, PathBuf};

/// What may be used and what is left, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) limit: u64,
    pub(super) available: u64,
    /// Whose limit it is.
    pub(super) origin: &'static str,
}

/// The file names of one version of control groups.
struct Names {
    limit: &'static str,
    usage: &'static str,
    /// The line of `memory.stat` with what the kernel takes back when memory gets scarce.
    reclaimable: &'static str,
}

const V2: Names = Names { limit: "memory.max", usage: "memory.current", reclaimable: "inactive_file" };
const V1: Names = Names {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    reclaimable: "total_inactive_file",
};

/// Reads what holds for this process; nothing without `/proc/meminfo`. `root` is `/`, or a test's folder.
pub(super) fn read(root: &Path) -> Option<Reading> {
    let meminfo = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let machine = Reading {
        limit: line(&meminfo, "MemTotal:")?.checked_mul(1024)?,
        available: line(&meminfo, "MemAvailable:").unwrap_or_default().saturating_mul(1024),
        origin: "the machine's memory",
    };
    let mut tightest = machine;
    for (folder, names) in groups(root) {
        let Some(group) = of_group(&folder, &names) else { continue };
        if group.limit < tightest.limit {
            tightest.limit = group.limit;
            tightest.origin = group.origin;
        }
        tightest.available = tightest.available.min(group.available);
    }
    Some(tightest)
}

/// The folders of the groups that this process is in, innermost first, each with its ancestors: a limit of any of them
/// holds. In a container its own group is mostly mounted as the root of them all.
fn groups(root: &Path) -> Vec<(PathBuf, Names)> {
    let text = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mut found = Vec::new();
    for entry in text.lines() {
        let mut fields = entry.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let is_v1 = controllers.split(',').any(|controller| controller == "memory");
        if !is_v1 && !controllers.is_empty() {
            continue;
        }
        let mount = root.join(if is_v1 { "sys/fs/cgroup/memory" } else { "sys/fs/cgroup" });
        let own = mount.join(path.trim_start_matches('/'));
        let folders = own.ancestors().take_while(|folder| folder.starts_with(&mount));
        found.extend(folders.map(|folder| (folder.to_owned(), if is_v1 { V1 } else { V2 })));
    }
    found
}

fn of_group(folder: &Path, names: &Names) -> Option<Reading> {
    let number = |name: &str| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
    // v2 writes `max` where there is no limit; v1 a number larger than any machine, which the machine's own undercuts.
    let limit = number(names.limit)?;
    let usage = number(names.usage).unwrap_or_default();
    let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let reclaimable = line(&stat, names.reclaimable).unwrap_or_default();
    let available = limit.saturating_sub(usage.saturating_sub(reclaimable));
    Some(Reading { limit, available, origin: "the control group's limit" })
}

/// The number after a name at the beginning of a line.
fn line(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().map(str::split_whitespace);
    lines.find_map(|mut words| (words.next() == Some(name)).then(|| words.next()?.parse().ok()).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &str = "MemTotal:       1048576 kB\nMemFree: 1 kB\nMemAvailable:    524288 kB\n";

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs::write(path, text).expect("written");
        }
        root
    }

    #[test]
    fn without_groups_the_machine_counts() {
        let root = tree(&[("proc/meminfo", MEMINFO)]);
        let found = read(root.path()).expect("a reading");
        assert_eq!(
            (found.limit, found.available, found.origin),
            (1 << 30, 512 << 20, "the machine's memory")
        );
        assert_eq!(read(tree(&[]).path()), None);
    }

    #[test]
    fn the_tightest_group_of_version_2_counts() {
        let root = tree(&[
            ("proc/meminfo", MEMINFO),
            ("proc/self/cgroup", "0::/pod/container\n"),
            ("sys/fs/cgroup/pod/container/memory.max", "max\n"),
            ("sys/fs/cgroup/pod/memory.max", "268435456\n"),
            ("sys/fs/cgroup/pod/memory.current", "209715200\n"),
            ("sys/fs/cgroup/pod/memory.stat", "anon 1\ninactive_file 104857600\n"),
        ]);
        let found = read(root.path()).expect("a reading");
        assert_eq!((found.limit, found.available), (256 << 20, 156 << 20));
        assert_eq!(found.origin, "the control group's limit");
    }

    #[test]
    fn version_1_is_read_where_the_container_sees_its_own_group_as_the_root() {
        let root = tree(&[
            ("proc/meminfo", MEMINFO),
            ("proc/self/cgroup", "12:cpu,cpuacct:/docker/abc\n5:memory:/docker/abc\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "104857600\n"),
        ]);
        let found = read(root.path()).expect("a reading");
        assert_eq!((found.limit, found.available), (512 << 20, 412 << 20));
    }

    #[test]
    fn the_unlimited_of_version_1_is_no_limit() {
        let root = tree(&[
            ("proc/meminfo", MEMINFO),
            ("proc/self/cgroup", "5:memory:/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "1\n"),
        ]);
        assert_eq!(read(root.path()).expect("a reading").origin, "the machine's memory");
    }
}
