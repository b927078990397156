//! `preflight run` as its users meet it: codes, signals, what is left behind, terminals. No server is needed.

mod command;
mod directories;
mod scene;
mod services;
mod signals;
