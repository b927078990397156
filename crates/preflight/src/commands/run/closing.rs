//! The last lines: what this task was.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::Duration;

use preflight_identity::{Identity, Sources, discover};
use preflight_logging::Redactor;
use tokio::time::timeout;

use super::Readers;
use crate::commands::finalize::{self, BUDGET, FinalizeContext};

/// The end is not held up for longer to learn where we were.
const PATIENCE: Duration = Duration::from_millis(20);

/// Learns who we are while the service runs, so that it is known when it ends.
pub(super) struct Closing {
    identity: Pin<Box<dyn Future<Output = Identity>>>,
    known: Option<Identity>,
}

impl Closing {
    /// Nothing is asked before [`Closing::learn`].
    pub(super) fn new() -> Self {
        let identity = Box::pin(async { discover(&Sources::system(), BUDGET).await });
        Self { identity, known: None }
    }

    /// Finds out, and never ends. May be dropped and called again.
    pub(super) async fn learn(&mut self) -> Infallible {
        if self.known.is_none() {
            self.known = Some(self.identity.as_mut().await);
        }
        std::future::pending().await
    }

    /// What `preflight finalize` would say.
    pub(super) async fn lines(mut self, code: u8, readers: &Readers, redactor: &Redactor) -> Vec<String> {
        let _ = timeout(PATIENCE, self.learn()).await;
        let identity = self.known.unwrap_or_default();
        let (tag, verbose) = (&readers.tag, readers.verbose);
        let context = FinalizeContext { sources: &Sources::system(), tag, redactor, verbose };
        finalize::lines(identity, code, &context)
    }
}
