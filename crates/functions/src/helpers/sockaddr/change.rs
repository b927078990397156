//! `math`: addresses moved by a distance, within their network or beyond it, or cut to a mask.

use preflight_gotemplate::strconv::{parse_int, parse_uint, quote};

use super::address::Address;

/// An address with one of its parts changed.
pub(super) fn change(operation: &str, value: &str, address: &Address) -> Result<Address, String> {
    let name = quote(operation.to_lowercase().as_bytes());
    let shown = quote(operation.as_bytes());
    match operation.to_lowercase().as_str() {
        "address" => {
            let distance = distance(value, address, &shown)?;
            Ok(address.with_number(address.number().wrapping_add_signed(distance)))
        }
        "network" => {
            let distance = distance(value, address, &shown)?;
            Ok(address.with_number(within_network(address, distance)))
        }
        "mask" => mask(value, address, &shown),
        _ => Err(format!("unsupported math operation: {}", if name == shown { name } else { shown })),
    }
}

fn distance(value: &str, address: &Address, operation: &str) -> Result<i128, String> {
    if !value.starts_with(['+', '-']) {
        return Err(format!("sign (+/-) is required for operation {operation}"));
    }
    let bits = if address.ip.is_ipv4() { 33 } else { 64 };
    parse_int(value, 10, bits).map(i128::from).map_err(|fault| unable(value, operation, &fault.to_string()))
}

fn unable(value: &str, operation: &str, fault: &str) -> String {
    format!("unable to convert {} to int for operation {operation}: {fault}", quote(value.as_bytes()))
}

/// Counts from the first address of the network, or with a negative distance back from behind the last.
fn within_network(address: &Address, distance: i128) -> u128 {
    let from_start = distance >= 0 && (address.ip.is_ipv4() || distance > 0);
    if from_start {
        return address.network() + (distance.unsigned_abs() & address.host_mask());
    }
    address.last() - (distance.unsigned_abs().wrapping_sub(1) & address.host_mask())
}

/// Cuts the address to so many bits; the network becomes larger if need be, never smaller.
fn mask(value: &str, address: &Address, operation: &str) -> Result<Address, String> {
    let bits = parse_uint(value, 10, 32).map_err(|fault| unable(value, operation, &fault.to_string()))?;
    let bits = u8::try_from(bits).ok().filter(|bits| *bits <= address.width()).ok_or_else(|| {
        // The original names 64 for the addresses that have 128 bits.
        let (kind, most) = if address.ip.is_ipv4() { ("ipv4", 32) } else { ("ipv6", 64) };
        format!("parameter for operation {operation} on {kind} addresses must be between 0 and {most}")
    })?;
    let cut = Address { bits, ..address.clone() };
    Ok(Address { bits: bits.min(address.bits), ..address.with_number(cut.network()) })
}
