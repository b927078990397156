//! The system's table of processes, as far as it is of use here: `/proc/PID/stat`, see `proc_pid_stat(5)`.

use std::{fs, os::unix::ffi::OsStrExt};

use crate::Signal;

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
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
    Some(Entry { pid, parent, group, is_dead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_do_not_confuse() {
        assert_eq!(
            parse(b"42 (a) Z (b\n)) S 7 41 40 0 -1"),
            Some(Entry { pid: 42, parent: 7, group: 41, is_dead: false })
        );
        assert!(parse(b"42 (a) Z 7 41 40").unwrap().is_dead);
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
