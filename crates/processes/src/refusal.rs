//! Why a program could not be started, as far as its file tells: the system's answer alone names neither an interpreter that is
//! missing nor another architecture.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    path::Path,
};

/// Of a first line, no more is looked at; the system does not either (`BINPRM_BUF_SIZE`).
const BEGINNING: usize = 256;
/// How an ELF file begins, and where it names its machine (`e_machine`, `elf(5)`).
const ELF: &[u8] = b"\x7fELF";
const MACHINE: std::ops::Range<usize> = 18..20;

/// What to try after the system has refused to start this program; the path is as seen from here.
pub(crate) fn hint(program: &Path, error: &io::Error) -> Option<String> {
    let shown = program.display();
    let is = |errno: rustix::io::Errno| error.raw_os_error() == Some(errno.raw_os_error());
    Some(match error.kind() {
        _ if is(rustix::io::Errno::PERM) => {
            "to become another user or group needs root, or CAP_SETUID and CAP_SETGID".into()
        }
        _ if is(rustix::io::Errno::AGAIN) => "the limit of processes is reached (ulimit -u, pids.max)".into(),
        io::ErrorKind::PermissionDenied if program.is_dir() => format!("{shown} is a directory"),
        io::ErrorKind::PermissionDenied => format!(
            "{shown} must be executable (chmod +x), its folders open to who runs it, and its file system not mounted noexec"
        ),
        io::ErrorKind::NotFound if program.exists() => missing_beside(program),
        io::ErrorKind::NotFound => format!("{shown} does not exist"),
        io::ErrorKind::NotADirectory => format!("a part of {shown} that should be a directory is a file"),
        _ if is(rustix::io::Errno::NOEXEC) => what_it_is(program),
        _ => return None,
    })
}

/// A program for another architecture.
pub(crate) fn is_foreign(program: &Path) -> bool {
    is_for_another_machine(&beginning(program))
}

/// The program is there, and what it needs to be started is not.
fn missing_beside(program: &Path) -> String {
    let shown = program.display();
    match interpreter(&beginning(program)) {
        Some(interpreter) if interpreter.ends_with(b"\r") => format!(
            "the first line of {shown} ends as on Windows, so that its interpreter has a carriage return in its name: save it with Unix line ends"
        ),
        Some(interpreter) if !Path::new(OsStr::from_bytes(&interpreter)).exists() => {
            format!("{shown} names {} as its interpreter, which does not exist", interpreter.escape_ascii())
        }
        Some(_) => format!("{shown} is there; what its interpreter needs, or the working directory, is not"),
        None => {
            format!("{shown} is there; its dynamic loader (of another libc?) or the working directory is not")
        }
    }
}

/// The system knows no way to run it.
fn what_it_is(program: &Path) -> String {
    let (shown, beginning) = (program.display(), beginning(program));
    if is_for_another_machine(&beginning) {
        format!("{shown} was built for another architecture than this machine's ({})", std::env::consts::ARCH)
    } else if beginning.is_empty() {
        format!("{shown} is empty")
    } else if beginning.starts_with(ELF) {
        format!("{shown} is damaged")
    } else {
        format!("{shown} is a script without #! in its first line, or no program at all")
    }
}

fn beginning(program: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Without the right to read it, less can be said.
    let _ = File::open(program).and_then(|file| file.take(BEGINNING as u64).read_to_end(&mut bytes));
    bytes
}

/// What stands behind `#!`, without its argument.
fn interpreter(beginning: &[u8]) -> Option<Vec<u8>> {
    let line = beginning.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    line.split(blank).find(|word| !word.is_empty()).map(<[u8]>::to_vec)
}

/// Our own file is for this machine.
fn is_for_another_machine(beginning: &[u8]) -> bool {
    let machine = |bytes: &[u8]| bytes.get(MACHINE).map(<[u8]>::to_vec);
    beginning.starts_with(ELF)
        && machine(beginning).is_some_and(|it| {
            machine(&self::beginning(Path::new("/proc/self/exe"))).is_some_and(|ours| ours != it)
        })
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    /// What is said of a file with this in it, when the system refuses so.
    fn told(bytes: &[u8], errno: rustix::io::Errno) -> String {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        std::fs::write(&program, bytes).unwrap();
        hint(&program, &errno.into()).unwrap()
    }

    #[test]
    fn each_reason_is_told_by_its_name() {
        let mut arm = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xb7\0".to_vec();
        if cfg!(target_arch = "aarch64") {
            arm[18] = 0x3e;
        }
        for (bytes, errno, fragment) in [
            (
                &b"#! /no/such/shell -e\n"[..],
                Errno::NOENT,
                "names /no/such/shell as its interpreter, which does not exist",
            ),
            (b"#!/bin/sh\r\necho\r\n", Errno::NOENT, "carriage return"),
            (b"#!/bin/sh\necho\n", Errno::NOENT, "the working directory"),
            (b"\x7fELF", Errno::NOENT, "dynamic loader"),
            (b"", Errno::NOEXEC, "is empty"),
            (b"echo without\n", Errno::NOEXEC, "script without #!"),
            (&arm, Errno::NOEXEC, "built for another architecture"),
        ] {
            let told = told(bytes, errno);
            assert!(told.contains(fragment), "{told}");
        }
    }

    #[test]
    fn directories_and_paths_through_files_are_told() {
        let told = |path: &str| {
            let error = std::process::Command::new(path).spawn().unwrap_err();
            hint(Path::new(path), &error).unwrap()
        };
        assert_eq!(told("/etc"), "/etc is a directory");
        assert!(told("/etc/passwd/x").contains("should be a directory"));
        assert!(told("/etc/passwd").contains("chmod +x"));
        assert_eq!(told("/no/such/program"), "/no/such/program does not exist");
    }
}
