//! What the container has used so far, from its cgroup.

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::cgroup::{Group, Version};
use crate::files;

/// What the process's own cgroup counted since it was made; `None` where the kernel does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Usage {
    /// The most memory in use at one moment, in bytes, page cache included. Version 2 counts it since Linux 5.19.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    /// Processor time, of all cores together; in JSON in seconds.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    #[schemars(with = "Option<f64>")]
    pub cpu_time: Option<Duration>,
    /// How long its processes were held back by the processor limit; in JSON in seconds.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "seconds")]
    #[schemars(with = "Option<f64>")]
    pub throttled: Option<Duration>,
    /// Processes the kernel killed for want of memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_kills: Option<u64>,
}

/// Reads the usage of this process's cgroup below `root`, which stands for `/`. Never fails: what is not there is `None`.
#[must_use]
pub fn usage(root: &Path) -> Usage {
    let memory = Group::own(root, "memory").map(|group| of_memory(root, &group)).unwrap_or_default();
    let processor = Group::own(root, "cpuacct").map(|group| of_processor(root, &group)).unwrap_or_default();
    Usage { cpu_time: processor.cpu_time, throttled: processor.throttled, ..memory }
}

fn of_memory(root: &Path, group: &Group) -> Usage {
    let (peak, events) = match group.version {
        Version::One => ("memory.max_usage_in_bytes", "memory.oom_control"),
        Version::Two => ("memory.peak", "memory.events"),
    };
    Usage {
        peak_memory: files::number(root, &group.file(peak)),
        oom_kills: files::keyed_number(root, &group.file(events), "oom_kill"),
        ..Usage::default()
    }
}

/// Version 1 counts nanoseconds, version 2 microseconds. Version 1's hold-ups are in the `cpu` controller, which is
/// mounted together with `cpuacct` almost everywhere.
fn of_processor(root: &Path, group: &Group) -> Usage {
    let statistic = |key| files::keyed_number(root, &group.file("cpu.stat"), key);
    let (cpu_time, throttled) = match group.version {
        Version::One => (
            files::number(root, &group.file("cpuacct.usage")).map(Duration::from_nanos),
            statistic("throttled_time").map(Duration::from_nanos),
        ),
        Version::Two => (
            statistic("usage_usec").map(Duration::from_micros),
            statistic("throttled_usec").map(Duration::from_micros),
        ),
    };
    Usage { cpu_time, throttled, ..Usage::default() }
}

fn seconds<S: Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match span {
        Some(span) => serializer.serialize_f64(span.as_secs_f64()),
        None => serializer.serialize_none(),
    }
}
