//! An address of an interface, and what can be asked about it.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// A network interface.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) index: u32,
    /// The largest packet in bytes.
    pub(super) mtu: u32,
    pub(super) name: String,
    /// The hardware's address, as in `02:fc:00:00:00:01`; empty if it has none.
    pub(super) hardware: String,
    pub(super) flags: Flags,
    /// The default route leads through it.
    pub(super) is_default: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the system")]
pub(super) struct Flags {
    pub(super) up: bool,
    pub(super) broadcast: bool,
    pub(super) loopback: bool,
    pub(super) point_to_point: bool,
    pub(super) multicast: bool,
    pub(super) running: bool,
}

impl Flags {
    /// The names of those that are set, between bars.
    pub(super) fn text(self) -> String {
        let names = [
            (self.up, "up"),
            (self.broadcast, "broadcast"),
            (self.loopback, "loopback"),
            (self.point_to_point, "pointtopoint"),
            (self.multicast, "multicast"),
            (self.running, "running"),
        ];
        let set: Vec<&str> = names.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
        if set.is_empty() { "0".to_owned() } else { set.join("|") }
    }
}

/// An address with the size of its network, on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) ip: IpAddr,
    /// Bits of the network, up to 32 or 128.
    pub(super) bits: u8,
    pub(super) interface: Arc<Interface>,
}

impl Address {
    /// 32 or 128.
    pub(super) fn width(&self) -> u8 {
        if self.ip.is_ipv4() { 32 } else { 128 }
    }

    pub(super) fn number(&self) -> u128 {
        match self.ip {
            IpAddr::V4(ip) => u128::from(u32::from(ip)),
            IpAddr::V6(ip) => u128::from(ip),
        }
    }

    /// Another address of the same kind and network size.
    pub(super) fn with_number(&self, number: u128) -> Self {
        let ip = match self.ip {
            IpAddr::V4(_) => {
                IpAddr::V4(Ipv4Addr::from(u32::try_from(number & u128::from(u32::MAX)).unwrap_or(0)))
            }
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(number)),
        };
        Self { ip, ..self.clone() }
    }

    /// All bits of the host set.
    pub(super) fn host_mask(&self) -> u128 {
        let host_bits = u32::from(self.width() - self.bits.min(self.width()));
        1u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1)
    }

    pub(super) fn network(&self) -> u128 {
        self.number() & !self.host_mask()
    }

    /// The last address of the network.
    pub(super) fn last(&self) -> u128 {
        self.network() | self.host_mask()
    }

    /// Whether another's network is within this one's.
    pub(super) fn contains(&self, other: &Self) -> bool {
        self.ip.is_ipv4() == other.ip.is_ipv4()
            && self.network() <= other.network()
            && self.last() >= other.last()
    }

    /// `10.0.0.1/8`, or without the size if the network is the address alone.
    pub(super) fn text(&self) -> String {
        if self.bits == self.width() { self.ip.to_string() } else { format!("{}/{}", self.ip, self.bits) }
    }

    pub(super) fn kind(&self) -> &'static str {
        if self.ip.is_ipv4() { "IPv4" } else { "IPv6" }
    }

    /// A property by its name.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let shown = |number: u128| self.with_number(number).ip.to_string();
        // Very small networks have no addresses to spare.
        let spare = u128::from(self.ip.is_ipv4() && self.bits < 31);
        Some(match name {
            "flags" => self.interface.flags.text(),
            "name" => self.interface.name.clone(),
            "host" | "address" => self.ip.to_string(),
            "port" => "0".to_owned(),
            "netmask" => shown(!self.host_mask()),
            "network" => shown(self.network()),
            "mask_bits" => self.bits.to_string(),
            "binary" if self.ip.is_ipv4() => format!("{:032b}", self.number()),
            "binary" => format!("{:0128b}", self.number()),
            "hex" if self.ip.is_ipv4() => format!("{:08x}", self.number()),
            "hex" => format!("{:032x}", self.number()),
            "first_usable" => shown(self.network() + spare),
            "last_usable" => shown(self.last() - spare),
            "octets" => self.octets().iter().map(u8::to_string).collect::<Vec<_>>().join(" "),
            "size" => match self.host_mask().checked_add(1) {
                Some(size) => size.to_string(),
                None => "340282366920938463463374607431768211456".to_owned(),
            },
            "broadcast" if self.ip.is_ipv4() => shown(self.last()),
            "uint32" if self.ip.is_ipv4() => self.number().to_string(),
            "uint128" if self.ip.is_ipv6() => self.number().to_string(),
            "string" => self.text(),
            "type" => self.kind().to_owned(),
            _ => return None,
        })
    }

    fn octets(&self) -> Vec<u8> {
        match self.ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        }
    }

    /// What is printed of it: the address, then all about the interface.
    pub(super) fn describe(&self) -> String {
        let Interface { index, mtu, name, hardware, flags, .. } = &*self.interface;
        format!("{} {{{index} {mtu} {name} {hardware} {}}}", self.text(), flags.text())
    }

    /// The order of addresses of one kind; others are left where they are.
    pub(super) fn order_of_addresses(&self, other: &Self) -> Ordering {
        if self.ip.is_ipv4() == other.ip.is_ipv4() {
            self.number().cmp(&other.number())
        } else {
            Ordering::Equal
        }
    }
}

/// An address or network out of its text; without a size it is the address alone.
pub(super) fn parse(text: &str) -> Option<Address> {
    let (ip, bits) = match text.split_once('/') {
        Some((ip, bits)) => (ip, Some(bits.parse().ok()?)),
        None => (text, None),
    };
    let ip: IpAddr = ip.parse().ok()?;
    let address = Address { ip, bits: 0, interface: Arc::default() };
    let bits = bits.unwrap_or(address.width());
    (bits <= address.width()).then_some(Address { bits, ..address })
}
