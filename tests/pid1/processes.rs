//! The processes of a container, as the machine's own table has them: see `proc(5)`.

use std::fs;
use std::path::{Path, PathBuf};

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its number on this machine.
    pub(crate) pid: i32,
    /// Its program's name, at most 15 letters of it.
    pub(crate) name: String,
    /// It has ended and was not reaped.
    pub(crate) is_dead: bool,
    /// It was stopped, by its terminal or a signal.
    pub(crate) is_suspended: bool,
}

/// Everything in the same name space of numbers as this process; empty when it has ended.
pub(crate) fn of_name_space(first: i32) -> Vec<Seen> {
    let Some(own) = name_space(first) else { return Vec::new() };
    let numbers = fs::read_dir("/proc").expect("mounted").flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers.filter(|pid| name_space(*pid).as_ref() == Some(&own)).filter_map(see).collect()
}

/// A line of `/proc/PID/status` without its name.
pub(crate) fn status(pid: i32, name: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

/// True when it is the program that is tested, not yet the engine in its place, and catches the signal of this number.
pub(crate) fn catches(pid: i32, signal: u32) -> bool {
    let is_ours = status(pid, "Name").as_deref() == Some("preflight");
    let caught = status(pid, "SigCgt").and_then(|mask| u64::from_str_radix(&mask, 16).ok());
    is_ours && caught.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

fn name_space(pid: i32) -> Option<PathBuf> {
    fs::read_link(Path::new("/proc").join(pid.to_string()).join("ns/pid")).ok()
}

fn see(pid: i32) -> Option<Seen> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (before, after) = text.rsplit_once(") ")?;
    let name = before.split_once('(')?.1.to_owned();
    Some(Seen { pid, name, is_dead: after.starts_with(['Z', 'X']), is_suspended: after.starts_with('T') })
}
