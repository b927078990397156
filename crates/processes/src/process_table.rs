//! The system's table of processes, as far as it is of use here: `/proc/PID/stat`, see `proc_pid_stat(5)`.

use std::{fs, os::unix::ffi::OsStrExt};

use crate::Signal;

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    /// In ticks since the system began: with the number, it tells a process from a later one of its number.
    pub(crate) started: u64,
    /// It has ended and was not waited for.
    pub(crate) is_dead: bool,
}

/// All that can be seen; empty where `/proc` is not mounted.
pub(crate) fn all() -> Vec<Entry> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| entry.file_name().as_bytes().first().is_some_and(u8::is_ascii_digit))
        .filter_map(|entry| parse(&fs::read(entry.path().join("stat")).ok()?))
        .collect()
}

/// Those that still run of some that were seen before.
pub(crate) fn still_there(seen: &[Entry]) -> Vec<Entry> {
    if seen.is_empty() {
        return Vec::new();
    }
    let is_one = |entry: &Entry| {
        !entry.is_dead && seen.iter().any(|one| (one.pid, one.started) == (entry.pid, entry.started))
    };
    all().into_iter().filter(is_one).collect()
}

/// What a process has started, and what that has started, outside of the process's own group.
pub(crate) fn escaped(leader: i32) -> Vec<Entry> {
    descendants(leader, &all()).into_iter().filter(|entry| entry.group != leader && !entry.is_dead).collect()
}

fn descendants(leader: i32, all: &[Entry]) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut parents = vec![leader];
    while let Some(parent) = parents.pop() {
        // A table that was read while it changed could show a circle.
        let is_new = |entry: &&Entry| {
            entry.parent == parent && entry.pid != leader && !found.iter().any(|one| one.pid == entry.pid)
        };
        let children: Vec<Entry> = all.iter().filter(is_new).copied().collect();
        parents.extend(children.iter().map(|entry| entry.pid));
        found.extend(children);
    }
    found
}

/// True when something in the process group still runs.
pub(crate) fn runs_in_group(group: i32) -> bool {
    all().iter().any(|entry| entry.group == group && !entry.is_dead)
}

/// True when a signal would have its default action: it is neither caught, nor ignored, nor blocked to be read in
/// another way (`signalfd(2)`). False as well when that cannot be seen.
pub(crate) fn has_default_action(pid: i32, signal: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| is_default(&status, signal))
}

/// `proc_pid_status(5)`: masks in hexadecimal, bit 0 is signal 1.
fn is_default(status: &str, signal: i32) -> bool {
    let mask = |name: &str| {
        let mask = status.lines().find_map(|line| line.strip_prefix(name))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    };
    let (Some(blocked), Some(ignored), Some(caught)) = (mask("SigBlk:"), mask("SigIgn:"), mask("SigCgt:"))
    else {
        return false;
    };
    // Shells and the C library block everything for a moment around a fork; a signal kills right after it. Who blocks to
    // read signals does not block the faults of the processor.
    let is_moment = blocked & bit(Signal::SEGV.number()) != 0;
    let blocked = if is_moment { 0 } else { blocked };
    (blocked | ignored | caught) & bit(signal) == 0
}

fn bit(signal: i32) -> u64 {
    u32::try_from(signal - 1).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
}

/// The name in parentheses may hold anything, parentheses and newlines included.
fn parse(stat: &[u8]) -> Option<Entry> {
    let open = stat.iter().position(|byte| *byte == b'(')?;
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    let pid = std::str::from_utf8(&stat[..open]).ok()?.trim().parse().ok()?;
    let rest = std::str::from_utf8(stat.get(close + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let is_dead = matches!(fields.next()?, "Z" | "X" | "x");
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    // Field 22; the group is field 5.
    let started = fields.nth(16)?.parse().ok()?;
    Some(Entry { pid, parent, group, started, is_dead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_do_not_confuse() {
        assert_eq!(
            parse(b"42 (a) Z (b\n)) S 7 41 40 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 900 1"),
            Some(Entry { pid: 42, parent: 7, group: 41, started: 900, is_dead: false })
        );
        assert!(parse(b"42 (a) Z 7 41 40 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 900 1").unwrap().is_dead);
    }

    #[test]
    fn descendants_are_found_over_generations_and_circles_do_no_harm() {
        let entry = |pid, parent| Entry { pid, parent, group: 1, started: 0, is_dead: false };
        let all = [entry(10, 1), entry(11, 10), entry(12, 11), entry(13, 1), entry(14, 15), entry(15, 14)];
        let of = |leader| descendants(leader, &all).iter().map(|entry| entry.pid).collect::<Vec<_>>();
        assert_eq!(of(10), [11, 12]);
        assert_eq!(of(14), [15]);
        assert!(of(13).is_empty());
    }

    #[test]
    fn a_later_process_of_the_same_number_is_another_one() {
        let own = i32::try_from(std::process::id()).unwrap();
        let entry = *all().iter().find(|entry| entry.pid == own).unwrap();
        assert_eq!(still_there(&[entry]).len(), 1);
        assert!(still_there(&[Entry { started: entry.started + 1, ..entry }]).is_empty());
    }

    #[test]
    fn a_signal_in_any_of_the_masks_is_minded() {
        let status =
            "Name:\tx\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000000200\n";
        for (signal, expected) in [(1, false), (13, false), (10, false), (12, true), (2, true)] {
            assert_eq!(is_default(status, signal), expected, "{signal}");
        }
        assert!(!is_default("Name:\tx\n", 2), "what cannot be seen");
        let forking = "SigBlk:\tfffffffffffffeff\nSigIgn:\t0\nSigCgt:\t0\n";
        assert!(is_default(forking, 10), "blocked for a moment only");
    }

    #[test]
    fn broken_lines_are_left_out() {
        for line in [&b""[..], b"42", b"42 (a", b"42 )a( S 1 1", b"x (a) S 1 1", b"42 (a) S", b"42 (a) S x 1"]
        {
            assert_eq!(parse(line), None, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn this_very_process_is_in_the_table() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(all().iter().any(|entry| entry.pid == own && !entry.is_dead));
    }
}
