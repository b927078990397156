//! What a command prints: read as it comes, so that it never waits for us, and kept up to a bound.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout};

/// How much of standard output is kept, from its beginning.
const MOST_STDOUT: usize = 1 << 20;

/// How much of standard error is kept, at its end.
const MOST_STDERR: usize = 4 << 10;

/// How much of a last line is shown, in characters.
const MOST_WORDS: usize = 300;

/// What was printed so far.
#[derive(Debug, Default)]
pub(super) struct Output {
    stdout: Mutex<Vec<u8>>,
    stderr: Mutex<Vec<u8>>,
}

impl Output {
    /// Reads both to their ends.
    pub(super) async fn read(&self, stdout: Option<ChildStdout>, stderr: Option<ChildStderr>) {
        let keep_first = |kept: &mut Vec<u8>, new: &[u8]| {
            let room = MOST_STDOUT.saturating_sub(kept.len());
            kept.extend_from_slice(&new[..new.len().min(room)]);
        };
        let keep_last = |kept: &mut Vec<u8>, new: &[u8]| {
            kept.extend_from_slice(new);
            let surplus = kept.len().saturating_sub(MOST_STDERR);
            kept.drain(..surplus);
        };
        tokio::join!(drain(stdout, &self.stdout, keep_first), drain(stderr, &self.stderr, keep_last));
    }

    /// Standard output as text, without the end of its last line.
    pub(super) fn stdout(&self) -> String {
        String::from_utf8_lossy(&locked(&self.stdout)).trim_end_matches(['\n', '\r']).to_owned()
    }

    /// `: ` and the last line of standard error, or of standard output when there is none; nothing when it is silent.
    pub(super) fn last_words(&self) -> String {
        let stderr = String::from_utf8_lossy(&locked(&self.stderr)).into_owned();
        let line = last_line(&stderr).or_else(|| last_line(&self.stdout()));
        line.map(|line| format!(": {line}")).unwrap_or_default()
    }
}

async fn drain(
    from: Option<impl AsyncRead + Unpin>,
    kept: &Mutex<Vec<u8>>,
    keep: impl Fn(&mut Vec<u8>, &[u8]),
) {
    let Some(mut from) = from else { return };
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        keep(&mut locked(kept), &buffer[..count]);
    }
}

fn locked(kept: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    // Bytes are whole after a panic.
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn last_line(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(match line.char_indices().nth(MOST_WORDS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    })
}
