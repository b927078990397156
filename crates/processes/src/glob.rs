//! Patterns over names of variables: `*`, `?`, `[a-z]`, `[^a-z]`, `\x` — as Go's `path.Match` has them, over a whole name.

/// True when the pattern matches the whole name. A pattern that is broken matches nothing. `/` is matched by no
/// wildcard. Linear in memory, at most the product of both lengths in time.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let Some(parts) = parse(pattern) else { return false };
    let name: Vec<char> = name.chars().collect();
    let (mut part, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match parts.get(part) {
            Some(Part::Any) => {
                retry = Some((part, at));
                part += 1;
                continue;
            }
            Some(one) if name.get(at).is_some_and(|letter| one.takes(*letter)) => {
                part += 1;
                at += 1;
                continue;
            }
            None if at == name.len() => return true,
            _ => {}
        }
        match retry {
            Some((star, from)) if name.get(from).is_some_and(|letter| *letter != '/') => {
                retry = Some((star, from + 1));
                (part, at) = (star + 1, from + 1);
            }
            _ => return false,
        }
    }
}

enum Part {
    Any,
    One,
    Letter(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Part {
    fn takes(&self, letter: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => letter != '/',
            Self::Letter(wanted) => *wanted == letter,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter)) != *negated
            }
        }
    }
}

fn parse(pattern: &str) -> Option<Vec<Part>> {
    let mut letters = pattern.chars().peekable();
    let mut parts = Vec::new();
    while let Some(letter) = letters.next() {
        parts.push(match letter {
            '*' => Part::Any,
            '?' => Part::One,
            '\\' => Part::Letter(letters.next()?),
            '[' => class(&mut letters)?,
            other => Part::Letter(other),
        });
    }
    Some(parts)
}

fn class(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Part> {
    let negated = letters.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while ranges.is_empty() || letters.peek() != Some(&']') {
        let low = class_letter(letters)?;
        let high = if letters.next_if_eq(&'-').is_some() { class_letter(letters)? } else { low };
        ranges.push((low, high));
    }
    letters.next();
    Some(Part::Class { negated, ranges })
}

fn class_letter(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match letters.next()? {
        '-' | ']' => None,
        '\\' => letters.next(),
        letter => Some(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_the_whole_name() {
        for (pattern, name, expected) in [
            ("PATH", "PATH", true),
            ("PATH", "PATHS", false),
            ("AWS_*", "AWS_REGION", true),
            ("AWS_*", "AWS_", true),
            ("*_TOKEN", "CONSUL_HTTP_TOKEN", true),
            ("*_TOKEN", "CONSUL_HTTP_TOKEN_FILE", false),
            ("A*B*C", "AxxBxxBxxC", true),
            ("LC_???", "LC_ALL", true),
            ("LC_???", "LC_CTYPE", false),
            ("[A-C]?", "B1", true),
            ("[^A-C]?", "B1", false),
            ("[^A-C]?", "D1", true),
            (r"\*", "*", true),
            (r"\*", "x", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("é*", "été", true),
            ("*", "a/b", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn a_broken_pattern_matches_nothing() {
        for pattern in ["[", "[a", "[]", "[a-]", "[-z]", "\\", "[]a]"] {
            assert!(!matches(pattern, "a"), "{pattern}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!matches(&format!("{}b", "*a".repeat(50)), &"a".repeat(5_000)));
    }
}
