//! Bytes as they come, cut into lines, and long lines into parts. Pure.

use memchr::memchr;

/// Cuts a stream of bytes. What its parts hold, with a line feed after each whose ending is [`Ending::Line`], is what it was
/// fed, byte for byte, in whatever pieces that came.
#[derive(Debug)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// Before this, everything is given away.
    start: usize,
    /// From `start`, so many bytes are known to hold no line feed.
    searched: usize,
    longest: usize,
}

/// A line, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'buffer> {
    /// Without its line feed.
    pub bytes: &'buffer [u8],
    /// What comes after it.
    pub ending: Ending,
}

/// What comes after a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A line feed.
    Line,
    /// More of the same line.
    Cut,
    /// Nothing: it was all.
    End,
}

impl Part<'_> {
    /// Writes it as it was.
    pub(super) fn write(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(self.bytes);
        into.extend((self.ending == Ending::Line).then_some(b'\n'));
    }
}

impl Splitter {
    /// Parts have at most so many bytes, and at least 4 are allowed.
    pub fn new(longest: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, searched: 0, longest: longest.max(4) }
    }

    /// More bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether [`Splitter::next_part`] has something.
    pub fn has_part(&mut self) -> bool {
        self.next_length().is_some()
    }

    /// The next whole line, or part of a line that is too long; `None` until more is fed.
    pub fn next_part(&mut self) -> Option<Part<'_>> {
        let (length, ending) = self.next_length()?;
        Some(self.give(length, usize::from(ending == Ending::Line), ending))
    }

    /// What has not ended yet, when there is something: with [`Ending::Cut`] when more may come, and with [`Ending::End`]
    /// when not. To be asked when [`Splitter::next_part`] has nothing more.
    pub fn rest(&mut self, ending: Ending) -> Option<Part<'_>> {
        let length = self.unread();
        (length > 0).then(|| self.give(length, 0, ending))
    }

    /// So many bytes are not given away yet.
    pub fn unread(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// False when [`Splitter::has_part`] has found nothing since the last bytes were fed.
    pub fn is_known_to_have_part(&self) -> bool {
        self.unread() > self.searched
    }

    /// Gives back the memory when everything is given away: an idle service holds none.
    pub fn release(&mut self) {
        if self.unread() == 0 {
            self.buffer = Vec::new();
            self.start = 0;
        }
    }

    fn next_length(&mut self) -> Option<(usize, Ending)> {
        let unread = &self.buffer[self.start..];
        let window = &unread[..unread.len().min(self.longest + 1)];
        if let Some(found) = memchr(b'\n', &window[self.searched..]) {
            self.searched += found;
            return Some((self.searched, Ending::Line));
        }
        if unread.len() > self.longest {
            return Some((between_characters(unread, self.longest), Ending::Cut));
        }
        self.searched = unread.len();
        None
    }

    fn give(&mut self, length: usize, skipped: usize, ending: Ending) -> Part<'_> {
        let from = self.start;
        self.start += length + skipped;
        self.searched = 0;
        Part { bytes: &self.buffer[from..from + length], ending }
    }
}

/// The last place at or before `end` that is not inside a UTF-8 character; `end` when there is none near.
fn between_characters(bytes: &[u8], end: usize) -> usize {
    let continues = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
    (end.saturating_sub(3)..=end).rev().find(|at| *at > 0 && !continues(*at)).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(longest: usize, pieces: &[&[u8]]) -> Vec<(Vec<u8>, Ending)> {
        let mut splitter = Splitter::new(longest);
        let mut found = Vec::new();
        for piece in pieces {
            splitter.feed(piece);
            while let Some(part) = splitter.next_part() {
                found.push((part.bytes.to_vec(), part.ending));
            }
        }
        found.extend(splitter.rest(Ending::End).map(|part| (part.bytes.to_vec(), part.ending)));
        found
    }

    #[test]
    fn a_line_is_what_stands_before_a_line_feed() {
        let expected = vec![
            (b"one".to_vec(), Ending::Line),
            (Vec::new(), Ending::Line),
            (b"two\r".to_vec(), Ending::End),
        ];
        assert_eq!(parts(100, &[b"on", b"e\n\ntwo", b"\r"]), expected);
    }

    #[test]
    fn a_line_of_just_the_longest_length_is_whole_and_one_byte_more_is_cut() {
        assert_eq!(parts(4, &[b"abcd", b"\n"]), [(b"abcd".to_vec(), Ending::Line)]);
        assert_eq!(parts(4, &[b"abcde\n"]), [(b"abcd".to_vec(), Ending::Cut), (b"e".to_vec(), Ending::Line)]);
    }

    #[test]
    fn a_cut_is_never_inside_a_character() {
        let cut = parts(6, &["aaaaa€€b\n".as_bytes()]);
        assert!(cut.iter().all(|(bytes, _)| std::str::from_utf8(bytes).is_ok()), "{cut:?}");
        assert_eq!(parts(4, &[&[0x80; 6]])[0].0.len(), 4, "what is no character is cut anywhere");
    }

    #[test]
    fn nothing_is_held_when_everything_is_given_away() {
        let mut splitter = Splitter::new(10);
        splitter.feed(b"abc\n");
        while splitter.next_part().is_some() {}
        splitter.release();
        assert_eq!(splitter.buffer.capacity(), 0);
    }

    proptest! {
        #[test]
        fn parts_together_are_what_was_fed(
            pieces in prop::collection::vec(prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..40), 0..20),
            longest in 4_usize..30,
        ) {
            let input = pieces.concat();
            let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let mut together = Vec::new();
            for (bytes, ending) in parts(longest, &slices) {
                prop_assert!(bytes.len() <= longest);
                prop_assert!(!bytes.contains(&b'\n'));
                prop_assert!(!(bytes.is_empty() && ending != Ending::Line));
                together.extend(bytes);
                if ending == Ending::Line {
                    together.push(b'\n');
                }
            }
            prop_assert_eq!(together, input);
        }

        #[test]
        fn pieces_do_not_matter(input in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200), size in 1_usize..50) {
            let pieces: Vec<&[u8]> = input.chunks(size).collect();
            prop_assert_eq!(parts(8, &pieces), parts(8, &[&input]));
        }

        #[test]
        fn text_is_only_cut_between_characters(text in "\\PC{0,80}", longest in 4_usize..20) {
            for (bytes, _) in parts(longest, &[text.as_bytes()]) {
                prop_assert!(std::str::from_utf8(&bytes).is_ok());
            }
        }
    }
}
