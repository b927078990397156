//! The command line of `sv`, and when a service is as it asks. Pure.

use std::{
    ffi::OsString,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::directories::status::{State, Status, Want};

/// How the command line is told, on standard error.
pub const USAGE: &str = "usage: sv [-v] [-w sec] command service ...\n";
/// Where services are looked for unless `SVDIR` says otherwise.
const SERVICES: &str = "/etc/service";
const PATIENCE: Duration = Duration::from_secs(7);

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// It only reports.
    pub(super) is_report: bool,
    /// What is sent.
    pub(super) letters: &'static [u8],
    /// What is waited for: each of these letters has its own meaning.
    goals: &'static [u8],
    /// It waits for what was asked, and tells what came of it.
    pub(super) waits: bool,
    /// What is not as asked in time is killed.
    pub(super) kills: bool,
    /// How long it waits.
    pub(super) patience: Duration,
    /// The services as they were named.
    pub(super) services: Vec<OsString>,
    folder: PathBuf,
}

/// The command line is wrong; this is what to print to standard error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{complaint}{USAGE}")]
pub struct Misuse {
    complaint: String,
}

/// A word, what it sends, what it waits for, and whether it always waits and finally kills.
type Verb = (&'static str, &'static [u8], &'static [u8], bool, bool);

/// Words that count only when they are whole.
const WHOLE: &[Verb] = &[
    ("start", b"u", b"u", true, false),
    ("stop", b"d", b"d", true, false),
    ("shutdown", b"x", b"x", true, false),
    ("reload", b"h", b"h", true, false),
    ("restart", b"tcu", b"tcu", true, false),
    ("try-restart", b"tc", b"tc", true, false),
    ("check", b"", b"C", true, false),
    ("force-stop", b"d", b"d", true, true),
    ("force-shutdown", b"x", b"x", true, true),
    ("force-reload", b"tc", b"tc", true, true),
    ("force-restart", b"tcu", b"tcu", true, true),
];

/// Words of which the first letter counts.
const BY_LETTER: &[Verb] = &[
    ("u", b"u", b"u", false, false),
    ("d", b"d", b"d", false, false),
    ("o", b"o", b"o", false, false),
    ("x", b"x", b"x", false, false),
    ("e", b"x", b"x", false, false),
    ("p", b"p", b"p", false, false),
    ("c", b"c", b"c", false, false),
    ("h", b"h", b"h", false, false),
    ("a", b"a", b"a", false, false),
    ("i", b"i", b"i", false, false),
    ("q", b"q", b"q", false, false),
    ("1", b"1", b"1", false, false),
    ("2", b"2", b"2", false, false),
    ("t", b"t", b"t", false, false),
    ("k", b"k", b"k", false, false),
];

impl Order {
    /// Reads the words after the program's name, and two variables: `SVDIR` and `SVWAIT`.
    ///
    /// # Errors
    /// [`Misuse`].
    pub fn parse(words: &[OsString], variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, Misuse> {
        let patience = variable("SVWAIT").map_or(PATIENCE, |text| seconds(text.as_bytes()));
        let folder = variable("SVDIR").map_or_else(|| SERVICES.into(), PathBuf::from);
        let mut options = Options { is_verbose: false, patience };
        let rest = options.read(words)?;
        let [verb, services @ ..] = rest else { return Err(Misuse::bare()) };
        if services.is_empty() {
            return Err(Misuse::bare());
        }
        let verb = verb.as_bytes();
        let found = WHOLE.iter().find(|(word, ..)| word.as_bytes() == verb);
        let first = || BY_LETTER.iter().find(|(letter, ..)| verb.starts_with(letter.as_bytes()));
        let is_report = found.is_none() && verb.starts_with(b"s");
        let known = found.or_else(first).copied();
        let (_, letters, goals, waits, kills) = match known {
            Some(known) => known,
            None if is_report => ("status", &b""[..], &b""[..], false, false),
            None => return Err(Misuse::bare()),
        };
        Ok(Self {
            is_report,
            letters,
            goals,
            waits: waits || (options.is_verbose && !is_report),
            kills,
            patience: options.patience,
            services: services.to_vec(),
            folder,
        })
    }

    /// A name is looked for in the services' directory, unless it looks like a path.
    pub(super) fn folder_of(&self, name: &OsString) -> PathBuf {
        let bytes = name.as_bytes();
        if matches!(bytes.first(), None | Some(b'.' | b'/')) || bytes.last() == Some(&b'/') {
            return Path::new(name).to_owned();
        }
        self.folder.join(name)
    }

    /// It asks for the end of the supervisor of a service.
    pub(super) fn is_exit(&self) -> bool {
        self.goals.first() == Some(&b'x')
    }

    /// A service that is wanted so already is not told again; one that shall go down and was not sent a `TERM` is.
    pub(super) fn is_wanted_already(&self, status: &Status) -> bool {
        match self.letters.first() {
            Some(b'u') => status.want == Want::Up,
            Some(b'd') => status.want != Want::Up && status.termed,
            _ => false,
        }
    }

    /// True when a service is as asked; `began` is when the asking began. Whether its `check` must agree as well is
    /// [`Order::needs_check`].
    pub fn is_reached(&self, status: &Status, began: SystemTime) -> bool {
        let is_new = status.since >= began;
        let runs = status.pid.is_some();
        self.goals.iter().all(|goal| match goal {
            b'u' => runs && status.state == State::Run,
            b'd' => !runs,
            b'x' => false,
            b't' | b'k' if runs => is_new && !status.termed,
            b't' | b'k' => status.want != Want::Up,
            b'o' if runs => status.want != Want::Up,
            b'o' => is_new,
            b'p' => !runs || status.paused,
            b'c' => !runs || !status.paused,
            _ => true,
        })
    }

    /// A service that runs as asked is up only when its `check` says so too.
    pub fn needs_check(&self, status: &Status) -> bool {
        status.pid.is_some() && self.goals.iter().any(|goal| b"utkC".contains(goal))
    }
}

impl Misuse {
    fn bare() -> Self {
        Self { complaint: String::new() }
    }
}

struct Options {
    is_verbose: bool,
    patience: Duration,
}

impl Options {
    /// Options stand before the command, and may share a word: `-vw5`. What follows them.
    fn read<'a>(&mut self, words: &'a [OsString]) -> Result<&'a [OsString], Misuse> {
        let mut rest = words;
        while let [word, after @ ..] = rest {
            let Some((b'-', letters @ [_, ..])) = word.as_bytes().split_first() else { break };
            rest = after;
            if letters.starts_with(b"-") {
                break;
            }
            rest = self.letters(letters, rest)?;
        }
        Ok(rest)
    }

    fn letters<'a>(&mut self, letters: &[u8], rest: &'a [OsString]) -> Result<&'a [OsString], Misuse> {
        for (at, letter) in letters.iter().enumerate() {
            match letter {
                b'v' => self.is_verbose = true,
                b'w' => {
                    self.is_verbose = true;
                    let own = &letters[at + 1..];
                    let (value, rest) = match (own, rest) {
                        ([], [value, rest @ ..]) => (value.as_bytes(), rest),
                        ([], []) => return Err(complaint("option requires an argument -- w")),
                        (own, rest) => (own, rest),
                    };
                    self.patience = seconds(value);
                    return Ok(rest);
                }
                b'V' => {
                    let complaint = format!("preflight {}\n", env!("CARGO_PKG_VERSION"));
                    return Err(Misuse { complaint });
                }
                other => return Err(complaint(&format!("illegal option -- {}", other.escape_ascii()))),
            }
        }
        Ok(rest)
    }
}

fn complaint(text: &str) -> Misuse {
    Misuse { complaint: format!("sv: {text}\n") }
}

/// The number that a text begins with; none is zero. A day at most, which nobody waits for.
fn seconds(text: &[u8]) -> Duration {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).take(9);
    let seconds = digits.fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    Duration::from_secs(seconds.min(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Order, Misuse> {
        let words: Vec<OsString> =
            line.split(' ').filter(|word| !word.is_empty()).map(OsString::from).collect();
        Order::parse(&words, |_| None)
    }

    #[test]
    fn first_letters_count_and_whole_words_before_them() {
        for (word, letters, waits) in [
            ("up", "u", false),
            ("u", "u", false),
            ("unheard-of", "u", false),
            ("exit", "x", false),
            ("start", "u", true),
            ("restart", "tcu", true),
            ("check", "", true),
            ("chec", "c", false),
            ("try", "t", false),
            ("try-restart", "tc", true),
            ("status", "", false),
            ("stat", "", false),
        ] {
            let order = parse(&format!("{word} a")).unwrap();
            assert_eq!((order.letters, order.waits), (letters.as_bytes(), waits), "{word}");
        }
    }

    #[test]
    fn what_is_no_command_is_misuse() {
        for line in ["", "up", "force a", "re a", "Up a", "b a", "-v", "-w 3 up", "--help"] {
            assert_eq!(parse(line).unwrap_err().to_string(), USAGE, "{line}");
        }
        assert_eq!(parse("-x up a").unwrap_err().to_string(), format!("sv: illegal option -- x\n{USAGE}"));
        assert_eq!(
            parse("-w").unwrap_err().to_string(),
            format!("sv: option requires an argument -- w\n{USAGE}")
        );
    }

    #[test]
    fn times_are_read_from_all_their_places() {
        let patience = |line: &str| parse(line).unwrap().patience.as_secs();
        assert_eq!(
            [patience("up a"), patience("-w 3 up a"), patience("-vw12 up a"), patience("-wx up a")],
            [7, 3, 12, 0]
        );
        let words = ["-v", "up", "a"].map(OsString::from);
        let with = Order::parse(&words, |name| (name == "SVWAIT").then(|| "2s".into())).unwrap();
        assert_eq!((with.patience.as_secs(), with.waits), (2, true));
    }

    #[test]
    fn a_name_that_looks_like_a_path_is_one() {
        let words = ["status", "x"].map(OsString::from);
        let order = Order::parse(&words, |name| (name == "SVDIR").then(|| "/s".into())).unwrap();
        for (name, folder) in
            [("web", "/s/web"), ("./web", "./web"), ("/x", "/x"), ("web/", "web/"), ("", "")]
        {
            assert_eq!(order.folder_of(&name.into()), Path::new(folder));
        }
    }
}
