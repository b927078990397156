//! Words that stand in rendered files for values that are missing. Templates put them there so that a file can be rendered
//! before all of its keys exist; a service that read them as values would do harm.
//!
//! Pure: bytes in, findings out. Lines of a file may hold secrets; who shows a finding redacts it.

#[cfg(test)]
mod tests;

use regex_lite::Regex;

/// The exit code for missing keys.
pub const EXIT_KEYS: u8 = 10;
/// The exit code for missing services, where no key is missing.
pub const EXIT_SERVICES: u8 = 11;

/// What a finding is a sign of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// A key has no value.
    Key,
    /// A service has no healthy instance.
    Service,
}

/// One place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Of what it is a sign.
    pub missing: Missing,
    /// The line, from 1.
    pub line: usize,
    /// The sentinel, with the name of its key where it carries one: `KEYDOESNOTEXIST_secret_key`.
    pub word: String,
    /// What the line assigns to, where that can be seen: `SECRET_KEY` of `SECRET_KEY = "…"`.
    pub name: Option<String>,
    /// The line without the blanks around it, at most [`WIDEST`] characters. It may hold secrets.
    pub text: String,
}

/// No more of a line is kept, in characters.
pub const WIDEST: usize = 160;

/// A text that is no regular expression.
#[derive(Debug, thiserror::Error)]
#[error("{pattern:?} is no regular expression")]
pub struct NotAPattern {
    /// The text, with its slashes.
    pub pattern: String,
    /// What is wrong with it.
    #[source]
    pub source: regex_lite::Error,
}

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Sentinels {
    patterns: Vec<(Missing, Pattern)>,
}

#[derive(Debug, Clone)]
enum Pattern {
    Text(String),
    Expression(Regex),
}

impl Sentinels {
    /// Looks for these. A text between slashes is a regular expression; an empty one is never found.
    ///
    /// # Errors
    /// When such an expression cannot be read.
    pub fn new(keys: &[String], services: &[String]) -> Result<Self, NotAPattern> {
        let keys = keys.iter().map(|text| (Missing::Key, text));
        let all = keys.chain(services.iter().map(|text| (Missing::Service, text)));
        let patterns = all.map(|(missing, text)| Ok((missing, Pattern::read(text)?)));
        Ok(Self { patterns: patterns.collect::<Result<_, NotAPattern>>()? })
    }

    /// Everything that is missing in a file, in the order of its lines; the same word with the same name is found once.
    #[must_use]
    pub fn scan(&self, bytes: &[u8]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for (line, bytes) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            let text = String::from_utf8_lossy(bytes);
            for finding in self.line(line, &text) {
                let known = |other: &Finding| other.word == finding.word && other.name == finding.name;
                if !findings.iter().any(known) {
                    findings.push(finding);
                }
            }
        }
        findings
    }

    fn line(&self, line: usize, text: &str) -> Vec<Finding> {
        let mut places: Vec<(usize, usize, Missing)> = Vec::new();
        for (missing, pattern) in &self.patterns {
            places.extend(pattern.places(text).into_iter().map(|(start, end)| (start, end, *missing)));
        }
        places.sort_unstable();
        let finding = |(start, end, missing)| Finding {
            missing,
            line,
            word: word_of(text, start, end),
            name: assigned_name(&text[..start]),
            text: text.trim().chars().take(WIDEST).collect(),
        };
        places.into_iter().map(finding).collect()
    }
}

impl Pattern {
    fn read(text: &str) -> Result<Self, NotAPattern> {
        match text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some(inner) => Regex::new(inner)
                .map(Self::Expression)
                .map_err(|source| NotAPattern { pattern: text.to_owned(), source }),
            None => Ok(Self::Text(text.to_owned())),
        }
    }

    fn places(&self, line: &str) -> Vec<(usize, usize)> {
        let places: Vec<_> = match self {
            Self::Text(text) if text.is_empty() => Vec::new(),
            Self::Text(text) => {
                line.match_indices(text).map(|(start, part)| (start, start + part.len())).collect()
            }
            Self::Expression(expression) => {
                expression.find_iter(line).map(|found| (found.start(), found.end())).collect()
            }
        };
        places.into_iter().filter(|(start, end)| start < end).collect()
    }
}

/// The exit code for these findings; `None` when there are none.
#[must_use]
pub fn exit_code(findings: impl IntoIterator<Item = Missing>) -> Option<u8> {
    findings.into_iter().min().map(|missing| match missing {
        Missing::Key => EXIT_KEYS,
        Missing::Service => EXIT_SERVICES,
    })
}

/// The sentinel, and the name of its key where it is joined to it: `KEYDOESNOTEXIST_app/secret_key`. Whatever else stands
/// beside it may be a part of the value, and so a secret.
fn word_of(line: &str, start: usize, end: usize) -> String {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let behind = if line[end..].starts_with(['_', '-']) { &line[end..] } else { "" };
    let name = behind.chars().take_while(|c| joins(*c)).map(char::len_utf8).sum::<usize>();
    let word: String = line[start..end + name].chars().take(WIDEST).collect();
    word.trim_end_matches(['.', '/']).to_owned()
}

/// The name before the last `=` or `:` that has one before it.
fn assigned_name(before: &str) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_assignment = |(at, c): &(usize, char)| *c == '=' || *c == ':' && !before[*at..].starts_with("://");
    before.char_indices().filter(is_assignment).rev().find_map(|(at, _)| {
        let text = before[..at].trim_end().trim_end_matches(['"', '\'', ']']);
        let length = text.chars().rev().take_while(|c| is_name(*c)).map(char::len_utf8).sum::<usize>();
        // What stands inside of a value (`http://`, `user:`) is no name: a name begins its line, or what it is part of.
        let rest = text[..text.len() - length].trim_end_matches(['"', '\'']);
        let begins = rest.trim().is_empty() || rest.ends_with(['{', ',', '(', '[', ' ', '\t', ';', '&', '?']);
        (length > 0 && begins).then(|| text[text.len() - length..].to_owned())
    })
}
