//! One file a subcommand.

pub(crate) mod check;
pub(crate) mod contract;
pub(crate) mod explain;
pub(crate) mod finalize;
pub(crate) mod guard;
mod missing_values;
pub(crate) mod render;
mod rendering;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod sv;
