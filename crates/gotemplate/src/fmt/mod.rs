//! Go's `fmt`: `Sprintf`, `Sprint` and `Sprintln` over [`Value`]s, every verb, flag and error text.
//!
//! The language of formats is that of <https://pkg.go.dev/fmt>. Two things Go does not survive are cut off here: a map
//! that holds itself prints `%!v(CYCLE)` where it comes again, and what is nested deeper than 10,000 levels prints
//! `%!v(TOO DEEP)`.

mod directive;
mod float;
mod number;
mod printer;
mod spec;
mod text;

use crate::value::Value;
use directive::Formatter;
use printer::Printer;
use spec::Spec;

/// The arguments as the format says. Wrong formats are told in the result, as `%!d(string=hi)`; nothing fails.
pub fn sprintf(format: impl AsRef<[u8]>, arguments: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    append_sprintf(&mut out, format.as_ref(), arguments);
    out
}

/// The arguments in their plain form, with a space between two that are both no strings.
pub fn sprint(arguments: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    append_sprint(&mut out, arguments);
    out
}

/// The arguments in their plain form, with a space between any two and a line feed at the end.
pub fn sprintln(arguments: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    append_sprintln(&mut out, arguments);
    out
}

/// Appends what [`sprintf`] returns.
pub fn append_sprintf(out: &mut Vec<u8>, format: &[u8], arguments: &[Value]) {
    append_formatted(out, format, arguments);
}

/// Appends what [`sprint`] returns.
pub fn append_sprint(out: &mut Vec<u8>, arguments: &[Value]) {
    append_printed(out, arguments);
}

/// Appends what [`sprintln`] returns.
pub fn append_sprintln(out: &mut Vec<u8>, arguments: &[Value]) {
    append_printed_line(out, arguments);
}

/// Appends one value in its plain form, `%v`.
pub fn append_plain(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(text) => out.extend_from_slice(text),
        _ => Printer::new(out).argument(Spec::default(), value, 'v'),
    }
}

/// What carries a value to be printed, so that nobody has to gather values for it.
pub(crate) trait Argument {
    /// The value.
    fn value(&self) -> &Value;
}

impl Argument for Value {
    fn value(&self) -> &Value {
        self
    }
}

pub(crate) fn append_formatted<A: Argument>(out: &mut Vec<u8>, format: &[u8], arguments: &[A]) {
    Formatter::new(out, format, arguments).run();
}

pub(crate) fn append_printed<A: Argument>(out: &mut Vec<u8>, arguments: &[A]) {
    let mut after_string = false;
    for (index, argument) in arguments.iter().map(Argument::value).enumerate() {
        let is_string = argument.as_bytes().is_some();
        if index > 0 && !is_string && !after_string {
            out.push(b' ');
        }
        append_plain(out, argument);
        after_string = is_string;
    }
}

pub(crate) fn append_printed_line<A: Argument>(out: &mut Vec<u8>, arguments: &[A]) {
    for (index, argument) in arguments.iter().map(Argument::value).enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        append_plain(out, argument);
    }
    out.push(b'\n');
}
