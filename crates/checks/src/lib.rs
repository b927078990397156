//! The contract is proven before the service starts: every declared variable and every dependency behind it is tried
//! with a real client, all at once, and every failure has a class, evidence and a cure.
//!
//! Theory of operation. [`plan`] turns a contract and an environment into variables' findings and a list of
//! [`Item`]s. [`run`] gives each item to its [`Checker`], found in [`registry`], all at once; a checker goes through
//! the [`Layer`]s of its dependency in order (env, dns, tcp, tls, login, read) on a [`Probe`], which keeps what held,
//! and stops at the first that breaks. The runner drops a checker whose time is up and turns the layer it was in
//! into the failure, so that no driver has to be trusted with the clock; failures whose class can heal are tried
//! again until the contract's `wait` is over. The outcome is one [`report::Report`], from which every format is
//! written.
//!
//! To add a kind: its data in `kinds/<name>.rs`, its behaviour in `checkers/<name>.rs`, one line in `registry.rs`.
//!
//! This crate knows nothing of command lines, standard output or exit codes.

pub mod checker;
mod checkers;
pub mod class;
pub mod cures;
pub mod failure;
pub mod item;
pub mod kind;
pub mod kinds;
pub mod net;
pub mod plan;
pub mod probe;
pub mod registry;
pub mod report;
pub mod run;

pub use checker::Checker;
pub use class::Class;
pub use failure::{Failure, whole_message};
pub use item::{Endpoint, Item};
pub use kind::Kind;
pub use plan::{Plan, plan};
pub use probe::{Layer, Probe};
