//! Files: what is at a path, and what this process may do with it.

mod access;
mod owner;

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use preflight_contract::{CheckSpec, FileCheck, FileKind};

use crate::checkers::beside::beside;
use crate::checkers::wanted::Wanted;
use crate::kinds::{file as kind, general};
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};

/// How much of a file is searched for a text.
const MOST_READ: u64 = 8 << 20;

/// Proves what is at a path.
pub(crate) struct File;

#[async_trait]
impl Checker for File {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let Some(CheckSpec::File(spec)) = &item.spec else {
            return Err(Failure::new(&general::BAD_PARAMETER, "a file check needs a path"));
        };
        let wanted = spec.contains.as_deref().map(|text| Wanted::parse("contains", text)).transpose()?;
        let spec = spec.clone();
        let look = async {
            let looked = beside(move || look(&spec, wanted.as_ref())).await;
            looked.unwrap_or_else(|error| Err(Failure::new(&general::ERROR, error.to_string())))
        };
        probe.layer(Layer::Look, look).await
    }
}

fn look(spec: &FileCheck, wanted: Option<&Wanted>) -> Result<(), Failure> {
    let path = PathBuf::from(&spec.path);
    let Some(found) = find(&path, spec.kind)? else {
        return if spec.exists == Some(false) { Ok(()) } else { Err(missing(&path)) };
    };
    if spec.exists == Some(false) {
        return Err(Failure::new(&kind::UNEXPECTED, format!("{} exists and must not", path.display())));
    }
    judge_type(&path, &found, spec.kind)?;
    judge_mode(&path, &found, spec)?;
    owner::judge(&path, &found, spec.owner.as_deref())?;
    access::judge(&path, &found, spec)?;
    match wanted {
        Some(wanted) => judge_content(&path, &found, wanted),
        None => Ok(()),
    }
}

/// What is at the path; links are followed unless the link itself is meant.
fn find(path: &Path, wanted: Option<FileKind>) -> Result<Option<Metadata>, Failure> {
    let found =
        if wanted == Some(FileKind::Symlink) { fs::symlink_metadata(path) } else { fs::metadata(path) };
    match found {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let evidence = format!("{} cannot be looked at {}: {error}", path.display(), access::who());
            Err(Failure::new(&kind::NOT_REACHABLE, evidence))
        }
    }
}

fn missing(path: &Path) -> Failure {
    if let Ok(target) = fs::read_link(path) {
        let evidence = format!("{} is a link to {}, which does not exist", path.display(), target.display());
        return Failure::new(&kind::MISSING, evidence);
    }
    let there = path.ancestors().skip(1).find(|parent| parent.exists());
    let evidence = match there {
        Some(parent) if Some(parent) != path.parent() && !parent.as_os_str().is_empty() => {
            format!("{} does not exist; of its path there is only {}", path.display(), parent.display())
        }
        _ => format!("{} does not exist", path.display()),
    };
    Failure::new(&kind::MISSING, evidence)
}

fn judge_type(path: &Path, found: &Metadata, wanted: Option<FileKind>) -> Result<(), Failure> {
    let Some(wanted) = wanted else { return Ok(()) };
    let kind = found.file_type();
    let (held, word) = match wanted {
        FileKind::File => (kind.is_file(), "an ordinary file"),
        FileKind::Directory => (kind.is_dir(), "a directory"),
        FileKind::Socket => (kind.is_socket(), "a socket"),
        FileKind::Symlink => (kind.is_symlink(), "a symbolic link"),
    };
    if held {
        return Ok(());
    }
    let evidence = format!("{} is {}, not {word}", path.display(), name_of_type(found));
    Err(Failure::new(&kind::WRONG_TYPE, evidence))
}

fn name_of_type(found: &Metadata) -> &'static str {
    let kind = found.file_type();
    match () {
        () if kind.is_file() => "an ordinary file",
        () if kind.is_dir() => "a directory",
        () if kind.is_symlink() => "a symbolic link",
        () if kind.is_socket() => "a socket",
        () if kind.is_fifo() => "a pipe",
        () => "a device",
    }
}

fn judge_mode(path: &Path, found: &Metadata, spec: &FileCheck) -> Result<(), Failure> {
    let Some(wanted) = spec.mode else { return Ok(()) };
    let mode = preflight_contract::FileMode(found.mode() & 0o7777);
    if mode == wanted {
        return Ok(());
    }
    Err(Failure::new(&kind::WRONG_MODE, format!("{} has mode {mode}, not {wanted}", path.display())))
}

fn judge_content(path: &Path, found: &Metadata, wanted: &Wanted) -> Result<(), Failure> {
    if !found.is_file() {
        let evidence = format!("{} is {}, which holds no text", path.display(), name_of_type(found));
        return Err(Failure::new(&kind::WRONG_TYPE, evidence));
    }
    let text = read(path).map_err(|error| {
        let evidence = format!("{} cannot be read {}: {error}", path.display(), access::who());
        Failure::new(&kind::NOT_READABLE, evidence)
    })?;
    if wanted.is_in(&text) {
        return Ok(());
    }
    let size = found.size();
    let searched =
        if size > MOST_READ { format!("the first {MOST_READ} of {size}") } else { format!("all {size}") };
    // What it holds instead is not shown: it may be a secret.
    let evidence = format!("{} does not hold {wanted} in {searched} bytes", path.display());
    Err(Failure::new(&kind::CONTENT, evidence))
}

fn read(path: &Path) -> io::Result<String> {
    // It may have become a pipe since it was looked at: opening one must not wait for its writer.
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
    let mut bytes = Vec::new();
    file.take(MOST_READ).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;
