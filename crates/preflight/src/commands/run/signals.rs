//! Which signal is passed on for which one.

use std::io;

use nix::sys::signal::SigSet;
use preflight_processes::{Signal, Signals};

use crate::exit::Exit;

/// One that comes, and the one that is passed on in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rewriting {
    from: Signal,
    to: Signal,
}

/// Reads `TERM=QUIT`.
pub(super) fn rewriting(text: &str) -> Result<Rewriting, String> {
    let (from, to) = text.split_once('=').ok_or("two signals, such as TERM=QUIT")?;
    let rewriting = Rewriting { from: named(from)?, to: named(to)? };
    if Signal::all_forwarded().any(|signal| signal == rewriting.from) {
        return Ok(rewriting);
    }
    let passed: Vec<String> = Signal::FORWARDED.iter().map(ToString::to_string).collect();
    let passed = format!("{}, SIGRTMIN to SIGRTMAX", passed.join(", "));
    Err(format!("{} is none of those that are passed on: {passed}", rewriting.from))
}

fn named(text: &str) -> Result<Signal, String> {
    let signal: Signal = text.parse().map_err(|_| format!("{text:?} is no signal"))?;
    if signal == Signal::NULL { Err(format!("{text:?} is no signal")) } else { Ok(signal) }
}

/// What is passed on for a signal: that of the last rewriting of it, else itself.
pub(super) fn rewritten(signal: Signal, rewritings: &[Rewriting]) -> Signal {
    rewritings.iter().rev().find(|rewriting| rewriting.from == signal).map_or(signal, |found| found.to)
}

/// Listens for all that is passed on, whatever whoever started us had blocked: what has come meanwhile is heard, too. What is
/// to be passed on as `TERM` is a request to end like `TERM` itself: so an image whose stop signal is another one is stopped
/// in order.
///
/// # Errors
/// The system's refusal.
pub(super) fn listen(rewritings: &[Rewriting]) -> io::Result<Signals> {
    let mut signals = Signals::listen(&Signal::all_forwarded().collect::<Vec<_>>())?;
    SigSet::empty().thread_set_mask()?;
    for rewriting in
        rewritings.iter().filter(|rewriting| rewriting.to == Signal::TERM && !ends(rewriting.from))
    {
        signals.tell_as(rewriting.from, rewriting.to);
    }
    Ok(signals)
}

/// Whether it asks for the end of everything.
pub(super) fn ends(signal: Signal) -> bool {
    signal == Signal::TERM || signal == Signal::INT
}

/// The next signal that asks for the end of everything; others are not heard.
pub(super) async fn next_end(signals: &mut Signals) -> Signal {
    loop {
        let signal = signals.next().await;
        if ends(signal) {
            return signal;
        }
    }
}

/// The end by such a signal.
pub(super) fn ended_by(signal: Signal) -> Exit {
    Exit::Signal(u8::try_from(signal.number()).unwrap_or_default())
}

/// The signal that has asked for an end before there was anything to end. All that has come until now is forgotten:
/// it was not meant for what is started after it.
pub(super) async fn early_end(signals: &mut Signals) -> Option<Signal> {
    loop {
        tokio::select! {
            biased;
            signal = signals.next() => if ends(signal) {
                return Some(signal);
            },
            // Lets the runtime look whether the system has told of any.
            () = tokio::task::yield_now() => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rewriting_of_a_signal_counts() {
        let all = ["TERM=INT", "SIGTERM=quit", "HUP=1", "RTMIN+3=TERM"].map(|text| rewriting(text).unwrap());
        assert_eq!(rewritten(Signal::TERM, &all), Signal::QUIT);
        assert_eq!(rewritten(Signal::HUP, &all), Signal::HUP);
        assert_eq!(rewritten(Signal::USR1, &all), Signal::USR1);
        let for_real_time = Signal::all_forwarded().last().unwrap();
        assert_eq!(rewritten(for_real_time, &all), for_real_time);
        assert_eq!(rewritten("37".parse().unwrap(), &all), Signal::TERM);
    }

    #[test]
    fn what_is_no_signal_or_never_passed_on_is_refused() {
        for text in ["TERM", "TERM=", "=QUIT", "TERM=NULL", "TERM=9.5", "KILL=TERM", "SEGV=TERM", ""] {
            assert!(rewriting(text).is_err(), "{text}");
        }
    }
}
