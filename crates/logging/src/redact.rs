//! Takes secrets out of text by their value, in every form they are likely to be printed in.

use std::borrow::Cow;
use std::fmt;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::{escape, forms::forms_of};

/// What stands where a secret stood, whatever its length.
pub const REDACTED: &str = "[redacted]";

/// A form shorter than this is taken out only where it stands alone, not inside a word: cutting every `a` out of
/// the text would tell what the secret is rather than hide it.
const SHORTEST_ANYWHERE: usize = 4;

/// Texts longer than this many bytes are cut, after redaction, with a note of how much was left out.
const LONGEST_TEXT: usize = 4096;

/// Knows the secrets and removes them. Built once, when the environment has been read.
#[derive(Default)]
pub struct Redactor {
    forms: Vec<String>,
    automaton: Option<AhoCorasick>,
}

impl Redactor {
    /// A redactor of these secrets; empty ones are ignored.
    pub fn new<Secret: AsRef<str>>(secrets: impl IntoIterator<Item = Secret>) -> Self {
        let mut forms: Vec<String> =
            secrets.into_iter().flat_map(|secret| forms_of(secret.as_ref())).collect();
        forms.sort_unstable();
        forms.dedup();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            // A run cleans a few short texts: the automaton that is quickest to build, not to search, is the right one.
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(&forms)
            .ok()
            .filter(|_| !forms.is_empty());
        Self { forms, automaton }
    }

    /// The text with every secret replaced by [`REDACTED`]. Overlapping secrets are all taken out.
    #[must_use]
    pub fn redact<'text>(&self, text: &'text str) -> Cow<'text, str> {
        let ranges = self.secret_ranges(text);
        if ranges.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut redacted = String::with_capacity(text.len());
        let mut kept_to = 0;
        for (start, end) in ranges {
            redacted.push_str(&text[kept_to..start]);
            redacted.push_str(REDACTED);
            kept_to = end;
        }
        redacted.push_str(&text[kept_to..]);
        Cow::Owned(redacted)
    }

    /// Redacted, escaped and cut to a length that a log line bears: fit for any output.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        let safe = escape(&self.redact(text)).into_owned();
        if safe.len() <= LONGEST_TEXT {
            return safe;
        }
        let end = (0..=LONGEST_TEXT).rev().find(|end| safe.is_char_boundary(*end)).unwrap_or(0);
        format!("{}… ({} more bytes)", &safe[..end], safe.len() - end)
    }

    /// Sorted, disjoint byte ranges that hold secrets.
    fn secret_ranges(&self, text: &str) -> Vec<(usize, usize)> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let mut found: Vec<(usize, usize)> = automaton
            .find_overlapping_iter(text)
            .map(|found| (found.start(), found.end()))
            .filter(|(start, end)| end - start >= SHORTEST_ANYWHERE || stands_alone(text, *start, *end))
            .collect();
        found.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::with_capacity(found.len());
        for (start, end) in found {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        merged
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Redactor").field("forms", &self.forms.len()).finish()
    }
}

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let word = |character: char| character.is_alphanumeric();
    !text[..start].chars().next_back().is_some_and(word) && !text[end..].chars().next().is_some_and(word)
}
