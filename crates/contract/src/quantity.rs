//! Sizes, shares, file modes and HTTP statuses as people write them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number of bytes, written `1048576`, `512MiB` or `2GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// A count (bytes or inodes) or a share of the whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// An absolute count: bytes, or inodes.
    Count(u64),
    /// A share in percent, 0 to 100.
    Percent(f64),
}

/// Permission bits, written in octal as `"0640"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMode(pub u32);

/// The HTTP statuses that are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusExpectation(pub Vec<StatusRange>);

/// One status or one class of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusRange {
    /// One status, 100 to 599.
    Code(u16),
    /// All of one class: 2 for 2xx.
    Class(u16),
}

/// Why a text is not the quantity that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAQuantity {
    /// Not a size.
    #[error("not a size; write it like 1048576, 512MiB or 2GB")]
    Size,
    /// Neither a size nor a share.
    #[error("neither a size nor a share; write it like 512MiB or 10%")]
    Amount,
    /// Not a file mode.
    #[error("not a file mode; write it in octal and in quotes, like \"0640\"")]
    Mode,
    /// Not a pair of waits.
    #[error("not the first and the longest wait; write it like 500ms..30s")]
    Backoff,
    /// Not a number of ends in a time.
    #[error("not a number of ends in a time; write it like 5 in 60s")]
    GiveUp,
    /// Not a signal.
    #[error("not a signal; write it like HUP, TERM or USR1")]
    Signal,
    /// Not an HTTP status.
    #[error("not an HTTP status; write it like 200 or 2xx")]
    Status,
}

impl Amount {
    /// The least count that fulfils this, out of `total`.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a disk needs no exact byte"
    )]
    pub fn of(self, total: u64) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(share) => (total as f64 * share / 100.0).ceil() as u64,
        }
    }
}

impl StatusExpectation {
    /// Whether `status` is one of those accepted.
    #[must_use]
    pub fn accepts(&self, status: u16) -> bool {
        self.0.iter().any(|range| match range {
            StatusRange::Code(code) => *code == status,
            StatusRange::Class(class) => status / 100 == *class,
        })
    }
}

const UNITS: [(&str, u64); 10] = [
    ("", 1),
    ("B", 1),
    ("KIB", 1 << 10),
    ("MIB", 1 << 20),
    ("GIB", 1 << 30),
    ("TIB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

impl FromStr for ByteSize {
    type Err = NotAQuantity;

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sizes with a fraction are rounded"
    )]
    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let unit = text[end..].trim().to_ascii_uppercase();
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(NotAQuantity::Size)?;
        if let Ok(count) = text[..end].parse::<u64>() {
            return count.checked_mul(*scale).map(Self).ok_or(NotAQuantity::Size);
        }
        let count: f64 = text[..end].parse().map_err(|_| NotAQuantity::Size)?;
        let bytes = count * *scale as f64;
        if bytes < u64::MAX as f64 { Ok(Self(bytes as u64)) } else { Err(NotAQuantity::Size) }
    }
}

impl FromStr for Amount {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        if let Some(share) = text.trim().strip_suffix('%') {
            let share: f64 = share.trim().parse().map_err(|_| NotAQuantity::Amount)?;
            return if (0.0..=100.0).contains(&share) {
                Ok(Self::Percent(share))
            } else {
                Err(NotAQuantity::Amount)
            };
        }
        text.parse().map(|ByteSize(count)| Self::Count(count)).map_err(|_| NotAQuantity::Amount)
    }
}

impl FromStr for FileMode {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        let digits = text.strip_prefix("0o").unwrap_or(text);
        let octal = (3..=5).contains(&digits.len()) && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
        let bits = u32::from_str_radix(digits, 8).ok().filter(|bits| octal && *bits <= 0o7777);
        bits.map(Self).ok_or(NotAQuantity::Mode)
    }
}

impl FromStr for StatusRange {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        match text.as_bytes() {
            [class @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => Ok(Self::Class(u16::from(class - b'0'))),
            [b'1'..=b'5', _, _] => text.parse().map(Self::Code).map_err(|_| NotAQuantity::Status),
            _ => Err(NotAQuantity::Status),
        }
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS
            .iter()
            .skip(2)
            .take(4)
            .rev()
            .find(|(_, scale)| self.0 >= *scale && self.0.is_multiple_of(*scale));
        match exact {
            Some((unit, scale)) => write!(formatter, "{}{}iB", self.0 / scale, &unit[..1]),
            None => write!(formatter, "{}", self.0),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => ByteSize(*count).fmt(formatter),
            Self::Percent(share) => write!(formatter, "{share}%"),
        }
    }
}

impl fmt::Display for FileMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04o}", self.0)
    }
}

impl fmt::Display for StatusRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(formatter, "{code}"),
            Self::Class(class) => write!(formatter, "{class}xx"),
        }
    }
}

/// Serde as text, and the schema whose `format` this crate's own reader checks.
macro_rules! written_as_text {
    ($type:ty, $name:literal, $types:expr, $format:literal, $description:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "description": $description, "type": $types, "format": $format })
            }
        }
    };
}

pub(crate) use written_as_text;

written_as_text!(
    ByteSize,
    "Size",
    ["string", "integer"],
    "preflight-size",
    "A number of bytes: 1048576, 512MiB, 2GB."
);
written_as_text!(
    Amount,
    "Amount",
    ["string", "integer"],
    "preflight-amount",
    "A size (512MiB), a number, or a share (10%)."
);
written_as_text!(
    FileMode,
    "FileMode",
    "string",
    "preflight-mode",
    "Permission bits in octal, as text: \"0640\"."
);
written_as_text!(
    StatusRange,
    "Status",
    ["string", "integer"],
    "preflight-status",
    "An HTTP status (200) or a class of them (2xx)."
);

impl Serialize for StatusExpectation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for StatusExpectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            One(StatusRange),
            Several(Vec<StatusRange>),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::One(one) => Self(vec![one]),
            Written::Several(several) => Self(several),
        })
    }
}

impl JsonSchema for StatusExpectation {
    fn schema_name() -> Cow<'static, str> {
        "StatusExpectation".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<StatusRange>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}
