//! JSON whose numbers stay as they were written: a secret's `12345678901234567890` or `1.10` is text to be printed, not
//! a quantity to be rounded.
//!
//! RFC 8259; where it leaves freedom, as Go's `encoding/json` has it: the last of two equal keys counts, and what is not
//! UTF-8 or half of a surrogate pair becomes U+FFFD.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Deeper nesting is refused: it would be somebody's attempt at the stack.
const DEEPEST: usize = 256;

/// A value of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it was written.
    Number(Arc<str>),
    /// A text.
    String(Arc<str>),
    /// An array.
    List(Arc<[Json]>),
    /// An object, by key.
    Map(Arc<BTreeMap<Arc<str>, Json>>),
}

/// Why a text is not JSON, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct NotJson {
    what: &'static str,
    at: usize,
}

impl Json {
    /// Reads one value with nothing but white space around it.
    ///
    /// # Errors
    /// When it is not JSON, or is nested more than 256 deep. The error quotes nothing of the text.
    pub fn parse(text: &[u8]) -> Result<Self, NotJson> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        match reader.peek() {
            None => Ok(value),
            Some(_) => Err(reader.fault("something follows the value")),
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The object, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&BTreeMap<Arc<str>, Self>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The array, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// Calls `found` with every text in it, keys left out, at whatever depth.
    pub fn each_text(&self, found: &mut impl FnMut(&Arc<str>)) {
        match self {
            Self::String(text) => found(text),
            Self::List(list) => list.iter().for_each(|item| item.each_text(found)),
            Self::Map(map) => map.values().for_each(|item| item.each_text(found)),
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
        }
    }

    /// Writes it as compact JSON.
    pub fn write(&self, text: &mut String) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
            Self::Number(number) => text.push_str(number),
            Self::String(string) => write_text(string, text),
            Self::List(list) => write_between(text, ['[', ']'], list.iter(), |item, text| item.write(text)),
            Self::Map(map) => write_between(text, ['{', '}'], map.iter(), |(key, value), text| {
                write_text(key, text);
                text.push(':');
                value.write(text);
            }),
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

fn write_between<Item>(
    text: &mut String,
    [open, close]: [char; 2],
    items: impl Iterator<Item = Item>,
    write: impl Fn(Item, &mut String),
) {
    text.push(open);
    for (position, item) in items.enumerate() {
        if position > 0 {
            text.push(',');
        }
        write(item, text);
    }
    text.push(close);
}

fn write_text(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            control if control < ' ' => text.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => text.push(other),
        }
    }
    text.push('"');
}

struct Reader<'text> {
    text: &'text [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Json, NotJson> {
        if depth > DEEPEST {
            return Err(self.fault("nested too deep"));
        }
        match self.peek() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Json::String(self.string()?.into())),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.fault("no value")),
            None => Err(self.fault("the text ends early")),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Json, NotJson> {
        let mut map = BTreeMap::new();
        self.at += 1;
        if self.take(b'}') {
            return Ok(Json::Map(map.into()));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.fault("no key"));
            }
            let key = self.string()?;
            self.must_take(b':', "no colon after a key")?;
            map.insert(key.into(), self.value(depth + 1)?);
            if self.take(b'}') {
                return Ok(Json::Map(map.into()));
            }
            self.must_take(b',', "neither comma nor brace after a member")?;
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, NotJson> {
        let mut list = Vec::new();
        self.at += 1;
        if self.take(b']') {
            return Ok(Json::List(list.into()));
        }
        loop {
            list.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(Json::List(list.into()));
            }
            self.must_take(b',', "neither comma nor bracket after an item")?;
        }
    }

    fn number(&mut self) -> Result<Json, NotJson> {
        let start = self.at;
        self.at += usize::from(self.next() == Some(b'-'));
        if self.next() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.next() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.next(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.next(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let digits = &self.text[start..self.at];
        Ok(Json::Number(String::from_utf8_lossy(digits).into()))
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(self.fault("no digit")) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<String, NotJson> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain =
                rest.iter().take_while(|byte| **byte >= b' ' && !matches!(byte, b'"' | b'\\')).count();
            string.push_str(&String::from_utf8_lossy(&rest[..plain]));
            self.at += plain;
            match self.next() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                Some(_) => return Err(self.fault("a control character in a text")),
                None => return Err(self.fault("the text ends early")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, NotJson> {
        self.at += 1;
        let escaped = match self.next() {
            Some(letter @ (b'"' | b'\\' | b'/')) => char::from(letter),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.fault("an unknown escape")),
        };
        self.at += 1;
        Ok(escaped)
    }

    /// Stands on the `u`.
    fn unicode(&mut self) -> Result<char, NotJson> {
        let first = self.four_digits(self.at + 1)?;
        self.at += 5;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        let follows = self.text[self.at..].starts_with(b"\\u");
        if (0xd800..0xdc00).contains(&first) && follows {
            let second = self.four_digits(self.at + 2)?;
            if (0xdc00..0xe000).contains(&second) {
                self.at += 6;
                let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn four_digits(&self, at: usize) -> Result<u32, NotJson> {
        let digits = self.text.get(at..at + 4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let text = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let code = text.and_then(|text| u32::from_str_radix(text, 16).ok());
        code.ok_or_else(|| self.fault("an escape without its four digits"))
    }

    fn word(&mut self, word: &'static str, value: Json) -> Result<Json, NotJson> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fault("no value"));
        }
        self.at += word.len();
        Ok(value)
    }

    /// The next byte that is not white space, which is skipped.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.next()
    }

    fn next(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn must_take(&mut self, wanted: u8, what: &'static str) -> Result<(), NotJson> {
        if self.take(wanted) { Ok(()) } else { Err(self.fault(what)) }
    }

    fn fault(&self, what: &'static str) -> NotJson {
        NotJson { what, at: self.at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        let mut written = String::new();
        Json::parse(text.as_bytes()).unwrap().write(&mut written);
        written
    }

    #[test]
    fn numbers_stay_as_they_were_written() {
        for number in ["0", "-0", "1.10", "12345678901234567890123", "1e400", "-1.5E-7", "1E+2"] {
            assert_eq!(Json::parse(number.as_bytes()).unwrap(), Json::Number(number.into()));
        }
    }

    #[test]
    fn every_kind_is_read_and_written() {
        let text = r#"{"a":[1,true,null,"x"],"b":{},"c":[],"d":"\"\\é"}"#;
        assert_eq!(round(text), text);
        assert_eq!(round(" { \"a\" : [ 1 , 2 ] }\n"), r#"{"a":[1,2]}"#);
    }

    #[test]
    fn escapes_are_undone() {
        let read = Json::parse(br#""\u00e9\ud83d\ude00\n\/\ud800x\udc00""#).unwrap();
        assert_eq!(read.as_str(), Some("é😀\n/\u{fffd}x\u{fffd}"));
    }

    #[test]
    fn of_two_equal_keys_the_last_counts() {
        assert_eq!(round(r#"{"a":1,"a":2}"#), r#"{"a":2}"#);
    }

    #[test]
    fn what_is_not_utf_8_is_replaced() {
        assert_eq!(Json::parse(b"\"a\xffb\"").unwrap().as_str(), Some("a\u{fffd}b"));
    }

    #[test]
    fn what_is_not_json_is_refused_without_a_quote_of_it() {
        for text in [
            "",
            "nul",
            "01",
            "1.",
            "-",
            "1e",
            "[1,]",
            "{\"a\"}",
            "{\"a\":1,}",
            "\"a",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\n\"",
            "1 2",
            "[1 2]",
            "{1:2}",
            "+1",
        ] {
            assert!(Json::parse(text.as_bytes()).is_err(), "{text:?}");
        }
        let fault = Json::parse(b"{\"password\": hunter2}").unwrap_err().to_string();
        assert!(!fault.contains("hunter2"), "{fault}");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
        assert!(Json::parse(deep(200).as_bytes()).is_ok());
        assert!(Json::parse(deep(100_000).as_bytes()).is_err());
    }
}
