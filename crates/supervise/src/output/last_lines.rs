//! The last lines of one service, for crash reports and status pages.

use std::{collections::VecDeque, time::SystemTime};

use preflight_logging::Redactor;

use super::{Ending, Part, Stream};

/// All lines of a service together have at most so many bytes.
const MOST_BYTES: usize = 32 * 1024;
/// Of one line so many bytes are kept, its first ones.
const MOST_OF_A_LINE: usize = 16 * 1024;
/// What a line is shortened by at a place where it was cut off: a secret may have stood across the cut, and half of one
/// is not recognised.
const SEAM: usize = 4 * 1024;

/// A line as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastLine {
    /// When its first part was read.
    pub time: SystemTime,
    /// Where it was said.
    pub stream: Stream,
    /// Without secrets and control characters, at most 4 KiB. Bytes that are not UTF-8 are replaced.
    pub text: String,
}

/// The last lines, with their secrets.
#[derive(Debug)]
pub(super) struct LastLines {
    lines: VecDeque<Kept>,
    bytes: usize,
    most: usize,
    /// The beginning of a line that still goes on was forgotten; its rest is, too.
    beheaded: Vec<Stream>,
}

#[derive(Debug)]
struct Kept {
    time: SystemTime,
    stream: Stream,
    bytes: Vec<u8>,
    /// More of it comes.
    open: bool,
    /// Not all of it is here.
    cut: bool,
}

impl LastLines {
    pub(super) fn new(most: usize) -> Self {
        Self { lines: VecDeque::new(), bytes: 0, most, beheaded: Vec::new() }
    }

    pub(super) fn add(&mut self, time: SystemTime, stream: Stream, part: Part<'_>) {
        if self.most == 0 {
            return;
        }
        let open = part.ending == Ending::Cut;
        if self.beheaded.contains(&stream) {
            self.beheaded.retain(|beheaded| open || *beheaded != stream);
            return;
        }
        let before = self.lines.iter_mut().rev().find(|line| line.stream == stream).filter(|line| line.open);
        if let Some(line) = before {
            self.bytes += line.append(part.bytes);
            line.open = open;
        } else {
            let mut line = Kept { time, stream, bytes: Vec::new(), open, cut: false };
            self.bytes += line.append(part.bytes);
            self.lines.push_back(line);
        }
        self.forget();
    }

    /// Oldest first, as they may be shown.
    pub(super) fn shown(&self, redactor: &Redactor) -> Vec<LastLine> {
        self.lines
            .iter()
            .map(|line| LastLine { time: line.time, stream: line.stream, text: line.shown(redactor) })
            .collect()
    }

    fn forget(&mut self) {
        while self.lines.len() > self.most || (self.bytes > MOST_BYTES && self.lines.len() > 1) {
            let Some(line) = self.lines.pop_front() else { return };
            self.bytes -= line.bytes.len();
            if line.open {
                self.beheaded.push(line.stream);
            }
        }
    }
}

impl Kept {
    /// So many bytes were added.
    fn append(&mut self, bytes: &[u8]) -> usize {
        let room = MOST_OF_A_LINE - self.bytes.len();
        let added = &bytes[..bytes.len().min(room)];
        self.bytes.extend_from_slice(added);
        self.cut |= added.len() < bytes.len();
        added.len()
    }

    fn shown(&self, redactor: &Redactor) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        if !self.cut {
            return redactor.clean(&text);
        }
        let redacted = redactor.redact(&text);
        let end = redacted.floor_char_boundary(redacted.len().saturating_sub(SEAM));
        // What was redacted is cleaned a second time only for its control characters and its length.
        format!("{}…", Redactor::default().clean(&redacted[..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(lines: &mut LastLines, text: &str, ending: Ending) {
        lines.add(SystemTime::UNIX_EPOCH, Stream::Output, Part { bytes: text.as_bytes(), ending });
    }

    fn shown(lines: &LastLines, secret: &str) -> Vec<String> {
        lines.shown(&Redactor::new([secret])).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn only_the_last_ones_are_kept() {
        let mut lines = LastLines::new(2);
        for text in ["a", "b", "c"] {
            add(&mut lines, text, Ending::Line);
        }
        assert_eq!(shown(&lines, "secret"), ["b", "c"]);
    }

    #[test]
    fn a_secret_across_two_parts_is_taken_out() {
        let mut lines = LastLines::new(5);
        add(&mut lines, "token hunter", Ending::Cut);
        lines.add(SystemTime::UNIX_EPOCH, Stream::Error, Part { bytes: b"between", ending: Ending::Line });
        add(&mut lines, "2hunter end", Ending::Line);
        assert_eq!(shown(&lines, "hunter2hunter"), ["token [redacted] end", "between"]);
    }

    #[test]
    fn a_line_whose_beginning_is_forgotten_is_forgotten_to_its_end() {
        let mut lines = LastLines::new(1);
        add(&mut lines, "token hunter", Ending::Cut);
        lines.add(SystemTime::UNIX_EPOCH, Stream::Error, Part { bytes: b"between", ending: Ending::Line });
        add(&mut lines, "2hun", Ending::Cut);
        add(&mut lines, "ter", Ending::Line);
        assert_eq!(shown(&lines, "hunter2hunter"), ["between"]);
        add(&mut lines, "next", Ending::Line);
        assert_eq!(shown(&lines, "hunter2hunter"), ["next"]);
    }

    #[test]
    fn a_secret_at_the_place_where_a_line_is_cut_off_does_not_show_its_beginning() {
        let secret = "correct-horse-battery-staple".repeat(4);
        for shift in 0..secret.len() {
            let mut lines = LastLines::new(5);
            // Everything before it is redacted too, so that what is left is short.
            let before = format!("{secret} ").repeat(MOST_OF_A_LINE / (secret.len() + 1) - 1);
            let filling = "x".repeat(MOST_OF_A_LINE - before.len() - shift);
            add(&mut lines, &format!("{before}{filling}{secret}"), Ending::Line);
            assert!(!shown(&lines, &secret)[0].contains("corr"), "{shift}");
        }
    }

    #[test]
    fn many_long_lines_do_not_grow() {
        let mut lines = LastLines::new(50);
        for _ in 0..1000 {
            add(&mut lines, &"y".repeat(10_000), Ending::Cut);
            add(&mut lines, &"y".repeat(10_000), Ending::Line);
        }
        assert!(lines.bytes <= MOST_BYTES);
        assert_eq!(lines.bytes, lines.lines.iter().map(|line| line.bytes.len()).sum::<usize>());
    }

    #[test]
    fn control_characters_cannot_drive_a_page_or_a_terminal() {
        let mut lines = LastLines::new(5);
        add(&mut lines, "\u{1b}[2J\rx", Ending::Line);
        assert_eq!(shown(&lines, "secret"), ["\\u{1b}[2J\\rx"]);
    }
}
