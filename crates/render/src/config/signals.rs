//! Signals by name, as consul-template's `signals` package knows them on Linux.

use rustix::process::Signal;

use super::go_text::{quote, quote_all};

/// Every name, in lexical order, which is the order in which the message lists them.
const SIGNALS: [(&str, Option<Signal>); 28] = [
    ("SIGABRT", Some(Signal::ABORT)),
    ("SIGALRM", Some(Signal::ALARM)),
    ("SIGBUS", Some(Signal::BUS)),
    ("SIGCONT", Some(Signal::CONT)),
    ("SIGFPE", Some(Signal::FPE)),
    ("SIGHUP", Some(Signal::HUP)),
    ("SIGILL", Some(Signal::ILL)),
    ("SIGINT", Some(Signal::INT)),
    ("SIGIO", Some(Signal::IO)),
    ("SIGIOT", Some(Signal::ABORT)),
    ("SIGKILL", Some(Signal::KILL)),
    ("SIGNULL", None),
    ("SIGPIPE", Some(Signal::PIPE)),
    ("SIGPROF", Some(Signal::PROF)),
    ("SIGQUIT", Some(Signal::QUIT)),
    ("SIGSEGV", Some(Signal::SEGV)),
    ("SIGSTOP", Some(Signal::STOP)),
    ("SIGSYS", Some(Signal::SYS)),
    ("SIGTERM", Some(Signal::TERM)),
    ("SIGTRAP", Some(Signal::TRAP)),
    ("SIGTSTP", Some(Signal::TSTP)),
    ("SIGTTIN", Some(Signal::TTIN)),
    ("SIGTTOU", Some(Signal::TTOU)),
    ("SIGUSR1", Some(Signal::USR1)),
    ("SIGUSR2", Some(Signal::USR2)),
    ("SIGWINCH", Some(Signal::WINCH)),
    ("SIGXCPU", Some(Signal::XCPU)),
    ("SIGXFSZ", Some(Signal::XFSZ)),
];

/// A signal that was chosen, or the choice of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignalChoice(pub(crate) Option<Signal>);

/// Reads a signal's name in any case; `SIGNULL` is none.
///
/// # Errors
/// consul-template's words.
pub(crate) fn parse(text: &str) -> Result<SignalChoice, String> {
    let upper = text.to_uppercase();
    SIGNALS.iter().find(|(name, _)| *name == upper).map(|(_, signal)| SignalChoice(*signal)).ok_or_else(
        || {
            let known = quote_all(SIGNALS.iter().map(|(name, _)| *name));
            format!("invalid signal {} - valid signals are {known}", quote(text))
        },
    )
}
