//! consul-template's configuration: files, environment and command line become [`Settings`].

mod settings;

pub use settings::*;
