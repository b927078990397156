//! What can be seen of a run: one document, and the ways to it.
//!
//! # Theory of operation
//!
//! The [`Board`] knows everything that can be seen. Those who know something put it there: the check its results, the
//! supervisor's handle its snapshots, a listener what snapshots do not hold. Nothing is made from it until somebody
//! asks: then a [`Document`] is made of what is known at that moment, and everything that is shown is made of the
//! document: JSON, metrics, the page, the table. Every text in it is redacted and escaped when it is made, so that no
//! form can show what another hides.
//!
//! One small HTTP/1.1 server ([`server`]) answers on two kinds of sockets:
//!
//! - The Unix socket of [`socket`] is always there, and belongs to who runs the run: only that user and root are
//!   answered. It lives on the supervisor's own thread. While nobody asks it costs one descriptor and no wake-ups.
//! - An address that was asked for is served by a thread of its own, from before the check to the very end, so that
//!   whoever asks, however often or slowly, takes no time from the services.
//!
//! # Who asks what
//!
//! | path | answer |
//! |---|---|
//! | `/` | the page, for people |
//! | `/healthz` | 200 as long as there is somebody to answer |
//! | `/readyz` | 200 when all is ready; else 503, and a line for each that is not |
//! | `/metrics` | the text format 0.0.4 of Prometheus |
//! | `/status.json` | the [`Document`] |
//!
//! This crate knows nothing of contracts, checks, the command line or standard output.

mod board;
pub mod client;
pub mod document;
mod exposition;
mod metrics;
mod page;
mod remembered;
mod routes;
pub mod server;
pub mod socket;
mod table;

pub use board::{Board, Ear, Run, Stage};
pub use document::{Document, json_schema};
pub use table::table;
