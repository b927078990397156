//! Who waits for which rendered files, and what becomes of a run whose files stay incomplete.
//!
//! A file is awaited until it is rendered for the first time. One in which a sentinel stands for a value is incomplete. A
//! service is held while a file that it reads is awaited or incomplete: it is not started, and one that runs is not told
//! of changes. With `reload: {on: […]}` a service reads those files; every other one may read all of them.

mod files;
mod gate;
mod verdict;
mod waiters;

pub(super) use self::files::{Files, Lack};
pub(super) use self::gate::{Gate, Surroundings, fault, whole};
pub(super) use self::verdict::Verdict;
