//! Versions and what they must satisfy, as github.com/Masterminds/semver reads them.

mod constraint;
mod value;
mod version;

pub(super) use value::register;
