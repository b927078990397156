//! One service: what to do when.
//!
//! | state | it waits for |
//! |---|---|
//! | rest | a command, dependencies, files: whatever makes it start. Why it rests is part of it |
//! | backing off | the time of its next start |
//! | preparing | the end of the program that its directory has for before a start |
//! | running | its end; readiness, a limit, a splay may be due meanwhile |
//! | stopping | the end of its whole process group and of its hooks; then the finish program, or what comes next |
//! | finishing | the end of its finish program |

mod after;
mod changes;
mod hooks;
mod machine;
mod orders;
mod state;
mod view;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub(crate) use machine::{Machine, later};
pub(crate) use view::{Outcome, View};
