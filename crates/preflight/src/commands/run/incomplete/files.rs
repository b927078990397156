//! The rendered files, and how far each of them is. Pure.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use preflight_supervise::sentinel::{Finding, exit_code};

/// Every file that is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct Files(BTreeMap<PathBuf, State>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Awaited,
    Complete,
    Incomplete(Vec<Finding>),
}

/// Why files cannot be read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Lack {
    /// They have not been rendered.
    Awaited(Vec<PathBuf>),
    /// Values are missing in them.
    Missing {
        /// In which.
        files: Vec<PathBuf>,
        /// 10 when keys are missing, 11 when only services are.
        code: u8,
    },
}

/// How a file has changed to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum News {
    /// Nothing is missing in it, as before, or for the first time.
    None,
    /// Nothing is missing in it any more.
    Complete,
    /// Something is missing in it, and this is not what was missing before.
    Incomplete,
}

impl Files {
    /// All are awaited.
    pub(in super::super) fn awaited(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(paths.into_iter().map(|path| (path, State::Awaited)).collect())
    }

    /// The paths of all.
    pub(in super::super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// A file has been rendered, and this is missing in it.
    pub(in super::super) fn settle(&mut self, path: &Path, findings: Vec<Finding>) -> News {
        let now = if findings.is_empty() { State::Complete } else { State::Incomplete(findings) };
        let before = self.0.insert(path.to_owned(), now.clone());
        match (before, now) {
            (Some(State::Incomplete(_)), State::Complete) => News::Complete,
            (before, now @ State::Incomplete(_)) if before.as_ref() != Some(&now) => News::Incomplete,
            _ => News::None,
        }
    }

    /// Why those files cannot be read yet; `None` when they can.
    pub(in super::super) fn lack(&self, reads: impl Fn(&Path) -> bool) -> Option<Lack> {
        let (mut awaited, mut incomplete, mut findings) = (Vec::new(), Vec::new(), Vec::new());
        for (path, state) in self.0.iter().filter(|(path, _)| reads(path)) {
            match state {
                State::Complete => {}
                State::Awaited => awaited.push(path.clone()),
                State::Incomplete(found) => {
                    incomplete.push(path.clone());
                    findings.extend(found.iter().map(|finding| finding.missing));
                }
            }
        }
        match exit_code(findings) {
            Some(code) => Some(Lack::Missing { files: incomplete, code }),
            None if awaited.is_empty() => None,
            None => Some(Lack::Awaited(awaited)),
        }
    }
}

/// How the words for files that are awaited begin.
const AWAITED: &str = "not rendered yet";

impl Lack {
    /// Whether these are the words for files that are awaited.
    pub(in super::super) fn is_awaited(words: &str) -> bool {
        words.starts_with(AWAITED)
    }

    /// For people.
    pub(in super::super) fn words(&self) -> String {
        match self {
            Self::Awaited(files) => format!("{AWAITED}: {}", names(files)),
            Self::Missing { files, .. } => format!("values are missing in {}", names(files)),
        }
    }

    /// The exit code for what is missing.
    pub(in super::super) fn code(&self) -> Option<u8> {
        match self {
            Self::Awaited(_) => None,
            Self::Missing { code, .. } => Some(*code),
        }
    }
}

fn names(files: &[PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use preflight_supervise::sentinel::Sentinels;

    use super::*;

    fn found(text: &str) -> Vec<Finding> {
        let sentinels = Sentinels::new(&["NOKEY".to_owned()], &["NOSERVICE".to_owned()]).unwrap();
        sentinels.scan(text.as_bytes())
    }

    #[test]
    fn what_is_missing_is_told_once_and_its_end_once() {
        let mut files = Files::awaited([PathBuf::from("/a")]);
        let path = Path::new("/a");
        let news: Vec<News> = ["x=NOKEY", "x=NOKEY", "x=NOSERVICE", "x=1", "x=2", "x=NOKEY"]
            .into_iter()
            .map(|text| files.settle(path, found(text)))
            .collect();
        use News::{Complete, Incomplete, None};
        assert_eq!(news, [Incomplete, None, Incomplete, Complete, None, Incomplete]);
    }

    #[test]
    fn only_what_is_read_counts_and_missing_keys_come_first() {
        let mut files = Files::awaited(["/a", "/b", "/c"].map(PathBuf::from));
        let all = |_: &Path| true;
        assert_eq!(files.lack(all).map(|lack| lack.words()).unwrap(), "not rendered yet: /a, /b, /c");
        files.settle(Path::new("/a"), found("x=NOSERVICE"));
        assert_eq!(files.lack(all).and_then(|lack| lack.code()), Some(11));
        files.settle(Path::new("/b"), found("x=NOKEY"));
        let lack = files.lack(all).unwrap();
        assert_eq!((lack.words().as_str(), lack.code()), ("values are missing in /a, /b", Some(10)));
        assert_eq!(files.lack(|path| path.ends_with("c")).and_then(|lack| lack.code()), None);
        files.settle(Path::new("/c"), Vec::new());
        assert_eq!(files.lack(|path| path.ends_with("c")), None);
        assert_eq!(files.lack(|_| false), None);
    }
}
