//! `preflight run` as its users meet it: codes, signals, what is left behind, terminals. No server is needed.

mod circumstances;
mod command;
mod directories;
mod probes;
mod scene;
mod services;
mod signals;
