//! Vault as a source: what both a stub of its HTTP API and the real server must do.
//!
//! The real server is the one whose facts `PREFLIGHT_TEST_SERVERS` names, or that `cargo xtask servers start --only
//! vault` has left running. Where there is none, the scenarios for both are played against the stub alone, and say so.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod certificates;
mod engines;
mod leases;
mod logins;
mod place;
mod real;
mod secrets;
mod signature;
mod states;
mod stub;
mod tokens;
mod watching;
