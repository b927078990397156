//! One file a checker; each is a unit struct that implements [`crate::Checker`].

pub(crate) mod tcp;
pub(crate) mod tls;
