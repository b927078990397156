//! The clock on the wall, when it is set: what is due by it may be due now.

use std::future::pending;
use std::io::{self, ErrorKind};

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::net::unix::pipe::Receiver;

/// Tells when the clock on the wall is set, see `timerfd_create(2)`.
pub(super) struct WallClock {
    timer: Option<Receiver>,
}

impl WallClock {
    /// Never tells anything.
    pub(super) fn unwatched() -> Self {
        Self { timer: None }
    }

    /// Tells from now on; where the system cannot, nothing, and a clock that was set is noticed when something is due.
    pub(super) fn watch() -> Self {
        Self { timer: timer().ok() }
    }

    /// Ends when it has been set. May be dropped and called again.
    pub(super) async fn was_set(&mut self) {
        while let Some(timer) = &self.timer {
            let read = match timer.readable().await {
                Ok(()) => timer.try_read(&mut [0; 8]),
                Err(error) => Err(error),
            };
            match read {
                Err(error) if error.raw_os_error() == Some(Errno::CANCELED.raw_os_error()) => return,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // Neither was to happen, and would happen again and again.
                Ok(_) | Err(_) => self.timer = None,
            }
        }
        pending::<()>().await;
    }
}

/// A timer that is not due for a thousand years: only its cancellation is waited for.
fn timer() -> io::Result<Receiver> {
    let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
    let never = Timespec { tv_sec: 1000 * 366 * 86_400, tv_nsec: 0 };
    let none = Timespec { tv_sec: 0, tv_nsec: 0 };
    let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    timerfd_settime(&timer, flags, &Itimerspec { it_interval: none, it_value: never })?;
    Receiver::from_owned_fd_unchecked(timer)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime, clock_settime};
    use tokio::time::timeout;

    use super::*;

    /// On however busy a machine.
    const LONG: Duration = Duration::from_secs(60);

    /// Sets the clock to the time that it shows, and loses the part of a microsecond between the two. False, and said aloud,
    /// where that is not allowed.
    pub(in crate::commands::run) fn set_to_what_it_shows() -> bool {
        match clock_settime(ClockId::Realtime, clock_gettime(ClockId::Realtime)) {
            Ok(()) => true,
            Err(Errno::PERM) => {
                eprintln!("skipped: the clock may not be set here");
                false
            }
            Err(error) => panic!("the clock cannot be set: {error}"),
        }
    }

    #[tokio::test]
    async fn a_clock_that_is_set_is_told_each_time() {
        let mut clock = WallClock::watch();
        assert!(clock.timer.is_some(), "every Linux has it");
        for _ in 0..3 {
            if !set_to_what_it_shows() {
                return;
            }
            timeout(LONG, clock.was_set()).await.expect("it is told");
            assert!(clock.timer.is_some(), "it goes on watching");
        }
    }

    #[tokio::test]
    async fn who_does_not_watch_is_told_nothing() {
        let mut clock = WallClock::unwatched();
        tokio::select! {
            biased;
            () = clock.was_set() => panic!("it was told"),
            () = std::future::ready(()) => {}
        }
    }
}
