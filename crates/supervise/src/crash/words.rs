//! Durations and signals in words. Pure.

use std::time::Duration;

use preflight_processes::Signal;

/// `12 ms`, `3.2 s`, `45 s`, `2 min 3 s`, `3 h 4 min`, `5 d 2 h`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let two = |big: u64, unit: &str, small: u64, smaller: &str| match small {
        0 => format!("{big} {unit}"),
        _ => format!("{big} {unit} {small} {smaller}"),
    };
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..10 if duration.subsec_millis() >= 100 => format!("{seconds}.{} s", duration.subsec_millis() / 100),
        1..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// What a signal that ended a process says about it; `None` for those that say nothing more than their name.
pub(super) fn signal(signal: Signal) -> Option<&'static str> {
    Some(match signal {
        Signal::ABRT => "it gave itself up",
        Signal::BUS => "memory that is not there",
        Signal::FPE => "arithmetic fault",
        Signal::ILL => "illegal instruction",
        Signal::SEGV => "invalid memory access",
        Signal::SYS => "forbidden system call",
        Signal::PIPE => "nobody reads what it writes",
        Signal::XCPU => "limit of processor time",
        Signal::XFSZ => "limit of file size",
        _ => return None,
    })
}

/// What an exit code means by the habits of shells, when the service does not say.
pub(super) fn code(code: i32) -> Option<String> {
    match code {
        126 => Some("a command cannot be executed".into()),
        127 => Some("a command was not found".into()),
        129..=159 => Signal::from_number(code - 128).map(|signal| format!("as of {signal}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        let cases = [
            (7, "7 ms"),
            (1_050, "1 s"),
            (3_290, "3.2 s"),
            (45_900, "45 s"),
            (123_000, "2 min 3 s"),
            (120_000, "2 min"),
            (11_045_000, "3 h 4 min"),
            (439_200_000, "5 d 2 h"),
        ];
        for (milliseconds, text) in cases {
            assert_eq!(duration(Duration::from_millis(milliseconds)), text);
        }
    }

    #[test]
    fn codes_of_shells_are_known() {
        assert_eq!(code(137).as_deref(), Some("as of SIGKILL"));
        assert_eq!((code(1), code(160)), (None, None));
    }
}
