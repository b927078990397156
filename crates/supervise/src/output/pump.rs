//! The thread that moves everything.

use std::{
    collections::VecDeque,
    os::fd::{AsFd, OwnedFd},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::oneshot;

use super::{Settings, Stream, sink::Sink, source::Source};
use crate::{Name, Purpose};

/// One read of one pipe.
const PIECE: usize = 16 * 1024;
/// So many bytes of our own lines wait at most; further ones are counted.
const OWN: usize = 1024 * 1024;

/// What the pump is told.
#[derive(Debug)]
pub(super) enum Command {
    /// A new pipe.
    Connect(Box<Source>),
    /// The process of a service was started.
    Started(Name, i32),
    /// Tell when everything that a service has said so far is known.
    Catch(Name, oneshot::Sender<()>),
    /// Read what is there, write everything and then the last lines, and end.
    Finish(Finish),
    /// Nobody wants anything any more.
    Abandon,
}

/// How it is to end.
#[derive(Debug)]
pub(super) struct Finish {
    /// By then at the latest.
    pub(super) until: Instant,
    /// The last lines stand behind what is on standard error too, as far as its reader takes it by then.
    pub(super) patient_until: Instant,
    /// Lines of our own for standard output, behind all others.
    pub(super) last: Vec<u8>,
    /// Whether all was written.
    pub(super) done: oneshot::Sender<bool>,
}

/// What the pump and those who talk to it share.
#[derive(Debug)]
pub(super) struct Shared {
    mailbox: Mutex<Mailbox>,
    /// Counts (`eventfd(2)`), and so ends the pump's sleep.
    wake: OwnedFd,
}

#[derive(Debug, Default)]
struct Mailbox {
    commands: Vec<Command>,
    own: VecDeque<(Stream, Vec<u8>)>,
    own_bytes: usize,
    left_out: usize,
}

/// The thread's own.
pub(super) struct Pump {
    shared: Arc<Shared>,
    settings: Settings,
    sources: Vec<Source>,
    /// The turn begins with this one.
    first: usize,
    sinks: [Sink; 2],
    scratch: Vec<u8>,
    /// Who waits for what a service has said.
    catching: Vec<(Name, oneshot::Sender<()>)>,
    finishing: Option<Finish>,
}

impl Shared {
    pub(super) fn new(wake: OwnedFd) -> Self {
        Self { mailbox: Mutex::default(), wake }
    }

    pub(super) fn tell(&self, command: Command) {
        self.mailbox().commands.push(command);
        self.ring();
    }

    /// Adds a line of our own, with its line feed.
    pub(super) fn say(&self, stream: Stream, line: Vec<u8>) {
        let mut mailbox = self.mailbox();
        if mailbox.own_bytes + line.len() > OWN {
            mailbox.left_out += 1;
            return;
        }
        mailbox.own_bytes += line.len();
        mailbox.own.push_back((stream, line));
        drop(mailbox);
        self.ring();
    }

    fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        // A counter that is full has rung already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }
}

impl Mailbox {
    /// The first of our own lines for which there is room.
    fn next_own(&mut self, has_room: impl Fn(Stream) -> bool) -> Option<(Stream, Vec<u8>)> {
        let at = self.own.iter().position(|(stream, _)| has_room(*stream))?;
        let (stream, line) = self.own.remove(at)?;
        self.own_bytes -= line.len();
        Some((stream, line))
    }
}

impl Pump {
    pub(super) fn new(shared: Arc<Shared>, settings: Settings, sinks: [Sink; 2]) -> Self {
        Self {
            shared,
            settings,
            sources: Vec::new(),
            first: 0,
            sinks,
            scratch: Vec::new(),
            catching: Vec::new(),
            finishing: None,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let abandoned = self.obey();
            let now = Instant::now();
            self.hand_over_own();
            self.hand_over(now);
            self.sources.retain(|source| !source.is_over());
            self.tell_who_caught_up();
            if abandoned || self.is_finished(now) {
                return;
            }
            self.wait_and_move(now);
        }
    }

    /// True when nobody is there any more.
    fn obey(&mut self) -> bool {
        let commands = std::mem::take(&mut self.shared.mailbox().commands);
        let mut abandoned = false;
        for command in commands {
            match command {
                Command::Connect(source) => self.sources.push(*source),
                Command::Started(service, pid) => self
                    .sources
                    .iter_mut()
                    .filter(|source| source.service == service && source.purpose == Purpose::Run)
                    .for_each(|source| source.set_pid(pid)),
                Command::Catch(service, done) => self.catching.push((service, done)),
                Command::Finish(finish) => self.finishing = Some(finish),
                Command::Abandon => abandoned = self.finishing.is_none(),
            }
        }
        abandoned
    }

    /// Our own lines go first: they are few, and say what the others mean.
    fn hand_over_own(&mut self) {
        let mut mailbox = self.shared.mailbox();
        while let Some((stream, line)) = mailbox.next_own(|stream| self.sinks[sink_of(stream)].has_room()) {
            self.sinks[sink_of(stream)].add(|into| into.extend(line));
        }
        if mailbox.own.is_empty() && mailbox.left_out > 0 {
            let text = format!("preflight: {} lines of our own were left out", mailbox.left_out);
            mailbox.left_out = 0;
            self.sinks[sink_of(Stream::Error)].add_own(&text);
        }
    }

    fn hand_over(&mut self, now: Instant) {
        let count = self.sources.len();
        let mut short_of_room = None;
        for turn in 0..count {
            let at = (self.first + turn) % count;
            let source = &mut self.sources[at];
            let sink = &mut self.sinks[sink_of(source.stream)];
            if source.hand_over(sink, now) {
                short_of_room.get_or_insert(at);
            }
        }
        // Whoever had to wait is the first one in the next turn.
        self.first = short_of_room.unwrap_or((self.first + 1).checked_rem(count).unwrap_or(0));
    }

    fn tell_who_caught_up(&mut self) {
        let sources = &self.sources;
        let behind =
            |service: &Name| sources.iter().any(|source| source.service == *service && source.is_behind());
        for (_, done) in self.catching.extract_if(.., |(service, done)| done.is_closed() || !behind(service))
        {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }

    fn is_finished(&mut self, now: Instant) -> bool {
        let Some(finish) = &mut self.finishing else { return false };
        let all_said = self.sources.iter().all(Source::is_over) && self.shared.mailbox().own.is_empty();
        if all_said && (self.sinks[sink_of(Stream::Error)].is_empty() || now >= finish.patient_until) {
            let last = std::mem::take(&mut finish.last);
            self.sinks[sink_of(Stream::Output)].add(|into| into.extend(last));
        }
        let empty = all_said && finish.last.is_empty() && self.sinks.iter().all(Sink::is_empty);
        if !empty && now < finish.until {
            return false;
        }
        if let Some(Finish { done, .. }) = self.finishing.take() {
            // Whoever asked may have stopped waiting.
            let _ = done.send(empty);
        }
        true
    }

    /// Sleeps until something can be moved or is due, and moves one piece of each.
    fn wait_and_move(&mut self, now: Instant) {
        let finishing = self.finishing.is_some();
        let readable: Vec<usize> = (0..self.sources.len())
            .filter(|at| {
                let source = &self.sources[*at];
                let wanted = if finishing { !source.has_ended() } else { source.is_wanted(now) };
                wanted && self.sinks[sink_of(source.stream)].has_room()
            })
            .collect();
        // What is to be read to its end is read at once, ready or not.
        let timeout =
            if finishing && !readable.is_empty() { Some(Duration::ZERO) } else { self.timeout(now) };
        let Some((rung, read, written)) = self.poll(&readable, timeout) else { return };
        if rung {
            let _ = rustix::io::read(&self.shared.wake, &mut [0_u8; 8]);
        }
        for (sink, _) in self.sinks.iter_mut().zip(written).filter(|(_, writable)| *writable) {
            sink.write_some();
        }
        self.tell_trouble();
        self.read(&readable, &read, finishing);
    }

    /// What cannot be told in one place is told in the other one.
    fn tell_trouble(&mut self) {
        for at in 0..self.sinks.len() {
            if let Some(trouble) = self.sinks[at].take_trouble() {
                self.sinks[1 - at].add_own(&trouble);
            }
        }
    }

    fn read(&mut self, readable: &[usize], ready: &[bool], finishing: bool) {
        let now = Instant::now();
        self.scratch.resize(PIECE, 0);
        for (at, ready) in readable.iter().zip(ready) {
            let source = &mut self.sources[*at];
            if finishing {
                source.read_rest(&mut self.scratch, now, self.settings.pause);
            } else if *ready {
                source.read(&mut self.scratch, now, self.settings.pause);
            }
        }
    }

    /// Whether we were woken, which of these sources have something, and which sinks take something. `None` when a
    /// signal came in between.
    fn poll(&self, readable: &[usize], timeout: Option<Duration>) -> Option<(bool, Vec<bool>, [bool; 2])> {
        let waiting = |at: usize| !self.sinks[at].is_empty();
        let mut polled = Vec::with_capacity(readable.len() + 3);
        polled.push(PollFd::new(&self.shared.wake, PollFlags::IN));
        polled.extend(
            readable.iter().map(|at| PollFd::from_borrowed_fd(self.sources[*at].as_fd(), PollFlags::IN)),
        );
        for at in (0..self.sinks.len()).filter(|at| waiting(*at)) {
            polled.push(PollFd::from_borrowed_fd(self.sinks[at].as_fd(), PollFlags::OUT));
        }
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        poll(&mut polled, timeout.as_ref()).ok()?;
        let mut ready = polled.iter().map(|polled| !polled.revents().is_empty());
        let rung = ready.next().unwrap_or(false);
        let read = ready.by_ref().take(readable.len()).collect();
        let written = std::array::from_fn(|at| waiting(at) && ready.next().unwrap_or(false));
        Some((rung, read, written))
    }

    fn timeout(&self, now: Instant) -> Option<Duration> {
        let finish = self.finishing.as_ref().map(|finish| {
            let is_patient = !finish.last.is_empty() && now < finish.patient_until;
            if is_patient { finish.patient_until } else { finish.until }
        });
        self.sources
            .iter()
            // Whose line has no room is woken by the room.
            .filter(|source| self.sinks[sink_of(source.stream)].has_room())
            .filter_map(|source| source.due(now))
            .chain(finish)
            .min()
            .map(|due| due.saturating_duration_since(now))
    }
}

fn sink_of(stream: Stream) -> usize {
    match stream {
        Stream::Output => 0,
        Stream::Error => 1,
    }
}
