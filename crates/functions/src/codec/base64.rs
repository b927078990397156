//! Base64 with padding, RFC 4648; line breaks are passed over when reading.

use super::Illegal;

/// Which characters stand for 62 and 63.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Alphabet {
    /// `+` and `/`
    Standard,
    /// `-` and `_`
    Url,
}

impl Alphabet {
    fn digits(self) -> &'static [u8; 64] {
        match self {
            Self::Standard => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            Self::Url => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        }
    }

    fn value(self, digit: u8) -> Option<u8> {
        match digit {
            b'A'..=b'Z' => Some(digit - b'A'),
            b'a'..=b'z' => Some(digit - b'a' + 26),
            b'0'..=b'9' => Some(digit - b'0' + 52),
            _ => {
                let digits = self.digits();
                if digit == digits[62] { Some(62) } else { (digit == digits[63]).then_some(63) }
            }
        }
    }
}

pub(crate) fn encode(alphabet: Alphabet, bytes: &[u8]) -> Vec<u8> {
    let digits = alphabet.digits();
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| chunk.get(index).copied().unwrap_or(0);
        let sextets = [at(0) >> 2, (at(0) & 3) << 4 | at(1) >> 4, (at(1) & 15) << 2 | at(2) >> 6, at(2) & 63];
        let used = chunk.len() + 1;
        out.extend(sextets.iter().take(used).map(|sextet| digits[usize::from(*sextet)]));
        out.extend(std::iter::repeat_n(b'=', 4 - used));
    }
    out
}

/// # Errors
/// The first byte that does not belong, or the start of a last group that is cut short.
pub(crate) fn decode(alphabet: Alphabet, text: &[u8]) -> Result<Vec<u8>, Illegal> {
    let illegal = |position| Illegal { encoding: "base64", position };
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut input = text.iter().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n')).peekable();
    while input.peek().is_some() {
        let (mut group, mut digits) = ([0u8; 4], 0);
        while digits < 4 {
            // Go points at the end of what it has read, less the digits of the group at hand.
            let Some((at, byte)) = input.next() else { return Err(illegal(text.len() - digits)) };
            if let Some(value) = alphabet.value(*byte) {
                group[digits] = value;
                digits += 1;
                continue;
            }
            if *byte != b'=' || digits < 2 {
                return Err(illegal(at));
            }
            if digits == 2 && !matches!(input.next(), Some((_, b'='))) {
                return Err(illegal(missing_padding(text, at)));
            }
            if let Some((surplus, _)) = input.next() {
                return Err(illegal(surplus));
            }
            break;
        }
        let [first, second, third, fourth] = group;
        let bytes = [first << 2 | second >> 4, second << 4 | third >> 2, third << 6 | fourth];
        out.extend_from_slice(&bytes[..digits - 1]);
    }
    Ok(out)
}

/// Where a second `=` should stand after the one at `at`: the byte found there, or the end.
fn missing_padding(text: &[u8], at: usize) -> usize {
    let next = text[at + 1..].iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
    next.map_or(text.len(), |_| at)
}
