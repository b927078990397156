//! The functions of consul-template's templates that need nothing but their arguments, and a view of their surroundings.
//!
//! [`register`] adds the helpers (`toUpper`, `parseJSON`, `sockaddr` …), [`sprig::register`] the set under the prefix
//! `sprig_`. Names, arguments, results and error texts are those of consul-template 0.40; where they differ,
//! `docs/consul-template.md` says so and why.
//!
//! What a function may know of a run (variables, the clock, the scratch) comes from the host that the template is run
//! with, through the trait [`Surroundings`]:
//!
//! ```
//! use preflight_functions::{Scratch, Surroundings, register};
//! use preflight_gotemplate::{Functions, Options, Template, Value};
//!
//! #[derive(Default)]
//! struct Run(Scratch);
//!
//! impl Surroundings for Run {
//!     fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
//!         (name == b"USER").then(|| b"ada".to_vec())
//!     }
//!     fn scratch(&self) -> &Scratch {
//!         &self.0
//!     }
//! }
//!
//! let mut functions = Functions::new();
//! register::<Run>(&mut functions);
//! let template = Template::parse("hello", r#"{{ env "USER" | toUpper }}"#, &functions, &Options::default())?;
//! assert_eq!(template.execute(&Value::Nil, &Run::default())?, b"ADA");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This crate knows nothing of Consul, of files that are written, or of child processes.

mod codec;
mod helpers;
mod json;
mod regex;
mod scratch;
pub mod sprig;
mod surroundings;
mod table;
mod text;
mod time;
mod times;
mod toml;
mod yaml;

pub use helpers::register;
pub use scratch::Scratch;
pub use surroundings::Surroundings;
pub use times::{duration, duration_text, duration_type, local_time, local_time_text, time, time_type};

use preflight_gotemplate::{CallError, Function, Functions, Signature, Type};

/// No value is nested more deeply: readers refuse it and writers take it for a map that holds itself. Go's stacks grow and
/// ours do not, so that this is less than the thousands that Go allows, and still more than anybody writes.
const DEEPEST: usize = 300;

/// Makes the functions of these names fail with `function is disabled`; names that are no function are passed over.
pub fn deny<'a>(functions: &mut Functions, names: impl IntoIterator<Item = &'a str>) {
    for name in names {
        if functions.find(name).is_some() {
            functions.insert(name, denied());
        }
    }
}

/// Takes any number of strings and fails, as consul-template's denied functions do.
fn denied() -> Function {
    let signature = Signature::new([]).variadic(Type::String).returns(Type::String).fallible();
    Function::new(signature, |_, _| Err(CallError::new("function is disabled")))
}
