//! Text: cutting, joining, quoting, encoding, hashes.

use preflight_gotemplate::strconv::quote;
use preflight_gotemplate::{CallError, Type, Value, fmt};
use ring::digest;

use super::loose::{text as text_of, texts};
use crate::codec::{Alphabet, decode_base32, decode_base64, encode_base32, encode_base64};
use crate::table::{Given as _, OfTexts, Table, fail};
use crate::text::{self, LONGEST};

/// Whether a part is in a text in some way.
type Test = fn(&[u8], &[u8]) -> bool;
/// A value in quotes.
type Quote = fn(&Value) -> Vec<u8>;

pub(super) fn register(table: &mut Table<'_>) {
    table.text("trim", |given| text::trim_space(given).to_vec());
    table.text("upper", text::upper);
    table.text("lower", text::lower);
    table.text("b64enc", |given| encode_base64(Alphabet::Standard, given));
    table.text("b32enc", encode_base32);
    // Faults become the text.
    table.text("b64dec", |given| {
        decode_base64(Alphabet::Standard, given).unwrap_or_else(|fault| fault.to_string().into_bytes())
    });
    table.text("b32dec", |given| decode_base32(given).unwrap_or_else(|fault| fault.to_string().into_bytes()));
    table.text("sha1sum", |given| {
        text::hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, given).as_ref())
    });
    table.text("sha256sum", |given| text::hex(digest::digest(&digest::SHA256, given).as_ref()));
    table.text("adler32sum", |given| adler32(given).to_string().into_bytes());
    register_cutting(table);
    register_testing(table);
    register_lists(table);
    register_printing(table);
}

/// The part that is cut off or looked for comes first, so that the text can come out of a pipe.
fn register_cutting(table: &mut Table<'_>) {
    let two = || [Type::String, Type::String];
    let cuts: [(&str, OfTexts); 3] = [
        ("trimAll", |cutset, given| text::trim(given, cutset).to_vec()),
        ("trimSuffix", |suffix, given| given.strip_suffix(suffix).unwrap_or(given).to_vec()),
        ("trimPrefix", |prefix, given| given.strip_prefix(prefix).unwrap_or(given).to_vec()),
    ];
    for (name, cut) in cuts {
        table.add(name, two(), Type::String, move |_, given| Ok(cut(given.text(0), given.text(1)).into()));
    }
    table.alias(&["trimall"], "trimAll");
    table.add("trunc", [Type::INT, Type::String], Type::String, |_, given| {
        let (length, text) = (given.int(0), given.text(1));
        let size = usize::try_from(length.unsigned_abs()).unwrap_or(usize::MAX);
        Ok(Value::from(match length {
            ..0 if size < text.len() => &text[text.len() - size..],
            0.. if size < text.len() => &text[..size],
            _ => text,
        }))
    });
    table.add("substr", [Type::INT, Type::INT, Type::String], Type::String, |_, given| {
        let (start, end, text) = (given.int(0), given.int(1), given.text(2));
        let whole = i64::try_from(text.len()).unwrap_or(i64::MAX);
        match (start, end) {
            (..0, end) => cut(text, 0, end, true),
            (start, ..0) => cut(text, start, whole, false),
            (start, end) => cut(text, start, end.min(whole), false),
        }
    });
    table.add("repeat", [Type::INT, Type::String], Type::String, |_, given| {
        repeated(given.text(1), given.int(0)).map(Into::into)
    });
    table.add("replace", [Type::String, Type::String, Type::String], Type::String, |_, given| {
        Ok(text::replace_all(given.text(2), given.text(0), given.text(1)).into())
    });
}

/// A part of a text; faults as Go tells them.
fn cut(text: &[u8], start: i64, end: i64, from_start: bool) -> Result<Value, CallError> {
    let length = text.len();
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    if let Some(part) = range.and_then(|(start, end)| text.get(start..end)) {
        return Ok(part.into());
    }
    let bounds = match (from_start, end) {
        (true, ..0) => format!("[:{end}]"),
        (true, _) => format!("[:{end}] with length {length}"),
        (false, _) => format!("[{start}:{end}]"),
    };
    fail(format!("runtime error: slice bounds out of range {bounds}"))
}

fn repeated(text: &[u8], count: i64) -> Result<Vec<u8>, CallError> {
    let Ok(count) = usize::try_from(count) else { return fail("strings: negative Repeat count") };
    match text.len().checked_mul(count) {
        Some(length) if length <= LONGEST => Ok(text.repeat(count)),
        _ => fail(format!("a text repeated {count} times is longer than {LONGEST} bytes")),
    }
}

fn register_testing(table: &mut Table<'_>) {
    let tests: [(&str, Test); 3] = [
        ("contains", |part, text| text::contains(text, part)),
        ("hasPrefix", |part, text| text.starts_with(part)),
        ("hasSuffix", |part, text| text.ends_with(part)),
    ];
    for (name, test) in tests {
        table.add(name, [Type::String, Type::String], Type::Bool, move |_, given| {
            Ok(test(given.text(0), given.text(1)).into())
        });
    }
    table.add("plural", [Type::String, Type::String, Type::INT], Type::String, |_, given| {
        Ok(given.value(if given.int(2) == 1 { 0 } else { 1 }).clone())
    });
}

fn register_lists(table: &mut Table<'_>) {
    table.add("toString", [Type::Any], Type::String, |_, given| Ok(text_of(given.value(0)).into()));
    table.add("toStrings", [Type::Any], Type::string_slice(), |_, given| {
        Ok(Value::strings(texts(given.value(0))))
    });
    table.add("join", [Type::String, Type::Any], Type::String, |_, given| {
        Ok(texts(given.value(1)).join(given.text(0)).into())
    });
    table.add("sortAlpha", [Type::Any], Type::string_slice(), |_, given| {
        let value = given.value(0).indirect();
        let mut all = if value.as_list().is_some() { texts(value) } else { vec![text_of(given.value(0))] };
        all.sort();
        Ok(Value::strings(all))
    });
    table.add("splitList", [Type::String, Type::String], Type::string_slice(), |_, given| {
        Ok(Value::strings(text::split(given.text(1), given.text(0))))
    });
    table.add("split", [Type::String, Type::String], Type::string_map(), |_, given| {
        Ok(numbered(text::split(given.text(1), given.text(0))))
    });
    table.add("splitn", [Type::String, Type::INT, Type::String], Type::string_map(), |_, given| {
        let limit = usize::try_from(given.int(1)).unwrap_or(usize::MAX);
        Ok(numbered(text::split_n(given.text(2), given.text(0), limit)))
    });
}

/// `_0`, `_1` and so on.
fn numbered(pieces: Vec<&[u8]>) -> Value {
    Value::string_map(pieces.into_iter().enumerate().map(|(index, piece)| (format!("_{index}"), piece)))
}

fn register_printing(table: &mut Table<'_>) {
    let quotes: [(&str, Quote); 2] = [
        ("quote", |value| quote(&text_of(value)).into_bytes()),
        ("squote", |value| [b"'", &fmt::sprintf("%v", std::slice::from_ref(value))[..], b"'"].concat()),
    ];
    for (name, quote) in quotes {
        table.add_variadic(name, [], Type::Any, Type::String, move |_, given| {
            Ok(not_nil(given).map(quote).collect::<Vec<_>>().join(&b' ').into())
        });
    }
    table.add_variadic("cat", [], Type::Any, Type::String, |_, given| {
        let shown = not_nil(given).map(|value| fmt::sprintf("%v", std::slice::from_ref(value)));
        Ok(shown.collect::<Vec<_>>().join(&b' ').into())
    });
    for (name, start) in [("indent", ""), ("nindent", "\n")] {
        table.add(name, [Type::INT, Type::String], Type::String, move |_, given| {
            let spaces = repeated(b" ", given.int(0))?;
            let inner = text::replace_all(given.text(1), b"\n", &[b"\n", &spaces[..]].concat());
            Ok([start.as_bytes(), &spaces, &inner].concat().into())
        });
    }
}

fn not_nil(given: &[Value]) -> impl Iterator<Item = &Value> {
    given.iter().filter(|value| !matches!(value, Value::Nil))
}

/// RFC 1950.
fn adler32(text: &[u8]) -> u32 {
    let (low, high) = text.iter().fold((1u32, 0u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}
