//! What all watching shares: the board of answers and errors, the patience after failures, the driver of one query.

mod board;
mod drive;
mod patience;

pub(crate) use board::{Board, News};
pub(crate) use drive::drive;
pub(crate) use patience::Patience;
