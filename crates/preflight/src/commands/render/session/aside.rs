//! Work on a thread of its own: a template that computes for long keeps neither a signal nor the child waiting.

use std::io;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// At the end the work is waited for so long. It is over at once where it waits for something, and ends with this process
/// where it computes.
const PATIENCE: Duration = Duration::from_secs(1);

/// In bytes: as much as the main thread has, because templates may nest deeply.
const STACK: usize = 8 * 1024 * 1024;

/// Work that goes on elsewhere.
pub(super) struct Aside<Outcome> {
    stop: oneshot::Sender<()>,
    /// Until it has come.
    outcome: Option<oneshot::Receiver<Outcome>>,
}

impl<Outcome: Send + 'static> Aside<Outcome> {
    /// Begins to work.
    ///
    /// # Errors
    /// When the system gives no thread or no event queue.
    pub(super) fn begin<Work: Future<Output = Outcome>>(
        work: impl FnOnce() -> Work + Send + 'static,
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let (tell, outcome) = oneshot::channel();
        std::thread::Builder::new().name("render".to_owned()).stack_size(STACK).spawn(move || {
            let outcome = runtime.block_on(async {
                tokio::select! {
                    // Nobody stops it by a word: the other end is gone.
                    _ = stopped => None,
                    outcome = work() => Some(outcome),
                }
            });
            runtime.shutdown_background();
            // Whoever began it may have ended.
            outcome.map(|outcome| tell.send(outcome))
        })?;
        Ok(Self { stop, outcome: Some(outcome) })
    }

    /// What has become of it; `None` when it has broken off, or was asked before. Safe to drop at any time.
    pub(super) async fn outcome(&mut self) -> Option<Outcome> {
        let outcome = self.outcome.as_mut()?.await.ok();
        self.outcome = None;
        outcome
    }

    /// It goes on no more when this has ended, unless it computes.
    pub(super) async fn stop(self) {
        drop(self.stop);
        if let Some(outcome) = self.outcome {
            // Either it is over, or it will be with this process.
            let _ = timeout(PATIENCE, outcome).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_ends_with_its_outcome() {
        let mut aside = Aside::begin(|| async { 7 }).expect("a thread");
        assert_eq!(aside.outcome().await, Some(7));
        aside.stop().await;
    }

    #[tokio::test]
    async fn it_ends_when_it_is_stopped() {
        struct Tells(std::sync::mpsc::Sender<&'static str>);
        impl Drop for Tells {
            fn drop(&mut self) {
                let _ = self.0.send("dropped");
            }
        }
        let (sender, heard) = std::sync::mpsc::channel();
        let begun = sender.clone();
        let aside = Aside::begin(move || async move {
            let _tells = Tells(sender);
            begun.send("begun").expect("it is heard");
            std::future::pending::<()>().await;
        });
        assert_eq!(heard.recv(), Ok("begun"));
        aside.expect("a thread").stop().await;
        assert_eq!(heard.recv(), Ok("dropped"));
    }
}
