//! The environment of this process, and the addresses of hosts.

use preflight_gotemplate::{CallError, Type};

use crate::surroundings::Surroundings;
use crate::table::{Given as _, Table};

pub(super) fn register(table: &mut Table<'_>) {
    let find = table.find;
    table.add("env", [Type::String], Type::String, move |call, given| {
        Ok(find(call)?.process_variable(given.text(0)).unwrap_or_default().into())
    });
    table.add("expandenv", [Type::String], Type::String, move |call, given| {
        Ok(expand(given.text(0), find(call)?).into())
    });
    table.add("getHostByName", [Type::String], Type::String, move |call, given| {
        let addresses = find(call)?.addresses(&String::from_utf8_lossy(given.text(0)));
        // Go picks one of them by chance; the first one is the one that the resolver prefers.
        let first = addresses.first().ok_or_else(|| CallError::new("invalid argument to Intn"))?;
        Ok(first.to_string().into())
    });
}

/// A text with `$name` and `${name}` replaced, as `os.ExpandEnv` does.
fn expand(text: &[u8], surroundings: &dyn Surroundings) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'$').filter(|at| at + 1 < rest.len()) {
        out.extend_from_slice(&rest[..at]);
        let (name, length) = name(&rest[at + 1..]);
        match (name.is_empty(), length) {
            // Bad syntax eats what it could read of a name.
            (true, 1..) => {}
            (true, 0) => out.push(b'$'),
            _ => out.extend_from_slice(&surroundings.process_variable(name).unwrap_or_default()),
        }
        rest = &rest[at + 1 + length..];
    }
    out.extend_from_slice(rest);
    out
}

/// The name behind a `$`, and how many bytes it takes.
fn name(text: &[u8]) -> (&[u8], usize) {
    let special = |byte: u8| byte.is_ascii_digit() || b"*#$@!?-".contains(&byte);
    match text[0] {
        b'{' if text.len() > 2 && special(text[1]) && text[2] == b'}' => (&text[1..2], 3),
        b'{' => match text.iter().position(|byte| *byte == b'}') {
            Some(1) => (b"", 2),
            Some(end) => (&text[1..end], end + 1),
            None => (b"", 1),
        },
        first if special(first) => (&text[..1], 1),
        _ => {
            let length =
                text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            (&text[..length], length)
        }
    }
}
