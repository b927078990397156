//! The grammar of HCL 1.

use crate::scan::Scanner;
use crate::{DEEPEST, Error, Item, Key, Node, Object, Position, Problem, Value, text};

/// Reads a whole file.
pub(crate) fn parse(source: &str) -> Result<Object, Error> {
    let mut parser = Parser { scanner: Scanner::new(source), depth: 0 };
    let mut object = Object::default();
    loop {
        parser.skip()?;
        if parser.scanner.peek().is_none() {
            return Ok(object);
        }
        object.items.push(parser.item()?);
    }
}

struct Parser<'text> {
    scanner: Scanner<'text>,
    depth: usize,
}

impl Parser<'_> {
    /// Blank space and comments.
    fn skip(&mut self) -> Result<(), Error> {
        loop {
            self.scanner.skip_blank();
            let start = self.scanner.clone();
            if self.scanner.peek() == Some('#') || self.scanner.rest().starts_with("//") {
                self.scanner.take_while(|c| c != '\n');
            } else if self.scanner.take("/*") {
                while !self.scanner.take("*/") {
                    self.scanner.next().ok_or_else(|| start.error(Problem::OpenComment))?;
                }
            } else if self.scanner.peek() == Some('/') {
                return Err(start.error(Problem::Slash));
            } else {
                return Ok(());
            }
        }
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T, Error> {
        Err(self.scanner.error(Problem::Expected { expected, found: self.scanner.found() }))
    }

    /// One item and the comma that may follow it.
    fn item(&mut self) -> Result<Item, Error> {
        let keys = self.keys()?;
        let value = match self.scanner.peek() {
            Some('=') if keys.len() > 1 => return Err(self.scanner.error(Problem::Labels)),
            Some('=') => {
                self.scanner.next();
                self.skip()?;
                self.value()?
            }
            Some('{') => self.object()?,
            _ => return Err(self.scanner.error(Problem::Key(keys[0].text.clone()))),
        };
        self.skip()?;
        if self.scanner.take(",") {
            self.skip()?;
        }
        Ok(Item { keys, value })
    }

    /// One name or more, up to what is neither name nor text.
    fn keys(&mut self) -> Result<Vec<Key>, Error> {
        let mut keys = Vec::new();
        loop {
            let position = self.scanner.position();
            let text = match self.scanner.peek() {
                Some('"') => text::quoted(&mut self.scanner)?,
                Some(c) if is_letter(c) => self.name()?,
                _ if keys.is_empty() => return self.expected("a name"),
                _ => return Ok(keys),
            };
            keys.push(Key { text, position });
            self.skip()?;
        }
    }

    /// A name without quotes; `true` and `false` are values.
    fn name(&mut self) -> Result<String, Error> {
        let start = self.scanner.clone();
        match self.word() {
            "true" | "false" => {
                let found = "a boolean".to_owned();
                Err(start.error(Problem::Expected { expected: "a name", found }))
            }
            word => Ok(word.to_owned()),
        }
    }

    fn word(&mut self) -> &str {
        self.scanner.take_while(|c| is_letter(c) || c.is_numeric() || matches!(c, '-' | '.'))
    }

    fn value(&mut self) -> Result<Node, Error> {
        let position = self.scanner.position();
        let value = match self.scanner.peek() {
            Some('"') => Value::Text(text::quoted(&mut self.scanner)?),
            Some('<') => Value::Text(text::heredoc(&mut self.scanner)?),
            Some('{') => return self.object(),
            Some('[') => return self.list(),
            Some(c) if c.is_ascii_digit() || matches!(c, '-' | '.') => self.scanner.number(true)?,
            Some(c) if is_letter(c) => self.boolean(position)?,
            _ => return self.expected("a value"),
        };
        Ok(Node { position, value })
    }

    fn boolean(&mut self, position: Position) -> Result<Value, Error> {
        match self.word() {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => {
                let found = "a word without quotes".to_owned();
                Err(Error { position, problem: Problem::Expected { expected: "a value", found } })
            }
        }
    }

    fn object(&mut self) -> Result<Node, Error> {
        let position = self.open()?;
        let mut object = Object::default();
        loop {
            self.skip()?;
            match self.scanner.peek() {
                Some('}') => break,
                None => return self.expected("\"}\""),
                Some(_) => object.items.push(self.item()?),
            }
        }
        self.close();
        Ok(Node { position, value: Value::Object(object) })
    }

    /// Commas separate; one too many is passed over.
    fn list(&mut self) -> Result<Node, Error> {
        let position = self.open()?;
        let mut list = Vec::new();
        let mut separated = true;
        loop {
            self.skip()?;
            match self.scanner.peek() {
                Some(']') => break,
                Some(',') => {
                    self.scanner.next();
                    separated = true;
                }
                Some(_) if separated => {
                    list.push(self.value()?);
                    separated = false;
                }
                _ => return self.expected("\",\" or \"]\""),
            }
        }
        self.close();
        Ok(Node { position, value: Value::List(list) })
    }

    fn open(&mut self) -> Result<Position, Error> {
        let position = self.scanner.position();
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.scanner.error(Problem::TooDeep));
        }
        self.scanner.next();
        Ok(position)
    }

    fn close(&mut self) {
        self.scanner.next();
        self.depth -= 1;
    }
}

fn is_letter(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}
