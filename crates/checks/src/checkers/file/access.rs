//! What this process may do with a path, by the kernel's own word.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use preflight_contract::FileCheck;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use rustix::process::{getegid, geteuid};

use crate::kinds::file as kind;
use crate::{Class, Failure};

/// Judges `readable`, `writable` and `executable`, each of which may also be demanded not to be.
pub(super) fn judge(path: &Path, found: &Metadata, spec: &FileCheck) -> Result<(), Failure> {
    let rights = [
        (spec.readable, Access::READ_OK, &kind::NOT_READABLE, "read"),
        (spec.writable, Access::WRITE_OK, &kind::NOT_WRITABLE, "written"),
        (spec.executable, Access::EXEC_OK, &kind::NOT_EXECUTABLE, "executed"),
    ];
    for (wanted, access, class, verb) in rights {
        let Some(wanted) = wanted else { continue };
        judge_one(path, found, (wanted, access), class, verb)?;
    }
    Ok(())
}

fn judge_one(
    path: &Path,
    found: &Metadata,
    (wanted, access): (bool, Access),
    class: &'static Class,
    verb: &str,
) -> Result<(), Failure> {
    let held = accessat(CWD, path, access, AtFlags::EACCESS);
    let whose = format!("mode {:04o}, owner {}:{}", found.mode() & 0o7777, found.uid(), found.gid());
    let path = path.display();
    match (wanted, held) {
        (true, Ok(())) | (false, Err(_)) => Ok(()),
        (true, Err(errno)) => {
            let why = if errno == Errno::ROFS { "the file system is read-only" } else { "permission denied" };
            Err(Failure::new(class, format!("{path} cannot be {verb} {}: {why} ({whose})", who())))
        }
        (false, Ok(())) => {
            let evidence = format!("{path} can be {verb} {} and must not be ({whose})", who());
            Err(Failure::new(&kind::WRONG_MODE, evidence))
        }
    }
}

/// Who this process is, for an evidence.
pub(super) fn who() -> String {
    format!("by user {} (group {})", geteuid().as_raw(), getegid().as_raw())
}
