//! YAML as gopkg.in/yaml.v2, which consul-template uses, reads and writes it: version 1.1 with its `yes` and `on`.

mod emit;
mod faults;
mod keys;
mod read;
mod resolve;
mod scalar;

pub(crate) use emit::write;
pub(crate) use read::parse;
