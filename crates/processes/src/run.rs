//! A process that is run to its end, within a time.

use std::{
    io,
    os::fd::OwnedFd,
    time::{Duration, Instant},
};

use tokio::{io::AsyncReadExt, net::unix::pipe, time::timeout};

use crate::{ExitStatus, Processes, Signal, SpawnError, Spec, Streams};

/// How long what a finished process has written is still read, when something that it left behind holds its output.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How long a process that took too long may take to end, before it is killed.
const PATIENCE: Duration = Duration::from_secs(1);

/// A process that has ended in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// How.
    pub status: ExitStatus,
    /// The beginning of what it wrote to both streams, when that was captured.
    pub output: Vec<u8>,
    /// It wrote more than that.
    pub is_cut: bool,
}

/// A process could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// It took too long and was ended, with everything in its group.
    #[error("run {program:?}: it did not end within {allowed:?}")]
    TooLong {
        /// What was run.
        program: String,
        /// The time it had.
        allowed: Duration,
        /// What it wrote until then.
        output: Vec<u8>,
    },
}

impl Processes {
    /// Runs a process to its end, at most so long (`None`: without end), and keeps at most `limit` bytes of its output
    /// when `spec` captures it; the rest is read and thrown away. What it leaves running in the background runs on.
    /// Dropped before the end, it kills the process and its group.
    ///
    /// # Errors
    /// [`RunError`]; nothing is left of the process then.
    pub async fn run(
        &self,
        spec: &Spec,
        allowed: Option<Duration>,
        limit: usize,
    ) -> Result<Finished, RunError> {
        self.run_with(spec, Streams::default(), allowed, limit).await
    }

    /// As [`Processes::run`], with streams that the process is given.
    ///
    /// # Errors
    /// As [`Processes::run`].
    pub async fn run_with(
        &self,
        spec: &Spec,
        streams: Streams,
        allowed: Option<Duration>,
        limit: usize,
    ) -> Result<Finished, RunError> {
        let spec = Spec { kill_on_drop: true, ..spec.clone() };
        let mut process = self.spawn_with(&spec, streams, None)?;
        let started = Instant::now();
        let mut collected = Collected { bytes: Vec::new(), limit, is_cut: false };
        let reader = spec.output.is_captured().then(|| process.take_output()).flatten();
        let mut is_read = false;
        let mut reading = Box::pin(collected.read_from(reader));
        let ended = async {
            tokio::select! {
                status = process.exited() => status,
                () = &mut reading => {
                    is_read = true;
                    process.exited().await
                }
            }
        };
        let status = match allowed {
            Some(allowed) => timeout(allowed.saturating_sub(started.elapsed()), ended).await.ok(),
            None => Some(ended.await),
        };
        match status {
            Some(_) => process.leave_the_rest(),
            None => {
                process.stop(Signal::TERM, PATIENCE).await;
            }
        }
        if !is_read {
            let _ = timeout(LAST_WORDS, &mut reading).await;
        }
        drop(reading);
        match (status, allowed) {
            (None, Some(allowed)) => {
                Err(RunError::TooLong { program: spec.program.to_string(), allowed, output: collected.bytes })
            }
            (status, _) => Ok(Finished {
                status: status.unwrap_or(ExitStatus::Lost),
                output: collected.bytes,
                is_cut: collected.is_cut,
            }),
        }
    }
}

struct Collected {
    bytes: Vec<u8>,
    limit: usize,
    is_cut: bool,
}

impl Collected {
    /// Until the end; at once without a reader.
    async fn read_from(&mut self, reader: Option<io::PipeReader>) {
        let reader = reader.and_then(|reader| pipe::Receiver::from_owned_fd(OwnedFd::from(reader)).ok());
        let Some(mut reader) = reader else { return };
        let mut chunk = [0; 8 * 1024];
        while let Ok(count @ 1..) = reader.read(&mut chunk).await {
            let room = self.limit.saturating_sub(self.bytes.len()).min(count);
            self.bytes.extend_from_slice(&chunk[..room]);
            self.is_cut |= room < count;
        }
    }
}
