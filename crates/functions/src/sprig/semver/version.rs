//! A version: `v1.2.3-beta.1+build`, of which all but the first number may be missing.

use std::cmp::Ordering;

use preflight_gotemplate::strconv::parse_uint;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) patch: u64,
    pub(super) prerelease: String,
    pub(super) metadata: String,
    /// As it was given.
    pub(super) original: String,
}

/// A text that is no version; its text is that of the original.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum VersionError {
    /// It has another form.
    #[error("Invalid Semantic Version")]
    Form,
    /// A number of the prerelease begins with 0.
    #[error("Version segment starts with 0")]
    LeadingZero,
    /// A number is too large.
    #[error("Error parsing version segment: {0}")]
    Number(String),
}

impl Version {
    pub(super) fn parse(text: &str) -> Result<Self, VersionError> {
        let form = |part: Option<&str>| {
            part.filter(|part| is_suffix(part)).map(str::to_owned).ok_or(VersionError::Form)
        };
        let bare = text.strip_prefix('v').unwrap_or(text);
        let end = bare.find(['-', '+']).unwrap_or(bare.len());
        let (numbers, suffix) = bare.split_at(end);
        let (prerelease, metadata) = match suffix.strip_prefix('-') {
            Some(rest) => match rest.split_once('+') {
                Some((prerelease, metadata)) => (form(Some(prerelease))?, form(Some(metadata))?),
                None => (form(Some(rest))?, String::new()),
            },
            None if suffix.is_empty() => (String::new(), String::new()),
            None => (String::new(), form(suffix.strip_prefix('+'))?),
        };
        let mut parts = numbers.split('.');
        let mut next = || parts.next().map(number).transpose();
        let major = next()?.ok_or(VersionError::Form)?;
        let (minor, patch) = (next()?.unwrap_or(0), next()?.unwrap_or(0));
        if next()?.is_some() {
            return Err(VersionError::Form);
        }
        let leading_zero = |part: &str| part.len() > 1 && part.starts_with('0') && all_digits(part);
        if prerelease.split('.').any(leading_zero) {
            return Err(VersionError::LeadingZero);
        }
        Ok(Self { major, minor, patch, prerelease, metadata, original: text.to_owned() })
    }

    /// The order of versions; what is behind a `+` does not count.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| {
            match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => order_of_prereleases(&self.prerelease, &other.prerelease),
            }
        })
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{}.{}.{}", self.major, self.minor, self.patch);
        for (sign, part) in [('-', &self.prerelease), ('+', &self.metadata)] {
            if !part.is_empty() {
                text.push(sign);
                text.push_str(part);
            }
        }
        text
    }

    /// The version after this one, with a number increased.
    pub(super) fn next(&self, numbers: (u64, u64, u64)) -> Self {
        let (major, minor, patch) = numbers;
        let mut next = Self { major, minor, patch, ..Self::default() };
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        next.original = format!("{prefix}{}", next.text());
        next
    }
}

/// Letters, digits and hyphens in parts between points.
fn is_suffix(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(allowed))
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(text: &str) -> Result<u64, VersionError> {
    if !all_digits(text) {
        return Err(VersionError::Form);
    }
    parse_uint(text, 10, 64).map_err(|fault| VersionError::Number(fault.to_string()))
}

/// Part by part: numbers by value and before words, words by their letters, a missing part before any.
pub(super) fn order_of_prereleases(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one.split('.'), other.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (Some(left), Some(right)) => order_of_parts(left, right),
            (left, right) => order_of_parts(left.unwrap_or(""), right.unwrap_or("")),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn order_of_parts(one: &str, other: &str) -> Ordering {
    let value = |text: &str| parse_uint(text, 10, 64).ok();
    match (one, other, value(one), value(other)) {
        ("", "", ..) => Ordering::Equal,
        ("", ..) => Ordering::Less,
        (_, "", ..) => Ordering::Greater,
        (.., Some(left), Some(right)) => left.cmp(&right),
        (.., Some(_), None) => Ordering::Less,
        (.., None, Some(_)) => Ordering::Greater,
        (.., None, None) => one.cmp(other),
    }
}
