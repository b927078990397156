//! The functions that every template has.
