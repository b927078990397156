//! Sends reports, from a thread of its own.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep_until, timeout},
};

use super::{
    Notice, Report, Request, Response, Settings, Transport, Unreachable, event, limits::Limits,
    repeats::Repeats, spool::Spool,
};

/// So many reports wait for the thread; when it hangs in a disk, further ones are dropped.
const QUEUE: usize = 64;
const STACK: usize = 1024 * 1024;

/// Takes reports and sends them. When it is dropped without [`Reporter::flush`], what is in the spool stays there.
#[derive(Debug)]
pub struct Reporter {
    reports: mpsc::Sender<Report>,
    flush: oneshot::Sender<Flush>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flushed {
    /// So many events wait on the disk for the next start.
    pub kept: usize,
    /// So many had no place to wait.
    pub lost: usize,
}

#[derive(Debug)]
struct Flush {
    until: Instant,
    done: oneshot::Sender<Flushed>,
}

/// The thread's own.
struct Sender {
    settings: Settings,
    transport: Arc<dyn Transport>,
    tell: Box<dyn Fn(&Notice) + Send>,
    spool: Spool,
    repeats: Repeats,
    limits: Limits,
    /// Not sent since the last event that was made: refused rates, and dropped for newer ones.
    discarded: u64,
    /// Tries in a row that found Sentry away.
    failures: u32,
    not_before: Instant,
}

/// An event on its way.
struct Flight {
    id: String,
    answer: Pin<Box<dyn Future<Output = Result<Response, Unreachable>> + Send>>,
}

impl Reporter {
    /// Starts the thread, which first sends what an earlier run has left. `tell` is called from it.
    ///
    /// # Errors
    /// When the system gives no thread, or no descriptors for its runtime.
    pub fn start(
        settings: Settings,
        transport: Arc<dyn Transport>,
        tell: impl Fn(&Notice) + Send + 'static,
    ) -> io::Result<Self> {
        let (reports, received) = mpsc::channel(QUEUE);
        let (flush, flushing) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("reporter".into()).stack_size(STACK).spawn(move || {
            let sender = Sender::new(settings, transport, Box::new(tell));
            runtime.block_on(sender.run(received, flushing));
            // Names are looked up in threads that cannot be stopped: they are left behind.
            runtime.shutdown_background();
        })?;
        Ok(Self { reports, flush })
    }

    /// Takes a report and returns at once; false when too many wait already, and this one is dropped.
    pub fn report(&self, report: Report) -> bool {
        self.reports.try_send(report).is_ok()
    }

    /// Sends what waits, without pauses but once each, and ends; within that time, whatever hangs. `None` when the
    /// thread did not answer in time: what it had taken is on the disk.
    pub async fn flush(self, within: Duration) -> Option<Flushed> {
        let (done, flushed) = oneshot::channel();
        let until = Instant::now() + within;
        self.flush.send(Flush { until, done }).ok()?;
        timeout(within + Duration::from_millis(20), flushed).await.ok()?.ok()
    }
}

impl Sender {
    fn new(settings: Settings, transport: Arc<dyn Transport>, tell: Box<dyn Fn(&Notice) + Send>) -> Self {
        let (spool, error) = Spool::open(&settings.spool);
        if let Some(error) = error {
            tell(&Notice::NoSpool { reason: error.to_string() });
        }
        let repeats = Repeats::new(settings.window);
        Self {
            settings,
            transport,
            tell,
            spool,
            repeats,
            limits: Limits::default(),
            discarded: 0,
            failures: 0,
            not_before: Instant::now(),
        }
    }

    async fn run(mut self, mut reports: mpsc::Receiver<Report>, mut flush: oneshot::Receiver<Flush>) {
        let mut flight = None;
        loop {
            if flight.is_none() && self.wait().is_zero() {
                flight = self.take_off();
            }
            let due = tokio::time::Instant::now() + self.wait();
            let idle = flight.is_none() && !self.spool.is_empty();
            tokio::select! {
                biased;
                flush = &mut flush => {
                    self.take_all(&mut reports);
                    if let Ok(flush) = flush {
                        self.finish(flush, flight).await;
                    }
                    return;
                }
                answer = land(&mut flight) => self.settle(answer),
                report = reports.recv() => match report {
                    Some(report) => self.take(&report),
                    None => return,
                },
                () = sleep_until(due), if idle => {}
            }
        }
    }

    /// Tries everything that waits until one try finds that it is in vain.
    async fn finish(mut self, flush: Flush, mut flight: Option<Flight>) {
        let deadline = tokio::time::Instant::from_std(flush.until);
        let everything = async {
            loop {
                if flight.is_none() {
                    flight = self.take_off();
                }
                if flight.is_none() {
                    break;
                }
                let answer = land(&mut flight).await;
                let failures = self.failures;
                self.settle(answer);
                if self.failures > failures || self.limits.wait(Instant::now()).is_some() {
                    break;
                }
            }
        };
        // What is still on its way then is in the spool.
        let _ = tokio::time::timeout_at(deadline, everything).await;
        let left = self.spool.left();
        self.spool.close();
        let _ = flush.done.send(Flushed { kept: left.on_disk, lost: left.in_memory });
    }

    fn take_all(&mut self, reports: &mut mpsc::Receiver<Report>) {
        while let Ok(report) = reports.try_recv() {
            self.take(&report);
        }
    }

    /// Makes an event of a report, unless it is not to be sent.
    fn take(&mut self, report: &Report) {
        let now = Instant::now();
        // Before its fingerprint counts as sent: the next one after the limit is to come through.
        if self.limits.wait(now).is_some() {
            self.discarded += 1;
            return;
        }
        let Some(repeated) = self.repeats.admit(&report.fingerprint().join(" "), now) else { return };
        let id = event::event_id();
        let discarded = std::mem::take(&mut self.discarded) + self.spool.take_dropped();
        let event = report.event(&id, &self.settings.context, repeated, discarded);
        if let Err(error) = self.spool.push(&id, event.to_string().into_bytes(), SystemTime::now()) {
            (self.tell)(&Notice::NoSpool { reason: error.to_string() });
        }
    }

    /// From now until something may be sent.
    fn wait(&self) -> Duration {
        let now = Instant::now();
        let limit = self.limits.wait(now).unwrap_or(Duration::ZERO);
        limit.max(self.not_before.saturating_duration_since(now))
    }

    fn take_off(&mut self) -> Option<Flight> {
        let (id, body) = self.spool.oldest()?;
        let request = self.request(&id, &body);
        let (transport, limit) = (Arc::clone(&self.transport), self.settings.timeout);
        let answer = Box::pin(async move {
            timeout(limit, transport.send(request)).await.unwrap_or_else(|_| {
                let reason = format!("no answer within {}", super::words::duration(limit));
                Err(Unreachable { reason })
            })
        });
        Some(Flight { id, answer })
    }

    fn settle(&mut self, (id, answer): (String, Result<Response, Unreachable>)) {
        let response = match answer {
            Ok(response) if response.status == 408 || response.status >= 500 => {
                return self
                    .is_away(&format!("{} answered with status {}", self.settings.dsn, response.status));
            }
            Ok(response) => response,
            Err(error) => return self.is_away(&error.to_string()),
        };
        if std::mem::take(&mut self.failures) > 0 {
            (self.tell)(&Notice::Back);
        }
        self.spool.remove(&id);
        let now = Instant::now();
        self.limits.hear(&response, now, SystemTime::now());
        match response.status {
            200..300 => {}
            429 => self.discarded += 1,
            status => (self.tell)(&Notice::Refused { status }),
        }
        if let Some(wait) = self.limits.wait(now) {
            (self.tell)(&Notice::Limited { wait });
        }
    }

    fn is_away(&mut self, reason: &str) {
        let (first, longest) = self.settings.pauses;
        let pause = first.saturating_mul(1 << self.failures.min(20)).min(longest);
        // Many containers that lost it together do not come back together.
        let pause = pause.mul_f64(0.75 + 0.25 * fastrand::f64());
        self.not_before = Instant::now() + pause;
        self.failures = self.failures.saturating_add(1);
        if self.failures == 1 {
            (self.tell)(&Notice::Away { reason: reason.to_owned() });
        }
    }

    /// An envelope with one item.
    fn request(&self, id: &str, event: &[u8]) -> Request {
        let sent_at = crate::output::rfc3339(SystemTime::now());
        let mut body = format!(
            "{{\"event_id\":\"{id}\",\"sent_at\":\"{sent_at}\"}}\n{{\"type\":\"event\",\"length\":{},\"content_type\":\"application/json\"}}\n",
            event.len()
        )
        .into_bytes();
        body.extend_from_slice(event);
        body.push(b'\n');
        Request {
            url: self.settings.dsn.envelope_url(),
            headers: vec![
                ("Content-Type", "application/x-sentry-envelope".into()),
                ("User-Agent", concat!("preflight/", env!("CARGO_PKG_VERSION")).into()),
                ("X-Sentry-Auth", self.settings.dsn.authorization()),
            ],
            body,
        }
    }
}

/// The answer to what is on its way; never, when nothing is.
async fn land(flight: &mut Option<Flight>) -> (String, Result<Response, Unreachable>) {
    let Some(flying) = flight.as_mut() else { return std::future::pending().await };
    let answer = flying.answer.as_mut().await;
    let id = std::mem::take(&mut flying.id);
    *flight = None;
    (id, answer)
}
