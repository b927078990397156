//! HCL 1 and JSON, read into one tree with positions.
//!
//! [`parse`] reads the configuration language of Consul Template, Vault and Terraform before 0.12 (not its successor
//! HCL 2): `key = value`, blocks with any number of labels, lists, heredocs, comments. A text that begins with `{` is
//! JSON. What comes out is what was written, in its order and with repetitions; what a repetition means is for the
//! caller to say.
//!
//! ```
//! let tree = preflight_hcl::parse("template { perms = 0600 }")?;
//! let (template, body) = (&tree.items[0], tree.items[0].value.as_object());
//! assert_eq!(template.name(), "template");
//! assert_eq!(body.and_then(|body| body.items[0].value.as_integer()), Some(0o600));
//! # Ok::<(), preflight_hcl::Error>(())
//! ```
//!
//! Time and memory are linear in the text; nesting is limited to [`DEEPEST`] levels. Where HCL 1's own reader drops
//! what it did not understand (`a =` at the end, JSON that was cut off), this one says so.

mod error;
mod hcl;
mod json;
mod scan;
mod text;
mod tree;

pub use error::{Error, Problem};
pub use tree::{Item, Key, Node, Object, Position, Value};

/// How many objects and lists may stand in one another.
pub const DEEPEST: usize = 128;

/// Reads `text` as JSON if its first character is `{`, else as HCL 1. A byte order mark is passed over.
///
/// # Errors
/// The first thing that is not the language's, with its place.
pub fn parse(text: &str) -> Result<Object, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') { json::parse(text) } else { hcl::parse(text) }
}
