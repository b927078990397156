//! Signals by name and number.

use std::{fmt, str::FromStr};

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

/// Other names of the same numbers.
const ALIASES: &[(&str, Signal)] =
    &[("IOT", Signal::ABRT), ("CLD", Signal::CHLD), ("POLL", Signal::IO), ("UNUSED", Signal::SYS)];

impl Signal {
    /// Those that a program which stands for another one passes on: what people and platforms send, and nothing that
    /// the kernel sends to a program for its own faults.
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

    /// Its number; 0 for [`Signal::NULL`].
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The signal with a number, 1 to 64. Those for real time, from 32 on, have no names, and a process can die of them;
    /// they are never sent from here.
    pub const fn from_number(number: i32) -> Option<Self> {
        if number >= 1 && number <= 64 { Some(Self(number)) } else { None }
    }

    /// All names, with `SIG`, in the order of their numbers.
    pub fn names() -> impl Iterator<Item = String> {
        NAMED.iter().map(|(name, _)| format!("SIG{name}"))
    }

    pub(crate) fn to_system(self) -> Option<rustix::process::Signal> {
        rustix::process::Signal::from_named_raw(self.0)
    }
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

    /// `SIGHUP`, `HUP`, `sighup` or `1`.
    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let upper = text.trim().to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        NAMED
            .iter()
            .chain(ALIASES)
            .find(|(known, _)| *known == name)
            .map(|(_, signal)| *signal)
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
        for text in ["", "SIG", "SIGNOTHING", "0", "32", "-1", "9.0", "SIG9"] {
            assert_eq!(text.parse::<Signal>(), Err(UnknownSignal { name: text.to_owned() }));
        }
    }

    #[test]
    fn one_for_real_time_has_a_number_only() {
        let signal = Signal::from_number(34).unwrap();
        assert_eq!((signal.number(), signal.to_string().as_str()), (34, "signal 34"));
        assert_eq!((signal.to_system(), Signal::from_number(65)), (None, None));
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
