//! What the kernel and the container runtime's traces tell without asking anyone: names, ids, addresses, start.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::image::Image;
use crate::model::{Identity, Platform};
use crate::sources::Sources;
use crate::{cgroup, files};

mod container_id;

/// The most addresses that are kept.
pub(crate) const MOST_ADDRESSES: usize = 16;

/// Ticks a second in `/proc/PID/stat`; the kernel's interface says 100 on x86_64 and aarch64 alike.
const TICKS: i64 = 100;

/// Fills in what is known without a platform's help. Reads only: no request, no process.
pub(crate) fn describe(sources: &Sources, identity: &mut Identity) {
    let root = &sources.root;
    identity.hostname = files::value(root, "proc/sys/kernel/hostname");
    identity.addresses = addresses(root);
    identity.limits = cgroup::limits(root);
    identity.started_at = process_1_started(root, (sources.now)());
    if identity.started_at.is_none() {
        identity.notes.push("start: /proc does not tell when process 1 started".to_owned());
    }
    let podman = podman_facts(root);
    // systemd's convention, followed by Podman, LXC and nspawn: process 1 finds `container` in its environment.
    let marked =
        podman.is_some() || root.join(".dockerenv").exists() || sources.variable("container").is_some();
    identity.container_id = container_id::find(root, marked);
    if marked || identity.container_id.is_some() {
        identity.platform = Platform::Container;
    }
    describe_podman(&podman.unwrap_or_default(), identity);
}

/// Podman leaves this file in every container, with facts in it only if the container is privileged.
fn podman_facts(root: &Path) -> Option<String> {
    files::read(root, "run/.containerenv")
}

fn describe_podman(facts: &str, identity: &mut Identity) {
    let fact = |key: &str| {
        let quoted = facts.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        crate::model::text(quoted.trim_matches('"'))
    };
    identity.image = fact("image").and_then(|reference| Image::parse(&reference));
    identity.container_name = fact("name");
    if let Some(id) = fact("id") {
        identity.container_id = Some(id);
    }
}

/// Process 1 is the container's first process, or a host's init. Field 22 of its stat is the start in ticks since the
/// boot, proc_pid_stat(5); the name in field 2 may hold spaces and parentheses.
fn process_1_started(root: &Path, now: Timestamp) -> Option<Timestamp> {
    let stat = files::read(root, "proc/1/stat")?;
    let ticks: i64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let uptime = files::read(root, "proc/uptime")?;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    let started = SignedDuration::from_millis(ticks.checked_mul(1000 / TICKS)?);
    let age = SignedDuration::try_from_secs_f64(uptime).ok()?.checked_sub(started)?;
    // Both figures are in hundredths of a second; the clock's further digits would only pretend.
    Timestamp::from_millisecond(now.checked_sub(age).ok()?.as_millisecond()).ok()
}

/// This network namespace's own addresses.
fn addresses(root: &Path) -> Vec<IpAddr> {
    let version_4 = files::read(root, "proc/net/fib_trie").unwrap_or_default();
    let version_6 = files::read(root, "proc/net/if_inet6").unwrap_or_default();
    let mut all: Vec<IpAddr> = Vec::new();
    let version_4 = local_version_4(&version_4).filter(|one| !one.is_loopback() && !one.is_link_local());
    let version_6 =
        local_version_6(&version_6).filter(|one| !one.is_loopback() && !one.is_unicast_link_local());
    for address in version_4.map(IpAddr::V4).chain(version_6.map(IpAddr::V6)) {
        // The routing trie lists an address once a table.
        if all.len() < MOST_ADDRESSES && !all.contains(&address) {
            all.push(address);
        }
    }
    all
}

/// In the kernel's routing trie a line `|-- ADDRESS` is followed by what it is: `/32 host LOCAL` for our own.
fn local_version_4(trie: &str) -> impl Iterator<Item = Ipv4Addr> + '_ {
    let mut last = None;
    trie.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse().ok();
            return None;
        }
        (line == "/32 host LOCAL").then_some(last).flatten()
    })
}

/// Each line begins with an address in 32 hexadecimal digits.
fn local_version_6(table: &str) -> impl Iterator<Item = Ipv6Addr> + '_ {
    table.lines().filter_map(|line| {
        let digits = line.split_whitespace().next().filter(|digits| digits.len() == 32)?;
        u128::from_str_radix(digits, 16).ok().map(Ipv6Addr::from)
    })
}
