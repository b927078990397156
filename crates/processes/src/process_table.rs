//! The system's table of processes, as far as it is of use here: `/proc/PID/stat`, see `proc_pid_stat(5)`.
//!
//! A machine has thousands of processes, and to read all of them takes tens of milliseconds. So only those that matter are
//! read, by way of `/proc/PID/task/TID/children`: see `proc_tid_children(5)`, and there the warning that children which are
//! reaped meanwhile make others be overlooked. Ours are reaped by nobody but the one who looks.

use std::{cell::OnceCell, collections::HashSet, fs, os::unix::ffi::OsStrExt};

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

/// The numbers of the children of a process, the dead ones included.
pub(crate) fn numbers_of_children(parent: i32) -> Vec<i32> {
    told_children(parent).unwrap_or_else(|| {
        all().iter().filter(|entry| entry.parent == parent).map(|entry| entry.pid).collect()
    })
}

/// The children of a process whose numbers are wanted, the dead ones included.
pub(crate) fn children_of(parent: i32, is_wanted: impl Fn(i32) -> bool) -> Vec<Entry> {
    let mut found = match told_children(parent) {
        Some(numbers) => numbers.into_iter().filter(|pid| is_wanted(*pid)).filter_map(entry).collect(),
        None => all(),
    };
    found.retain(|entry| entry.parent == parent && is_wanted(entry.pid));
    found
}

/// Those that still run of some that were seen before.
pub(crate) fn still_there(seen: &[Entry]) -> Vec<Entry> {
    let now = |one: &Entry| entry(one.pid).filter(|entry| !entry.is_dead && entry.started == one.started);
    seen.iter().filter_map(now).collect()
}

/// What a process has started, and what that has started, outside of the process's own group.
pub(crate) fn escaped(leader: i32) -> Vec<Entry> {
    let mut all = below(vec![leader]);
    all.retain(|entry| entry.group != leader && !entry.is_dead);
    all
}

/// True when something in the process group still runs, whosever it is.
pub(crate) fn runs_in_group(group: i32) -> bool {
    all().iter().any(|entry| entry.group == group && !entry.is_dead)
}

/// True when something in the process group still runs among orphans, and what they have started. Where all orphans
/// come to us, whatever a process leaves behind is there as soon as its end can be seen.
pub(crate) fn runs_in_group_among(orphans: &[Entry], group: i32) -> bool {
    let is_one = |entry: &Entry| entry.group == group && !entry.is_dead;
    let parents = orphans.iter().map(|entry| entry.pid).collect();
    orphans.iter().any(is_one) || below(parents).iter().any(is_one)
}

/// All below some processes. Where the kernel does not tell of children, the whole table is read, once.
pub(crate) fn below(parents: Vec<i32>) -> Vec<Entry> {
    let whole = OnceCell::new();
    descendants(parents, |parent| {
        let is_child = |entry: &Entry| entry.parent == parent;
        match told_children(parent) {
            Some(numbers) => numbers.into_iter().filter_map(entry).filter(is_child).collect(),
            None => whole.get_or_init(all).iter().copied().filter(is_child).collect(),
        }
    })
}

fn descendants(mut parents: Vec<i32>, children: impl Fn(i32) -> Vec<Entry>) -> Vec<Entry> {
    let (mut found, mut seen) = (Vec::new(), parents.iter().copied().collect::<HashSet<_>>());
    while let Some(parent) = parents.pop() {
        // A table that was read while it changed could show a circle.
        let new = children(parent).into_iter().filter(|entry| seen.insert(entry.pid));
        found.extend(new.inspect(|entry| parents.push(entry.pid)));
    }
    found
}

/// `None` where the kernel does not tell of children. Those of a process that has ended are nobody's.
fn told_children(parent: i32) -> Option<Vec<i32>> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{parent}/task")) else { return Some(Vec::new()) };
    let mut numbers = Vec::new();
    for task in tasks.flatten() {
        match fs::read_to_string(task.path().join("children")) {
            Ok(text) => {
                numbers.extend(text.split_ascii_whitespace().filter_map(|word| word.parse::<i32>().ok()));
            }
            // A thread that has just ended, or a kernel without that file.
            Err(_) if task.path().exists() => return None,
            Err(_) => {}
        }
    }
    Some(numbers)
}

fn entry(pid: i32) -> Option<Entry> {
    parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)
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
        let children = |parent| all.iter().filter(|entry| entry.parent == parent).copied().collect();
        let of =
            |leader| descendants(vec![leader], children).iter().map(|entry| entry.pid).collect::<Vec<_>>();
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
    fn children_are_found_from_their_parent_and_so_are_theirs() {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "sleep 60 & read -r word; kill $!; wait"]).stdin(std::process::Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        let pid = i32::try_from(shell.id()).unwrap();
        while below(vec![pid]).is_empty() {
            std::thread::yield_now();
        }
        let sleeps = below(vec![pid]);
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(children_of(own, |_| true).iter().any(|entry| entry.pid == pid));
        assert_eq!((sleeps.len(), sleeps[0].parent), (1, pid));
        let group = sleeps[0].group;
        assert!(runs_in_group_among(&[entry(pid).unwrap()], group) && runs_in_group(group));
        assert!(
            !runs_in_group_among(&[entry(pid).unwrap()], pid),
            "it is in our group, not in one of its own"
        );
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert!(below(vec![pid]).is_empty() && still_there(&sleeps).is_empty());
    }

    #[test]
    fn this_very_process_is_in_the_table() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(all().iter().any(|entry| entry.pid == own && !entry.is_dead));
    }
}
