//! The pipe from a service to its log service. It outlives both: what was written before the one died is read by the
//! next one.

use std::{
    collections::HashMap,
    io::{self, PipeReader, PipeWriter},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::definition::service_of_log;
use crate::{Name, Plumbing, Purpose, Service, Streams};

/// The pipes of all services that have a log service. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct LogPipes {
    pipes: Arc<Mutex<HashMap<Name, Pipe>>>,
}

/// Streams as someone else connects them, except where a log service takes a service's output.
#[derive(Debug)]
pub struct WithLogs<P> {
    inner: P,
    pipes: LogPipes,
}

#[derive(Debug)]
struct Pipe {
    reader: PipeReader,
    /// `None`: nothing more will come, and its log service reads the end.
    writer: Option<PipeWriter>,
}

impl LogPipes {
    /// Connects what belongs to log services, and leaves the rest to `inner`. As with `runsv`, only the standard output
    /// of a service, its finish program and its hooks goes to the log service.
    pub fn around<P: Plumbing>(&self, inner: P) -> WithLogs<P> {
        WithLogs { inner, pipes: self.clone() }
    }

    /// A service has a log service from now on. A pipe that is there stays.
    pub(super) fn join(&self, service: &Name) -> io::Result<()> {
        let mut pipes = self.pipes();
        if pipes.get(service).is_none_or(|pipe| pipe.writer.is_none()) {
            let (reader, writer) = io::pipe()?;
            pipes.insert(service.clone(), Pipe { reader, writer: Some(writer) });
        }
        Ok(())
    }

    /// Nothing more is written: the log service reads what is left, and then the end.
    pub(super) fn close(&self, service: &str) {
        if let Some(pipe) = self.pipes().get_mut(service) {
            pipe.writer = None;
        }
    }

    /// It has no log service any more.
    pub(super) fn part(&self, service: &str) {
        self.pipes().remove(service);
    }

    fn pipes(&self) -> MutexGuard<'_, HashMap<Name, Pipe>> {
        // The table is whole between any two statements.
        self.pipes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(&self, service: &str, purpose: Purpose, streams: &mut Streams) -> io::Result<()> {
        let pipes = self.pipes();
        if let Some(writer) = pipes.get(service).and_then(|pipe| pipe.writer.as_ref())
            && purpose != Purpose::Probe
        {
            streams.output = Some(writer.try_clone()?.into());
        }
        let of_log = service_of_log(service).and_then(|name| pipes.get(name));
        if let Some(pipe) = of_log
            && purpose == Purpose::Run
        {
            streams.input = Some(pipe.reader.try_clone()?.into());
        }
        Ok(())
    }
}

impl<P: Plumbing> Plumbing for WithLogs<P> {
    fn connect(&mut self, service: &Service, purpose: Purpose) -> io::Result<Streams> {
        let mut streams = self.inner.connect(service, purpose)?;
        self.pipes.connect(&service.name, purpose, &mut streams)?;
        Ok(streams)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{Read, Write},
    };

    use preflight_processes::Program;

    use super::*;
    use crate::Inherited;

    fn streams(pipes: &LogPipes, name: &str, purpose: Purpose) -> Streams {
        let service = Service::new(name, Program::Direct(vec!["./run".into()]));
        pipes.around(Inherited).connect(&service, purpose).unwrap()
    }

    #[test]
    fn what_was_written_survives_both_and_ends_when_it_is_closed() {
        let pipes = LogPipes::default();
        pipes.join(&"web".into()).unwrap();
        for word in ["one ", "two"] {
            let output = streams(&pipes, "web", Purpose::Run).output.unwrap();
            File::from(output).write_all(word.as_bytes()).unwrap();
            drop(streams(&pipes, "web/log", Purpose::Run).input.unwrap());
        }
        pipes.close("web");
        let mut text = String::new();
        File::from(streams(&pipes, "web/log", Purpose::Run).input.unwrap())
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "one two");
    }

    #[test]
    fn only_what_belongs_to_a_log_service_is_connected() {
        let pipes = LogPipes::default();
        pipes.join(&"web".into()).unwrap();
        let web = streams(&pipes, "web", Purpose::Finish);
        assert!(web.output.is_some() && web.error.is_none() && web.input.is_none());
        assert!(streams(&pipes, "web", Purpose::Probe).output.is_none());
        assert!(streams(&pipes, "other", Purpose::Run).output.is_none());
        pipes.part("web");
        assert!(streams(&pipes, "web", Purpose::Run).output.is_none());
    }
}
