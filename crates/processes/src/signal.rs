//! Signals by name and number.

use std::{fmt, str::FromStr};

use rustix_libc_wrappers::process::SignalExt;

/// A signal of Linux; [`Signal::NULL`] stands for "none at all".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(i32);

macro_rules! signals {
    ($($name:ident = $number:expr),* $(,)?) => {
        impl Signal {
            $(#[doc = concat!("`SIG", stringify!($name), "`")] pub const $name: Self = Self($number);)*
        }

        /// In the order of their numbers.
        const NAMED: &[(&str, Signal)] = &[$((stringify!($name), Signal::$name)),*];
    };
}

// `signal(7)`; the numbers are those of x86 and Arm.
signals! {
    NULL = 0, HUP = 1, INT = 2, QUIT = 3, ILL = 4, TRAP = 5, ABRT = 6, BUS = 7, FPE = 8, KILL = 9, USR1 = 10,
    SEGV = 11, USR2 = 12, PIPE = 13, ALRM = 14, TERM = 15, STKFLT = 16, CHLD = 17, CONT = 18, STOP = 19, TSTP = 20,
    TTIN = 21, TTOU = 22, URG = 23, XCPU = 24, XFSZ = 25, VTALRM = 26, PROF = 27, WINCH = 28, IO = 29, PWR = 30,
    SYS = 31,
}

/// `SIGRTMIN` of glibc, as `kill(1)` counts: those below it are its own.
const FIRST_FOR_REAL_TIME: i32 = 34;
const LAST_FOR_REAL_TIME: i32 = 64;

/// Other names of the same numbers.
const ALIASES: &[(&str, Signal)] =
    &[("IOT", Signal::ABRT), ("CLD", Signal::CHLD), ("POLL", Signal::IO), ("UNUSED", Signal::SYS)];

impl Signal {
    /// Those with a name that a program which stands for another one passes on: what people and platforms send, and nothing
    /// that the kernel sends to a program for its own faults.
    pub const FORWARDED: &'static [Self] = &[
        Self::HUP,
        Self::INT,
        Self::QUIT,
        Self::USR1,
        Self::USR2,
        Self::ALRM,
        Self::TERM,
        Self::CONT,
        Self::TSTP,
        Self::WINCH,
        Self::PWR,
    ];

    /// [`Signal::FORWARDED`], and those for real time as far as the C library leaves them to programs.
    pub fn all_forwarded() -> impl Iterator<Item = Self> {
        let for_real_time = (FIRST_FOR_REAL_TIME..=LAST_FOR_REAL_TIME).map(Self);
        Self::FORWARDED.iter().copied().chain(for_real_time.filter(|signal| signal.to_system().is_some()))
    }

    /// Its number; 0 for [`Signal::NULL`].
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The signal with a number, 1 to 64. Those for real time, from 32 on, are written as numbers. A process can die of
    /// those that the C library keeps to itself (32 and 33, with musl 34), too; they are never sent from here.
    pub const fn from_number(number: i32) -> Option<Self> {
        if number >= 1 && number <= 64 { Some(Self(number)) } else { None }
    }

    /// All names, with `SIG`, in the order of their numbers.
    pub fn names() -> impl Iterator<Item = String> {
        NAMED.iter().map(|(name, _)| format!("SIG{name}"))
    }

    /// Whether it has no name but a number: 32 and above.
    pub(crate) const fn is_for_real_time(self) -> bool {
        self.0 > Self::SYS.0
    }

    pub(crate) fn to_system(self) -> Option<rustix::process::Signal> {
        rustix::process::Signal::from_raw(self.0)
    }
}

/// `RTMIN`, `RTMIN+3`, `RTMAX-1`, `RTMAX`, as `kill(1)` has them.
fn for_real_time(name: &str) -> Option<Signal> {
    let number = if let Some(above) = name.strip_prefix("RTMIN") {
        FIRST_FOR_REAL_TIME + distance(above, '+')?
    } else {
        LAST_FOR_REAL_TIME - distance(name.strip_prefix("RTMAX")?, '-')?
    };
    (FIRST_FOR_REAL_TIME..=LAST_FOR_REAL_TIME).contains(&number).then_some(Signal(number))
}

fn distance(text: &str, sign: char) -> Option<i32> {
    if text.is_empty() {
        return Some(0);
    }
    let digits = text.strip_prefix(sign)?;
    digits
        .parse::<u8>()
        .ok()
        .filter(|_| digits.starts_with(|first: char| first.is_ascii_digit()))
        .map(i32::from)
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMED.iter().find(|(_, signal)| signal == self) {
            Some((name, _)) => write!(f, "SIG{name}"),
            None => write!(f, "signal {}", self.0),
        }
    }
}

/// No signal has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read signal {name:?}: there is none of that name")]
pub struct UnknownSignal {
    /// As written.
    pub name: String,
}

impl FromStr for Signal {
    type Err = UnknownSignal;

    /// `SIGHUP`, `HUP`, `sighup` or `1`; `SIGRTMIN+3`, `RTMAX-1` or `37`.
    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let upper = text.trim().to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        NAMED
            .iter()
            .chain(ALIASES)
            .find(|(known, _)| *known == name)
            .map(|(_, signal)| *signal)
            .or_else(|| for_real_time(name))
            .or_else(|| {
                upper.parse().ok().and_then(Self::from_number).filter(|one| one.to_system().is_some())
            })
            .ok_or_else(|| UnknownSignal { name: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_sig_in_any_case_and_numbers() {
        for text in ["SIGHUP", "HUP", "sighup", " hup ", "1"] {
            assert_eq!(text.parse(), Ok(Signal::HUP), "{text}");
        }
        assert_eq!("SIGIOT".parse(), Ok(Signal::ABRT));
        assert_eq!("SIGNULL".parse(), Ok(Signal::NULL));
    }

    #[test]
    fn anything_else_is_refused() {
        let names = [
            "",
            "SIG",
            "SIGNOTHING",
            "RT",
            "RTMIN3",
            "RTMIN-1",
            "RTMIN+31",
            "RTMIN++1",
            "RTMAX+1",
            "RTMAX-31",
        ];
        for text in names.into_iter().chain(["0", "32", "33", "65", "-1", "9.0", "SIG9"]) {
            assert_eq!(text.parse::<Signal>(), Err(UnknownSignal { name: text.to_owned() }));
        }
    }

    #[test]
    fn one_for_real_time_is_counted_from_either_end_and_written_as_a_number() {
        for (text, number) in [
            ("SIGRTMIN", 34),
            ("rtmin+0", 34),
            ("RTMIN+3", 37),
            ("RTMAX-30", 34),
            ("SIGRTMAX", 64),
            ("40", 40),
        ] {
            let signal: Signal = text.parse().unwrap();
            assert_eq!((signal.number(), signal.to_string()), (number, format!("signal {number}")), "{text}");
            assert_eq!(signal.to_system().map(|system| system.as_raw()), Some(number));
        }
        assert_eq!(Signal::from_number(65), None);
    }

    #[test]
    fn what_the_c_library_keeps_to_itself_is_neither_sent_nor_passed_on() {
        assert_eq!([32, 33].map(|number| Signal(number).to_system()), [None, None]);
        assert!(Signal::all_forwarded().all(|signal| signal.to_system().is_some()));
        assert!(Signal::all_forwarded().any(|signal| signal.number() == 64));
    }

    #[test]
    fn every_signal_is_written_as_it_is_read_and_is_the_systems() {
        for (_, signal) in NAMED.iter().filter(|(_, signal)| *signal != Signal::NULL) {
            assert_eq!(signal.to_string().parse(), Ok(*signal));
            assert_eq!(signal.to_system().map(|system| system.as_raw()), Some(signal.number()), "{signal}");
        }
        assert_eq!(Signal::NULL.to_system().map(|system| system.as_raw()), None);
    }
}
