//! The rules with real processes.
