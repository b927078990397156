//! placeholder
use crate::table::Table;
pub(super) fn register(_: &mut Table<'_>) {}
