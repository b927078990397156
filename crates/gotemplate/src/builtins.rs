//! The functions that every template has.

pub mod text;
