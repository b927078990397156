//! The rules of all services together.
