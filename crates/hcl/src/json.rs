//! JSON, as HCL 1 reads it: the same tree, `null` is the empty text, a comma may end a list.

use crate::scan::Scanner;
use crate::text::{digits, push};
use crate::{DEEPEST, Error, Item, Key, Node, Object, Position, Problem, Value};

/// Reads a whole file, whose root is an object.
pub(crate) fn parse(source: &str) -> Result<Object, Error> {
    let mut parser = Parser { scanner: Scanner::new(source), depth: 0 };
    parser.scanner.skip_blank();
    let root = parser.object()?;
    parser.scanner.skip_blank();
    if parser.scanner.peek().is_some() {
        return parser.expected("the end of the file");
    }
    match root.value {
        Value::Object(object) => Ok(object),
        _ => Ok(Object::default()),
    }
}

struct Parser<'text> {
    scanner: Scanner<'text>,
    depth: usize,
}

impl Parser<'_> {
    fn expected<T>(&self, expected: &'static str) -> Result<T, Error> {
        Err(self.scanner.error(Problem::Expected { expected, found: self.scanner.found() }))
    }

    fn value(&mut self) -> Result<Node, Error> {
        let position = self.scanner.position();
        let value = match self.scanner.peek() {
            Some('{') => return self.object(),
            Some('[') => return self.list(),
            Some('"') => Value::Text(self.text()?),
            Some(c) if c == '-' || c.is_ascii_digit() => self.scanner.number(false)?,
            Some(_) => self.word()?,
            None => return self.expected("a value"),
        };
        Ok(Node { position, value })
    }

    fn word(&mut self) -> Result<Value, Error> {
        let start = self.scanner.clone();
        let problem = |found| Problem::Expected { expected: "a value", found };
        match self.scanner.take_while(char::is_alphanumeric) {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            "null" => Ok(Value::Text(String::new())),
            _ => Err(start.error(problem(start.found()))),
        }
    }

    fn object(&mut self) -> Result<Node, Error> {
        let mut object = Object::default();
        let position = self.sequence('{', '}', "\",\" or \"}\"", |parser| {
            let position = parser.scanner.position();
            if parser.scanner.peek() != Some('"') {
                return parser.expected("a name in quotes");
            }
            let keys = vec![Key { text: parser.text()?, position }];
            parser.scanner.skip_blank();
            if !parser.scanner.take(":") {
                return parser.expected("\":\"");
            }
            parser.scanner.skip_blank();
            object.items.push(Item { keys, value: parser.value()? });
            Ok(())
        })?;
        Ok(Node { position, value: Value::Object(object) })
    }

    fn list(&mut self) -> Result<Node, Error> {
        let mut list = Vec::new();
        let position = self.sequence('[', ']', "\",\" or \"]\"", |parser| {
            list.push(parser.value()?);
            Ok(())
        })?;
        Ok(Node { position, value: Value::List(list) })
    }

    /// Elements between `open` and `close`, with commas between them and perhaps behind them.
    fn sequence(
        &mut self,
        open: char,
        close: char,
        expected: &'static str,
        mut element: impl FnMut(&mut Self) -> Result<(), Error>,
    ) -> Result<Position, Error> {
        let position = self.scanner.position();
        if self.scanner.peek() != Some(open) {
            return self.expected("\"{\"");
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.scanner.error(Problem::TooDeep));
        }
        self.scanner.next();
        let mut separated = true;
        loop {
            self.scanner.skip_blank();
            match self.scanner.peek() {
                Some(c) if c == close => break,
                Some(_) if separated => element(self)?,
                _ => return self.expected(expected),
            }
            self.scanner.skip_blank();
            separated = self.scanner.take(",");
        }
        self.scanner.next();
        self.depth -= 1;
        Ok(position)
    }

    fn text(&mut self) -> Result<String, Error> {
        let start = self.scanner.clone();
        self.scanner.next();
        let mut bytes = Vec::new();
        loop {
            let here = self.scanner.clone();
            match self.scanner.next() {
                None | Some('\n') => return Err(start.error(Problem::OpenText)),
                Some('"') => return String::from_utf8(bytes).map_err(|_| start.error(Problem::NotUtf8)),
                Some('\\') => push(self.escape(&here)?, &mut bytes),
                Some(c) => push(c, &mut bytes),
            }
        }
    }

    fn escape(&mut self, here: &Scanner<'_>) -> Result<char, Error> {
        let letter = self.scanner.next().ok_or_else(|| here.error(Problem::OpenText))?;
        match letter {
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            '\\' | '"' | '/' => Ok(letter),
            'u' => self.unicode().ok_or_else(|| here.error(Problem::EscapeDigits('u'))),
            _ => Err(here.error(Problem::Escape(letter))),
        }
    }

    /// Four digits, or two times four where the first half of a pair comes first.
    fn unicode(&mut self) -> Option<char> {
        let first = digits(&mut self.scanner, 16, 4)?;
        if !(0xd800..0xdc00).contains(&first) {
            return Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let mut ahead = self.scanner.clone();
        let second = ahead.take("\\u").then(|| digits(&mut ahead, 16, 4)).flatten();
        match second.filter(|second| (0xdc00..0xe000).contains(second)) {
            None => Some(char::REPLACEMENT_CHARACTER),
            Some(second) => {
                self.scanner = ahead;
                char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
            }
        }
    }
}
