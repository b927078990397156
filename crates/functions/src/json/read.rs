//! Reading JSON into `interface {}`: objects are `map[string]interface {}`, all numbers `float64`. Faults have Go's texts.

use preflight_gotemplate::strconv::{FloatSize, decode_rune, parse_float, quote_rune};

use crate::DEEPEST;
use preflight_gotemplate::{CallError, Value};

type Entries = Vec<(Vec<u8>, Value)>;

/// An array or object that is not closed yet.
enum Open {
    Array(Vec<Value>),
    Object { entries: Entries, key: Vec<u8> },
}

/// Reads one value; nothing but space may follow.
///
/// # Errors
/// The text is not JSON, or a number is beyond `float64`.
pub(crate) fn parse(text: &[u8]) -> Result<Value, CallError> {
    let mut reader = Reader { text, at: 0, open: Vec::new(), too_large: None };
    let value = reader.document().map_err(CallError::new)?;
    match reader.too_large {
        Some(number) => {
            let message = format!("json: cannot unmarshal number {number} into Go value of type float64");
            Err(CallError::new(message))
        }
        None => Ok(value),
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    open: Vec<Open>,
    /// The first number beyond `float64`; told only if the rest is good.
    too_large: Option<String>,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Value, String> {
        let mut value = self.value()?;
        // A value is complete: it goes into what is open, or is the answer.
        while let Some(open) = self.open.pop() {
            match self.after_member(open, value)? {
                Step::Closed(closed) => value = closed,
                Step::Next => value = self.value()?,
            }
        }
        self.skip_space();
        match self.peek() {
            None => Ok(value),
            Some(_) => self.unexpected("after top-level value"),
        }
    }

    /// The next value; arrays and objects with members are left open until their first member is read.
    fn value(&mut self) -> Result<Value, String> {
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'{') => {
                    self.enter()?;
                    if self.next_is(b'}') {
                        return Ok(Value::map::<Vec<u8>>([]));
                    }
                    let key = self.key()?;
                    self.open.push(Open::Object { entries: Vec::new(), key });
                }
                Some(b'[') => {
                    self.enter()?;
                    if self.next_is(b']') {
                        return Ok(Value::any_list([]));
                    }
                    self.open.push(Open::Array(Vec::new()));
                }
                Some(b'"') => return self.string().map(Value::from),
                Some(b'-' | b'0'..=b'9') => return self.number(),
                Some(b't') => return self.literal("true", Value::Bool(true)),
                Some(b'f') => return self.literal("false", Value::Bool(false)),
                Some(b'n') => return self.literal("null", Value::Nil),
                Some(_) => return self.unexpected("looking for beginning of value"),
                None => return end(),
            }
        }
    }

    fn enter(&mut self) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return self.unexpected("exceeded max depth");
        }
        self.at += 1;
        Ok(())
    }

    /// Puts a complete value into the innermost open array or object and reads on to the next member or the end.
    fn after_member(&mut self, open: Open, value: Value) -> Result<Step, String> {
        self.skip_space();
        let next = self.peek();
        match open {
            Open::Array(mut items) => {
                items.push(value);
                match next {
                    Some(b']') => Ok(self.closed(Value::any_list(items))),
                    Some(b',') => {
                        self.at += 1;
                        self.open.push(Open::Array(items));
                        Ok(Step::Next)
                    }
                    Some(_) => self.unexpected("after array element"),
                    None => end(),
                }
            }
            Open::Object { mut entries, key } => {
                entries.push((key, value));
                match next {
                    Some(b'}') => Ok(self.closed(Value::map(entries))),
                    Some(b',') => {
                        self.at += 1;
                        let key = self.key()?;
                        self.open.push(Open::Object { entries, key });
                        Ok(Step::Next)
                    }
                    Some(_) => self.unexpected("after object key:value pair"),
                    None => end(),
                }
            }
        }
    }

    fn closed(&mut self, value: Value) -> Step {
        self.at += 1;
        Step::Closed(value)
    }

    /// A key and the colon behind it.
    fn key(&mut self) -> Result<Vec<u8>, String> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => {}
            Some(_) => return self.unexpected("looking for beginning of object key string"),
            None => return end(),
        }
        let key = self.string()?;
        self.skip_space();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return self.unexpected("after object key"),
            None => return end(),
        }
        Ok(key)
    }

    fn string(&mut self) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        self.at += 1;
        loop {
            match self.peek() {
                None => return end(),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => self.escape(&mut out)?,
                Some(0..0x20) => return self.unexpected("in string literal"),
                Some(_) => {
                    let (rune, length) = decode_rune(&self.text[self.at..]);
                    self.at += length.max(1);
                    push(&mut out, rune.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        self.at += 1;
        let plain = match self.peek() {
            Some(b'u') => return self.unicode(out),
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(same @ (b'"' | b'\\' | b'/')) => same,
            _ => return self.unexpected("in string escape code"),
        };
        self.at += 1;
        out.push(plain);
        Ok(())
    }

    /// `\uXXXX`, or two of them for one character; halves without the other become U+FFFD.
    fn unicode(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let first = self.four_digits()?;
        let mut rune = char::from_u32(first);
        if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with(br"\u") {
            let before = self.at;
            self.at += 1;
            let second = self.four_digits()?;
            if (0xDC00..0xE000).contains(&second) {
                rune = char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            } else {
                self.at = before;
            }
        }
        push(out, rune.unwrap_or(char::REPLACEMENT_CHARACTER));
        Ok(())
    }

    fn four_digits(&mut self) -> Result<u32, String> {
        let mut code = 0;
        for _ in 0..4 {
            self.at += 1;
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else { return self.unexpected(r"in \u hexadecimal character escape") };
            code = code * 16 + digit;
        }
        self.at += 1;
        Ok(code)
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.next_is_here(b'-');
        if !self.next_is_here(b'0') {
            self.digits("in numeric literal")?;
        }
        if self.next_is_here(b'.') {
            self.digits("after decimal point in numeric literal")?;
        }
        if self.next_is_here(b'e') || self.next_is_here(b'E') {
            if !self.next_is_here(b'+') {
                self.next_is_here(b'-');
            }
            self.digits("in exponent of numeric literal")?;
        }
        let digits = &self.text[start..self.at];
        let number = parse_float(digits, FloatSize::F64).unwrap_or_else(|_| {
            self.too_large.get_or_insert_with(|| String::from_utf8_lossy(digits).into_owned());
            0.0
        });
        Ok(number.into())
    }

    /// At least one digit.
    fn digits(&mut self, wanted: &str) -> Result<(), String> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.unexpected(wanted);
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, String> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return self.unexpected(&format!("in literal {word} (expecting '{}')", char::from(expected)));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Takes a byte if it comes next.
    fn next_is_here(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    /// Takes a byte if it comes next but for space.
    fn next_is(&mut self, byte: u8) -> bool {
        self.skip_space();
        self.next_is_here(byte)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The byte at hand does not belong; Go takes the end of the text for a space here.
    fn unexpected<T>(&self, place: &str) -> Result<T, String> {
        let byte = self.peek().unwrap_or(b' ');
        let shown = match byte {
            b'\'' => r"'\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            // Go looks at bytes here, as if they were characters.
            _ => quote_rune(char::from(byte)),
        };
        Err(format!("invalid character {shown} {place}"))
    }
}

/// What follows a member.
enum Step {
    /// The array or object is complete.
    Closed(Value),
    /// Another member follows.
    Next,
}

fn end<T>() -> Result<T, String> {
    Err("unexpected end of JSON input".to_owned())
}

fn push(out: &mut Vec<u8>, rune: char) {
    out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}
