//! `preflight run` as its users meet it: codes, signals, what is left behind, terminals. Consul, for the example, is brought by
//! `cargo xtask test`.

mod circumstances;
mod command;
mod crashes;
mod consul;
mod crashes;
mod directories;
mod example;
mod incomplete;
mod lines;
mod logged;
mod output;
mod output;
mod probes;
mod rendering;
mod scene;
mod sentry;
mod sentry;
mod services;
mod signals;
