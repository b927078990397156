//! What jobs of crontabs read.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use preflight_supervise::{Name, Plumbing, Purpose, Service, Streams};
use rustix::fs::{MemfdFlags, memfd_create};

/// What each job reads: what its line says, or nothing. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Inputs(Arc<Mutex<HashMap<Name, Option<String>>>>);

impl Inputs {
    /// From its next run on.
    pub(super) fn set(&self, job: Name, input: Option<String>) {
        self.all().insert(job, input);
    }

    pub(super) fn forget(&self, job: &Name) {
        self.all().remove(job);
    }

    /// Streams as someone else connects them, but for what the jobs read.
    pub(super) fn around(&self, inner: Box<dyn Plumbing>) -> Box<dyn Plumbing> {
        Box::new(WithInputs { inner, inputs: self.clone() })
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Name, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct WithInputs {
    inner: Box<dyn Plumbing>,
    inputs: Inputs,
}

impl Plumbing for WithInputs {
    fn connect(&mut self, service: &Service, purpose: Purpose) -> io::Result<Streams> {
        let mut streams = self.inner.connect(service, purpose)?;
        if let Some(input) = self.inputs.all().get(&service.name) {
            streams.input = Some(to_read(input.as_deref())?);
        }
        Ok(streams)
    }
}

fn to_read(text: Option<&str>) -> io::Result<OwnedFd> {
    let Some(text) = text else { return File::open("/dev/null").map(OwnedFd::from) };
    let mut file = File::from(memfd_create("input", MemfdFlags::CLOEXEC)?);
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_job_reads_is_what_its_line_says() {
        let read = |text| io::read_to_string(File::from(to_read(text).expect("opened"))).expect("read");
        assert_eq!((read(Some("a\nb\n")), read(None)), ("a\nb\n".to_owned(), String::new()));
    }
}
