//! runit's service directories: what their files mean, who watches them, and who talks through them.

pub mod client;
pub mod control;
pub mod status;
