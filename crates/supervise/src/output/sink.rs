//! One of our own outputs, and what waits for it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use memchr::{memchr_iter, memrchr};
use rustix::io::Errno;

use super::{BUFFERED, Format, Stream, format::write_own};

/// A pipe that is writable takes so much without making us wait, and in one piece (`PIPE_BUF`).
const AT_ONCE: usize = 4096;

/// One of our own outputs.
#[derive(Debug)]
pub(super) struct Sink {
    descriptor: OwnedFd,
    /// How it says itself what became of lines.
    own: (Format, Stream),
    waiting: Vec<u8>,
    written: usize,
    /// Nobody will ever read it.
    closed: bool,
    /// Something of a line was written, and its end not yet.
    inside_a_line: bool,
    lost: Lost,
    /// What became of it, for the other one to tell.
    trouble: Option<String>,
}

/// What could not be written.
#[derive(Debug, Default, Clone, Copy)]
struct Lost {
    lines: usize,
    why: Option<Errno>,
}

impl Sink {
    pub(super) fn new(descriptor: OwnedFd, stream: Stream, format: Format) -> Self {
        Self {
            descriptor,
            own: (format, stream),
            waiting: Vec::new(),
            written: 0,
            closed: false,
            inside_a_line: false,
            lost: Lost::default(),
            trouble: None,
        }
    }

    /// False while it has to be written to before more is added.
    pub(super) fn has_room(&self) -> bool {
        self.closed || self.waiting.len() - self.written < BUFFERED
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds whole lines.
    pub(super) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if !self.closed {
            write(&mut self.waiting);
        }
    }

    /// Writes a piece of what waits. Does not wait on a pipe that `poll` called writable.
    pub(super) fn write_some(&mut self) {
        if self.is_empty() {
            return;
        }
        match rustix::io::write(&self.descriptor, self.piece()) {
            Ok(written) => self.went(written),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(errno @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => self.lose(errno),
            Err(errno) => self.close(errno),
        }
    }

    /// What has become of it since this was asked the last time, when whoever reads it cannot be told there.
    pub(super) fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Writes a line of our own.
    pub(super) fn add_own(&mut self, text: &str) {
        let (format, stream) = self.own;
        self.add(|into| write_own(format, stream, text, into));
    }

    /// Whole lines, when they fit: what others write to the same place then stands between lines.
    fn piece(&self) -> &[u8] {
        let waiting = &self.waiting[self.written..];
        let piece = &waiting[..waiting.len().min(AT_ONCE)];
        memrchr(b'\n', piece).map_or(piece, |end| &piece[..=end])
    }

    fn went(&mut self, written: usize) {
        let piece = &self.waiting[self.written..self.written + written];
        self.inside_a_line = piece.last().is_some_and(|last| *last != b'\n');
        self.written += written;
        if self.written == self.waiting.len() {
            self.forget_waiting();
        } else if self.written >= BUFFERED {
            self.waiting.drain(..self.written);
            self.written = 0;
        }
        if written > 0 && !self.inside_a_line {
            self.tell_losses();
        }
    }

    fn lose(&mut self, why: Errno) {
        if self.lost.why.is_none() {
            let place = self.place();
            self.trouble =
                Some(format!("preflight: {place} cannot be written to, and lines are lost: {why}"));
        }
        self.lost.lines += memchr_iter(b'\n', &self.waiting[self.written..]).count();
        self.lost.why = Some(why);
        self.forget_waiting();
        if std::mem::take(&mut self.inside_a_line) {
            self.waiting.push(b'\n');
        }
    }

    fn tell_losses(&mut self) {
        let lost = std::mem::take(&mut self.lost);
        if let Some(why) = lost.why {
            let text = format!("preflight: {} lines of output could not be written: {why}", lost.lines);
            let mut line = Vec::new();
            write_own(self.own.0, self.own.1, &text, &mut line);
            self.waiting.splice(self.written..self.written, line);
        }
    }

    fn close(&mut self, why: Errno) {
        self.closed = true;
        let place = self.place();
        self.trouble =
            Some(format!("preflight: {place} is closed, and what services write there is dropped: {why}"));
        self.forget_waiting();
    }

    fn place(&self) -> &'static str {
        match self.own.1 {
            Stream::Output => "standard output",
            Stream::Error => "standard error",
        }
    }

    fn forget_waiting(&mut self) {
        self.waiting = Vec::new();
        self.written = 0;
    }
}

impl AsFd for Sink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{Read, pipe},
    };

    use super::*;

    #[test]
    fn a_full_disk_loses_lines_and_counts_them() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut sink = Sink::new(full.into(), Stream::Output, Format::Text);
        sink.add(|into| into.extend(b"one\ntwo\n"));
        sink.write_some();
        assert!(sink.is_empty() && sink.lost.lines == 2);
        let (mut reader, writer) = pipe().unwrap();
        sink.descriptor = writer.into();
        sink.add(|into| into.extend(b"three\n"));
        while !sink.is_empty() {
            sink.write_some();
        }
        drop(sink);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert!(
            text.starts_with("three\npreflight: 2 lines of output could not be written: No space left"),
            "{text}"
        );
    }

    #[test]
    fn a_closed_output_takes_everything_and_keeps_nothing() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let mut sink = Sink::new(writer.into(), Stream::Output, Format::Text);
        sink.add(|into| into.extend(b"one\n"));
        sink.write_some();
        sink.add(|into| into.extend(vec![b'x'; 2 * BUFFERED]));
        assert!(sink.closed && sink.is_empty() && sink.has_room());
    }

    #[test]
    fn pieces_end_with_lines() {
        let (_reader, writer) = pipe().unwrap();
        let mut sink = Sink::new(writer.into(), Stream::Output, Format::Text);
        sink.add(|into| (0..1000).for_each(|_| into.extend(b"0123456789\n")));
        assert_eq!(sink.piece().len() % 11, 0);
    }
}
