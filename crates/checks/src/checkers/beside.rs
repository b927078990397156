//! Work that the system may block, done on a thread of its own.

use std::io;

use tokio::sync::oneshot;

/// Runs `work` on a thread that nobody waits for: a file system that hangs holds neither the runtime nor the end of
/// the process.
///
/// # Errors
/// When no thread can be had, or the work panicked.
pub(crate) async fn beside<Value: Send + 'static>(
    work: impl FnOnce() -> Value + Send + 'static,
) -> io::Result<Value> {
    let (sender, receiver) = oneshot::channel();
    let run = move || {
        // Nobody listens any more when the attempt's time was up.
        let _ = sender.send(work());
    };
    std::thread::Builder::new().name("look".to_owned()).spawn(run)?;
    receiver.await.map_err(|_| io::Error::other("the look ended without an answer"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_look_that_hangs_does_not_hold_the_caller() {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let hanging = beside(move || receiver.recv().is_ok());
        assert!(tokio::time::timeout(Duration::from_millis(50), hanging).await.is_err());
        drop(sender);
        assert_eq!(beside(|| 7).await.expect("an answer"), 7);
    }
}
