//! The exit codes of consul-template 0.40 (`cli.go`), a public contract. Whoever supervises it tests for them.

/// Everything was rendered once, or the program was stopped in order, or only its version or help was asked for.
pub const OK: u8 = 0;
/// A fault without a code of its own.
pub const ERROR: u8 = 11;
/// Stopped by the kill signal. Ours ends with [`OK`] unless this code is asked for.
pub const INTERRUPT: u8 = 12;
/// The command line or `CT_LOCAL_CONFIG` is wrong.
pub const PARSE_FLAGS_ERROR: u8 = 13;
/// A template, its data or its command failed. A child's own code goes before it.
pub const RUNNER_ERROR: u8 = 14;
/// A configuration file cannot be read or is wrong.
pub const CONFIG_ERROR: u8 = 15;
