//! `preflight run` as its users meet it: codes, signals, what is left behind, terminals. Consul, for the example, is brought by
//! `cargo xtask test`.

mod circumstances;
mod command;
mod consul;
mod crashes;
mod directories;
mod example;
mod incomplete;
mod jobs;
mod lines;
mod logged;
#[path = "../name_server.rs"]
mod name_server;
mod names;
mod output;
mod probes;
mod rendering;
mod scene;
mod sentry;
mod services;
mod signals;
mod standstill;
mod still;
