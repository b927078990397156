//! Control groups, version 1 and 2: where this process's own group is, and what it may use.
//!
//! Formats: `/proc/self/cgroup` is described in cgroups(7), the controllers' files in the kernel's
//! `Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/`.

use std::path::Path;

use crate::files;
use crate::model::Limits;

const MOUNT: &str = "sys/fs/cgroup";

/// Version 1 writes "no limit" as the greatest multiple of the page size; nothing real comes near this.
const UNLIMITED: u64 = 1 << 60;

/// Which hierarchy the kernel mounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// The folder of one controller's group, and those of the groups around it, innermost first; relative to the root.
pub(crate) struct Group {
    pub(crate) version: Version,
    folders: Vec<String>,
}

impl Group {
    /// The group of this process for `controller` (`memory`, `cpu`, `cpuacct`); version 2 has one for all of them.
    /// Nothing if no hierarchy is mounted.
    pub(crate) fn own(root: &Path, controller: &str) -> Option<Self> {
        let membership = files::read(root, "proc/self/cgroup").unwrap_or_default();
        if root.join(MOUNT).join("cgroup.controllers").is_file() {
            let path = path_of(&membership, "").unwrap_or("/");
            return Some(Self { version: Version::Two, folders: nested(root, MOUNT, path) });
        }
        let mount = mount_of(root, &membership, controller)?;
        let path = path_of(&membership, controller).unwrap_or("/");
        Some(Self { version: Version::One, folders: nested(root, &mount, path) })
    }

    /// A file of the group itself.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folders.first().map_or_else(String::new, |folder| format!("{folder}/{name}"))
    }

    /// The least of what the group and those around it say: a limit binds all that is below it.
    fn least<Value: PartialOrd>(&self, read: impl Fn(&str) -> Option<Value>) -> Option<Value> {
        self.folders
            .iter()
            .filter_map(|folder| read(folder))
            .reduce(|least, value| if value < least { value } else { least })
    }
}

/// The limits of this process's groups, and of those around them.
pub(crate) fn limits(root: &Path) -> Limits {
    let memory = Group::own(root, "memory").and_then(|group| {
        let name = match group.version {
            Version::One => "memory.limit_in_bytes",
            Version::Two => "memory.max",
        };
        group.least(|folder| {
            files::number(root, &format!("{folder}/{name}")).filter(|bytes| *bytes < UNLIMITED)
        })
    });
    let cpu = Group::own(root, "cpu").and_then(|group| match group.version {
        Version::One => group.least(|folder| quota_of_version_1(root, folder)),
        Version::Two => group.least(|folder| quota_of_version_2(root, folder)),
    });
    Limits { cpu, memory }
}

/// `cpu.max` holds quota and period in microseconds, the quota being a number or `max`.
fn quota_of_version_2(root: &Path, folder: &str) -> Option<f64> {
    let content = files::read(root, &format!("{folder}/cpu.max"))?;
    let (quota, period) = content.trim().split_once(' ')?;
    cores(quota.parse().ok()?, period.parse().ok()?)
}

/// A quota of -1 is none.
fn quota_of_version_1(root: &Path, folder: &str) -> Option<f64> {
    let quota = files::number(root, &format!("{folder}/cpu.cfs_quota_us"))?;
    cores(quota, files::number(root, &format!("{folder}/cpu.cfs_period_us"))?)
}

fn cores(quota: u64, period: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a period fit a double's 53 bits")]
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

/// The path in the line whose controllers include `controller`; version 2's line has none.
pub(crate) fn path_of<'text>(membership: &'text str, controller: &str) -> Option<&'text str> {
    membership.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let controllers = parts.nth(1)?;
        let path = parts.next()?;
        controllers.split(',').any(|name| name == controller).then_some(path)
    })
}

/// Version 1 mounts each set of controllers in a folder named after the set, mostly with a link from each single name.
fn mount_of(root: &Path, membership: &str, controller: &str) -> Option<String> {
    let set = membership
        .lines()
        .filter_map(|line| line.split(':').nth(1))
        .find(|set| set.split(',').any(|name| name == controller));
    let candidates = [Some(controller), set.filter(|set| !set.contains('/'))];
    candidates
        .into_iter()
        .flatten()
        .map(|name| format!("{MOUNT}/{name}"))
        .find(|mount| root.join(mount).is_dir())
}

/// The folder of `path` below `mount` and its parents up to the mount. In a container the path may be the host's, of
/// which only the end, or nothing, is mounted: then it is the mount itself.
fn nested(root: &Path, mount: &str, path: &str) -> Vec<String> {
    let path = path.trim_matches('/');
    let visible = !path.split('/').any(|part| part == "..") && root.join(mount).join(path).is_dir();
    let mut folders = Vec::new();
    let mut rest = if visible { path } else { "" };
    while !rest.is_empty() {
        folders.push(format!("{mount}/{rest}"));
        rest = rest.rfind('/').map_or("", |slash| &rest[..slash]);
    }
    folders.push(mount.to_owned());
    folders
}
