//! Plain containers and plain hosts: what the kernel tells.

use std::time::{Duration, Instant};

use preflight_identity::{Identity, Platform, Sources, discover};

use crate::place::{Place, some};

const ID: &str = "4f3e9c0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789";

/// Process 1 started 100 s after the boot, which was 700 s ago.
fn booted() -> Place {
    Place::new()
        .file(
            "proc/1/stat",
            format!("1 (a ) strange (name) S 0 1 1 0 -1 4194560 {} 10000 1 2\n", "0 ".repeat(12).trim()),
        )
        .file("proc/uptime", "700.00 1400.00\n")
        .file("proc/sys/kernel/hostname", "4f3e9c0a1b2c\n")
}

#[tokio::test]
async fn a_plain_container_is_known_by_its_cgroup() {
    let identity = booted()
        .file("proc/self/cgroup", format!("12:memory:/docker/{ID}\n3:cpu,cpuacct:/docker/{ID}\n"))
        .file("sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n")
        .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "150000\n")
        .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n")
        .discover()
        .await;
    assert_eq!((identity.platform, identity.container_id.as_deref()), (Platform::Container, Some(ID)));
    assert_eq!((identity.limits.cpu, identity.limits.memory), (Some(1.5), Some(256 << 20)));
    assert_eq!(identity.summary(), "container 4f3e9c0a1b2c, started 2026-11-21T11:50:00Z");
}

#[tokio::test]
async fn each_runtimes_mark_makes_it_a_container() {
    for place in [
        booted().file(".dockerenv", ""),
        booted().file("run/.containerenv", ""),
        booted().variable("container", "lxc"),
    ] {
        assert_eq!(place.discover().await.platform, Platform::Container);
    }
}

#[tokio::test]
async fn a_private_cgroup_namespace_hides_the_id_but_not_from_the_mounts() {
    let mounts =
        format!("901 713 259:1 /var/lib/docker/containers/{ID}/hosts /etc/hosts rw - ext4 /dev/x rw\n");
    let place = booted().file("proc/self/cgroup", "0::/\n").file("proc/self/mountinfo", mounts);
    assert_eq!(place.discover().await.container_id, None, "a host's mounts are not searched");
    let identity = place.file(".dockerenv", "").discover().await;
    assert_eq!(identity.container_id, some(ID));
}

#[tokio::test]
async fn podman_tells_a_privileged_container_its_image() {
    let facts = format!(
        "engine=\"podman-4.3.1\"\nname=\"pickles\"\nid=\"{ID}\"\nimage=\"localhost/pickles:1.4.2\"\nrootless=0\n"
    );
    let identity = booted().file("run/.containerenv", facts).discover().await;
    assert_eq!(identity.container_name, some("pickles"));
    assert_eq!(
        identity.summary(),
        "image pickles:1.4.2, container 4f3e9c0a1b2c, started 2026-11-21T11:50:00Z"
    );
}

#[tokio::test]
async fn a_plain_host_is_a_host() {
    let identity = booted().file("proc/self/cgroup", "0::/user.slice/session-3.scope\n").discover().await;
    assert_eq!(identity.platform, Platform::Host);
    assert_eq!(identity.summary(), "host 4f3e9c0a1b2c, started 2026-11-21T11:50:00Z");
    assert!(identity.notes.is_empty(), "{:?}", identity.notes);
}

#[tokio::test]
async fn addresses_are_our_own_without_loopback_and_link_local() {
    let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     +-- 10.0.1.0/24 2 0 2\n        |-- 10.0.1.0\n           \
                /24 link UNICAST\n        |-- 10.0.1.192\n           /32 host LOCAL\n        |-- 10.0.1.255\n           /32 link BROADCAST\n     \
                |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 169.254.170.3\n        /32 host LOCAL\nLocal:\n        |-- 10.0.1.192\n           /32 host LOCAL\n";
    let table = "00000000000000000000000000000001 01 80 10 80       lo\nfe800000000000000000000000000001 02 40 20 80     eth0\n\
                 26001f1430ab690000000000000000a1 02 40 00 80     eth0\nzz 02\n";
    let identity = booted().file("proc/net/fib_trie", trie).file("proc/net/if_inet6", table).discover().await;
    let addresses: Vec<String> = identity.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.0.1.192", "2600:1f14:30ab:6900::a1"]);
}

#[tokio::test]
async fn limits_are_the_tightest_of_the_group_and_those_around_it() {
    let identity = booted()
        .file("proc/self/cgroup", "0::/outer/inner\n")
        .file("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
        .file("sys/fs/cgroup/outer/memory.max", "1048576\n")
        .file("sys/fs/cgroup/outer/cpu.max", "max 100000\n")
        .file("sys/fs/cgroup/outer/inner/memory.max", "max\n")
        .file("sys/fs/cgroup/outer/inner/cpu.max", "25000 100000\n")
        .discover()
        .await;
    assert_eq!((identity.limits.cpu, identity.limits.memory), (Some(0.25), Some(1 << 20)));
}

#[tokio::test]
async fn no_limit_is_no_number() {
    let version_1 = booted()
        .file("proc/self/cgroup", "4:memory:/\n2:cpu:/\n")
        .file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
        .file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n")
        .file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    let version_2 =
        booted().file("sys/fs/cgroup/cgroup.controllers", "").file("sys/fs/cgroup/memory.max", "max\n");
    for place in [version_1, version_2] {
        let identity = place.discover().await;
        assert_eq!((identity.limits.cpu, identity.limits.memory), (None, None));
    }
}

#[tokio::test]
async fn garbage_in_proc_is_as_good_as_nothing() {
    let mut place = Place::new();
    for path in [
        "proc/1/stat",
        "proc/uptime",
        "proc/self/cgroup",
        "proc/self/mountinfo",
        "proc/net/fib_trie",
        "proc/net/if_inet6",
        "run/.containerenv",
        "sys/fs/cgroup/cgroup.controllers",
        "sys/fs/cgroup/memory.max",
        "sys/fs/cgroup/cpu.max",
    ] {
        place = place.file(path, b"\xff\x00 1) 99999999999999999999 :../..:\n/../ |-- \n0::/../../etc\n");
    }
    let identity = place.discover().await;
    assert_eq!((identity.started_at, identity.limits.memory, identity.addresses.len()), (None, None, 0));
}

#[tokio::test]
async fn an_empty_place_is_an_unknown_host() {
    let identity = Place::new().discover().await;
    let expected = Identity { notes: identity.notes.clone(), ..Identity::default() };
    assert_eq!(identity, expected);
    assert_eq!(identity.summary(), "unknown host");
}

#[test]
fn a_plain_host_needs_neither_sockets_nor_timers() {
    // A runtime without drivers panics on any socket or timer.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let identity = runtime.block_on(discover(&booted().sources(), Duration::from_secs(1)));
    assert_eq!(identity.platform, Platform::Host);
}

#[tokio::test]
async fn this_machine_is_known_at_once() {
    let mut sources = Sources::system();
    sources.environment = Box::new(|_| None);
    sources.instance_metadata = preflight_identity::AskInstance::Never;
    let start = Instant::now();
    let identity = discover(&sources, Duration::from_secs(1)).await;
    assert!(start.elapsed() < Duration::from_millis(200), "took {:?}", start.elapsed());
    assert!(identity.hostname.is_some());
    assert!(identity.started_at.is_some_and(|started| started < jiff::Timestamp::now()));
}
