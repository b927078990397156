//! consul-template's exec mode: one child, started when everything is rendered, told or restarted when something changed.
//!
//! [`Machine`] decides; it is a function of its state, an [`Event`] and the time, and knows neither processes nor clocks.
//! [`supervise`] brings it together with `crates/processes`. Every wait is a state with a time at which it is due, never
//! a sleep: whatever happens in between is heard.
//!
//! | state | it waits for |
//! |---|---|
//! | waiting | everything to be rendered |
//! | running | a change, a signal, the child's end |
//! | splaying | as running, and the random time after which the child hears of the change |
//! | stopping | the end of the child's whole process group; then it is started again, or all is over |
//! | ended | |
//!
//! What differs from consul-template: a stop is obeyed at once, also within a splay or a wait for an end; a second one
//! kills; a restart waits until everything in the child's process group is gone, and so does the end; a changed
//! configuration restarts the child only when its command or its variables are other ones; a broken one leaves it alone; a
//! child that has just started is told of a change only when it minds the signal, which would kill it before.

mod driver;
#[cfg(test)]
mod driver_tests;
mod ending;
mod machine;
mod settings;
#[cfg(test)]
mod tests;

pub use driver::{Change, Notice, supervise};
pub use ending::Ending;
pub use machine::{Action, Event, Machine};
pub use settings::Settings;
