//! Plain TCP, and the classes of the TCP layer of every other kind.

use preflight_contract::Attribute;

use crate::kind::Address;
use crate::{Class, Kind, cures};

/// Plain TCP.
pub static KIND: Kind = Kind {
    name: "tcp",
    title: "TCP",
    aliases: &["host"],
    default_port: None,
    address: Address::Required,
    attributes: &[Attribute::Address, Attribute::Port, Attribute::Timeout],
    proves: "A connection to every address of the name is accepted; nothing is sent.",
    classes: CLASSES,
    common: None,
};

/// Nothing listens.
pub static REFUSED: Class = Class::healing(
    "tcp.refused",
    "The machine answers, but nothing listens on that port.",
    &["the server is not running yet, or has died", "the wrong port", "it listens on another interface only"],
    "check that the server runs and listens on that port and interface",
    &cures::ADDRESS,
);
/// Packets get no answer.
pub static TIMEOUT: Class = Class::healing(
    "tcp.timeout",
    "Nothing answered the connection attempt: packets are dropped on the way or the machine is gone.",
    &[
        "a security group, firewall or NetworkPolicy drops them",
        "the machine is down",
        "no route in one direction",
    ],
    "check the firewall rules between here and there, in both directions",
    &cures::ROUTE,
);
/// No way there.
pub static UNREACHABLE: Class = Class::healing(
    "tcp.unreachable",
    "There is no route to that address from here.",
    &["the wrong network or subnet", "a missing route or gateway", "an IPv6 address without IPv6"],
    "check the address, and the route from this container's network to it",
    &cures::ROUTE,
);
/// The connection was reset.
pub static RESET: Class = Class::healing(
    "tcp.reset",
    "The connection was reset while it was being made.",
    &["a firewall that rejects with a reset", "the server's backlog is full"],
    "check what stands between here and the server",
    &cures::ROUTE,
);
/// The system forbids it.
pub static DENIED: Class = Class::lasting(
    "tcp.denied",
    "The container's own system forbids the connection.",
    &["a local firewall rule", "a seccomp, SELinux or AppArmor profile", "a broadcast address"],
    "look at the container's security profile and the host's firewall",
    &cures::CONTAINER,
);
/// This side has no room for another connection.
pub static NO_LOCAL_RESOURCE: Class = Class::healing(
    "tcp.no_local_resource",
    "This container has no free file descriptor, port or memory for another connection.",
    &["the limit of open files is low", "all ephemeral ports are in use"],
    "raise the limit of open files (`ulimits`), or look for what leaks connections",
    &cures::CONTAINER,
);
/// One of several addresses is dead.
pub static ADDRESS_DEAD: Class = Class::healing(
    "tcp.address_dead",
    "A name has several addresses, and one of them does not accept connections; some of the service's connections will fail.",
    &[
        "one node of a cluster is down",
        "a stale DNS record",
        "a firewall rule that knows only some of the addresses",
    ],
    "take the address out of DNS or bring its server back",
    &cures::ROUTE,
);

/// All of them.
pub static CLASSES: &[&Class] =
    &[&REFUSED, &TIMEOUT, &UNREACHABLE, &RESET, &DENIED, &NO_LOCAL_RESOURCE, &ADDRESS_DEAD];
