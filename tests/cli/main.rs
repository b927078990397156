//! The program as its users meet it: exit codes, formats, time, signals, secrets. No server is needed.

mod computing;
mod contract;
mod deadline;
mod documents;
mod exit_codes;
mod formats;
mod guard;
mod hostile;
mod identity;
#[path = "../name_server.rs"]
mod name_server;
mod names;
mod progress;
mod secrets;
mod signals;
mod structure;
mod support;
mod wait;
