//! Crontab files, as `crontab(5)` of Debian's cron has them: `/etc/cron.d` with its column for the user, and users' own.
//!
//! What cron would pass over without a word (a file without a newline at its end, a name with a dot in `/etc/cron.d`, a
//! line that it cannot read) is a fault here, with its place; what it obeys and we do not (`MAILTO`) is a note.

use std::fmt;
use std::path::Path;

use preflight_schedule::{Schedule, Zone};

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrontabKind {
    /// The system's: `/etc/crontab`, `/etc/cron.d`. The sixth column is the user.
    System,
    /// A user's own.
    User,
}

/// Everything that one file says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Crontab {
    /// Its jobs, in the order of the file.
    pub entries: Vec<CrontabEntry>,
    /// What is understood, and not obeyed.
    pub notes: Vec<CrontabNote>,
}

/// One job.
#[derive(Debug, Clone, PartialEq)]
pub struct CrontabEntry {
    /// The line, from 1.
    pub line: usize,
    /// When it runs.
    pub schedule: Schedule,
    /// `CRON_TZ`, where it is set before.
    pub timezone: Option<String>,
    /// The user of the sixth column.
    pub user: Option<String>,
    /// The line that the shell is given.
    pub command: String,
    /// What the command reads: the text behind the first `%`, with newlines for the others, and one at its end.
    pub input: Option<String>,
    /// The shell; `/bin/sh` unless `SHELL` is set before.
    pub shell: String,
    /// The variables that are set before, each with its last value.
    pub environment: Vec<(String, String)>,
}

/// Something that cron obeys and we do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrontabNote {
    /// The line, from 1.
    pub line: usize,
    /// What: a fragment.
    pub message: String,
}

/// Something wrong; cron would pass over it without a word, or mail it to nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CrontabFault {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong: a fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<&'static str>,
}

impl fmt::Display for CrontabFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl CrontabKind {
    /// By where a file is: those below `/etc/cron.d`, and `/etc/crontab`, are the system's.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        if path.starts_with("/etc/cron.d") || path == Path::new("/etc/crontab") {
            Self::System
        } else {
            Self::User
        }
    }
}

/// Why cron passes over a file of `/etc/cron.d` for its name; `None` when it reads it. The inner value is false for
/// leftovers that nobody means to be read: hidden files, and those that editors and dpkg leave behind.
#[must_use]
pub fn skipped_name(name: &str) -> Option<bool> {
    let read = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(read) {
        return None;
    }
    let leftover =
        name.starts_with('.') || name.ends_with('~') || name.contains(".dpkg-") || name.ends_with(".swp");
    Some(!leftover)
}

/// Reads a file. `known_user` says whether there is a user of a name.
///
/// # Errors
/// With everything that is wrong with it, in the order of its lines.
pub fn parse_crontab(
    file: &str,
    bytes: &[u8],
    kind: CrontabKind,
    known_user: &dyn Fn(&str) -> bool,
) -> Result<Crontab, Vec<CrontabFault>> {
    let mut reader = Reader { kind, known_user, crontab: Crontab::default(), settings: Settings::default() };
    let mut faults = Vec::new();
    let mut fault = |line, Wrong { message, hint }| {
        faults.push(CrontabFault { file: file.to_owned(), line, message, hint });
    };
    let lines = bytes.split(|byte| *byte == b'\n');
    let count = lines.clone().count();
    for (line, bytes) in (1..).zip(lines) {
        // What stands behind the last newline.
        if line == count {
            if !bytes.is_empty() {
                let hint = Some("cron ignores the whole file; end it with a newline");
                fault(line, Wrong { message: "no newline at the end of the file".to_owned(), hint });
            } else {
                break;
            }
        }
        let read = std::str::from_utf8(bytes).map_err(|_| Wrong::plain("not UTF-8"));
        if let Err(wrong) = read.and_then(|text| reader.line(line, text)) {
            fault(line, wrong);
        }
    }
    if faults.is_empty() { Ok(reader.crontab) } else { Err(faults) }
}

/// What is wrong with a line.
struct Wrong {
    message: String,
    hint: Option<&'static str>,
}

impl Wrong {
    fn plain(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    fn with(message: impl Into<String>, hint: &'static str) -> Self {
        Self { message: message.into(), hint: Some(hint) }
    }
}

/// What lines before say about those that follow.
#[derive(Default)]
struct Settings {
    shell: Option<String>,
    timezone: Option<String>,
    environment: Vec<(String, String)>,
}

struct Reader<'a> {
    kind: CrontabKind,
    known_user: &'a dyn Fn(&str) -> bool,
    crontab: Crontab,
    settings: Settings,
}

/// Variables that change what cron itself does, and what becomes of them.
const NOT_OBEYED: [(&str, &str); 4] = [
    ("MAILTO", "no mail is sent; output goes where the container's does"),
    ("MAILFROM", "no mail is sent"),
    ("RANDOM_DELAY", "`jitter` of a service in the contract does that"),
    ("START_HOURS_RANGE", "that is anacron's"),
];

impl Reader<'_> {
    fn line(&mut self, line: usize, text: &str) -> Result<(), Wrong> {
        if text.ends_with('\r') {
            return Err(Wrong::with(
                "a carriage return at the end of the line",
                "save the file with Unix line ends",
            ));
        }
        if text.contains('\0') {
            return Err(Wrong::plain("a NUL byte"));
        }
        let text = text.trim_start_matches([' ', '\t']);
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        match assignment(text) {
            Some((name, value)) => self.setting(line, name, value),
            None => self.job(line, text),
        }
    }

    fn setting(&mut self, line: usize, name: String, value: String) -> Result<(), Wrong> {
        if let Some((_, why)) = NOT_OBEYED.iter().find(|(known, _)| *known == name) {
            // An empty MAILTO asks for what is the case anyway.
            if !value.is_empty() {
                self.crontab
                    .notes
                    .push(CrontabNote { line, message: format!("{name} is not obeyed: {why}") });
            }
            return Ok(());
        }
        match name.as_str() {
            "SHELL" => self.settings.shell = Some(value.clone()),
            "TZ" if self.settings.timezone.as_ref() != Some(&value) => self.crontab.notes.push(CrontabNote {
                line,
                message: "TZ is for the commands, as with cron; CRON_TZ says by which clock they are due"
                    .to_owned(),
            }),
            "CRON_TZ" => {
                Zone::named(&value).map_err(|error| Wrong::plain(error.to_string()))?;
                self.settings.timezone = Some(value);
                return Ok(());
            }
            _ => {}
        }
        self.settings.environment.retain(|(known, _)| *known != name);
        self.settings.environment.push((name, value));
        Ok(())
    }

    fn job(&mut self, line: usize, text: &str) -> Result<(), Wrong> {
        let (times, rest) = times(text)?;
        let schedule = times.parse::<Schedule>().map_err(|error| Wrong::plain(error.to_string()))?;
        let (user, rest) = match self.kind {
            CrontabKind::System => {
                let (user, rest) = word(rest);
                (Some(self.user(user, rest)?), rest)
            }
            CrontabKind::User => (None, rest),
        };
        let (command, input) = command_and_input(rest);
        if command.trim().is_empty() {
            return Err(Wrong::with("no command", "minute hour day month weekday, then the command"));
        }
        if user.is_none() && word(rest).0 == "root" {
            let message = "the command is `root`: a user's own crontab has no column for the user".to_owned();
            self.crontab.notes.push(CrontabNote { line, message });
        }
        let Settings { shell, timezone, environment } = &self.settings;
        self.crontab.entries.push(CrontabEntry {
            line,
            schedule,
            timezone: timezone.clone(),
            user,
            command,
            input,
            shell: shell.clone().unwrap_or_else(|| "/bin/sh".to_owned()),
            environment: environment.clone(),
        });
        Ok(())
    }

    fn user(&self, user: &str, rest: &str) -> Result<String, Wrong> {
        const COLUMN: &str = "the sixth column is the user: minute hour day month weekday user command";
        if user.is_empty() {
            return Err(Wrong::with("neither a user nor a command", COLUMN));
        }
        if !(self.known_user)(user) {
            return Err(Wrong::with(format!("there is no user {user:?}"), COLUMN));
        }
        if rest.trim().is_empty() {
            return Err(Wrong::with(format!("no command, or no user before the command {user:?}"), COLUMN));
        }
        Ok(user.to_owned())
    }
}

/// `NAME = value`, either of them in quotes or not. A line whose first word is no name is none.
fn assignment(text: &str) -> Option<(String, String)> {
    let (name, rest) = match text.chars().next()? {
        quote @ ('"' | '\'') => text[1..].split_once(quote)?,
        _ => text.split_at(text.find(|c: char| c == '=' || c.is_whitespace())?),
    };
    let value = rest.trim_start_matches([' ', '\t']).strip_prefix('=')?.trim_matches([' ', '\t']);
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    Some((name.to_owned(), quoted.unwrap_or(value).to_owned()))
}

/// The five fields or the word that say when, and the rest of the line.
fn times(text: &str) -> Result<(String, &str), Wrong> {
    if text.starts_with('@') {
        let (name, rest) = word(text);
        return Ok((name.to_owned(), rest));
    }
    let mut fields = Vec::new();
    let mut rest = text;
    for _ in 0..5 {
        let (field, after) = word(rest);
        if field.is_empty() {
            return Err(Wrong::with(
                format!("{} words where five say when, and more what", fields.len()),
                "minute hour day month weekday, then the command",
            ));
        }
        fields.push(field);
        rest = after;
    }
    Ok((fields.join(" "), rest))
}

/// The first word, and what stands behind the blanks after it.
fn word(text: &str) -> (&str, &str) {
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start_matches([' ', '\t']))
}

/// The command ends at the first `%` without a backslash; what follows is its input.
fn command_and_input(text: &str) -> (String, Option<String>) {
    let mut parts = vec![String::new()];
    let mut escapes = false;
    for character in text.chars() {
        // In what the command reads, a backslash is never one for a backslash.
        let begins = character == '\\' && (!escapes || parts.len() > 1);
        let is_escaped = std::mem::replace(&mut escapes, begins);
        match parts.last_mut() {
            Some(part) if character == '%' && is_escaped => part.replace_range(part.len() - 1.., "%"),
            Some(part) if character != '%' => part.push(character),
            _ => parts.push(String::new()),
        }
    }
    let input = (parts.len() > 1).then(|| {
        let mut input = parts[1..].join("\n");
        if !input.is_empty() && !input.ends_with('\n') {
            input.push('\n');
        }
        input
    });
    (parts.swap_remove(0), input)
}
