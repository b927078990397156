//! What Redis says, and which class that is: by the prefix of the error, as the server's own clients do.

use std::collections::HashMap;
use std::fmt;

use redis::{ErrorKind, RedisError};

use crate::kinds::redis as kind;
use crate::net::Reached;
use crate::{Class, Failure, Item, Probe, whole_message};

/// An error reply: its prefix and the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Said {
    /// `WRONGPASS`, `ERR`, …; empty when the server said nothing.
    pub(super) code: String,
    /// The words after it.
    pub(super) words: String,
}

impl Said {
    pub(super) fn of(error: &RedisError) -> Self {
        Self {
            code: error.code().unwrap_or_default().to_owned(),
            words: error.detail().unwrap_or_default().to_owned(),
        }
    }

    /// Reads an error reply as it is on the wire: `-ERR some words`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let line = text.lines().next()?.strip_prefix('-')?;
        let (code, words) = line.split_once(' ').unwrap_or((line, ""));
        Some(Self { code: code.to_owned(), words: words.to_owned() })
    }

    /// Whether a `NOPERM` is about the key and not about the command. Both have the same prefix; see `ACL_DENIED_KEY`
    /// in the server's `src/acl.c`.
    pub(super) fn is_about_the_key(&self) -> bool {
        self.words.contains("key")
    }
}

impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.code, self.words)
    }
}

/// The class of a refused `AUTH`.
pub(super) fn of_auth(error: &RedisError) -> Option<&'static Class> {
    auth_class(&Said::of(error))
}

fn auth_class(said: &Said) -> Option<&'static Class> {
    match said.code.as_str() {
        "WRONGPASS" => Some(&kind::BAD_PASSWORD),
        // Before Redis 6 there was no prefix but ERR.
        "ERR" if said.words.contains("invalid password") => Some(&kind::BAD_PASSWORD),
        "ERR" if said.words.contains("without any password") || said.words.contains("no password is set") => {
            Some(&kind::PASSWORD_NOT_SET)
        }
        _ => None,
    }
}

/// The class of an error of any command.
fn class(said: &Said) -> Option<&'static Class> {
    Some(match said.code.as_str() {
        "WRONGPASS" => &kind::BAD_PASSWORD,
        "NOAUTH" => &kind::PASSWORD_REQUIRED,
        "NOPERM" => &kind::NOT_PERMITTED,
        "LOADING" => &kind::LOADING,
        "MASTERDOWN" => &kind::PRIMARY_DOWN,
        "READONLY" => &kind::READ_ONLY,
        "CLUSTERDOWN" | "TRYAGAIN" => &kind::CLUSTER_DOWN,
        "DENIED" => &kind::PROTECTED_MODE,
        "ERR" if said.words.contains("max number of clients") => &kind::TOO_MANY_CONNECTIONS,
        _ => return None,
    })
}

/// The failure that an error reply means.
pub(super) fn refused(reached: &Reached, said: &Said) -> Failure {
    Failure::new(class(said).unwrap_or(&kind::ERROR), format!("{reached} answered {said}"))
}

/// The failure that an error of the driver means.
pub(super) fn failure(probe: &Probe, item: &Item, reached: &Reached, error: &RedisError) -> Failure {
    let said = Said::of(error);
    if !said.code.is_empty() {
        return refused(reached, &said);
    }
    let io = |io_kind| probe.broken(item, &std::io::Error::new(io_kind, whole_message(error)));
    match error.kind() {
        ErrorKind::Io if error.is_connection_dropped() => io(std::io::ErrorKind::UnexpectedEof),
        ErrorKind::Io | ErrorKind::Parse | ErrorKind::UnexpectedReturnType => {
            io(std::io::ErrorKind::InvalidData)
        }
        _ => Failure::new(&kind::ERROR, format!("{reached}: {}", whole_message(error))),
    }
}

/// What `INFO` says of a server.
#[derive(Debug, Default)]
pub(super) struct Server {
    entries: HashMap<String, String>,
}

impl Server {
    /// Reads the answer to `INFO`: lines of `name:value`, and comments.
    pub(super) fn read(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.trim().split_once(':'));
        Self { entries: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect() }
    }

    fn says(&self, name: &str) -> Option<&str> {
        self.entries.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether it is a Sentinel.
    pub(super) fn is_sentinel(&self) -> bool {
        self.says("redis_mode") == Some("sentinel")
    }

    /// Leaves facts, and a warning when it is a replica.
    pub(super) fn report(&self, probe: &mut Probe, reached: &Reached) {
        match (self.says("valkey_version"), self.says("redis_version")) {
            (Some(version), _) => probe.fact("version", format!("Valkey {version}")),
            (None, Some(version)) => probe.fact("version", format!("Redis {version}")),
            (None, None) => {}
        }
        let mode = self.says("redis_mode").or_else(|| self.says("server_mode"));
        if let Some(mode) = mode.filter(|mode| *mode != "standalone") {
            probe.fact("mode", mode);
        }
        if self.says("role") == Some("slave") {
            let primary = self.says("master_host").unwrap_or("unknown");
            let link = match self.says("master_link_status") {
                Some("down") => ", to which its link is down",
                _ => "",
            };
            probe.warn(
                &kind::READ_ONLY,
                format!("{reached} is a replica of {primary}{link}; writes are refused there (READONLY)"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Said {
        Said::read(&format!("-{line}\r\n")).expect("it is an error reply")
    }

    #[test]
    fn every_prefix_has_its_class() {
        let table = [
            ("NOAUTH Authentication required.", "redis.password_required"),
            ("NOPERM this user has no permissions to run the 'get' command", "redis.not_permitted"),
            ("LOADING Redis is loading the dataset in memory", "redis.loading"),
            ("MASTERDOWN Link with MASTER is down", "redis.primary_down"),
            ("READONLY You can't write against a read only replica.", "redis.read_only"),
            ("CLUSTERDOWN Hash slot not served", "redis.cluster_down"),
            ("DENIED Redis is running in protected mode", "redis.protected_mode"),
            ("ERR max number of clients reached", "redis.too_many_connections"),
        ];
        for (line, name) in table {
            assert_eq!(class(&said(line)).map(|class| class.name), Some(name), "{line}");
        }
        assert_eq!(class(&said("ERR unknown command 'GET'")), None);
    }

    #[test]
    fn a_refused_auth_is_told_from_one_that_is_not_wanted() {
        let table = [
            ("WRONGPASS invalid username-password pair or user is disabled.", "redis.bad_password"),
            ("ERR invalid password", "redis.bad_password"),
            (
                "ERR AUTH <password> called without any password configured for the default user.",
                "redis.password_not_set",
            ),
            ("ERR Client sent AUTH, but no password is set", "redis.password_not_set"),
        ];
        for (line, name) in table {
            assert_eq!(auth_class(&said(line)).map(|class| class.name), Some(name), "{line}");
        }
        assert_eq!(auth_class(&said("ERR wrong number of arguments for 'auth' command")), None);
    }

    #[test]
    fn a_denied_key_is_told_from_a_denied_command() {
        assert!(said("NOPERM No permissions to access a key").is_about_the_key());
        assert!(
            said("NOPERM this user has no permissions to access one of the keys used as arguments")
                .is_about_the_key()
        );
        assert!(
            !said("NOPERM this user has no permissions to run the 'get' command or its subcommand")
                .is_about_the_key()
        );
    }
}
