//! What services say: from their pipes to our own output, line by line.
//!
//! # Theory of operation
//!
//! One thread, the pump, moves everything: it sleeps in `poll(2)` until a pipe has something to read or our output takes
//! something more, and without an end while neither is so. The loop that looks after services never waits for it.
//!
//! - **Nothing is lost, and nothing grows.** While our output does not take more ([`BUFFERED`] bytes are waiting for it),
//!   no pipe that leads there is read. The service's pipe fills up then (64 KiB in the kernel), and the service waits in
//!   `write(2)`: a slow reader slows down who talks, as it would without us. What leads to the other output goes on.
//! - **Nobody is starved.** In each turn every pipe may give one read of at most 16 KiB, and a turn that was cut short for
//!   want of room begins the next time where it ended. A service that floods cannot keep another one's line back for
//!   longer than one turn.
//! - **What our reader does is no service's fault.** When our output is closed, everything is still read, kept for
//!   [`Output::last_lines`], and dropped: no service gets a `SIGPIPE`, none waits. When the disk below it is full, lines are
//!   dropped and counted, and the number is told when there is room again. Either is told once on the other output.
//! - **Bytes stay as they are.** A line is what stands before a line feed. One that is longer than [`Settings::longest`],
//!   or that stays without its end for [`Settings::pause`], is written in parts; all but its last part are marked, and
//!   together they are the line. What is not UTF-8 is written as it is, or as base64 in JSON.
//!
//! With [`Format::Raw`] a service has our own descriptors: nothing is copied, and no last lines are known. Where they are
//! wanted ([`Settings::keeps_raw`]) it has pipes here, too, and its bytes go on unchanged: whole lines, so that those of two
//! services do not mix; a line only in parts when it is longer than [`Settings::longest`] or stays without its end.
//!
//! A service may have a form of its own ([`crate::Service::output`]).
//!
//! A service that runs as another user owns its pipes, so that it may open `/dev/stdout`. What a probe says goes nowhere.

mod format;
mod handle;
mod last_lines;
mod pump;
mod sink;
mod source;
mod split;

use std::{os::fd::OwnedFd, time::Duration};

pub(crate) use format::rfc3339;
pub use format::{Format, Line, Stream, VERSION, json_schema, own_line};
pub use handle::{Output, Tap};
pub use last_lines::LastLine;
pub use split::{Ending, Part, Splitter};

/// So many bytes wait for one of our outputs at most, and one more line.
pub const BUFFERED: usize = 64 * 1024;

/// How output is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// In which form, unless a service says for itself.
    pub format: Format,
    /// With [`Format::Raw`], last lines are to be known as with the other forms. A service has no terminal then. Default no.
    pub keeps_raw: bool,
    /// A line of more bytes is written in parts. Default 16,128: with what stands before it, it fits into the 16 KiB that
    /// container engines take for one line.
    pub longest: usize,
    /// A line that has not ended is written, marked, when nothing more comes for this time. Default 1 s.
    pub pause: Duration,
    /// So many last lines of each service are kept, of 32 KiB together at most. Default 50.
    pub last_lines: usize,
}

/// Where everything is written to.
#[derive(Debug)]
pub struct Destinations {
    /// The outputs of services; usually our own standard output.
    pub output: OwnedFd,
    /// Their errors; usually our own standard error.
    pub error: OwnedFd,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            format: Format::Text,
            keeps_raw: false,
            longest: 16 * 1024 - 256,
            pause: Duration::from_secs(1),
            last_lines: 50,
        }
    }
}

impl Destinations {
    /// Our own two.
    ///
    /// # Errors
    /// When they cannot be duplicated, because they are closed for one. Open `/dev/null` in their place then.
    pub fn ours() -> std::io::Result<Self> {
        use std::os::fd::AsFd;
        Ok(Self {
            output: std::io::stdout().as_fd().try_clone_to_owned()?,
            error: std::io::stderr().as_fd().try_clone_to_owned()?,
        })
    }
}

#[cfg(test)]
mod tests;
