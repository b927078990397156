//! Classes of the DNS layer.

use crate::{Class, cures};

/// The name does not exist.
pub static NXDOMAIN: Class = Class::healing(
    "dns.nxdomain",
    "The name server says that the name does not exist.",
    &["a typing error", "the wrong network, VPC, namespace or private zone", "the record is not there yet"],
    "check the spelling and that this network can see the name's zone",
    &cures::NAME,
);
/// The name exists without an address.
pub static NO_ADDRESS: Class = Class::healing(
    "dns.no_address",
    "The name exists but has neither an IPv4 nor an IPv6 address.",
    &[
        "a headless service without ready pods",
        "the record is of another type",
        "a record for one family only",
    ],
    "check that something healthy stands behind the name",
    &cures::NAME,
);
/// No name server answered.
pub static TIMEOUT: Class = Class::healing(
    "dns.timeout",
    "No name server answered in time.",
    &[
        "UDP and TCP port 53 are blocked",
        "the name server is down or overloaded",
        "a wrong server in /etc/resolv.conf",
    ],
    "check that the name servers in the line can be reached on port 53",
    &cures::NAME,
);
/// No name server can be reached.
pub static UNREACHABLE: Class = Class::healing(
    "dns.unreachable",
    "No name server can be reached: the question could not be sent, or was turned away.",
    &["the network is not up yet", "nothing listens on port 53 of that server"],
    "check /etc/resolv.conf and that the container has a network",
    &cures::NAME,
);
/// The name server failed.
pub static SERVFAIL: Class = Class::healing(
    "dns.servfail",
    "The name server could not find out: its own upstream failed.",
    &["the upstream resolver is down", "DNSSEC validation failed", "a broken delegation of the zone"],
    "ask the name server of the line directly and look at its log",
    &cures::NAME,
);
/// The name server refuses.
pub static REFUSED: Class = Class::healing(
    "dns.refused",
    "The name server refuses to answer this client or for this zone.",
    &["the server serves only some networks or zones", "the wrong server in /etc/resolv.conf"],
    "use a name server that serves this network",
    &cures::NAME,
);
/// No name server is known.
pub static NO_NAME_SERVER: Class = Class::lasting(
    "dns.no_name_server",
    "There is no usable /etc/resolv.conf, so names cannot be resolved at all.",
    &["the container has no network", "an empty or damaged /etc/resolv.conf"],
    "give the container a network with name servers, or use IP addresses",
    &cures::NAME,
);
/// The name is not a name.
pub static BAD_NAME: Class = Class::lasting(
    "dns.bad_name",
    "What should be a host name cannot be one.",
    &["a URL where a host name belongs", "an unresolved placeholder", "white space in the value"],
    "give a host name or an IP address, without scheme or path",
    &cures::VALUE,
);
/// Another error of name resolution.
pub static ERROR: Class = Class::healing(
    "dns.error",
    "Name resolution failed with an answer that has no class of its own.",
    &["see the words in the line"],
    "ask the name server of the line directly",
    &cures::NAME,
);

/// All of them.
pub static CLASSES: &[&Class] = &[
    &NXDOMAIN,
    &NO_ADDRESS,
    &TIMEOUT,
    &UNREACHABLE,
    &SERVFAIL,
    &REFUSED,
    &NO_NAME_SERVER,
    &BAD_NAME,
    &ERROR,
];
