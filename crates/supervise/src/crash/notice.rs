//! What the reporter has to say, for the log.

use std::{fmt, time::Duration};

use super::words;

/// Something that whoever runs the service should know about the sending of reports. Its text is one line without keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Sentry does not answer; events wait. Said once until it is back.
    Away {
        /// What was found.
        reason: String,
    },
    /// It answers again.
    Back,
    /// It does not want an event, and never will.
    Refused {
        /// 400, 401, …
        status: u16,
    },
    /// It wants nothing for a while.
    Limited {
        /// From now.
        wait: Duration,
    },
    /// Events that wait are not kept on the disk.
    NoSpool {
        /// What was found.
        reason: String,
    },
}

impl Notice {
    /// What to try.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Away { .. } => Some("can this container reach the host of SENTRY_DSN?"),
            Self::Refused { status: 401 | 403 | 404 } => {
                Some("are the key and the project of SENTRY_DSN right, and not disabled?")
            }
            Self::NoSpool { .. } => Some("give preflight a folder that it may write to"),
            Self::Back | Self::Refused { .. } | Self::Limited { .. } => None,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away { reason } => write!(f, "crash reports wait: {reason}"),
            Self::Back => f.write_str("crash reports are sent again"),
            Self::Refused { status } => {
                write!(f, "a crash report was refused by Sentry with status {status}")
            }
            Self::Limited { wait } => {
                write!(f, "crash reports are discarded for {}: Sentry takes no more", words::duration(*wait))
            }
            Self::NoSpool { reason } => write!(f, "crash reports wait in memory alone: {reason}"),
        }
    }
}
