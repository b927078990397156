//! The system's table of processes, as far as a supervisor is to be found in it; see `proc(5)`.

use crate::failure::Failure;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What a process, or several of them, hold and have done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Holds {
    /// How many processes they are.
    pub(super) processes: usize,
    /// How many threads those have.
    pub(super) threads: usize,
    /// Resident memory in bytes, what is shared counted by parts.
    pub(super) proportional: u64,
    /// Resident memory in bytes that nobody else has.
    pub(super) private: u64,
    /// How often a thread went to sleep of its own, and so was woken.
    pub(super) wakeups: u64,
    /// Time on a processor.
    pub(super) processor: Duration,
}

/// A process, its children, and theirs; without those that have ended.
pub(super) fn family(of: u32) -> Vec<u32> {
    let table: Vec<Line> = all().filter_map(line).filter(|line| !line.is_dead).collect();
    let mut found = BTreeSet::new();
    let mut unseen = vec![of];
    while let Some(process) = unseen.pop() {
        if found.insert(process) {
            unseen.extend(table.iter().filter(|line| line.parent == process).map(|line| line.process));
        }
    }
    found.into_iter().collect()
}

/// How many children a process has, dead ones included.
pub(super) fn children(of: u32) -> usize {
    let tasks = list(&format!("/proc/{of}/task"));
    let children = |task| fs::read_to_string(format!("/proc/{of}/task/{task}/children")).unwrap_or_default();
    tasks.into_iter().map(|task| children(task).split_whitespace().count()).sum()
}

/// Whether it runs; what has ended and was not waited for does not.
pub(super) fn lives(process: u32) -> bool {
    line(process).is_some_and(|line| !line.is_dead)
}

/// Whether a process runs this program.
pub(super) fn runs(process: u32, program: &Path) -> bool {
    fs::read_link(format!("/proc/{process}/exe")).is_ok_and(|found| found == program)
}

/// What processes hold together; what has ended meanwhile holds nothing.
///
/// # Errors
/// When Linux does not tell of their memory: it is another user's.
pub(super) fn holds(processes: &[u32]) -> Result<Holds, Failure> {
    let mut sum = Holds { processes: processes.len(), ..Holds::default() };
    for process in processes {
        let path = format!("/proc/{process}/smaps_rollup");
        let memory = fs::read_to_string(&path).map_err(Failure::io("read", &path))?;
        let bytes = |name| field(&memory, name).unwrap_or_default() * 1024;
        sum.proportional += bytes("Pss:");
        sum.private += bytes("Private_Clean:") + bytes("Private_Dirty:");
        for task in list(&format!("/proc/{process}/task")) {
            let read = |file| fs::read_to_string(format!("/proc/{process}/task/{task}/{file}"));
            let slept = field(&read("status").unwrap_or_default(), "voluntary_ctxt_switches:");
            let ran = read("schedstat").unwrap_or_default();
            let nanoseconds = ran.split(' ').next().and_then(|time| time.parse().ok());
            sum.threads += 1;
            sum.wakeups += slept.unwrap_or_default();
            sum.processor += Duration::from_nanos(nanoseconds.unwrap_or_default());
        }
    }
    Ok(sum)
}

/// A line of the table.
struct Line {
    process: u32,
    parent: u32,
    is_dead: bool,
}

fn line(process: u32) -> Option<Line> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let is_dead = matches!(fields.next()?, "Z" | "X");
    Some(Line { process, parent: fields.next()?.parse().ok()?, is_dead })
}

fn all() -> impl Iterator<Item = u32> {
    list("/proc").into_iter().filter_map(|name| name.parse().ok())
}

fn list(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// The number after a name.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_family_is_found_with_what_it_holds() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 60 & read -r word"]).stdin(Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        while family(shell.id()).len() < 2 {
            std::thread::sleep(Duration::from_millis(2));
        }
        let family = family(shell.id());
        let (one, both) = (holds(&[shell.id()]).unwrap(), holds(&family).unwrap());
        assert_eq!((one.processes, both.processes, both.threads), (1, 2, 2));
        assert!(one.proportional > 0 && both.proportional > one.proportional);
        assert!(one.private > 0 && one.private <= one.proportional);
        assert_eq!(children(shell.id()), 1);
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert!(!lives(shell.id()));
        family.into_iter().filter(|process| *process != shell.id()).for_each(|process| {
            assert!(lives(process));
            Command::new("kill").arg(process.to_string()).status().unwrap();
        });
    }

    #[test]
    fn what_has_ended_and_is_not_waited_for_does_not_live() {
        let mut child = Command::new("true").spawn().unwrap();
        while lives(child.id()) {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.wait().unwrap();
    }
}
