//! The faults of a contract: each with its line, its column, an excerpt and what was probably meant.

use std::fmt;

/// No more of a line than this is shown, in characters.
const WIDEST_EXCERPT: usize = 160;

/// One fault of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many characters the caret underlines, at least 1.
    pub width: usize,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What was probably meant, or what to do.
    pub hint: Option<String>,
}

/// All faults of one file, in the order of its lines; never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The file's name, as the caller gave it.
    pub file_name: String,
    /// The faults.
    pub faults: Vec<Fault>,
    lines: Vec<String>,
}

impl Faults {
    pub(crate) fn new(file_name: &str, text: &str, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults.dedup();
        let lines = text.lines().map(|line| line.chars().map(visible).collect()).collect();
        Self { file_name: file_name.to_owned(), faults, lines }
    }

    /// One fault as a block of lines: place and message, excerpt, caret, hint.
    #[must_use]
    pub fn render(&self, fault: &Fault) -> String {
        let Fault { line, column, message, .. } = fault;
        let mut block = format!("{}:{line}:{column}: {}", self.file_name, escaped(message));
        if let Some(text) = line.checked_sub(1).and_then(|index| self.lines.get(index)) {
            let skipped = column.saturating_sub(WIDEST_EXCERPT / 2);
            let excerpt: String = text.chars().skip(skipped).take(WIDEST_EXCERPT).collect();
            let before = column.saturating_sub(1).saturating_sub(skipped);
            let room = excerpt.chars().count().saturating_sub(before).max(1);
            let (margin, blank) = (line.to_string(), " ".repeat(line.to_string().len()));
            let caret = format!("{}{}", " ".repeat(before), "^".repeat(fault.width.clamp(1, room)));
            let (excerpt, cut) = without_secrets(&excerpt);
            block.push_str(&format!("\n  {margin} | {excerpt}"));
            // Behind what was cut out, a caret would stand at the wrong place.
            if cut.is_none_or(|cut| before < cut) {
                block.push_str(&format!("\n  {blank} | {caret}"));
            }
        }
        if let Some(hint) = &fault.hint {
            block.push_str(&format!("\n  hint: {}", escaped(hint)));
        }
        block
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    /// Every fault's block, then their number.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(formatter, "{}", self.render(fault))?;
        }
        let count = self.faults.len();
        let noun = if count == 1 { "fault" } else { "faults" };
        write!(formatter, "{}: {count} {noun}", self.file_name)
    }
}

/// Keys whose values are not shown, even when the key itself is misspelt.
const SECRET_KEYS: [&str; 7] = ["pass", "pasw", "pwd", "token", "secret", "authorization", "cookie"];

/// A line of the file without what stands behind a key that sounds secret, and the character from which it is cut.
/// A password has no place in a contract; one that is there all the same must not get into a log.
fn without_secrets(line: &str) -> (String, Option<usize>) {
    let lower = line.to_lowercase();
    let key = SECRET_KEYS.iter().filter_map(|key| lower.find(key)).min();
    let value = key.and_then(|key| lower[key..].find(": ").map(|colon| key + colon + 2));
    match value.filter(|at| lower.len() == line.len() && line.is_char_boundary(*at)) {
        Some(at) if !line[at..].trim().is_empty() && !is_a_rule(&line[at..]) => {
            (format!("{}[redacted]", &line[..at]), Some(line[..at].chars().count()))
        }
        _ => (line.to_owned(), None),
    }
}

/// `secret: true` is a rule of a variable, `${X}` the name of one: neither is a value.
fn is_a_rule(rest: &str) -> bool {
    let word = rest.trim_start().trim_start_matches(['"', '\'']);
    ["true", "false", "yes", "no", "on", "off", "True", "False", "${"]
        .iter()
        .any(|rule| word.starts_with(rule))
}

/// A tab takes one column so that the caret stands right; other control characters never reach a terminal.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
