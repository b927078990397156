//! consul-template's configuration and functions: templates and their data become files.

pub mod config;
pub mod files;
