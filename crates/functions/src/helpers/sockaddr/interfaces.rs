//! The interfaces of this machine and their addresses.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::Arc;

use if_addrs::IfAddr;

use super::address::{Address, Flags, Interface};

/// All addresses: by interface in the order of the system's numbers, IPv4 before IPv6.
pub(super) fn all() -> io::Result<Vec<Address>> {
    let route = default_interface();
    let mut known: BTreeMap<String, Arc<Interface>> = BTreeMap::new();
    let mut addresses = Vec::new();
    for found in if_addrs::get_if_addrs()? {
        let interface = known.entry(found.name.clone()).or_insert_with(|| {
            let is_default = route.as_deref() == Some(&found.name);
            Arc::new(read(&found.name, found.index.unwrap_or(0), found.is_loopback(), is_default))
        });
        let bits = match &found.addr {
            IfAddr::V4(address) => address.prefixlen,
            IfAddr::V6(address) => address.prefixlen,
        };
        addresses.push(Address { ip: found.ip(), bits, interface: Arc::clone(interface) });
    }
    addresses.sort_by_key(|address| (address.interface.index, address.ip.is_ipv6()));
    Ok(addresses)
}

/// What the kernel tells of an interface under /sys; what it does not tell is zero.
fn read(name: &str, index: u32, is_loopback: bool, is_default: bool) -> Interface {
    let file = |file: &str| {
        let text = fs::read_to_string(format!("/sys/class/net/{name}/{file}")).unwrap_or_default();
        text.trim().to_owned()
    };
    let bits = u32::from_str_radix(file("flags").trim_start_matches("0x"), 16).unwrap_or(0);
    let set = |flag: u32| bits & flag != 0;
    let hardware = file("address");
    let no_hardware = hardware.bytes().all(|byte| matches!(byte, b'0' | b':'));
    Interface {
        index: file("ifindex").parse().unwrap_or(index),
        mtu: file("mtu").parse().unwrap_or(0),
        name: name.to_owned(),
        hardware: if no_hardware { String::new() } else { hardware },
        // The numbers are those of <linux/if.h>.
        flags: Flags {
            up: set(0x1),
            broadcast: set(0x2),
            loopback: set(0x8) || is_loopback,
            point_to_point: set(0x10),
            multicast: set(0x1000),
            running: set(0x40) || (set(0x1) && matches!(file("operstate").as_str(), "up" | "unknown")),
        },
        is_default,
    }
}

/// The interface of the default route: that with the smallest metric in the kernel's table.
pub(super) fn default_interface() -> Option<String> {
    let table = fs::read_to_string("/proc/net/route").ok()?;
    let routes = table.lines().skip(1).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (name, destination, metric, mask) =
            (columns.first()?, columns.get(1)?, columns.get(6)?, columns.get(7)?);
        let is_default = *destination == "00000000" && *mask == "00000000";
        is_default.then(|| (metric.parse::<u32>().unwrap_or(u32::MAX), (*name).to_owned()))
    });
    routes.min_by_key(|(metric, _)| *metric).map(|(_, name)| name)
}
