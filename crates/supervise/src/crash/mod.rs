//! When something dies: one line that says why, and an event for Sentry.
//!
//! # Theory of operation
//!
//! [`Death::of`] reads what happened to a service: `None` when that was no death. [`Death`] is the line, without its tag.
//! A [`Report`] is a death with the last lines of output, all without secrets.
//!
//! The [`Reporter`] has a thread of its own, so that neither a disk nor a network that hangs can delay a restart;
//! [`Reporter::report`] puts into a short queue and returns. There:
//!
//! 1. The same fingerprint (service, and code or signal) within [`Settings::window`] is counted and not sent; the next event
//!    that is sent carries the number.
//! 2. An event is put into the spool, a folder of few small files, before it is sent, and taken out when Sentry has taken
//!    or refused it: it outlives this program. The oldest are dropped for new ones. Without a folder, or when it cannot be
//!    written to, events wait in memory.
//! 3. While Sentry is away (no connection, no answer within ten seconds, a 5xx), it is tried again after a second, and
//!    after twice as long each time, up to five minutes.
//! 4. What Sentry says about rates is obeyed as it asks for: until then nothing is sent, and what happens is discarded,
//!    counted and told with the next event.
//!
//! At the end [`Reporter::flush`] tries what is left, once, within a given time.
//!
//! The format of events, envelopes and their headers is Sentry's:
//! <https://develop.sentry.dev/sdk/data-model/event-payloads/>, <https://develop.sentry.dev/sdk/data-model/envelopes/>,
//! <https://develop.sentry.dev/sdk/expected-features/rate-limiting/>.

mod death;
mod dsn;
mod event;
mod limits;
mod notice;
mod repeats;
mod reporter;
mod settings;
mod spool;
mod transport;
mod words;

pub use death::{Death, How, describe};
pub use dsn::{Dsn, DsnError};
pub use event::{Context, Report};
pub use notice::Notice;
pub use reporter::{Flushed, Reporter};
pub use settings::Settings;
pub use spool::has_waiting;
pub use transport::{Request, Response, Sending, Transport, Unreachable};
pub use words::duration as in_words;

#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;
