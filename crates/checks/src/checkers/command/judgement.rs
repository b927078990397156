//! Which class an end has that is not the expected one. Exit codes 126 and 127 of a shell: POSIX, "Exit Status for
//! Commands".

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use preflight_contract::{CommandCheck, CommandLine};
use rustix::process::Signal;

use crate::checkers::wanted::Wanted;
use crate::kinds::{command as kind, general};
use crate::{Class, Failure};

/// How much of a shell's line is shown, in characters.
const MOST_SHOWN: usize = 80;

/// How a command ended and what it printed.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code or signal.
    pub(super) status: ExitStatus,
    /// Its standard output.
    pub(super) stdout: String,
    /// Its last line, as the end of an evidence.
    pub(super) last_words: String,
}

/// # Errors
/// A class of `command.*`.
pub(super) fn judge(spec: &CommandCheck, wanted: Option<&Wanted>, ended: &Ended) -> Result<(), Failure> {
    let (line, said) = (shown(&spec.run), &ended.last_words);
    if let Some(signal) = ended.status.signal() {
        return Err(Failure::new(&kind::SIGNAL, format!("{line} was ended by {}{said}", name_of(signal))));
    }
    let code = ended.status.code().unwrap_or_default();
    if code != spec.exit_code {
        let evidence = format!("{line} ended with exit code {code}, not {}{said}", spec.exit_code);
        return Err(Failure::new(class_of(&spec.run, code), evidence));
    }
    match wanted {
        Some(wanted) if !wanted.is_in(&ended.stdout) => {
            Err(Failure::new(&kind::OUTPUT, format!("{line} did not print {wanted}{said}")))
        }
        _ => Ok(()),
    }
}

fn class_of(line: &CommandLine, code: i32) -> &'static Class {
    match (line, code) {
        (CommandLine::Shell(_), 127) => &kind::NOT_FOUND,
        (CommandLine::Shell(_), 126) => &kind::NOT_EXECUTABLE,
        _ => &kind::EXIT_CODE,
    }
}

/// The failure of a command that did not even start.
pub(super) fn not_started(line: &CommandLine, error: &io::Error) -> Failure {
    let program = match line {
        CommandLine::Words(words) => words.first().map_or("", String::as_str),
        CommandLine::Shell(_) => "/bin/sh",
    };
    let exec_format = rustix::io::Errno::NOEXEC.raw_os_error();
    match error.kind() {
        io::ErrorKind::NotFound if program.contains('/') && Path::new(program).exists() => Failure::new(
            &kind::NOT_FOUND,
            format!("{program} is there, but what its first line names as its interpreter is not"),
        ),
        io::ErrorKind::NotFound if program.contains('/') => {
            Failure::new(&kind::NOT_FOUND, format!("{program} does not exist"))
        }
        io::ErrorKind::NotFound => {
            let path = std::env::var("PATH").unwrap_or_default();
            Failure::new(&kind::NOT_FOUND, format!("{program} is in no directory of PATH ({path})"))
        }
        io::ErrorKind::PermissionDenied => {
            Failure::new(&kind::NOT_EXECUTABLE, format!("{program} may not be executed: {error}"))
        }
        _ if error.raw_os_error() == Some(exec_format) => {
            let evidence = format!("{program} is no program for this machine ({})", std::env::consts::ARCH);
            Failure::new(&kind::NOT_EXECUTABLE, evidence)
        }
        _ => Failure::new(&general::ERROR, format!("{program} could not be started: {error}")),
    }
}

/// The command for an evidence: the program, or the beginning of the shell's line. Arguments may hold secrets.
pub(super) fn shown(line: &CommandLine) -> String {
    match line {
        CommandLine::Words(words) => words.first().cloned().unwrap_or_default(),
        CommandLine::Shell(text) => match text.char_indices().nth(MOST_SHOWN) {
            Some((end, _)) => format!("{:?}", format!("{}…", &text[..end])),
            None => format!("{text:?}"),
        },
    }
}

fn name_of(number: i32) -> String {
    let known = [
        (Signal::KILL, "SIGKILL"),
        (Signal::TERM, "SIGTERM"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::ABORT, "SIGABRT"),
        (Signal::BUS, "SIGBUS"),
        (Signal::ILL, "SIGILL"),
        (Signal::FPE, "SIGFPE"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::INT, "SIGINT"),
        (Signal::HUP, "SIGHUP"),
    ];
    let name = known.iter().find(|(signal, _)| signal.as_raw() == number).map(|(_, name)| *name);
    name.map_or_else(|| format!("signal {number}"), |name| format!("signal {number} ({name})"))
}
