//! consul-template's configuration: files, environment and command line become [`Settings`].
//!
//! ```
//! use preflight_render::config::{CommandLine, FileSystem, Invocation, ProcessEnvironment, load};
//!
//! let Invocation::Run(line) = CommandLine::parse(&["-once", "-template", "in.ctmpl:out"])? else { return Ok(()) };
//! let settings = load(&line, &ProcessEnvironment, &FileSystem)?;
//! assert!(settings.once);
//! assert_eq!(settings.templates[0].display(), "\"in.ctmpl\" => \"out\"");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Reading has two stages: what was typed, a layer for each source in which everything may be absent, laid over one
//! another; then what it means, with every default applied. Every fault of both stages is reported at once. Nothing
//! here prints, exits, or looks at the world except through [`Environment`] and [`Files`].

mod command_line;
mod declared;
pub mod exit_code;
mod faults;
mod flags;
mod go_text;
mod layer;
mod load;
mod nearest;
mod resolve;
mod settings;
mod shorthand;
mod signals;
mod surroundings;

pub use command_line::{CommandLine, FlagError, Invocation, usage};
pub use declared::{Declared, DeclaredConsul, DeclaredTemplate, DeclaredTls, DeclaredVault};
pub use faults::{Fault, FaultKind, Faults, Place};
pub use load::{LOCAL_CONFIG, check, load, load_over};
pub use settings::*;
pub use surroundings::{Environment, FileSystem, Files, ProcessEnvironment};
