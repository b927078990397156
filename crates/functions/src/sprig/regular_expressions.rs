//! Regular expressions under sprig's names. Those without `must` fail with the text of Go's `MustCompile`.

use std::sync::Arc;

use preflight_gotemplate::{CallError, Type, Value};

use super::lists::both;
use crate::regex::{Pattern, compile, quote_meta};
use crate::table::{Given as _, Table};

/// What a function makes of a pattern and its arguments.
type Use = fn(&Pattern, &[Value]) -> Value;

pub(super) fn register(table: &mut Table<'_>) {
    table.add("regexMatch", [Type::String, Type::String], Type::Bool, |_, given| {
        Ok(compile(given.text(0)).is_ok_and(|pattern| pattern.is_match(given.text(1))).into())
    });
    table.add("mustRegexMatch", [Type::String, Type::String], Type::Bool, |_, given| {
        Ok(compile(given.text(0))?.is_match(given.text(1)).into())
    });
    let finding: Use = |pattern, given| {
        let text = given.text(1);
        Value::from(pattern.find(text).map_or(&b""[..], |range| &text[range]))
    };
    add(table, "regexFind", [Type::String, Type::String], Type::String, finding);
    let three = || [Type::String, Type::String, Type::String];
    add(table, "regexReplaceAll", three(), Type::String, |pattern, given| {
        pattern.replace_all(given.text(1), given.text(2)).into()
    });
    add(table, "regexReplaceAllLiteral", three(), Type::String, |pattern, given| {
        pattern.replace_all_literally(given.text(1), given.text(2)).into()
    });
    let counted = || [Type::String, Type::String, Type::INT];
    add(table, "regexFindAll", counted(), Type::string_slice(), |pattern, given| {
        let text = given.text(1);
        let found = pattern.find_all(text, limit(given));
        list(found.into_iter().map(|range| &text[range]).collect())
    });
    add(table, "regexSplit", counted(), Type::string_slice(), |pattern, given| match limit(given) {
        Some(0) => list(Vec::new()),
        limit => Value::strings(pattern.split(given.text(1), limit)),
    });
    table.text("regexQuoteMeta", quote_meta);
}

/// A function under both names.
fn add<const N: usize>(table: &mut Table<'_>, name: &str, parameters: [Type; N], result: Type, apply: Use) {
    let [name, must] = both(name);
    table.add(&name, parameters.clone(), result.clone(), move |_, given| {
        Ok(apply(&*expect(given.text(0))?, given))
    });
    table.add(&must, parameters, result, move |_, given| Ok(apply(&*compile(given.text(0))?, given)));
}

/// The pattern, or the fault as `regexp.MustCompile` tells it.
fn expect(pattern: &[u8]) -> Result<Arc<Pattern>, CallError> {
    compile(pattern).map_err(|fault| {
        let text = String::from_utf8_lossy(pattern);
        let shown = if text.contains('`') {
            preflight_gotemplate::strconv::quote(pattern)
        } else {
            format!("`{text}`")
        };
        CallError::new(format!("regexp: Compile({shown}): {fault}"))
    })
}

/// How many matches are wanted; a negative number means all.
fn limit(given: &[Value]) -> Option<usize> {
    usize::try_from(given.int(2)).ok()
}

/// A list of texts, nil if there are none.
fn list(texts: Vec<&[u8]>) -> Value {
    if texts.is_empty() { Value::zero(&Type::string_slice()) } else { Value::strings(texts) }
}
