//! The system's clock, compared with an NTP server's. Protocol: RFC 5905, as far as simple clients need it (section 14).

use crate::kind::Address;
use crate::{Class, Kind, cures};

/// The clock.
pub static KIND: Kind = Kind {
    name: "clock",
    title: "Clock",
    aliases: &["ntp"],
    default_port: Some(123),
    address: Address::None,
    attributes: &[],
    proves: "The clock differs from that of the named NTP server by no more than `max_offset` (1s when it is not given).",
    classes: &[&OFFSET, &UNSYNCHRONIZED, &NO_ANSWER, &REFUSED, &WRONG_PROTOCOL],
    common: None,
};

/// The clock is off.
pub static OFFSET: Class = Class::healing(
    "clock.offset",
    "The clock differs from the server's by more than is allowed. Certificates, tokens and AWS signatures fail with it.",
    &["the host's clock is not synchronised", "a virtual machine that was paused or moved"],
    "synchronise the host's clock (chrony; on AWS with 169.254.169.123): a container cannot set it",
    &cures::SERVER_HEALTH,
);
/// The server has no time itself.
pub static UNSYNCHRONIZED: Class = Class::healing(
    "clock.unsynchronized",
    "The NTP server answers, but is not synchronised itself.",
    &["it was just started", "it has lost its own servers"],
    "wait, or name another server",
    &cures::SERVER_HEALTH,
);
/// No answer.
pub static NO_ANSWER: Class = Class::healing(
    "clock.no_answer",
    "The NTP server does not answer.",
    &[
        "UDP port 123 is closed by a firewall or security group",
        "nothing listens there",
        "a request or its answer got lost",
    ],
    "open UDP port 123 towards the server, or name another one",
    &cures::ROUTE,
);
/// A kiss of death.
pub static REFUSED: Class = Class::lasting(
    "clock.refused",
    "The NTP server answers that it does not serve this client (a kiss-o'-death, RFC 5905, section 7.4).",
    &["it is asked too often (RATE)", "its access list (DENY, RSTR)"],
    "name a server that serves this network",
    &cures::SERVER_SIDE,
);
/// Something else.
pub static WRONG_PROTOCOL: Class = Class::lasting(
    "clock.wrong_protocol",
    "What answers there does not speak NTP.",
    &["the port is another service's"],
    "check server and port",
    &cures::ADDRESS,
);
