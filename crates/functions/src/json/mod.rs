//! JSON as Go's `encoding/json` reads and writes it.

mod quote;
mod read;
mod write;

pub(crate) use read::parse;
pub(crate) use write::{Escape, compact, indented};
