//! consul-template's configuration and functions: templates and their data become files.
//!
//! [`config`] reads what is wanted, [`Templates::load`] parses the templates, and an [`Engine`] renders them: it runs
//! each template on a brain of answers, asks the sources for what it read, and writes what is complete through
//! [`files`]. What is told goes to a [`Journal`].

pub mod config;
pub mod exec;
pub mod files;

mod brain;
mod child_environment;
mod commands;
mod connections;
mod effects;
mod engine;
mod functions;
mod journal;
mod notice;
mod run;
mod values;

pub use child_environment::child_environment;
pub use commands::words;
pub use engine::{Change, Engine, EngineError, Explained, ExplainedQuery, Settled, Templates};
pub use journal::Journal;
pub use notice::{CHILD, CLASSES, Notice, SourceClass, source_classes};
