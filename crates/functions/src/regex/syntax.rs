//! RE2's syntax as Go's regexp reads it, told in the syntax of the `regex` crate; its faults with Go's texts.
//!
//! Both engines find the leftmost-first match, so that only the notation has to be brought over:
//! <https://pkg.go.dev/regexp/syntax>.

use super::class;

/// How deep groups may nest; more are refused as Go refuses a thousand.
const DEEPEST: usize = 200;
/// How often anything may be repeated by counts, taken over all nested ones.
const MOST_REPEATS: u32 = 1000;

/// A pattern in the notation of the `regex` crate.
#[derive(Debug)]
pub(crate) struct Translated {
    pub(crate) pattern: String,
    /// The names of the groups, the whole match first; empty for those without.
    pub(crate) names: Vec<String>,
}

/// What is wrong with a pattern: the fault in Go's words and the part at fault.
pub(super) type Fault = (&'static str, String);

/// Reads `pattern`.
pub(crate) fn translate(pattern: &str) -> Result<Translated, String> {
    let mut reader = Reader::new(pattern);
    reader.run().map_err(|(what, at)| fault_text(what, &at))?;
    Ok(Translated { pattern: reader.out, names: reader.names })
}

/// The text of a fault, as `regexp.Compile` returns it.
pub(crate) fn fault_text(what: &str, at: &str) -> String {
    format!("error parsing regexp: {what}: `{at}`")
}

#[derive(Clone, Copy, Default)]
struct Flags {
    fold: bool,
    lines: bool,
    dot_all: bool,
    ungreedy: bool,
}

/// One open group: the flags to return to and what it holds so far.
#[derive(Default)]
struct Group {
    flags: Flags,
    /// There is something that a repetition could apply to.
    operand: bool,
    /// How often the last thing repeats what is in it, and the most of all things.
    last: u32,
    most: u32,
}

impl Group {
    fn hold(&mut self, repeats: u32) {
        self.operand = true;
        self.last = repeats;
        self.most = self.most.max(repeats);
    }
}

struct Reader<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    names: Vec<String>,
    flags: Flags,
    groups: Vec<Group>,
}

impl<'a> Reader<'a> {
    fn new(whole: &'a str) -> Self {
        let groups = vec![Group::default()];
        let (out, flags) = (String::with_capacity(whole.len() + 8), Flags::default());
        Self { whole, rest: whole, out, names: vec![String::new()], flags, groups }
    }

    fn run(&mut self) -> Result<(), Fault> {
        let mut repeated: Option<&'a str> = None;
        while let Some(next) = self.rest.chars().next() {
            let before = self.rest;
            let mut repeats = false;
            match next {
                '(' => self.open()?,
                ')' => self.close()?,
                '|' => self.bar(),
                '^' | '$' => self.plain(1, next.encode_utf8(&mut [0; 4])),
                '.' => self.plain(1, "."),
                '[' => self.class()?,
                '*' | '+' | '?' => {
                    self.rest = &self.rest[1..];
                    self.repeat(before, repeated, 1)?;
                    repeats = true;
                }
                '{' => repeats = self.counted(repeated)?,
                '\\' => self.escape()?,
                other => self.literal(other, other.len_utf8()),
            }
            repeated = repeats.then_some(before);
        }
        if self.groups.len() > 1 {
            return Err(("missing closing )", self.whole.to_owned()));
        }
        Ok(())
    }

    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    /// Takes `length` bytes off and says `text` instead.
    fn plain(&mut self, length: usize, text: &str) {
        self.rest = &self.rest[length..];
        self.out.push_str(text);
        self.group().hold(1);
    }

    fn literal(&mut self, literal: char, length: usize) {
        self.rest = &self.rest[length..];
        class::push_literal(&mut self.out, literal);
        self.group().hold(1);
    }

    fn bar(&mut self) {
        self.rest = &self.rest[1..];
        self.out.push('|');
        self.group().operand = false;
    }

    fn open(&mut self) -> Result<(), Fault> {
        if self.rest.as_bytes().get(1) == Some(&b'?') {
            return self.open_with_flags();
        }
        self.rest = &self.rest[1..];
        self.names.push(String::new());
        self.out.push('(');
        self.enter()
    }

    fn enter(&mut self) -> Result<(), Fault> {
        let flags = self.flags;
        self.groups.push(Group { flags, ..Group::default() });
        if self.groups.len() > DEEPEST {
            return Err(("expression nests too deeply", self.whole.to_owned()));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        if self.groups.len() < 2 {
            return Err(("unexpected )", self.whole.to_owned()));
        }
        if let Some(group) = self.groups.pop() {
            self.flags = group.flags;
            self.plain(1, ")");
            self.group().hold(group.most.max(1));
        }
        Ok(())
    }

    fn open_with_flags(&mut self) -> Result<(), Fault> {
        let named = [("(?P<", 5), ("(?<", 4)];
        for (prefix, shortest) in named {
            if self.rest.starts_with(prefix) && self.rest.len() >= shortest {
                return self.open_named(prefix.len());
            }
        }
        self.flag_group()
    }

    fn open_named(&mut self, prefix: usize) -> Result<(), Fault> {
        let invalid = |text: &str| ("invalid named capture", text.to_owned());
        let end = self.rest.find('>').ok_or_else(|| invalid(self.rest))?;
        let name = &self.rest[prefix..end];
        if name.is_empty() || !name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
            return Err(invalid(&self.rest[..=end]));
        }
        self.names.push(name.to_owned());
        self.rest = &self.rest[end + 1..];
        self.out.push('(');
        self.enter()
    }

    /// `(?flags)` and `(?flags:`
    fn flag_group(&mut self) -> Result<(), Fault> {
        let before = self.rest;
        let mut flags = self.flags;
        let (mut on, mut seen, mut read) = (true, false, 2);
        for next in before[2..].chars() {
            read += next.len_utf8();
            match next {
                'i' => flags.fold = on,
                'm' => flags.lines = on,
                's' => flags.dot_all = on,
                'U' => flags.ungreedy = on,
                '-' if on => {
                    (on, seen) = (false, false);
                    continue;
                }
                ':' | ')' if on || seen => {
                    self.rest = &before[read..];
                    return self.apply(flags, next == ':');
                }
                _ => return Err(("invalid or unsupported Perl syntax", before[..read].to_owned())),
            }
            seen = true;
        }
        // Go names the text up to where it stopped reading, which is all of it.
        Err(("invalid or unsupported Perl syntax", before.to_owned()))
    }

    fn apply(&mut self, flags: Flags, opens: bool) -> Result<(), Fault> {
        if opens {
            self.enter()?;
        }
        self.flags = flags;
        let letters = [(flags.fold, 'i'), (flags.lines, 'm'), (flags.dot_all, 's'), (flags.ungreedy, 'U')];
        let set = letters.iter().filter(|(on, _)| *on).map(|(_, letter)| letter);
        self.out.push_str("(?");
        self.out.extend(set);
        let mut cleared = letters.iter().filter(|(on, _)| !*on).map(|(_, letter)| letter).peekable();
        if cleared.peek().is_some() {
            self.out.push('-');
            self.out.extend(cleared);
        }
        self.out.push(if opens { ':' } else { ')' });
        Ok(())
    }

    /// A repetition whose operator is already off `rest`; `before` begins with it.
    fn repeat(&mut self, before: &'a str, repeated: Option<&'a str>, times: u32) -> Result<(), Fault> {
        if let Some(after) = self.rest.strip_prefix('?') {
            self.rest = after;
        }
        if let Some(earlier) = repeated {
            let text = &earlier[..earlier.len() - self.rest.len()];
            return Err(("invalid nested repetition operator", text.to_owned()));
        }
        let operator = &before[..before.len() - self.rest.len()];
        if !self.group().operand {
            return Err(("missing argument to repetition operator", operator.to_owned()));
        }
        let repeats = self.group().last.saturating_mul(times.max(1));
        if times > 1 && repeats > MOST_REPEATS {
            return Err(("invalid repeat count", operator.to_owned()));
        }
        self.out.push_str(operator);
        self.group().hold(repeats);
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}`; anything else is a brace.
    fn counted(&mut self, repeated: Option<&'a str>) -> Result<bool, Fault> {
        let before = self.rest;
        let Some((least, most, length)) = counts(before) else {
            self.literal('{', 1);
            return Ok(false);
        };
        let limit = MOST_REPEATS;
        if least > limit || most.is_some_and(|most| most > limit || most < least) {
            return Err(("invalid repeat count", before[..length].to_owned()));
        }
        self.rest = &self.rest[length..];
        let times = if most == Some(0) { 0 } else { most.unwrap_or(least) };
        self.repeat(before, repeated, times)?;
        Ok(true)
    }

    fn class(&mut self) -> Result<(), Fault> {
        let (text, rest) = class::bracketed(self.rest)?;
        self.rest = rest;
        self.plain(0, &text);
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.rest.as_bytes().get(1) {
            Some(b'A') => self.plain(2, r"\A"),
            Some(b'z') => self.plain(2, r"\z"),
            Some(b'b') => self.plain(2, r"(?-u:\b)"),
            Some(b'B') => self.plain(2, r"(?-u:\B)"),
            Some(b'C') => return Err(("invalid escape sequence", r"\C".to_owned())),
            Some(b'Q') => self.quoted(),
            _ => {
                let (text, rest) = class::escape_outside(self.rest)?;
                self.rest = rest;
                self.plain(0, &text);
            }
        }
        Ok(())
    }

    /// `\Q…\E`
    fn quoted(&mut self) {
        let text = &self.rest[2..];
        let (inside, rest) = text.split_once(r"\E").unwrap_or((text, ""));
        for literal in inside.chars() {
            self.literal(literal, 0);
        }
        self.rest = rest;
    }
}

/// The numbers of a counted repetition and its length in bytes. Numbers beyond any limit are as large as they can be.
fn counts(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let end = text.find('}')?;
    let inside = &text[1..end];
    let (least, most) = match inside.split_once(',') {
        None => (number(inside)?, Some(number(inside)?)),
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    Some((least, most, end + 1))
}

fn number(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some(digits.parse().unwrap_or(u32::MAX))
}
