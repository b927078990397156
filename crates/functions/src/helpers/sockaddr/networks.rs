//! The networks that RFCs set apart, by the number of the RFC, as go-sockaddr counts them.

use super::address::{Address, parse};

/// Networks that routers do not forward.
const NOT_FORWARDED: &[&str] = &[
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::1/128",
    "::/128",
    "::ffff:0:0/96",
    "2001:db8::/32",
    "2001:10::/28",
    "fe80::/10",
];
/// The special purposes of RFC 6890, which is what "private" means here.
const SPECIAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::1/128",
    "::/128",
    "64:ff9b::/96",
    "::ffff:0:0/96",
    "100::/64",
    "2001::/16",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
];

/// The networks of an RFC; none if it is not known.
fn networks(rfc: u64) -> Option<&'static [&'static str]> {
    Some(match rfc {
        919 => &["255.255.255.255/32"],
        1112 | 3171 => &["224.0.0.0/4"],
        1122 => &["0.0.0.0/8", "127.0.0.0/8"],
        1918 => &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        2544 => &["198.18.0.0/15"],
        2765 | 4038 => &["::ffff:0:0/96"],
        2928 => &["2001::/16"],
        3056 => &["2002::/16"],
        3068 => &["192.88.99.0/24", "2002:c058:6301::/120"],
        3330 => &[
            "0.0.0.0/8",
            "10.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ],
        3849 => &["2001:db8::/32"],
        3927 => &["169.254.0.0/16"],
        4193 => &["fc00::/7"],
        4291 => &["::/128", "::1/128", "::/96", "::ffff:0:0/96", "fe80::/10", "fec0::/10", "ff00::/8"],
        4380 => &["2001::/32"],
        4773 => &["2001::/23"],
        4843 => &["2001:10::/28"],
        5180 => &["2001:200::/48"],
        5735 => &["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"],
        5737 => &["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"],
        6052 => &["64:ff9b::/96"],
        6333 | 7335 => &["192.0.0.0/29"],
        6598 => &["100.64.0.0/10"],
        6666 => &["100::/64"],
        6890 => SPECIAL,
        // The number that stands for what is not forwarded.
        4_294_967_295 => NOT_FORWARDED,
        _ => return None,
    })
}

/// Whether an address is in one of an RFC's networks; `None` if the RFC is not known.
pub(super) fn is_in(rfc: u64, address: &Address) -> Option<bool> {
    Some(holds(networks(rfc)?, address))
}

pub(super) fn is_forwardable(address: &Address) -> bool {
    !holds(NOT_FORWARDED, address)
}

pub(super) fn is_private(address: &Address) -> bool {
    holds(SPECIAL, address)
}

fn holds(networks: &[&str], address: &Address) -> bool {
    networks.iter().filter_map(|network| parse(network)).any(|network| network.contains(address))
}
