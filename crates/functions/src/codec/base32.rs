//! Base32 with padding, RFC 4648; line breaks are passed over when reading.

use super::Illegal;

const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub(crate) fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut group = [0u8; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(group);
        let used = (chunk.len() * 8).div_ceil(5);
        out.extend(
            (0..used).map(|index| DIGITS[usize::try_from(bits >> (35 - 5 * index) & 31).unwrap_or(0)]),
        );
        out.extend(std::iter::repeat_n(b'=', 8 - used));
    }
    out
}

/// # Errors
/// The first byte that does not belong, or the end of a text that is cut short.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, Illegal> {
    let illegal = |position| Illegal { encoding: "base32", position };
    let text: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5);
    for (number, group) in text.chunks(8).enumerate() {
        let start = number * 8;
        let (mut bits, mut digits) = (0u64, 0);
        for (index, byte) in group.iter().enumerate() {
            if *byte == b'=' && digits >= 2 {
                break;
            }
            let value =
                DIGITS.iter().position(|digit| digit == byte).ok_or_else(|| illegal(start + index))?;
            bits = bits << 5 | value as u64;
            digits += 1;
        }
        check_padding(group, digits).map_err(|position| illegal(start + position))?;
        if digits < 8 && start + 8 < text.len() {
            return Err(illegal(start + 8));
        }
        let bytes = (bits << (64 - 5 * digits)).to_be_bytes();
        out.extend_from_slice(&bytes[..digits * 5 / 8]);
    }
    Ok(out)
}

/// Whether a group of 8 ends as it must after so many digits; otherwise the position that Go names.
fn check_padding(group: &[u8], digits: usize) -> Result<(), usize> {
    let padding = &group[digits..];
    if let Some(stray) = padding.iter().position(|byte| *byte != b'=') {
        return Err(digits + stray);
    }
    if group.len() < 8 {
        // Without any padding Go names the start of the group, with some its end.
        return Err(if padding.is_empty() { 0 } else { group.len() });
    }
    // 1, 3 and 6 digits hold no whole number of bytes.
    if matches!(digits, 1 | 3 | 6) { Err(digits) } else { Ok(()) }
}
