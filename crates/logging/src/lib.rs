//! What may be written and how: the audience's tag, escaping of control characters, and redaction by value.
//!
//! Everything that leaves the program as text passes through here: [`Redactor::clean`] takes out every secret in
//! every form it is likely to be printed in and escapes what could forge a line or drive a terminal; [`Tag`] puts
//! the audience in front, so that a log search for it finds all of its lines and nothing else.
//!
//! This crate knows nothing of contracts, checks or processes.

mod escape;
mod forms;
mod redact;
mod tag;

pub use escape::escape;
pub use redact::{REDACTED, Redactor};
pub use tag::Tag;
