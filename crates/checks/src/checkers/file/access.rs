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
    let whose = format!("mode {:04o}, owner {}:{}", found.mode() & 0o7777, found.uid(), found.gid());
    let Err(why) = verdict(wanted, accessat(CWD, path, access, AtFlags::EACCESS)) else { return Ok(()) };
    let (path, who) = (path.display(), who());
    match why {
        Some(why) => Err(Failure::new(class, format!("{path} cannot be {verb} {who}: {why} ({whose})"))),
        None => {
            let evidence = format!("{path} can be {verb} {who} and must not be ({whose})");
            Err(Failure::new(&kind::WRONG_MODE, evidence))
        }
    }
}

/// What the kernel's answer means; why the right is missing, or nothing for one that must not be there.
fn verdict(wanted: bool, held: Result<(), Errno>) -> Result<(), Option<String>> {
    match (wanted, held) {
        (true, Ok(())) | (false, Err(_)) => Ok(()),
        (true, Err(Errno::ROFS)) => Err(Some("the file system is read-only".to_owned())),
        (true, Err(Errno::ACCESS)) => Err(Some("permission denied".to_owned())),
        (true, Err(other)) => Err(Some(other.to_string())),
        (false, Ok(())) => Err(None),
    }
}

/// Who this process is, for an evidence.
pub(super) fn who() -> String {
    format!("by user {} (group {})", geteuid().as_raw(), getegid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_only_file_system_is_told_from_a_missing_right() {
        assert_eq!(verdict(true, Ok(())), Ok(()));
        assert_eq!(verdict(false, Err(Errno::ACCESS)), Ok(()));
        assert_eq!(verdict(false, Ok(())), Err(None));
        assert_eq!(verdict(true, Err(Errno::ROFS)), Err(Some("the file system is read-only".to_owned())));
        assert_eq!(verdict(true, Err(Errno::ACCESS)), Err(Some("permission denied".to_owned())));
    }
}
