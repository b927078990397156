//! Discovery against a local metadata server and made-up file trees.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod ec2;
mod ecs;
mod faults;
mod kernel;
mod kubernetes;
mod metadata_server;
mod place;
mod proxies;
mod usage;
