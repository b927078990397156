//! What is printed while a run goes on: the first line, what is waited for, and on a terminal a line of progress. All that
//! this program prints by itself comes by here, so that it can be JSON.

mod progress;
mod screen;

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use preflight_checks::report::Paint;
use preflight_supervise::output::{Stream, own_line};

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

/// One process prints in one form.
static AS_JSON: AtomicBool = AtomicBool::new(false);

/// From now on each line is printed as an object, see docs/log.schema.json.
pub(crate) fn print_as_json() {
    AS_JSON.store(true, Ordering::Relaxed);
}

/// Prints to standard output. A reader that has gone away is no reason to fail: the exit code still tells.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(&formed(text, Stream::Output)).and_then(|()| out.flush());
}

/// Prints a line, or several, to standard error. When it is closed there is nobody to tell.
pub(crate) fn print_error(lines: &str) {
    let _ = std::io::stderr().write_all(&formed(&format!("{lines}\n"), Stream::Error));
}

fn formed(text: &str, stream: Stream) -> Vec<u8> {
    if AS_JSON.load(Ordering::Relaxed) {
        text.lines().flat_map(|line| own_line(stream, line)).collect()
    } else {
        text.as_bytes().to_vec()
    }
}
