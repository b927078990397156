//! The types of variables: why a value is not of one.

use std::net::IpAddr;

use serde::de::IgnoredAny;
use url::Url;

use crate::duration::parse_duration;
use crate::model::VariableType;

/// Why `value` is not of type `kind`; `None` when it is. Never holds the value.
pub(crate) fn why_not(kind: VariableType, value: &str) -> Option<String> {
    let why = match kind {
        VariableType::String => return None,
        VariableType::Integer => {
            value.parse::<i128>().err().map(|_| "write digits only, with at most a sign before")
        }
        VariableType::Number => number(kind, value).is_none().then_some("write it like 10 or 0.5"),
        VariableType::Boolean => {
            (!is_boolean(value)).then_some("write true, false, yes, no, on, off, 1 or 0")
        }
        VariableType::Port => number(kind, value).is_none().then_some("write a number from 1 to 65535"),
        VariableType::Url => return why_not_url(value),
        VariableType::Email => (!is_email(value)).then_some("write it like name@domain.com"),
        VariableType::Duration => {
            parse_duration(value).err().map(|_| "write it like 500ms, 60s, 5m or 1h30m")
        }
        VariableType::Json => {
            let error = serde_json::from_str::<IgnoredAny>(value).err()?;
            return Some(format!(
                "it breaks off or is wrong at line {}, column {}",
                error.line(),
                error.column()
            ));
        }
        VariableType::Hostname => {
            (!is_hostname(value)).then_some("write a host name or an IP address, without scheme and port")
        }
        VariableType::Path => value.contains(char::is_control).then_some("a control character is in it"),
        VariableType::Arn => {
            (!is_arn(value)).then_some("write it like arn:aws:sqs:eu-west-1:123456789012:name")
        }
    };
    why.map(str::to_owned)
}

/// The number that a value of a type that has one stands for: seconds for a duration.
pub(crate) fn number(kind: VariableType, value: &str) -> Option<f64> {
    match kind {
        VariableType::Integer | VariableType::Number => {
            value.parse().ok().filter(|number: &f64| number.is_finite())
        }
        VariableType::Port => {
            value.parse::<u16>().ok().filter(|port| *port > 0 && !value.starts_with('+')).map(f64::from)
        }
        VariableType::Duration => parse_duration(value).ok().map(|duration| duration.as_secs_f64()),
        _ => None,
    }
}

fn is_boolean(value: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off", "1", "0"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn why_not_url(value: &str) -> Option<String> {
    if !value.contains("://") {
        return Some("it has no scheme, such as https://".to_owned());
    }
    match Url::parse(value) {
        Err(error) => Some(error.to_string()),
        Ok(url) if url.host_str().is_none_or(str::is_empty) && url.scheme() != "file" => {
            Some("it has no host".to_owned())
        }
        Ok(_) => None,
    }
}

fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else { return false };
    let unusable = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '<' | '>' | ',' | ';');
    (1..=64).contains(&local.len()) && !local.contains(unusable) && is_hostname(domain)
}

/// Whether it is a host name by RFC 1123, with underscores, which container networks use, or an IP address.
fn is_hostname(value: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let name = value.strip_suffix('.').unwrap_or(value);
    value.parse::<IpAddr>().is_ok() || (name.len() <= 253 && name.split('.').all(is_label))
}

/// Whether it has the six parts of `arn:partition:service:region:account:resource`.
fn is_arn(value: &str) -> bool {
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, _, resource]
        if !partition.is_empty() && !service.is_empty() && !resource.is_empty())
}
