//! `$1`, `${1}` and `$name` in the replacement of a match.

/// A replacement, read once.
pub(super) struct Template {
    parts: Vec<Part>,
}

enum Part {
    Text(Vec<u8>),
    Number(usize),
    Name(Vec<u8>),
}

impl Template {
    pub(super) fn new(template: &[u8]) -> Self {
        let mut parts = Vec::new();
        let (mut text, mut rest) = (Vec::new(), template);
        while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
            text.extend_from_slice(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(b"$") {
                text.push(b'$');
                rest = after;
            } else if let Some((part, after)) = reference(rest) {
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(part);
                rest = after;
            } else {
                text.push(b'$');
            }
        }
        text.extend_from_slice(rest);
        parts.push(Part::Text(text));
        Self { parts }
    }

    /// Adds the replacement to `out`; `group` gives the text of a group that took part.
    pub(super) fn expand<'a>(
        &self,
        out: &mut Vec<u8>,
        names: &[String],
        group: impl Fn(usize) -> Option<&'a [u8]>,
    ) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Number(number) => out.extend_from_slice(group(*number).unwrap_or_default()),
                Part::Name(name) => {
                    let mut with_name =
                        names.iter().enumerate().filter(|(_, found)| found.as_bytes() == name);
                    let found = with_name.find_map(|(index, _)| group(index));
                    out.extend_from_slice(found.unwrap_or_default());
                }
            }
        }
    }
}

/// What follows a `$`: the group that is meant, and the rest.
fn reference(text: &[u8]) -> Option<(Part, &[u8])> {
    let braced = text.strip_prefix(b"{");
    let body = braced.unwrap_or(text);
    let length = name_length(body);
    let (name, rest) = body.split_at(length);
    let rest = if braced.is_some() { rest.strip_prefix(b"}")? } else { rest };
    if name.is_empty() {
        return None;
    }
    let number =
        std::str::from_utf8(name).ok().filter(|name| is_number(name)).and_then(|name| name.parse().ok());
    Some((number.map_or_else(|| Part::Name(name.to_vec()), Part::Number), rest))
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'))
}

/// Letters, digits and `_` at the start.
fn name_length(text: &[u8]) -> usize {
    let valid = text.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    valid.find(|next: char| !next.is_alphabetic() && !next.is_numeric() && next != '_').unwrap_or(valid.len())
}
