//! Becoming another program (`execvp(3)`).

use std::{
    ffi::OsString,
    io::{self, ErrorKind},
    os::unix::process::CommandExt,
    process::Command,
};

use crate::{Program, SpawnError, Spec, refusal, spec::find};

/// Becomes this program, looked up in `PATH` when it has no slash; comes back only when that is not possible. The C library
/// gives what the system cannot run to a shell, as `env(1)` does; a program for another architecture is refused all the same.
pub fn replace(words: &[OsString]) -> SpawnError {
    let Some((program, arguments)) = words.split_first().filter(|(program, _)| !program.is_empty()) else {
        return SpawnError::Empty;
    };
    let search = Spec::new(Program::Direct(words.to_vec())).search_path();
    let source = match find(program, &search) {
        Some(path) if refusal::is_foreign(&path) => rustix::io::Errno::NOEXEC.into(),
        _ => Command::new(program).args(arguments).exec(),
    };
    refused(program, source)
}

fn refused(program: &OsString, source: io::Error) -> SpawnError {
    let program = program.to_string_lossy().into_owned();
    if source.kind() == ErrorKind::NotFound && !program.contains('/') {
        return SpawnError::NotFound { program };
    }
    SpawnError::Refused { program, source }
}
