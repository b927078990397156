//! What is printed while a run goes on: the first line, what is waited for, and on a terminal a line of progress.

mod progress;
mod screen;

use std::io::{IsTerminal, Write};

use preflight_checks::report::Paint;

use crate::cli::Color;

pub(crate) use progress::Progress;
pub(crate) use screen::{Screen, Tell};

/// Whether words on standard output are to be coloured.
pub(crate) fn paint(color: Color) -> Paint {
    let wanted = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
            std::io::stdout().is_terminal() && !refused && !dumb
        }
    };
    if wanted { Paint::Colour } else { Paint::Plain }
}

/// Prints to standard output. A reader that has gone away is no reason to fail: the exit code still tells.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
