//! Go's regexp: RE2 patterns, matching over bytes, `$1` in replacements.

mod class;
mod expand;
mod syntax;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A compiled pattern may take so many bytes; Go's own limit is of that order.
const LARGEST: usize = 64 << 20;
/// So many compiled patterns are kept for templates that run again.
const KEPT: usize = 256;

/// A pattern ready to match.
#[derive(Debug)]
pub(crate) struct Pattern {
    regex: regex::Regex,
    names: Vec<String>,
}

/// Patterns by their text.
type Compiled = HashMap<Box<[u8]>, Arc<Pattern>>;

static COMPILED: LazyLock<Mutex<Compiled>> = LazyLock::new(Mutex::default);

/// Compiles a pattern, or finds it among those compiled before.
///
/// # Errors
/// The pattern is not one of RE2; the text is Go's.
pub(crate) fn compile(pattern: &[u8]) -> Result<Arc<Pattern>, String> {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = compiled.get(pattern) {
        return Ok(Arc::clone(found));
    }
    let fresh = Arc::new(Pattern::new(pattern)?);
    if compiled.len() >= KEPT {
        compiled.clear();
    }
    compiled.insert(pattern.into(), Arc::clone(&fresh));
    Ok(fresh)
}

/// A text with all invalid UTF-8 as U+FFFD, as Go's engine sees it, and the way back to its bytes.
struct Haystack<'a> {
    bytes: &'a [u8],
    text: std::borrow::Cow<'a, str>,
    /// Where in `bytes` each byte of `text` comes from, if the two differ.
    origins: Option<Vec<usize>>,
}

impl<'a> Haystack<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self { bytes, text: text.into(), origins: None };
        }
        let (mut text, mut origins, mut at) = (String::new(), Vec::new(), 0);
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            origins.extend(at..at + chunk.valid().len());
            at += chunk.valid().len();
            for _ in chunk.invalid() {
                text.push(char::REPLACEMENT_CHARACTER);
                origins.extend([at; 3]);
                at += 1;
            }
        }
        origins.push(at);
        Self { bytes, text: text.into(), origins: Some(origins) }
    }

    fn origin(&self, at: usize) -> usize {
        self.origins.as_ref().map_or(at, |origins| origins.get(at).copied().unwrap_or(self.bytes.len()))
    }

    fn original(&self, range: Range<usize>) -> Range<usize> {
        self.origin(range.start)..self.origin(range.end)
    }
}

impl Pattern {
    fn new(pattern: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(pattern).map_err(|fault| {
            syntax::fault_text("invalid UTF-8", &String::from_utf8_lossy(&pattern[fault.valid_up_to()..]))
        })?;
        let translated = syntax::translate(text)?;
        let regex = regex::RegexBuilder::new(&translated.pattern)
            .size_limit(LARGEST)
            .build()
            .map_err(|_| syntax::fault_text("expression too large", text))?;
        Ok(Self { regex, names: translated.names })
    }

    /// Whether it matches anywhere.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(&Haystack::new(text).text)
    }

    /// The first match.
    pub(crate) fn find(&self, text: &[u8]) -> Option<Range<usize>> {
        let haystack = Haystack::new(text);
        self.regex.find(&haystack.text).map(|found| haystack.original(found.range()))
    }

    /// The first `limit` matches that do not overlap, all of them without a limit.
    pub(crate) fn find_all(&self, text: &[u8], limit: Option<usize>) -> Vec<Range<usize>> {
        let haystack = Haystack::new(text);
        let matches = self.regex.find_iter(&haystack.text).take(limit.unwrap_or(usize::MAX));
        matches.map(|found| haystack.original(found.range())).collect()
    }

    /// The text with each match replaced by `template`, in which `$1`, `${1}` and `$name` stand for groups.
    pub(crate) fn replace_all(&self, text: &[u8], template: &[u8]) -> Vec<u8> {
        let haystack = Haystack::new(text);
        let template = expand::Template::new(template);
        self.replaced(&haystack, |groups, out| {
            template.expand(out, &self.names, |group| {
                let range = haystack.original(groups.get(group)?.range());
                Some(&haystack.bytes[range])
            });
        })
    }

    /// The text with each match replaced by `replacement` as it stands.
    pub(crate) fn replace_all_literally(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        self.replaced(&Haystack::new(text), |_, out| out.extend_from_slice(replacement))
    }

    fn replaced(
        &self,
        haystack: &Haystack<'_>,
        mut replacement: impl FnMut(&regex::Captures<'_>, &mut Vec<u8>),
    ) -> Vec<u8> {
        let (mut out, mut copied) = (Vec::with_capacity(haystack.bytes.len()), 0);
        for groups in self.regex.captures_iter(&haystack.text) {
            // Group 0 is the match itself and always there.
            let Some(whole) = groups.get(0) else { continue };
            let range = haystack.original(whole.range());
            out.extend_from_slice(&haystack.bytes[copied..range.start]);
            replacement(&groups, &mut out);
            copied = range.end;
        }
        out.extend_from_slice(&haystack.bytes[copied..]);
        out
    }

    /// The pieces between matches; at most `limit`, the last one with all the rest.
    pub(crate) fn split<'a>(&self, text: &'a [u8], limit: Option<usize>) -> Vec<&'a [u8]> {
        if text.is_empty() && !self.regex.as_str().is_empty() {
            return vec![text];
        }
        let mut pieces = Vec::new();
        let (mut begin, mut end) = (0, 0);
        for found in self.find_all(text, limit) {
            if limit.is_some_and(|limit| pieces.len() + 1 >= limit) {
                break;
            }
            end = found.start;
            if found.end != 0 {
                pieces.push(&text[begin..end]);
            }
            begin = found.end;
        }
        if end != text.len() {
            pieces.push(&text[begin..]);
        }
        pieces
    }
}

/// The text with everything escaped that has a meaning in patterns.
pub(crate) fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 2);
    for byte in text {
        if br"\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out
}
