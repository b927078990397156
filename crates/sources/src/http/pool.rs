//! The connections to one server: at most so many, kept while they are of use.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::AbortHandle;

use super::connect::Duplex;

/// How much of an answer hyper reads ahead, in bytes: an answer's head must fit.
const READ_AHEAD: usize = 64 << 10;

/// Idle connections, and the right to have one.
#[derive(Debug)]
pub(super) struct Pool {
    idle: Mutex<Vec<Idle>>,
    permits: Semaphore,
    open: Arc<AtomicUsize>,
    idle_timeout: Duration,
    is_swept: AtomicBool,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
}

/// A connection on which one request can be made. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) sender: SendRequest<Full<Bytes>>,
    task: AbortHandle,
    open: Arc<AtomicUsize>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    pub(super) fn new(most: usize, idle_timeout: Duration) -> Self {
        Self {
            idle: Mutex::default(),
            permits: Semaphore::new(most.max(1)),
            open: Arc::default(),
            idle_timeout,
            is_swept: AtomicBool::new(false),
        }
    }

    /// The right to have one connection in use; waits while all are.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.acquire().await.ok()
    }

    /// How many connections are open now.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// A connection that was used before and is still good.
    pub(super) async fn take(&self) -> Option<Connection> {
        loop {
            let Idle { mut connection, since } = self.lock().pop()?;
            // The server's end is noticed by the connection's task, which may not have run yet.
            if since.elapsed() < self.idle_timeout && connection.sender.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    /// Speaks HTTP on a new stream.
    pub(super) async fn begin(&self, stream: Box<dyn Duplex>) -> Result<Connection, hyper::Error> {
        let (sender, driver) =
            http1::Builder::new().max_buf_size(READ_AHEAD).handshake(TokioIo::new(stream)).await?;
        let task = tokio::spawn(async move {
            // Its error is the error of the request that was under way.
            let _ = driver.await;
        });
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(Connection { sender, task: task.abort_handle(), open: Arc::clone(&self.open) })
    }

    /// Keeps a connection for the next request.
    pub(super) fn keep(self: &Arc<Self>, connection: Connection) {
        if connection.sender.is_closed() || self.idle_timeout.is_zero() {
            return;
        }
        self.lock().push(Idle { connection, since: Instant::now() });
        if !self.is_swept.swap(true, Ordering::Relaxed) {
            tokio::spawn(sweep(Arc::downgrade(self), self.idle_timeout));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes what was not used for too long, until nothing is left to close.
async fn sweep(pool: Weak<Pool>, idle_timeout: Duration) {
    loop {
        tokio::time::sleep(idle_timeout).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut idle = pool.lock();
        idle.retain(|idle| idle.since.elapsed() < idle_timeout && !idle.connection.sender.is_closed());
        if idle.is_empty() {
            pool.is_swept.store(false, Ordering::Relaxed);
            return;
        }
    }
}
