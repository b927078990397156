//! Lengths of time as people write them: `60s`, `500ms`, `5m`, `1h30m`, or a bare number of seconds.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serializer, de};

const UNITS: [(&str, f64); 7] =
    [("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("d", 86_400.0), ("h", 3_600.0), ("m", 60.0), ("s", 1.0)];

/// The longest duration that is understood: a hundred years, in seconds.
const LONGEST: f64 = 100.0 * 366.0 * 86_400.0;

/// Why a text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a duration; write it like 500ms, 60s, 5m or 1h30m")]
pub struct NotADuration;

/// Reads `text` as a length of time; a bare number is seconds.
///
/// # Errors
/// When it is anything else, negative, or longer than a hundred years.
pub fn parse_duration(text: &str) -> Result<Duration, NotADuration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(NotADuration);
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().map_err(|_| NotADuration)?;
        let bare = end == rest.len() && rest.len() == text.trim().len();
        rest = &rest[end..];
        let (unit, scale) = match UNITS.iter().find(|(unit, _)| rest.starts_with(unit)) {
            Some(found) => *found,
            None if bare => ("", 1.0),
            None => return Err(NotADuration),
        };
        rest = &rest[unit.len()..];
        seconds += number * scale;
    }
    if seconds > LONGEST {
        Err(NotADuration)
    } else {
        Duration::try_from_secs_f64(seconds).map_err(|_| NotADuration)
    }
}

/// Writes a length of time the way [`parse_duration`] reads it, in its largest units, to the nanosecond.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let nanos = duration.subsec_nanos();
    let mut text = String::new();
    for (count, unit) in [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")] {
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    for (count, unit) in [(nanos / 1_000_000, "ms"), (nanos / 1000 % 1000, "us"), (nanos % 1000, "ns")] {
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format_duration(*duration))
}

/// For `#[serde(with)]` on an optional duration.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, Duration, Serializer, de, format_duration, parse_duration};

    #[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => serializer.serialize_some(&format_duration(*duration)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| parse_duration(&text).map_err(de::Error::custom)).transpose()
    }
}

/// The schema of a length of time; `format: duration-text` is checked by this crate's own reader.
pub(crate) struct DurationText;

impl JsonSchema for DurationText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A length of time: 500ms, 60s, 5m, 1h30m; a bare number is seconds.",
            "type": ["string", "number"],
            "format": "preflight-duration",
        })
    }
}
