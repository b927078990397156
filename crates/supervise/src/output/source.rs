//! One pipe of a service, and what was read from it.

use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use super::{Ending, Format, Line, Settings, Splitter, Stream, last_lines::LastLines, sink::Sink};
use crate::{Name, Purpose};

/// A pipe's line waits so long for the number of its process, which is known only after its start.
const FOR_A_NUMBER: Duration = Duration::from_millis(200);

/// One pipe of a service.
#[derive(Debug)]
pub(super) struct Source {
    pipe: OwnedFd,
    pub(super) service: Name,
    pub(super) purpose: Purpose,
    pub(super) stream: Stream,
    format: Format,
    pid: Option<i32>,
    splitter: Splitter,
    kept: Arc<Mutex<LastLines>>,
    /// It is not read before.
    not_before: Option<Instant>,
    /// What has no end yet is written then.
    overdue: Option<Instant>,
    /// Nothing more can be read from it: it is closed, or it was empty when only the rest was wanted.
    ended: bool,
}

impl Source {
    /// `pipe` does not block.
    pub(super) fn new(
        pipe: OwnedFd,
        (service, purpose, stream): (Name, Purpose, Stream),
        kept: Arc<Mutex<LastLines>>,
        settings: &Settings,
    ) -> Self {
        let waits = settings.format == Format::Json && purpose == Purpose::Run;
        Self {
            pipe,
            service,
            purpose,
            stream,
            format: settings.format,
            pid: None,
            splitter: Splitter::new(settings.longest),
            kept,
            not_before: waits.then(|| Instant::now() + FOR_A_NUMBER),
            overdue: None,
            ended: false,
        }
    }

    /// The number of its process, if it has none yet.
    pub(super) fn set_pid(&mut self, pid: i32) {
        self.pid.get_or_insert(pid);
        self.not_before = None;
    }

    pub(super) fn is_over(&self) -> bool {
        self.ended && self.splitter.unread() == 0
    }

    /// Something was said that is not handed over yet. The beginning of a line does not count while more may come.
    pub(super) fn is_behind(&self) -> bool {
        let in_the_pipe = !self.ended && rustix::io::ioctl_fionread(&self.pipe).is_ok_and(|bytes| bytes > 0);
        let last_line = || self.splitter.unread() > 0 && (self.ended || self.is_hung_up());
        in_the_pipe || self.splitter.is_known_to_have_part() || last_line()
    }

    /// Nobody has its other end any more; its end is not read yet.
    fn is_hung_up(&self) -> bool {
        let mut polled = [PollFd::new(&self.pipe, PollFlags::IN)];
        poll(&mut polled, Some(&Timespec::default())).is_ok() && polled[0].revents().contains(PollFlags::HUP)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    pub(super) fn is_wanted(&self, now: Instant) -> bool {
        !self.ended && self.not_before.is_none_or(|time| time <= now)
    }

    /// When something is to be done without anything being read.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        [self.not_before.filter(|time| *time > now), self.overdue].into_iter().flatten().min()
    }

    /// Reads once.
    pub(super) fn read(&mut self, scratch: &mut [u8], now: Instant, pause: Duration) {
        match rustix::io::read(&self.pipe, &mut *scratch) {
            Ok(length @ 1..) => {
                self.splitter.feed(&scratch[..length]);
                self.overdue = Some(now + pause);
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Ok(_) | Err(_) => self.ended = true,
        }
    }

    /// Reads once; nothing to read is the end.
    pub(super) fn read_rest(&mut self, scratch: &mut [u8], now: Instant, pause: Duration) {
        let before = self.splitter.unread();
        self.read(scratch, now, pause);
        self.ended |= self.splitter.unread() == before;
    }

    /// Hands lines over while there is room for them; true when there is no room for the next one.
    pub(super) fn hand_over(&mut self, sink: &mut Sink, now: Instant) -> bool {
        loop {
            if !sink.has_room() {
                return self.splitter.unread() > 0;
            }
            let late = self.overdue.is_some_and(|time| time <= now);
            // The one who asks first borrows it for as long as the part lives, so it is asked for again.
            let whole = self.splitter.has_part();
            let part = match (whole, self.ended, late) {
                (true, _, _) => self.splitter.next_part(),
                (false, true, _) => self.splitter.rest(Ending::End),
                (false, false, true) => self.splitter.rest(Ending::Cut),
                (false, false, false) => None,
            };
            let Some(part) = part else { break };
            let time = SystemTime::now();
            let line = Line {
                time,
                service: &self.service,
                purpose: self.purpose,
                stream: self.stream,
                pid: self.pid,
                message: part.bytes,
                partial: part.ending == Ending::Cut,
            };
            match self.format {
                Format::Raw => sink.add(|into| part.write(into)),
                format => sink.add(|into| line.write(format, into)),
            }
            self.kept.lock().unwrap_or_else(PoisonError::into_inner).add(time, self.stream, part);
        }
        if self.splitter.unread() == 0 {
            self.splitter.release();
            self.overdue = None;
        }
        false
    }
}

impl AsFd for Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
