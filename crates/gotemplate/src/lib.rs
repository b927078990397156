//! Go's text/template: lexer, parser, evaluator and the verbs of fmt.
//!
//! A template is parsed once against a table of [`Functions`] and run any number of times:
//!
//! ```
//! use preflight_gotemplate::{Functions, Options, Template, Value};
//! let template = Template::parse("hello", "Hello, {{ .name }}!", &Functions::new(), &Options::default())?;
//! let data = Value::map([("name", Value::from("world"))]);
//! assert_eq!(template.execute(&data, &())?, b"Hello, world!");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Values are Go's: [`Value`] says what kind and type a thing has, [`Type`] is the type itself, with methods. Functions
//! are closures with a [`Signature`]; what they need of a particular run they find in [`Call::host`]. Behaviour and
//! error texts are those of Go 1.26, <https://pkg.go.dev/text/template>.
//!
//! This crate knows nothing of Consul, files or clocks.

mod builtins;
mod error;
mod exec;
pub mod fmt;
mod function;
mod parse;
pub mod strconv;
mod template;
mod types;
mod value;

pub use builtins::text;
pub use error::{CallError, ExecError, ParseError, Place};
pub use function::{Call, Function, Functions, Signature};
pub use template::{MissingKey, Options, Template};
pub use types::{
    ArrayType, ChanDirection, ChanType, Field, InterfaceType, MapType, Method, NamedType, StructType, Type,
    TypeBuilder,
};
pub use value::{
    Chan, ComplexKind, FloatKind, IntKind, Kind, List, Map, MapEntries, MapKey, Named, Pointer, Struct,
    UintKind, Value,
};

/// Runs `work`, on a new piece of stack if little of this one is left, so that what is nested deeply does not run out of it.
fn deep<T>(work: impl FnOnce() -> T) -> T {
    const LEAST: usize = 128 * 1024;
    const NEW: usize = 2 * 1024 * 1024;
    stacker::maybe_grow(LEAST, NEW, work)
}
