//! The rules of one service.
