//! What the checkers of AWS services share: settings, credentials, the conversation, and what refusals mean.
//!
//! The official SDK makes and signs the requests and reads the answers; the requests themselves are carried by our own
//! HTTP session, which goes through the DNS, TCP and TLS layers. There are no retries and no time limits of the
//! SDK's: the runner has both.

mod conversation;
mod credentials;
mod refusal;
mod session;
mod settings;
mod wire;

use crate::Class;
use crate::kinds::aws::AwsClasses;

pub(crate) use session::Session;
pub(crate) use settings::{Settings, needed, region_of_arn};

/// What is particular to one service.
#[derive(Debug)]
pub(crate) struct Service {
    /// The classes that it shares with all others.
    pub(crate) classes: &'static AwsClasses,
    /// Its own error codes and their classes.
    pub(crate) codes: &'static [(&'static str, &'static Class)],
}
