//! The rendered files, as the status shows them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use preflight_status::Board;
use preflight_status::document::{RenderedFile, Rendering};

use super::super::incomplete::{Files, Lack};

/// Puts on the board how far the files are.
pub(in super::super) struct Rendered {
    board: Board,
    changed: BTreeMap<PathBuf, Timestamp>,
}

impl Rendered {
    pub(super) fn new(board: Board) -> Self {
        Self { board, changed: BTreeMap::new() }
    }

    /// This file has just got other content.
    pub(in super::super) fn changed(&mut self, path: &Path) {
        self.changed.insert(path.to_owned(), Timestamp::now());
    }

    /// This is how all of them are now.
    pub(in super::super) fn show(&self, files: &Files) {
        let file = |path: &Path| RenderedFile {
            path: path.display().to_string(),
            state: state(files.lack(|other| other == path).as_ref()).to_owned(),
            changed_at: self.changed.get(path).map(|moment| format!("{moment:.3}")),
        };
        let lack = files.lack(|_| true);
        self.board.rendered(Rendering {
            complete: lack.is_none(),
            waits_for: lack.iter().map(Lack::words).collect(),
            files: files.paths().map(file).collect(),
        });
    }
}

fn state(lack: Option<&Lack>) -> &'static str {
    match lack {
        None => "complete",
        Some(Lack::Awaited(_)) => "awaited",
        Some(Lack::Missing { .. }) => "incomplete",
    }
}
