//! Peak memory and processor time from cgroups.

use std::time::Duration;

use preflight_identity::{Usage, usage};

use crate::place::Place;

#[test]
fn version_2_counts_in_microseconds() {
    let place = Place::new()
        .file("proc/self/cgroup", "0::/\n")
        .file("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
        .file("sys/fs/cgroup/memory.peak", "73400320\n")
        .file("sys/fs/cgroup/memory.events", "low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n")
        .file("sys/fs/cgroup/cpu.stat", "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\nnr_throttled 3\nthrottled_usec 2500\n");
    let expected = Usage {
        peak_memory: Some(70 << 20),
        cpu_time: Some(Duration::from_micros(1_234_567)),
        throttled: Some(Duration::from_micros(2500)),
        oom_kills: Some(1),
    };
    assert_eq!(usage(place.root()), expected);
}

#[test]
fn version_1_counts_in_nanoseconds_in_a_folder_a_controller() {
    let id = "4f3e9c0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789";
    let place = Place::new()
        .file(
            "proc/self/cgroup",
            format!("4:memory:/docker/{id}\n3:cpu,cpuacct:/docker/{id}\n0::/docker/{id}\n"),
        )
        .file("sys/fs/cgroup/unified/cgroup.controllers", "")
        .file("sys/fs/cgroup/memory/memory.max_usage_in_bytes", "1048576\n")
        .file("sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
        .file("sys/fs/cgroup/cpu,cpuacct/cpuacct.usage", "5000000000\n")
        .file("sys/fs/cgroup/cpu,cpuacct/cpu.stat", "nr_periods 9\nnr_throttled 1\nthrottled_time 7000000\n");
    let expected = Usage {
        peak_memory: Some(1 << 20),
        cpu_time: Some(Duration::from_secs(5)),
        throttled: Some(Duration::from_millis(7)),
        oom_kills: Some(3),
    };
    assert_eq!(usage(place.root()), expected);
}

#[test]
fn the_processs_own_group_counts_and_not_the_ones_around_it() {
    let place = Place::new()
        .file("proc/self/cgroup", "0::/system.slice/pickles.service\n")
        .file("sys/fs/cgroup/cgroup.controllers", "")
        .file("sys/fs/cgroup/memory.peak", "9999\n")
        .file("sys/fs/cgroup/system.slice/pickles.service/memory.peak", "4096\n");
    assert_eq!(usage(place.root()).peak_memory, Some(4096));
}

#[test]
fn a_path_out_of_the_hierarchy_is_not_followed() {
    let place = Place::new()
        .file("proc/self/cgroup", "0::/../../../secret\n")
        .file("secret/memory.peak", "1\n")
        .file("sys/fs/cgroup/cgroup.controllers", "")
        .file("sys/fs/cgroup/memory.peak", "4096\n");
    assert_eq!(usage(place.root()).peak_memory, Some(4096));
}

#[test]
fn where_nothing_is_mounted_nothing_is_known() {
    assert_eq!(usage(Place::new().root()), Usage::default());
}
