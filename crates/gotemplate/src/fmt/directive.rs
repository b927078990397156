//! The format string of `Sprintf`, taken apart: text, directives, argument indexes, and the errors of all of them.

use super::Argument;
use super::number::Whole;
use super::printer::Printer;
use super::spec::Spec;
use crate::strconv::decode_rune;
use crate::value::Value;

/// No width, precision or argument index is larger: Go refuses them.
const LARGEST: i64 = 1_000_000;

/// Runs a format over its arguments.
pub(super) struct Formatter<'a, A> {
    format: &'a [u8],
    position: usize,
    arguments: &'a [A],
    /// The argument that the next directive takes.
    next: usize,
    /// An index was used somewhere: left-over arguments are no fault then.
    reordered: bool,
    /// The directive at hand has no impossible index.
    index_is_good: bool,
    printer: Printer<'a>,
}

impl<'a, A: Argument> Formatter<'a, A> {
    pub(super) fn new(out: &'a mut Vec<u8>, format: &'a [u8], arguments: &'a [A]) -> Self {
        Self {
            format,
            position: 0,
            arguments,
            next: 0,
            reordered: false,
            index_is_good: true,
            printer: Printer::new(out),
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let rest = &self.format[self.position..];
            let text = memchr::memchr(b'%', rest).unwrap_or(rest.len());
            self.printer.out.extend_from_slice(&rest[..text]);
            if text == rest.len() {
                break;
            }
            self.position += text + 1;
            self.directive();
        }
        self.report_extra_arguments();
    }

    /// One directive, its `%` already read.
    fn directive(&mut self) {
        self.index_is_good = true;
        let mut spec = self.flags();
        if let Some(verb @ b'a'..=b'z') = self.peek()
            && self.next < self.arguments.len()
        {
            self.position += 1;
            return self.print(spec, char::from(verb));
        }
        let mut after_index = self.argument_index();
        self.width(&mut spec, &mut after_index);
        self.precision(&mut spec, &mut after_index);
        if !after_index {
            self.argument_index();
        }
        match decode_rune(&self.format[self.position..]) {
            (_, 0) => self.printer.out.extend_from_slice(b"%!(NOVERB)"),
            (verb, length) => {
                self.position += length;
                self.verb(spec, verb.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
    }

    fn verb(&mut self, spec: Spec, verb: char) {
        if verb == '%' {
            self.printer.out.push(b'%');
        } else if !self.index_is_good {
            self.printer.fault(verb, b"BADINDEX");
        } else if self.next >= self.arguments.len() {
            self.printer.fault(verb, b"MISSING");
        } else {
            self.print(spec, verb);
        }
    }

    fn print(&mut self, spec: Spec, verb: char) {
        let spec = if matches!(verb, 'v' | 'w') { spec.for_general_verb() } else { spec };
        self.printer.argument(spec, self.arguments[self.next].value(), verb);
        self.next += 1;
    }

    fn flags(&mut self) -> Spec {
        let mut spec = Spec::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => spec.sharp = true,
                b'0' => spec.zero = true,
                b'+' => spec.plus = true,
                b'-' => spec.minus = true,
                b' ' => spec.space = true,
                _ => break,
            }
            self.position += 1;
        }
        spec
    }

    fn width(&mut self, spec: &mut Spec, after_index: &mut bool) {
        if self.take(b'*') {
            *after_index = false;
            let width = self.integer_argument();
            if width.is_none() {
                self.printer.out.extend_from_slice(b"%!(BADWIDTH)");
            }
            if width.is_some_and(|width| width < 0) {
                spec.minus = true;
                spec.zero = false;
            }
            spec.width = width.map(|width| width.unsigned_abs() as usize);
        } else {
            spec.width = self.number();
            if *after_index && spec.width.is_some() {
                self.index_is_good = false;
            }
        }
    }

    fn precision(&mut self, spec: &mut Spec, after_index: &mut bool) {
        // a point at the very end is a verb, and an unknown one
        if self.peek() != Some(b'.') || self.position + 1 >= self.format.len() {
            return;
        }
        self.position += 1;
        if *after_index {
            self.index_is_good = false;
        }
        *after_index = self.argument_index();
        if self.take(b'*') {
            *after_index = false;
            let precision = self.integer_argument().and_then(|precision| usize::try_from(precision).ok());
            if precision.is_none() {
                self.printer.out.extend_from_slice(b"%!(BADPREC)");
            }
            spec.precision = precision;
        } else {
            spec.precision = Some(self.number().unwrap_or(0));
        }
    }

    /// Reads `[n]` if it stands here; whether it did, well formed.
    fn argument_index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = &self.format[self.position..];
        let Some(end) = rest.iter().position(|byte| *byte == b']').filter(|_| rest.len() >= 3) else {
            self.index_is_good = false;
            self.position += 1;
            return false;
        };
        self.position += end + 1;
        let index = decimal(&rest[1..end]).filter(|(_, length)| *length == end - 1);
        match index.and_then(|(index, _)| index.checked_sub(1)) {
            Some(index) if index < self.arguments.len() => {
                self.next = index;
                true
            }
            _ => {
                self.index_is_good = false;
                index.is_some()
            }
        }
    }

    /// Reads digits. A number that is too large ends the format: nothing after it is read.
    fn number(&mut self) -> Option<usize> {
        match decimal(&self.format[self.position..]) {
            Some((number, length)) => {
                self.position += length;
                Some(number)
            }
            None => {
                if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                    self.position = self.format.len();
                }
                None
            }
        }
    }

    /// The next argument as a width or precision.
    fn integer_argument(&mut self) -> Option<i64> {
        let argument = self.arguments.get(self.next)?.value();
        self.next += 1;
        let number = match whole_of(argument)? {
            whole if whole.negative => -i64::try_from(whole.magnitude).ok()?,
            whole => i64::try_from(whole.magnitude).ok()?,
        };
        (-LARGEST..=LARGEST).contains(&number).then_some(number)
    }

    fn report_extra_arguments(&mut self) {
        if self.reordered || self.next >= self.arguments.len() {
            return;
        }
        self.printer.extra(&self.arguments[self.next..]);
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.position).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }
}

/// The number that `text` begins with, and its length; none when there is no digit or the number is too large.
fn decimal(text: &[u8]) -> Option<(usize, usize)> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut number = 0;
    for digit in &text[..length] {
        if number > LARGEST as usize {
            return None;
        }
        number = number * 10 + usize::from(digit - b'0');
    }
    (length > 0).then_some((number, length))
}

fn whole_of(value: &Value) -> Option<Whole> {
    value.as_i64().map(Whole::from).or_else(|| value.as_u64().map(Whole::from))
}
