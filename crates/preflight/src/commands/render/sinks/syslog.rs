//! The local syslog: one datagram a line, in the form of RFC 3164.

use std::io;
use std::os::unix::net::UnixDatagram;

use preflight_render::config::{LogLevel, Syslog as Settings};

/// Where syslogs listen.
const SOCKETS: [&str; 3] = ["/dev/log", "/var/run/syslog", "/var/run/log"];

/// The names of facilities, by their number.
const FACILITIES: [&str; 24] = [
    "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP",
    "NTP", "AUDIT", "ALERT", "CLOCK", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6",
    "LOCAL7",
];

/// A connection to the local syslog.
pub(super) struct Syslog {
    socket: UnixDatagram,
    facility: usize,
    name: String,
}

impl Syslog {
    /// Connects.
    pub(super) fn open(settings: &Settings) -> io::Result<Self> {
        let facility = FACILITIES.iter().position(|name| *name == settings.facility).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{} is no facility", settings.facility))
        })?;
        let socket = UnixDatagram::unbound()?;
        let reached = SOCKETS.iter().any(|path| socket.connect(path).is_ok());
        if !reached {
            return Err(io::Error::new(io::ErrorKind::NotFound, "nobody listens on /dev/log"));
        }
        // A syslog that is slow must not stop the rendering.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, facility, name: settings.name.clone() })
    }

    /// Sends a line; what the syslog does not take is lost to it, and still on standard error.
    pub(super) fn write(&self, level: LogLevel, line: &str) {
        let severity = match level {
            LogLevel::Error => 3,
            LogLevel::Warn => 4,
            LogLevel::Info => 6,
            LogLevel::Debug | LogLevel::Trace => 7,
        };
        let priority = self.facility * 8 + severity;
        let time = jiff::Zoned::now().strftime("%b %e %H:%M:%S").to_string();
        let datagram = format!("<{priority}>{time} {}[{}]: {line}", self.name, std::process::id());
        let _ = self.socket.send(datagram.as_bytes());
    }
}
