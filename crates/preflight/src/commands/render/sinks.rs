//! Where log lines go besides standard error.

mod file;
mod syslog;

use preflight_render::config::{Log, LogLevel};

use self::file::RotatedFile;
use self::syslog::Syslog;

/// The open ones.
#[derive(Default)]
pub(super) struct Sinks {
    file: Option<RotatedFile>,
    syslog: Option<Syslog>,
}

impl Sinks {
    /// Opens what is asked for. What cannot be opened is left out; the texts say which and why.
    pub(super) fn open(settings: &Log) -> (Self, Vec<String>) {
        let mut faults = Vec::new();
        let file = settings.file.as_ref().and_then(|file| {
            let opened = RotatedFile::open(file);
            let describe = |error| format!("the log file {} cannot be written: {error}", file.path.display());
            opened.map_err(|error| faults.push(describe(error))).ok()
        });
        let syslog = settings.syslog.as_ref().and_then(|syslog| {
            let opened = Syslog::open(syslog);
            opened
                .map_err(|error| {
                    faults.push(format!("there is no syslog: {error}; the log is on standard error"));
                })
                .ok()
        });
        (Self { file, syslog }, faults)
    }

    /// Writes one line to all of them.
    pub(super) fn write(&mut self, level: LogLevel, line: &str) {
        if let Some(file) = &mut self.file {
            file.write(line);
        }
        if let Some(syslog) = &self.syslog {
            syslog.write(level, line);
        }
    }
}
