//! Base64 and base32 as Go's encoding packages write and read them, faults included.

mod base32;
mod base64;

pub(crate) use base32::{decode as decode_base32, encode as encode_base32};
pub(crate) use base64::{Alphabet, decode as decode_base64, encode as encode_base64};

/// A byte that does not belong; its text is Go's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("illegal {encoding} data at input byte {position}")]
pub(crate) struct Illegal {
    encoding: &'static str,
    position: usize,
}
