//! What comes out different each time: random letters, numbers, identifiers.

use preflight_gotemplate::{CallError, Type, Value};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::codec::{Alphabet, encode_base64};
use crate::table::{Given as _, Table, fail};
use crate::text::runes;

/// Whether a character may come.
type Allowed = fn(u8) -> bool;

/// No more random characters are given at once.
const MOST: usize = 16 << 20;

pub(super) fn register(table: &mut Table<'_>) {
    let kinds: [(&str, Allowed); 4] = [
        ("randAlphaNum", |byte| byte.is_ascii_alphanumeric()),
        ("randAlpha", |byte| byte.is_ascii_alphabetic()),
        ("randNumeric", |byte| byte.is_ascii_digit()),
        ("randAscii", |byte| (b' '..=b'~').contains(&byte)),
    ];
    for (name, allowed) in kinds {
        table.add(name, [Type::INT], Type::String, move |_, given| {
            characters(given.int(0), allowed).map(Into::into)
        });
    }
    table.add("randBytes", [Type::INT], Type::String, |_, given| {
        let Some(count) = usize::try_from(given.int(0)).ok().filter(|count| *count <= MOST) else {
            return fail("runtime error: makeslice: len out of range");
        };
        Ok(encode_base64(Alphabet::Standard, &bytes(count)?).into())
    });
    table.add("randInt", [Type::INT, Type::INT], Type::INT, |_, given| {
        let (least, end) = (given.int(0), given.int(1));
        match u64::try_from(end.saturating_sub(least)) {
            Ok(range) if range > 0 => Ok(Value::int(least.wrapping_add_unsigned(below(range)?))),
            _ => fail("invalid argument to Intn"),
        }
    });
    table.add("shuffle", [Type::String], Type::String, |_, given| {
        let mut all: Vec<char> = runes(given.text(0)).map(|(rune, _)| rune).collect();
        for last in (1..all.len()).rev() {
            let other = usize::try_from(below(last as u64 + 1)?).unwrap_or(0);
            all.swap(last, other);
        }
        Ok(all.into_iter().collect::<String>().into())
    });
    table.add("uuidv4", [], Type::String, |_, _| uuid().map(Into::into));
}

/// Random bytes of the system.
pub(super) fn bytes(count: usize) -> Result<Vec<u8>, CallError> {
    let mut out = vec![0; count];
    SystemRandom::new().fill(&mut out).map_err(|_| CallError::new("the system gives no random bytes"))?;
    Ok(out)
}

/// A random number below `end`, each as likely as any other.
fn below(end: u64) -> Result<u64, CallError> {
    let limit = u64::MAX - u64::MAX % end;
    loop {
        let mut number = [0; 8];
        number.copy_from_slice(&bytes(8)?);
        let number = u64::from_le_bytes(number);
        if number < limit {
            return Ok(number % end);
        }
    }
}

fn characters(count: i64, allowed: Allowed) -> Result<Vec<u8>, CallError> {
    let count = usize::try_from(count).unwrap_or(0).min(MOST);
    let set: Vec<u8> = (0..=127).filter(|byte| allowed(*byte)).collect();
    // Bytes beyond the last whole round would make some characters likelier.
    let rounds = 256 / set.len() * set.len();
    let mut out = Vec::with_capacity(count);
    while out.len() < count {
        let fresh = bytes(count - out.len())?;
        let fitting = fresh.into_iter().map(usize::from).filter(|byte| *byte < rounds);
        out.extend(fitting.map(|byte| set[byte % set.len()]));
    }
    Ok(out)
}

/// RFC 9562, version 4.
fn uuid() -> Result<String, CallError> {
    let mut random = bytes(16)?;
    random[6] = random[6] & 0x0F | 0x40;
    random[8] = random[8] & 0x3F | 0x80;
    let digits = String::from_utf8_lossy(&crate::text::hex(&random)).into_owned();
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(parts.join("-"))
}
