//! What `sv` does: sends commands to services that `runsv`, or anything with its files, looks after, and tells how they
//! are. Its texts and exit codes are those of runit 2.1.2.
//!
//! [`Order`] is what was asked, [`Place`] the files of one service, [`goal`](Order::is_reached) whether a status is what
//! was asked for; [`run`] joins them and waits.

mod order;
mod place;
mod text;

use std::{
    ffi::OsString,
    io::{self, Write},
    thread::sleep,
    time::{Duration, SystemTime},
};

pub use order::{Misuse, Order, USAGE};
pub use place::{Place, Trouble};

/// The wrong command line, or nothing that could be done at all.
pub const EXIT_MISUSE: u8 = 100;
/// So many services are counted at most.
const MOST: u8 = 99;
/// The first and the longest pause between two looks at a service that is waited for.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LONGEST_LOOK: Duration = Duration::from_millis(80);
/// runit's `sv` looks every 0.42 s, and once more when the time is up: `-w 0` and `-w 1` are written with that in mind.
const LAST_LOOK: Duration = Duration::from_millis(600);

/// One service of an order, as it was named.
struct Asked {
    name: String,
    place: Place,
    is_settled: bool,
}

/// Carries out an order: one line for each service in turn, as soon as it is known. The exit code is the number of
/// services with trouble, 99 at most.
///
/// # Errors
/// When `out` cannot be written.
pub fn run(order: &Order, out: &mut dyn Write) -> io::Result<u8> {
    let began = SystemTime::now();
    let mut troubles = 0_u8;
    let mut count = |has_trouble: bool| troubles = troubles.saturating_add(u8::from(has_trouble)).min(MOST);
    let mut services = Vec::new();
    for word in &order.services {
        let mut asked = asked(order, word);
        let lines = asked.begin(order)?;
        count(lines.is_trouble);
        out.write_all(lines.text.as_bytes())?;
        services.push(asked);
    }
    out.flush()?;
    if order.waits {
        let until = began.checked_add(order.patience + LAST_LOOK).unwrap_or(began);
        wait(order, &mut services, began, until, out, &mut count)?;
    }
    out.flush()?;
    Ok(troubles)
}

/// What is to be printed for a service, and whether it counts as trouble.
#[derive(Default)]
struct Lines {
    text: String,
    is_trouble: bool,
}

impl Lines {
    fn trouble(text: String) -> Self {
        Self { text, is_trouble: true }
    }
}

fn asked(order: &Order, word: &OsString) -> Asked {
    let name = word.to_string_lossy().into_owned();
    let place = Place::new(order.folder_of(word));
    Asked { name, place, is_settled: false }
}

impl Asked {
    /// Sends what is to be sent, or reports.
    fn begin(&mut self, order: &Order) -> io::Result<Lines> {
        if let Err(trouble) = self.place.enter() {
            self.is_settled = true;
            return Ok(Lines::trouble(text::trouble(&self.name, &trouble)));
        }
        if order.is_report {
            self.is_settled = true;
            return Ok(self.report());
        }
        if order.letters.is_empty() {
            return Ok(Lines::default());
        }
        let sent = self.place.status().and_then(|status| {
            if order.is_wanted_already(&status) { Ok(()) } else { self.place.send(order.letters) }
        });
        match sent {
            Ok(()) => Ok(Lines::default()),
            // One that is to end and is not there has ended, which the wait will say.
            Err(Trouble::NotRunning) if order.waits && order.is_exit() => Ok(Lines::default()),
            Err(trouble) => {
                self.is_settled = true;
                Ok(Lines::trouble(text::trouble(&self.name, &trouble)))
            }
        }
    }

    fn report(&self) -> Lines {
        let status = match self.place.status() {
            Ok(status) => status,
            Err(trouble) => return Lines::trouble(text::trouble(&self.name, &trouble)),
        };
        let own = text::status(&self.name, &status, self.place.is_normally_up(), SystemTime::now());
        let Some(log) = self.place.log() else {
            return Lines { text: format!("{own}\n"), is_trouble: false };
        };
        let log_name = format!("{}/log", self.name);
        match log.enter_log().and_then(|()| log.status()) {
            Ok(status) => {
                let of_log = text::status("log", &status, log.is_normally_up(), SystemTime::now());
                Lines { text: format!("{own}; {of_log}\n"), is_trouble: false }
            }
            Err(trouble) => {
                Lines { text: format!("{own}; {}", text::trouble(&log_name, &trouble)), is_trouble: true }
            }
        }
    }

    /// One look at a service that is waited for; what to print when that was the last.
    fn look(&self, order: &Order, began: SystemTime) -> Option<Lines> {
        match self.place.status() {
            Ok(status) => {
                let is_reached = order.is_reached(&status, began) && self.passes(order, &status);
                is_reached.then(|| Lines { text: self.line("ok: ", &status), is_trouble: false })
            }
            Err(Trouble::NotRunning) if order.is_exit() => {
                Some(Lines { text: format!("ok: {}: runsv not running\n", self.name), is_trouble: false })
            }
            Err(trouble) => Some(Lines::trouble(text::trouble(&self.name, &trouble))),
        }
    }

    fn passes(&self, order: &Order, status: &super::status::Status) -> bool {
        !order.needs_check(status) || self.place.check()
    }

    /// The time is up.
    fn give_up(&self, order: &Order) -> Lines {
        let status = match self.place.status() {
            Ok(status) => status,
            Err(trouble) => return Lines::trouble(text::trouble(&self.name, &trouble)),
        };
        if !order.kills {
            return Lines::trouble(self.line("timeout: ", &status));
        }
        match self.place.send(b"k") {
            Ok(()) => Lines::trouble(self.line("kill: ", &status)),
            Err(trouble) => Lines::trouble(text::trouble(&self.name, &trouble)),
        }
    }

    fn line(&self, prefix: &str, status: &super::status::Status) -> String {
        let line = text::status(&self.name, status, self.place.is_normally_up(), SystemTime::now());
        format!("{prefix}{line}\n")
    }
}

/// Looks until each service has what was asked for, or the time is up.
fn wait(
    order: &Order,
    services: &mut [Asked],
    began: SystemTime,
    until: SystemTime,
    out: &mut dyn Write,
    count: &mut impl FnMut(bool),
) -> io::Result<()> {
    let mut pause = FIRST_LOOK;
    loop {
        let is_late = SystemTime::now() >= until;
        for service in services.iter_mut().filter(|service| !service.is_settled) {
            let lines = service.look(order, began).or_else(|| is_late.then(|| service.give_up(order)));
            if let Some(lines) = lines {
                service.is_settled = true;
                count(lines.is_trouble);
                out.write_all(lines.text.as_bytes())?;
                out.flush()?;
            }
        }
        if services.iter().all(|service| service.is_settled) {
            return Ok(());
        }
        sleep(pause);
        pause = (pause * 2).min(LONGEST_LOOK);
    }
}
