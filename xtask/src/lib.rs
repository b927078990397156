//! What the project's own commands are made of; `main.rs` only chooses among them.

pub mod bench;
pub mod cargo;
pub mod demo;
pub mod dist;
pub mod failure;
pub mod interrupt;
pub mod peers;
pub mod servers;
pub mod test;
pub mod totals;
