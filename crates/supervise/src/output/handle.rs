//! How others talk to the pump: pipes for services, lines of our own, the last lines of each service.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    os::fd::OwnedFd,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use preflight_logging::Redactor;
use rustix::{
    event::{EventfdFlags, eventfd},
    fs::{Gid, OFlags, Uid, fchown, fcntl_getfl, fcntl_setfl},
};
use tokio::{sync::oneshot, time::timeout};

use super::{
    Destinations, Format, LastLine, Settings, Stream,
    format::write_own,
    last_lines::LastLines,
    pump::{Command, Finish, Pump, Shared},
    sink::Sink,
    source::Source,
};
use crate::{Happened, Listener, Name, Plumbing, Purpose, Service, Streams};

/// The pump needs little, and every page it touches is ours.
const STACK: usize = 256 * 1024;

/// Everything that is written while services run. Clones are the same. The pump ends with the last of them; what has not
/// been written by then is lost unless [`Output::finish`] was awaited before.
#[derive(Debug, Clone)]
pub struct Output {
    inner: Arc<Inner>,
}

/// Gives services their pipes, and hears which process has which number. Both ends share one [`Output`].
#[derive(Debug, Clone)]
pub struct Tap {
    output: Output,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    settings: Settings,
    kept: Mutex<BTreeMap<Name, Arc<Mutex<LastLines>>>>,
}

impl Output {
    /// Starts the pump.
    ///
    /// # Errors
    /// When the system gives no thread or descriptor.
    pub fn start(settings: Settings, destinations: Destinations) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?));
        let sinks = [
            Sink::new(destinations.output, Stream::Output, settings.format),
            Sink::new(destinations.error, Stream::Error, settings.format),
        ];
        let pump = Pump::new(Arc::clone(&shared), settings.clone(), sinks);
        thread::Builder::new().name("output".into()).stack_size(STACK).spawn(move || pump.run())?;
        Ok(Self { inner: Arc::new(Inner { shared, settings, kept: Mutex::default() }) })
    }

    /// What the supervisor is given as its plumbing and among its listeners.
    pub fn tap(&self) -> Tap {
        Tap { output: self.clone() }
    }

    /// Writes a line of our own, complete and safe to show, to our standard output, between the lines of services; in
    /// JSON as that of a service `preflight`. Never waits: while nobody reads, a mebibyte of them is kept, and the
    /// others are counted and the number told later.
    pub fn say(&self, line: &str) {
        self.say_to(Stream::Output, line);
    }

    /// As [`Output::say`], to our standard error.
    pub fn complain(&self, line: &str) {
        self.say_to(Stream::Error, line);
    }

    /// The last lines of a service, oldest first; none when it has said nothing, is not known, or with [`Format::Raw`]
    /// without [`Settings::keeps_raw`].
    pub fn last_lines(&self, service: &str, redactor: &Redactor) -> Vec<LastLine> {
        let kept =
            self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner).get(service).map(Arc::clone);
        kept.map_or_else(Vec::new, |kept| kept.lock().unwrap_or_else(PoisonError::into_inner).shown(redactor))
    }

    /// As [`Output::last_lines`], when everything that the service has said so far has been read, or that time is over: for
    /// what a process said just before it ended. A reader of ours that is slow may hold it up.
    pub async fn last_words(&self, service: &str, within: Duration, redactor: &Redactor) -> Vec<LastLine> {
        let (done, caught_up) = oneshot::channel();
        self.inner.shared.tell(Command::Catch(service.into(), done));
        // What is known by then has to do.
        let _ = timeout(within, caught_up).await;
        self.last_lines(service, redactor)
    }

    /// Reads what services have left in their pipes, writes everything, and ends the pump. True when all was written;
    /// false when it was not within that time. Pipes that somebody still holds open are not waited for.
    pub async fn finish(&self, within: Duration) -> bool {
        self.finish_with(&[], within).await
    }

    /// As [`Output::finish`], with these lines of our own behind everything else, on our standard output. A reader of our
    /// standard error that takes nothing is waited for with them half of that time.
    pub async fn finish_with(&self, last: &[String], within: Duration) -> bool {
        let mut lines = Vec::new();
        for line in last {
            write_own(self.inner.settings.format, Stream::Output, line, &mut lines);
        }
        let (done, finished) = oneshot::channel();
        let (until, patient_until) = (Instant::now() + within, Instant::now() + within / 2);
        self.inner.shared.tell(Command::Finish(Finish { until, patient_until, last: lines, done }));
        // The pump itself may hang in a write that somebody else's write came before.
        matches!(timeout(within + Duration::from_millis(20), finished).await, Ok(Ok(true)))
    }

    fn say_to(&self, stream: Stream, text: &str) {
        let mut line = Vec::with_capacity(text.len() + 1);
        write_own(self.inner.settings.format, stream, text, &mut line);
        self.inner.shared.say(stream, line);
    }

    fn format(&self, service: &Service) -> Format {
        service.output.unwrap_or(self.inner.settings.format)
    }

    /// The end of a new pipe that a process writes to.
    fn pipe(&self, service: &Service, purpose: Purpose, stream: Stream) -> io::Result<OwnedFd> {
        let (reader, writer) = io::pipe()?;
        let (reader, writer) = (OwnedFd::from(reader), OwnedFd::from(writer));
        fcntl_setfl(&reader, fcntl_getfl(&reader)? | OFlags::NONBLOCK)?;
        if let Some(user) = &service.user {
            // Without the right to it, the service can still write; only opening it by name fails.
            let _ = fchown(&writer, Some(Uid::from_raw(user.user)), Some(Gid::from_raw(user.group)));
        }
        let name = Arc::clone(&service.name);
        let kept = self.kept(&name);
        let settings = Settings { format: self.format(service), ..self.inner.settings.clone() };
        let source = Source::new(reader, (name, purpose, stream), kept, &settings);
        self.inner.shared.tell(Command::Connect(Box::new(source)));
        Ok(writer)
    }

    fn kept(&self, service: &Name) -> Arc<Mutex<LastLines>> {
        let mut kept = self.inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let most = self.inner.settings.last_lines;
        Arc::clone(
            kept.entry(Arc::clone(service)).or_insert_with(|| Arc::new(Mutex::new(LastLines::new(most)))),
        )
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.tell(Command::Abandon);
    }
}

impl Plumbing for Tap {
    fn connect(&mut self, service: &Service, purpose: Purpose) -> io::Result<Streams> {
        if purpose == Purpose::Probe {
            let nowhere = || File::options().write(true).open("/dev/null").map(OwnedFd::from);
            return Ok(Streams { output: Some(nowhere()?), error: Some(nowhere()?), ..Streams::default() });
        }
        if self.output.format(service) == Format::Raw && !self.output.inner.settings.keeps_raw {
            return Ok(Streams::default());
        }
        Ok(Streams {
            output: Some(self.output.pipe(service, purpose, Stream::Output)?),
            error: Some(self.output.pipe(service, purpose, Stream::Error)?),
            ..Streams::default()
        })
    }
}

impl Listener for Tap {
    fn hear(&mut self, service: &Service, happened: &Happened) {
        match happened {
            Happened::Started { pid, .. } => {
                self.output.inner.shared.tell(Command::Started(Arc::clone(&service.name), *pid));
            }
            Happened::Removed => {
                self.output.inner.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&service.name);
            }
            _ => {}
        }
    }
}
