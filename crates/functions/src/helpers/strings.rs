//! Case, trimming, splitting, joining, indenting.

use preflight_gotemplate::{Type, Value};

use super::title::title;
use crate::table::{Given as _, Table, fail};
use crate::text;

pub(super) fn register(table: &mut Table<'_>) {
    table.text("toLower", text::lower);
    table.text("toUpper", text::upper);
    table.text("toTitle", title);
    table.text("trimSpace", |text| text::trim_space(text).to_vec());
    table.add("trim", [Type::String, Type::String], Type::String, |_, given| {
        Ok(text::trim(given.text(1), given.text(0)).into())
    });
    table.add("trimPrefix", [Type::String, Type::String], Type::String, |_, given| {
        let text = given.text(1);
        Ok(text.strip_prefix(given.text(0)).unwrap_or(text).into())
    });
    table.add("trimSuffix", [Type::String, Type::String], Type::String, |_, given| {
        let text = given.text(1);
        Ok(text.strip_suffix(given.text(0)).unwrap_or(text).into())
    });
    table.add("replaceAll", [Type::String, Type::String, Type::String], Type::String, |_, given| {
        Ok(text::replace_all(given.text(2), given.text(0), given.text(1)).into())
    });
    table.add("join", [Type::String, Type::string_slice()], Type::String, |_, given| {
        let items = given.list(1).map(|list| list.to_vec()).unwrap_or_default();
        let items: Vec<&[u8]> = items.iter().map(|item| item.as_bytes().unwrap_or_default()).collect();
        Ok(items.join(given.text(0)).into())
    });
    table.add("indent", [Type::INT, Type::String], Type::String, |_, given| {
        match usize::try_from(given.int(0)) {
            Ok(spaces)
                if spaces.saturating_mul(1 + text::split(given.text(1), b"\n").len()) > text::LONGEST =>
            {
                fail(format!("indented by {spaces} spaces, the text is longer than {} bytes", text::LONGEST))
            }
            Ok(spaces) => Ok(indent(spaces, given.text(1)).into()),
            Err(_) => fail("indent value must be a positive integer"),
        }
    });
    register_splitting(table);
}

fn register_splitting(table: &mut Table<'_>) {
    table.add("split", [Type::String, Type::String], Type::string_slice(), |_, given| {
        let text = text::trim_space(given.text(1));
        let pieces = if text.is_empty() { Vec::new() } else { text::split(text, given.text(0)) };
        Ok(Value::strings(pieces))
    });
    table.add("splitToMap", [Type::String, Type::String, Type::String], Type::string_map(), |_, given| {
        let (between, within) = (given.text(0), given.text(1));
        let text = text::trim_space(given.text(2));
        let pieces = if text.is_empty() { Vec::new() } else { text::split(text, between) };
        let pairs = pieces.into_iter().filter_map(|piece| {
            let at = text::find(piece, within)?;
            Some((&piece[..at], &piece[at + within.len()..]))
        });
        Ok(Value::string_map(pairs))
    });
}

/// Puts spaces before each line that is not empty.
fn indent(spaces: usize, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + spaces);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line != b"\n" {
            out.resize(out.len() + spaces, b' ');
        }
        out.extend_from_slice(line);
    }
    out
}
