//! `time.Duration` and Consul's `api.ReadableDuration`.

use std::sync::{Arc, LazyLock};

use preflight_gotemplate::{NamedType, Type, Value};

/// `time.Duration`, which prints as `1m30s`.
pub(super) static DURATION: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let named = NamedType::declare("time.Duration");
    let text = |value: &Value| text(value.as_i64().unwrap_or_default()).into_bytes();
    named.define(NamedType::new("time.Duration", Type::INT64).stringer(text));
    named
});

/// `api.ReadableDuration`, which prints as a number: only pointers to it have words.
pub(super) static READABLE_DURATION: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let named = NamedType::declare("api.ReadableDuration");
    let text = |value: &Value| text(value.indirect().as_i64().unwrap_or_default()).into_bytes();
    named.define(NamedType::new("api.ReadableDuration", Type::INT64).pointer_stringer(text));
    named
});

/// The type of durations.
pub(super) fn duration_type() -> Type {
    Type::Named(Arc::clone(&DURATION))
}

/// A `time.Duration` of so many nanoseconds.
pub(super) fn duration(nanoseconds: i64) -> Value {
    Value::named(&DURATION, Value::from(nanoseconds))
}

/// An `api.ReadableDuration` of so many nanoseconds.
pub(super) fn readable_duration(nanoseconds: i64) -> Value {
    Value::named(&READABLE_DURATION, Value::from(nanoseconds))
}

/// As `time.Duration.String` writes it: `0s`, `1.5µs`, `2ms`, `1h30m0s`.
fn text(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let size = nanoseconds.unsigned_abs();
    let positive = match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{size}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(size, 3)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(size, 6)),
        _ => {
            let minutes = size / 60_000_000_000;
            let seconds = decimal(size % 60_000_000_000, 9);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{positive}")
}

/// `number / 10^places` without zeros at its end.
fn decimal(number: u64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    let fraction = format!("{:0width$}", number % unit, width = places as usize);
    match fraction.trim_end_matches('0') {
        "" => (number / unit).to_string(),
        fraction => format!("{}.{fraction}", number / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_writes_them() {
        let cases = [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (3_300_000_000, "3.3s"),
            (245_000_000_000, "4m5s"),
            (245_001_000_000, "4m5.001s"),
            (18_367_001_000_000, "5h6m7.001s"),
            (-3_600_000_000_000, "-1h0m0s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ];
        for (nanoseconds, expected) in cases {
            assert_eq!(text(nanoseconds), expected);
        }
    }
}
