//! One line of a service, as text or as JSON. Pure.

use std::{fmt, io::Write, time::SystemTime};

use base64::{Engine, engine::general_purpose::STANDARD};
use preflight_logging::escape;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Purpose;

/// The version of the JSON lines. Fields are added within a version, never changed or removed.
pub const VERSION: u32 = 1;

/// In which form output is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `2026-11-21T17:45:00.123Z [web] text`; `[web finish]` for its finish program; with a `+` before the bracket when
    /// the line goes on in the next one of that name.
    #[default]
    Text,
    /// One object a line; its schema is [`json_schema`].
    Json,
    /// As it is: services write to our descriptors themselves, or it is passed on unchanged.
    Raw,
}

/// Which of a service's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Stream {
    /// Standard output.
    #[serde(rename = "stdout")]
    Output,
    /// Standard error.
    #[serde(rename = "stderr")]
    Error,
}

/// One line, or a part of one.
#[derive(Debug, Clone, Copy)]
pub struct Line<'line> {
    /// When it was read.
    pub time: SystemTime,
    /// Who said it.
    pub service: &'line str,
    /// In which role.
    pub purpose: Purpose,
    /// On which stream.
    pub stream: Stream,
    /// The process that was started, when its number is known. One of its children may have said it.
    pub pid: Option<i32>,
    /// Without the line feed.
    pub message: &'line [u8],
    /// The line goes on.
    pub partial: bool,
}

/// One line of output.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "preflight run --log json, one line")]
#[schemars(extend("oneOf" = [{ "required": ["message"] }, { "required": ["message_base64"] }]))]
struct Object<'line> {
    /// The version of this form. Fields are added within a version, never changed or removed.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// When the line was read: RFC 3339, in UTC, with milliseconds.
    #[schemars(extend("format" = "date-time"))]
    time: String,
    /// Who said it; `preflight` is we ourselves.
    service: &'line str,
    /// In which role, when that is not the service's own program.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Role")]
    purpose: Option<&'static str>,
    /// On which of its outputs.
    stream: Stream,
    /// The process that was started for it. One of its children may have said it. Left out when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i32")]
    pid: Option<i32>,
    /// True when the line goes on in the next one of that service and stream; else left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    partial: bool,
    /// The line without its line feed, when it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    message: Option<&'line str>,
    /// Its bytes in base64 (RFC 4648, with padding), when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    message_base64: Option<String>,
}

/// What a service has started for it, besides its own program.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", inline)]
#[expect(dead_code, reason = "it is only there for the schema; `role` gives its words")]
enum Role {
    Finish,
    Hook,
    Probe,
}

/// The JSON Schema (draft 2020-12) of one line of [`Format::Json`].
#[must_use]
pub fn json_schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Object<'_>>().to_value()
}

impl Line<'_> {
    /// Writes it with its line feed; `Raw` writes the message alone.
    pub fn write(&self, format: Format, into: &mut Vec<u8>) {
        match format {
            Format::Text => self.write_text(into),
            Format::Json => self.write_json(into),
            Format::Raw => into.extend_from_slice(self.message),
        }
        into.push(b'\n');
    }

    fn write_text(&self, into: &mut Vec<u8>) {
        let role = role(self.purpose).map_or(String::new(), |role| format!(" {role}"));
        let mark = if self.partial { "+" } else { "" };
        // Writing to memory cannot fail.
        let _ = write!(into, "{} [{}{role}{mark}] ", Time(self.time), escape(self.service));
        into.extend_from_slice(self.message);
    }

    fn write_json(&self, into: &mut Vec<u8>) {
        let text = std::str::from_utf8(self.message);
        let object = Object {
            version: VERSION,
            time: Time(self.time).to_string(),
            service: self.service,
            purpose: role(self.purpose),
            stream: self.stream,
            pid: self.pid,
            partial: self.partial,
            message: text.ok(),
            message_base64: text.is_err().then(|| STANDARD.encode(self.message)),
        };
        // Neither texts and numbers nor writing to memory can fail.
        let _ = serde_json::to_writer(into, &object);
    }
}

/// A line of our own with its line feed: in JSON that of a service `preflight`, else the text alone.
pub(super) fn write_own(format: Format, stream: Stream, text: &str, into: &mut Vec<u8>) {
    let line = Line {
        time: SystemTime::now(),
        service: "preflight",
        purpose: Purpose::Run,
        stream,
        pid: i32::try_from(std::process::id()).ok(),
        message: text.as_bytes(),
        partial: false,
    };
    line.write(if format == Format::Json { Format::Json } else { Format::Raw }, into);
}

/// A line of our own as JSON, for what is said before there is an [`crate::output::Output`].
#[must_use]
pub fn own_line(stream: Stream, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_own(Format::Json, stream, text, &mut bytes);
    bytes
}

fn role(purpose: Purpose) -> Option<&'static str> {
    match purpose {
        Purpose::Run => None,
        Purpose::Finish => Some("finish"),
        Purpose::Hook => Some("hook"),
        Purpose::Probe => Some("probe"),
    }
}

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    Time(time).to_string()
}

struct Time(SystemTime);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A clock before the year -9999 or after 9999 is as good as none.
        let time = jiff::Timestamp::try_from(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        write!(f, "{time:.3}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn line(message: &[u8]) -> Line<'_> {
        Line {
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_283_100_123),
            service: "web",
            purpose: Purpose::Run,
            stream: Stream::Output,
            pid: Some(7),
            message,
            partial: false,
        }
    }

    fn written(line: &Line<'_>, format: Format) -> Vec<u8> {
        let mut bytes = Vec::new();
        line.write(format, &mut bytes);
        bytes
    }

    #[test]
    fn text_has_time_name_and_the_bytes_as_they_are() {
        assert_eq!(
            written(&line(b"a\xff\x00b\r"), Format::Text),
            b"2026-11-21T17:45:00.123Z [web] a\xff\x00b\r\n"
        );
        let more = Line { partial: true, purpose: Purpose::Finish, ..line(b"x") };
        assert_eq!(written(&more, Format::Text), b"2026-11-21T17:45:00.123Z [web finish+] x\n");
        let hostile = Line { service: "a\n\u{1b}[31m", ..line(b"x") };
        assert_eq!(written(&hostile, Format::Text), b"2026-11-21T17:45:00.123Z [a\\n\\u{1b}[31m] x\n");
    }

    #[test]
    fn milliseconds_are_always_three() {
        assert_eq!(Time(SystemTime::UNIX_EPOCH).to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let text = String::from_utf8(written(&line("say \"hé\"\u{1b}".as_bytes()), Format::Json)).unwrap();
        assert_eq!(
            text,
            "{\"version\":1,\"time\":\"2026-11-21T17:45:00.123Z\",\"service\":\"web\",\"stream\":\"stdout\",\"pid\":7,\
             \"message\":\"say \\\"hé\\\"\\u001b\"}\n"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_one_line_of_json_and_come_back(message in prop::collection::vec(any::<u8>(), 0..100)) {
            let json = written(&line(&message), Format::Json);
            prop_assert_eq!(json.iter().position(|byte| *byte == b'\n'), Some(json.len() - 1));
            let object: serde_json::Value = serde_json::from_slice(&json).unwrap();
            let back = match (&object["message"], &object["message_base64"]) {
                (serde_json::Value::String(text), serde_json::Value::Null) => text.as_bytes().to_vec(),
                (serde_json::Value::Null, serde_json::Value::String(coded)) => STANDARD.decode(coded).unwrap(),
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(back, message);
        }
    }

    #[test]
    fn bytes_that_are_no_text_survive_json() {
        let odd = Line { stream: Stream::Error, pid: None, partial: true, ..line(b"\xff\xfe\n\x00") };
        let object: serde_json::Value = serde_json::from_slice(&written(&odd, Format::Json)).unwrap();
        assert_eq!(STANDARD.decode(object["message_base64"].as_str().unwrap()).unwrap(), b"\xff\xfe\n\x00");
        assert_eq!(object["partial"], true);
        assert_eq!(object["stream"], "stderr");
        assert!(object.get("message").is_none() && object.get("pid").is_none());
    }
}
