//! The last lines: what this task was.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use preflight_identity::{Identity, Sources, discover};
use preflight_logging::Redactor;
use tokio::sync::watch;
use tokio::time::timeout;

use super::Readers;
use crate::commands::finalize::{self, BUDGET, FinalizeContext};

/// The end is not held up for longer to learn where we were.
const PATIENCE: Duration = Duration::from_millis(20);

/// Learns who we are while the service runs, so that it is known when it ends.
pub(super) struct Closing {
    identity: Pin<Box<dyn Future<Output = Identity>>>,
    known: watch::Sender<Option<Arc<Identity>>>,
}

impl Closing {
    /// Nothing is asked before [`Closing::learn`].
    pub(super) fn new() -> Self {
        let identity = Box::pin(async { discover(&Sources::system(), BUDGET).await });
        Self { identity, known: watch::Sender::new(None) }
    }

    /// For others who want to know it as soon as it is found.
    pub(super) fn identity(&self) -> watch::Receiver<Option<Arc<Identity>>> {
        self.known.subscribe()
    }

    /// Finds out, and never ends. May be dropped and called again.
    pub(super) async fn learn(&mut self) -> Infallible {
        self.find().await;
        std::future::pending().await
    }

    /// Ends at once when it is known.
    async fn find(&mut self) {
        if self.known.borrow().is_none() {
            let found = self.identity.as_mut().await;
            self.known.send_replace(Some(Arc::new(found)));
        }
    }

    /// What `preflight finalize` would say.
    pub(super) async fn lines(mut self, code: u8, readers: &Readers, redactor: &Redactor) -> Vec<String> {
        let _ = timeout(PATIENCE, self.find()).await;
        let identity = self.known.borrow().as_deref().cloned().unwrap_or_default();
        let (tag, verbose) = (&readers.tag, readers.verbose);
        let context = FinalizeContext { sources: &Sources::system(), tag, redactor, verbose };
        finalize::lines(identity, code, &context)
    }
}
