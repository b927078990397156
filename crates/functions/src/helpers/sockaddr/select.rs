//! Choosing among addresses: `include`, `exclude`, `sort`, `unique`.

use std::cmp::Ordering;
use std::net::IpAddr;

use preflight_gotemplate::strconv::{parse_uint, quote, quote_to_ascii};

use super::address::{Address, parse};
use super::networks;
use crate::regex::compile;

/// Addresses that fit and the others.
pub(super) type Chosen = (Vec<Address>, Vec<Address>);

/// Divides addresses by a selector such as `type` and its parameter. Several parameters stand between bars; an address
/// is listed once for each that it fits, or does not fit.
pub(super) fn choose(selector: &str, parameter: &str, all: &[Address], verb: &str) -> Result<Chosen, String> {
    match selector.to_lowercase().as_str() {
        "address" => by_pattern("address", parameter, all, Address::text),
        "name" => by_pattern("name", parameter, all, |address| address.interface.name.clone()),
        "port" => by_pattern("port", parameter, all, |_| "0".to_owned()),
        "flag" | "flags" => by_flags(parameter, all),
        "network" => each(parameter, all, |network| {
            let known = parse(network).ok_or_else(|| {
                format!("unable to create an IP address from {}: Unable to convert {network} to an IPv4 or IPv6 address", quote_to_ascii(network.as_bytes()))
            })?;
            Ok(Box::new(move |address: &Address| known.contains(address)))
        }),
        "rfc" | "rfcs" => each(parameter, all, by_rfc),
        "size" => by_size(parameter, all),
        "type" => by_type(parameter, all),
        _ => Err(format!("invalid {verb} selector {}", quote(selector.as_bytes()))),
    }
}

type Test = Box<dyn Fn(&Address) -> bool>;

fn each(
    parameters: &str,
    all: &[Address],
    test: impl Fn(&str) -> Result<Test, String>,
) -> Result<Chosen, String> {
    let mut chosen = Chosen::default();
    for parameter in parameters.split('|') {
        let fits = test(parameter)?;
        let (fitting, others): Chosen = all.iter().cloned().partition(|address| fits(address));
        chosen.0.extend(fitting);
        chosen.1.extend(others);
    }
    Ok(chosen)
}

fn by_pattern(
    what: &str,
    pattern: &str,
    all: &[Address],
    text: impl Fn(&Address) -> String,
) -> Result<Chosen, String> {
    let compiled = compile(pattern.as_bytes()).map_err(|fault| {
        format!("Unable to compile {what} regexp {}: {fault}", quote_to_ascii(pattern.as_bytes()))
    })?;
    Ok(all.iter().cloned().partition(|address| compiled.is_match(text(address).as_bytes())))
}

fn by_rfc(parameter: &str) -> Result<Test, String> {
    let shown = quote(parameter.as_bytes());
    let looked_up = |fault: String| format!("unable to lookup RFC number {shown}: {fault}");
    let number = parse_uint(parameter, 10, 64)
        .map_err(|fault| looked_up(format!("unable to parse RFC number {shown}: {fault}")))?;
    let probe = parse("0.0.0.0").and_then(|probe| networks::is_in(number, &probe));
    probe.ok_or_else(|| looked_up(format!("unsupported RFC {number}")))?;
    Ok(Box::new(move |address| networks::is_in(number, address).unwrap_or(false)))
}

fn by_size(parameter: &str, all: &[Address]) -> Result<Chosen, String> {
    let size = parse_uint(parameter, 10, 64).map_err(|fault| {
        format!("invalid exclude size argument ({}): {fault}", quote(parameter.as_bytes()))
    })?;
    if let Some(address) = all.iter().find(|address| size > u64::from(address.width())) {
        return Err(format!("mask size out of bounds for {} address: {size}", address.kind()));
    }
    Ok(all.iter().cloned().partition(|address| u64::from(address.bits) == size))
}

fn by_type(parameter: &str, all: &[Address]) -> Result<Chosen, String> {
    let lower = parameter.to_lowercase();
    let mut chosen = Chosen::default();
    for address in all {
        for kind in lower.split('|') {
            let fits = match kind {
                "ip" => true,
                "ipv4" => address.ip.is_ipv4(),
                "ipv6" => address.ip.is_ipv6(),
                "unix" => false,
                _ => {
                    let (kind, whole) = (quote(kind.as_bytes()), quote(parameter.as_bytes()));
                    return Err(format!("unsupported type {kind} {whole}"));
                }
            };
            if fits { &mut chosen.0 } else { &mut chosen.1 }.push(address.clone());
        }
    }
    Ok(chosen)
}

/// Flags of the interface, all of which must be set, or properties of the address, of which one is enough.
fn by_flags(parameter: &str, all: &[Address]) -> Result<Chosen, String> {
    let mut interface_tests: Vec<fn(&Address) -> bool> = Vec::new();
    let mut address_tests: Vec<fn(&Address) -> bool> = Vec::new();
    let mut checks_interface = false;
    for flag in parameter.to_lowercase().split('|') {
        let interface: Option<fn(&Address) -> bool> = match flag {
            "broadcast" => Some(|address| address.interface.flags.broadcast),
            // To ask for what is down asks for nothing, as it does in the original.
            "down" => Some(|_| true),
            "loopback" => Some(|address| address.interface.flags.loopback),
            "multicast" => Some(|address| address.interface.flags.multicast),
            "point-to-point" => Some(|address| address.interface.flags.point_to_point),
            "up" => Some(|address| address.interface.flags.up),
            _ => None,
        };
        let property: Option<fn(&Address) -> bool> = match flag {
            "forwardable" => Some(networks::is_forwardable),
            "global unicast" => Some(|address| is_global_unicast(address.ip)),
            "interface-local multicast" => Some(|address| multicast_scope(address.ip) == Some(1)),
            "link-local multicast" => Some(|address| is_link_local_multicast(address.ip)),
            "link-local unicast" => Some(|address| is_link_local(address.ip)),
            "loopback" => Some(|address| address.ip.is_loopback()),
            "multicast" => Some(|address| address.ip.is_multicast()),
            "unspecified" => Some(|address| address.ip.is_unspecified()),
            _ => None,
        };
        if interface.is_none() && property.is_none() {
            return Err(format!("Unknown interface flag: {}", quote_to_ascii(flag.as_bytes())));
        }
        checks_interface |= interface.is_some();
        interface_tests.extend(interface);
        address_tests.extend(property);
    }
    Ok(all.iter().cloned().partition(|address| {
        let interface_fits = checks_interface && interface_tests.iter().all(|test| test(address));
        interface_fits || address_tests.iter().any(|test| test(address))
    }))
}

fn multicast_scope(ip: IpAddr) -> Option<u8> {
    match ip {
        IpAddr::V6(ip) if ip.is_multicast() => Some(ip.octets()[1] & 0x0F),
        _ => None,
    }
}

fn is_link_local_multicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.octets()[..3] == [224, 0, 0],
        IpAddr::V6(_) => multicast_scope(ip) == Some(2),
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

fn is_global_unicast(ip: IpAddr) -> bool {
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !(is_broadcast || ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || is_link_local(ip))
}

/// Which of two addresses comes first.
type Order = fn(&Address, &Address) -> Ordering;

/// Sorts by clauses between commas, each with `-` for the other way round; equal ones stay as they were.
pub(super) fn sort(clauses: &str, all: &[Address]) -> Result<Vec<Address>, String> {
    let mut orders: Vec<(Order, bool)> = Vec::new();
    for clause in clauses.split(',') {
        let name = clause.trim().to_lowercase();
        let order: Order = match name.trim_start_matches(['+', '-']) {
            "address" => Address::order_of_addresses,
            "default" => |one, other| other.interface.is_default.cmp(&one.interface.is_default),
            "name" => |one, other| one.interface.name.cmp(&other.interface.name),
            "port" => |_, _| Ordering::Equal,
            "private" => |one, other| networks::is_private(other).cmp(&networks::is_private(one)),
            "size" => |one, other| {
                if one.width() == other.width() { one.bits.cmp(&other.bits) } else { Ordering::Equal }
            },
            "type" => |one, other| one.width().cmp(&other.width()),
            _ => return Err(format!("unknown sort type: {}", quote(clause.as_bytes()))),
        };
        orders.push((order, name.starts_with('-')));
    }
    let mut sorted = all.to_vec();
    sorted.sort_by(|one, other| {
        let decided = orders.iter().map(|(order, reversed)| {
            let order = order(one, other);
            if *reversed { order.reverse() } else { order }
        });
        decided.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    Ok(sorted)
}

/// Leaves out each address whose property is that of the one before.
pub(super) fn unique(selector: &str, all: &[Address]) -> Result<Vec<Address>, String> {
    let property: fn(&Address) -> String = match selector.to_lowercase().as_str() {
        "address" => Address::text,
        "name" => |address| address.interface.name.clone(),
        _ => return Err(format!("unsupported unique constraint {}", quote_to_ascii(selector.as_bytes()))),
    };
    let mut kept = all.to_vec();
    kept.dedup_by(|next, before| property(next) == property(before));
    Ok(kept)
}
