//! What a container is allowed, and the file that tells `runc` of it (the OCI runtime specification, `config.json`).

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::root::Root;

/// What container engines leave to root.
const USUAL: [&str; 14] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
];

/// What a container is allowed. Everything is root's and as an engine would have it, unless said otherwise.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Machine {
    /// The user, and the group of the same number, without any capability and never with new ones.
    pub(crate) user: u32,
    /// Nothing at all can be written to, not even `/run`.
    pub(crate) nothing_writable: bool,
    /// So many processes and threads.
    pub(crate) pids: Option<i64>,
    /// So much memory, in MiB.
    pub(crate) memory: Option<i64>,
    /// It may make control groups below its own.
    pub(crate) control_groups: bool,
    /// It may do what only the owner of a machine may: make name spaces, mount.
    pub(crate) powerful: bool,
    /// A file system of 64 KiB in `/tiny`.
    pub(crate) tiny: bool,
    /// Its standard streams are a terminal.
    pub(crate) terminal: bool,
    /// The clocks that only go on are this many seconds ahead of the machine's.
    pub(crate) hours_ahead: Option<u32>,
}

impl Machine {
    /// What this machine lacks for a container of this kind.
    pub(crate) fn lacks(&self) -> Option<&'static str> {
        if self.hours_ahead.is_some() && !Path::new("/proc/self/ns/time").exists() {
            Some("name spaces of clocks")
        } else if self.control_groups && version_2().is_none() {
            Some("control groups of version 2")
        } else {
            None
        }
    }

    /// The configuration of a container of this kind.
    pub(crate) fn configuration(&self, root: &Path, work: &Path, name: &str, words: &[String]) -> Value {
        let capabilities = self.capabilities();
        let own = ["pid", "ipc", "uts", "mount"].map(|kind| json!({ "type": kind }));
        json!({
            "ociVersion": "1.0.2",
            "process": {
                "terminal": self.terminal,
                "user": { "uid": self.user, "gid": self.user },
                "args": words,
                "env": ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "TERM=dumb", "HOME=/work"],
                "cwd": "/work",
                "capabilities": {
                    "bounding": capabilities, "effective": capabilities, "permitted": capabilities
                },
                "rlimits": [{ "type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024 }],
                "noNewPrivileges": self.user != 0,
            },
            "root": { "path": root, "readonly": true },
            "hostname": "story",
            "mounts": self.mounts(work),
            "linux": {
                "cgroupsPath": format!("/{name}"),
                "resources": self.resources(),
                "namespaces": own,
            },
        })
    }

    fn capabilities(&self) -> Vec<&'static str> {
        match (self.user, self.powerful) {
            (0, false) => USUAL.to_vec(),
            (0, true) => [&USUAL[..], &["CAP_SYS_ADMIN"]].concat(),
            _ => Vec::new(),
        }
    }

    fn mounts(&self, work: &Path) -> Vec<Value> {
        let mut mounts = vec![
            mount("/proc", "proc", &[]),
            mount("/dev", "tmpfs", &["nosuid", "mode=755", "size=64k"]),
            mount("/dev/pts", "devpts", &["nosuid", "newinstance", "ptmxmode=0666", "mode=0620"]),
            bound(work, "/work", if self.nothing_writable { "ro" } else { "rw" }),
        ];
        mounts.extend(Root::mounts().iter().map(|(from, to)| bound(from, to, "ro")));
        if !self.nothing_writable {
            let mode = if self.user == 0 { "mode=755" } else { "mode=1777" };
            mounts.extend(["/run", "/tmp"].map(|place| mount(place, "tmpfs", &["nosuid", mode])));
        }
        if self.tiny {
            mounts.push(mount("/tiny", "tmpfs", &["nosuid", "mode=1777", "size=64k"]));
        }
        if self.control_groups {
            mounts.extend(version_2().map(|from| bound(from, "/sys/fs/cgroup", "rw")));
        } else if self.memory.is_some() {
            mounts.push(mount("/sys/fs/cgroup", "cgroup", &["nosuid", "ro"]));
        }
        mounts
    }

    fn resources(&self) -> Value {
        let mut resources = json!({ "devices": [{ "allow": false, "access": "rwm" }] });
        if let Some(limit) = self.pids {
            resources["pids"] = json!({ "limit": limit });
        }
        if let Some(limit) = self.memory {
            let bytes = limit * 1024 * 1024;
            resources["memory"] = json!({ "limit": bytes });
            // With version 1, where swap is not counted, it cannot be limited either.
            let counts_swap = Path::new("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes").exists();
            if counts_swap || Path::new("/sys/fs/cgroup/cgroup.controllers").exists() {
                resources["memory"]["swap"] = json!(bytes);
            }
        }
        resources
    }
}

/// Where version 2 of control groups is mounted, with `cgroup.kill` of Linux 5.14.
pub(crate) fn version_2() -> Option<&'static Path> {
    let places = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(Path::new);
    places.into_iter().find(|place| place.join("cgroup.procs").exists() && !place.join("tasks").exists())
}

fn mount(place: &str, kind: &str, options: &[&str]) -> Value {
    json!({ "destination": place, "type": kind, "source": kind, "options": options })
}

fn bound(from: &Path, to: &str, access: &str) -> Value {
    json!({ "destination": to, "type": "bind", "source": from, "options": ["bind", access] })
}
