//! What a kind of check is called and how it fails: the static half of a checker.

use preflight_contract::Attribute;

use crate::Class;

/// A kind of check. Everything that help, documentation and the contract need to know of it.
#[derive(Debug)]
pub struct Kind {
    /// Its canonical name, in lower case, as in `checks:` and in the report.
    pub name: &'static str,
    /// What people call it, such as `PostgreSQL`.
    pub title: &'static str,
    /// Other names of it, in lower case.
    pub aliases: &'static [&'static str],
    /// The port when none is given.
    pub default_port: Option<u16>,
    /// How its address is found.
    pub address: Address,
    /// The attributes that it reads.
    pub attributes: &'static [Attribute],
    /// What is proven, layer by layer, in one or two sentences.
    pub proves: &'static str,
    /// The classes that are its own; the layers below it have theirs.
    pub classes: &'static [&'static Class],
    /// The four ways in which every server can fail to speak; none for kinds that have no server.
    pub common: Option<&'static Common>,
}

/// How a kind finds the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// It must be given, as `ADDRESS` or `URL`.
    Required,
    /// The service has a well-known one; it may be given.
    WellKnown,
    /// It has none: the check is local, or its parameters stand in `checks:` only.
    None,
}

/// The ways in which a server that accepted the connection can fail to speak its protocol.
#[derive(Debug)]
pub struct Common {
    /// It accepted and did not answer in time.
    pub timeout: &'static Class,
    /// It closed the connection before it answered.
    pub closed: &'static Class,
    /// It answered in another protocol.
    pub wrong_protocol: &'static Class,
    /// It answered with an error that has no class of its own.
    pub error: &'static Class,
}

/// Defines `TIMEOUT`, `CLOSED`, `WRONG_PROTOCOL`, `ERROR` and `COMMON` for a kind with a server.
macro_rules! common_classes {
    ($name:literal, $title:literal) => {
        /// The server accepted the connection and did not answer in time.
        pub static TIMEOUT: $crate::Class = $crate::Class::healing(
            concat!($name, ".timeout"),
            concat!("The server accepted the connection but did not answer as ", $title, " in time."),
            &[
                "the server is overloaded, starting, or hung",
                "a proxy or load balancer accepts connections for a server that is not there",
                "the port belongs to another protocol, whose server waits for the client to speak",
            ],
            concat!("see whether ", $title, " itself is healthy and whether the port is really its own"),
            &$crate::cures::SERVER_HEALTH,
        );
        /// The server closed the connection before it answered.
        pub static CLOSED: $crate::Class = $crate::Class::healing(
            concat!($name, ".closed"),
            concat!("The server accepted the connection and closed it before answering as ", $title, "."),
            &[
                "a proxy, sidecar or load balancer accepts and has no healthy server behind it",
                "the server is starting or shutting down",
                "the server expects TLS on this port, or refuses clients from this address",
            ],
            concat!(
                "look at the log of ",
                $title,
                " and of what stands before it; check whether the port wants TLS"
            ),
            &$crate::cures::SERVER_HEALTH,
        );
        /// The server answered in another protocol.
        pub static WRONG_PROTOCOL: $crate::Class = $crate::Class::lasting(
            concat!($name, ".wrong_protocol"),
            concat!("What answers at this address does not speak the protocol of ", $title, "."),
            &[
                "the port is another service's",
                "the port expects TLS, or expects none",
                "the address is a proxy's",
            ],
            concat!("check that address and port are those of ", $title),
            &$crate::cures::ADDRESS,
        );
        /// The server answered with an error that has no class of its own.
        pub static ERROR: $crate::Class = $crate::Class::lasting(
            concat!($name, ".error"),
            concat!(
                $title,
                " answered with an error that has no class of its own; its words are in the line."
            ),
            &["see what the server says"],
            concat!("look its words up in the documentation of ", $title, ", and at the server's log"),
            &$crate::cures::SERVER_HEALTH,
        );
        /// How every server can fail to speak.
        pub static COMMON: $crate::kind::Common = $crate::kind::Common {
            timeout: &TIMEOUT,
            closed: &CLOSED,
            wrong_protocol: &WRONG_PROTOCOL,
            error: &ERROR,
        };
    };
}
pub(crate) use common_classes;
