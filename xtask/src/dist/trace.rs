//! Which bytes of the program its tasks touch. Valgrind tells each access, and what the program hands to the kernel.
//!
//! The lines of its tool lackey are described in valgrind's manual: `I  ADDRESS,SIZE` for an instruction, ` L`, ` S` and
//! ` M` for what is loaded, stored and changed, addresses in hexadecimal and sizes in decimal.

use crate::failure::Failure;
use std::io::{BufRead, BufReader, PipeReader};
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::process::Command;

/// For each byte of a program at a fixed place, a bit for each kind of task that has touched it.
pub(super) struct Touched {
    first: u64,
    kinds: Vec<u8>,
}

impl Touched {
    /// Nothing yet, of a program with these addresses.
    pub(super) fn nothing(addresses: Range<u64>) -> Self {
        let length = usize::try_from(addresses.end.saturating_sub(addresses.start)).unwrap_or_default();
        Self { first: addresses.start, kinds: vec![0; length] }
    }

    /// Runs a task of that kind to its end, and notes what it touches.
    ///
    /// What a child does between fork and exec is noted as well.
    ///
    /// # Errors
    /// When it cannot be run, or does not end well.
    pub(super) fn by(&mut self, kind: u8, task: &Command) -> Result<(), Failure> {
        let (reader, writer) = std::io::pipe().map_err(Failure::io("make", "a pipe"))?;
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--tool=lackey", "--basic-counts=no", "--trace-mem=yes"]);
        valgrind.arg("--trace-syscalls=yes");
        // Opened by its name, for what is open here is closed there. It outlives the task, so that the reader never waits
        // for one that did not start.
        valgrind.arg(format!("--log-file=/proc/{}/fd/{}", std::process::id(), writer.as_raw_fd()));
        valgrind.arg(task.get_program()).args(task.get_args()).env_clear();
        valgrind.envs(task.get_envs().filter_map(|(name, value)| Some((name, value?))));
        std::thread::scope(|scope| {
            let noted = scope.spawn(|| self.note_all(kind, reader));
            let ended = crate::servers::process::run(&mut valgrind, "");
            drop(writer);
            let noted = noted.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            ended.and(noted.map_err(Failure::io("read", "what valgrind says")))
        })
    }

    /// The kinds of tasks that have touched any of these bytes.
    pub(super) fn kinds(&self, addresses: &Range<u64>) -> u8 {
        self.bytes(addresses).iter().fold(0, |all, kinds| all | kinds)
    }

    fn note_all(&mut self, kind: u8, trace: PipeReader) -> std::io::Result<()> {
        let (mut trace, mut line) = (BufReader::new(trace), Vec::new());
        while trace.read_until(b'\n', &mut line)? > 0 {
            // Two processes that write at once may have spoilt it.
            if let Ok(line) = std::str::from_utf8(&line) {
                accesses(line, |addresses| self.note(kind, &addresses));
            }
            line.clear();
        }
        Ok(())
    }

    /// Notes that a task of that kind touches these bytes.
    pub(super) fn note(&mut self, kind: u8, addresses: &Range<u64>) {
        let range = self.indices(addresses);
        self.kinds.get_mut(range).into_iter().flatten().for_each(|kinds| *kinds |= kind);
    }

    fn bytes(&self, addresses: &Range<u64>) -> &[u8] {
        self.kinds.get(self.indices(addresses)).unwrap_or_default()
    }

    fn indices(&self, addresses: &Range<u64>) -> Range<usize> {
        let index = |address: u64| {
            let index = address.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
            index.unwrap_or(usize::MAX)
        };
        index(addresses.start)..index(addresses.end)
    }
}

/// What a line tells of: one access, or all addresses that a system call was given.
fn accesses(line: &str, mut note: impl FnMut(Range<u64>)) {
    if line.starts_with("SYSCALL[") {
        // A name, mostly; where it ends is not told, and need not be known.
        pointers(line).for_each(|address| note(address..address.saturating_add(1)));
    } else if let Some(addresses) = access(line) {
        note(addresses);
    }
}

fn access(line: &str) -> Option<Range<u64>> {
    let (kind, place) = line.split_at_checked(3)?;
    let (address, size) = place.trim_end().split_once(',')?;
    let address = u64::from_str_radix(address, 16).ok()?;
    let end = address.checked_add(size.parse().ok()?)?;
    matches!(kind, "I  " | " L " | " S " | " M ").then_some(address..end)
}

fn pointers(line: &str) -> impl Iterator<Item = u64> {
    line.split("0x").skip(1).filter_map(|text| {
        let end = text.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(text.len());
        u64::from_str_radix(&text[..end], 16).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "I  00200000,3\n L 00200010,8\n S 1ffe000000,8\n M 00200020,1\nnothing 00200030,1\n\
        SYSCALL[12,1](257) sys_openat ( -100, 0x200040(/etc/hosts), 0x80000 )[sync] --> Success(0x3)\n";

    fn touched() -> Touched {
        let (reader, mut writer) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, TRACE.as_bytes()).unwrap();
        drop(writer);
        let mut touched = Touched::nothing(0x20_0000..0x20_0050);
        touched.note_all(4, reader).unwrap();
        touched
    }

    #[test]
    fn a_trace_tells_every_byte_that_is_touched() {
        let touched = touched();
        let all = touched.kinds.iter().enumerate().filter(|(_, kinds)| **kinds == 4).map(|(index, _)| index);
        assert_eq!(
            all.collect::<Vec<_>>(),
            [0, 1, 2, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x20, 0x40]
        );
    }

    #[test]
    fn kinds_of_tasks_add_up() {
        let mut touched = touched();
        touched.note(1, &(0x20_0001..0x20_0002));
        assert_eq!(touched.kinds(&(0x20_0000..0x20_0010)), 5);
        assert_eq!(touched.kinds(&(0x20_0002..0x20_0010)), 4);
        assert_eq!(touched.kinds(&(0x20_0003..0x20_0010)), 0);
    }

    #[test]
    fn what_lies_outside_of_the_program_is_nobodys() {
        let mut touched = touched();
        for outside in [0..8, 0x1f_ffff..0x20_0001, 0x20_004f..0x20_0051, 0x20_0050..u64::MAX] {
            touched.note(2, &outside);
            assert_eq!(touched.kinds(&outside), 0);
        }
        assert_eq!(touched.kinds(&(0x20_0000..0x20_0050)), 4);
        assert_eq!(Touched::nothing(0..0).kinds(&(0..8)), 0);
    }
}
