//! What holds for every input.

use std::collections::BTreeSet;

use preflight_contract::{
    Environment, format_duration, group, interpolate, parse_bytes, parse_duration, read_host_port, secrets_of,
};
use proptest::prelude::*;

use crate::VOCABULARY;

fn part() -> impl Strategy<Value = String> {
    let words = [
        "POSTGRES10",
        "REDIS",
        "S3",
        "HTTP",
        "A",
        "HOT",
        "ADDRESS",
        "PASSWORD",
        "PORT",
        "URL",
        "USER",
        "FILE",
        "",
    ];
    prop_oneof![prop::sample::select(words.to_vec()).prop_map(str::to_owned), "[A-Z0-9ä]{0,4}"]
}

fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(part(), 1..5).prop_map(|parts| parts.join("_"))
}

fn values() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((name(), ".{0,8}"), 0..8)
}

fn line() -> impl Strategy<Value = String> {
    let lines = [
        "organization: x",
        "team: y",
        "checks:",
        "  - http: {url: a}",
        "  - file:",
        "wait: 5",
        "- &a b",
        "*a",
        "\t",
        "a: *a",
        "checked_environment_variables:",
        "  - name: A",
        "    one_of: [1, 2]",
        "    type: port",
        "{",
        "[",
        "? x",
        "|",
        "!!str",
        "    min: 1e999",
        "    when: {A: [b]}",
        "---",
        "\"",
        "checked_tcp: [{host: A}]",
    ];
    prop_oneof![4 => prop::sample::select(lines.to_vec()).prop_map(str::to_owned), 1 => ".{0,20}"]
}

proptest! {
    #[test]
    fn every_declared_name_lands_in_exactly_one_place(declared in prop::collection::vec(name(), 0..12), set in values()) {
        let environment = Environment::new(set, |_| Ok(b"x".to_vec()));
        let grouping = group(&declared, &environment, VOCABULARY);
        let mut places: Vec<&str> = grouping.ordinary.iter().map(String::as_str).collect();
        for connection in &grouping.connections {
            places.extend(connection.attributes.values().map(|value| value.variable.as_str()));
            places.extend(connection.unset.values().map(String::as_str));
            let _ = (connection.endpoint(None), connection.username(), connection.password(), connection.database());
        }
        for name in declared.iter().collect::<BTreeSet<_>>() {
            prop_assert_eq!(places.iter().filter(|place| *place == name).count(), 1, "{}", name);
        }
    }

    #[test]
    fn the_order_of_names_does_not_matter(declared in prop::collection::vec(name(), 0..12), set in values()) {
        let environment = Environment::new(set, |_| Ok(b"x".to_vec()));
        let backwards: Vec<String> = declared.iter().rev().cloned().collect();
        prop_assert_eq!(group(&declared, &environment, VOCABULARY), group(&backwards, &environment, VOCABULARY));
    }

    #[test]
    fn parsing_never_panics_on_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(faults) = parse_bytes("f", &bytes, VOCABULARY) {
            prop_assert!(!faults.faults.is_empty());
            prop_assert!(!faults.to_string().chars().any(|c| c.is_control() && c != '\n'));
        }
    }

    #[test]
    fn parsing_never_panics_on_lines(lines in prop::collection::vec(line(), 0..12)) {
        if let Err(faults) = parse_bytes("f", lines.join("\n").as_bytes(), VOCABULARY) {
            prop_assert!(!faults.faults.is_empty());
        }
    }

    #[test]
    fn a_duration_is_read_as_it_is_written(nanos in 0..u64::MAX / 8192) {
        // Sums of floating-point units: exact to a microsecond in a month.
        let duration = std::time::Duration::from_micros(nanos / 1_000_000);
        let read = parse_duration(&format_duration(duration)).unwrap();
        prop_assert!(read.abs_diff(duration) < std::time::Duration::from_micros(1));
    }

    #[test]
    fn nothing_else_panics(text in ".{0,40}") {
        let _ = parse_duration(&text);
        let _ = read_host_port("X", &text);
        let _ = secrets_of("X_URL", None, &text);
        let _ = interpolate(&text, |_| None);
    }

    #[test]
    fn text_without_dollars_is_left_alone(text in "[^$]{0,40}") {
        prop_assert_eq!(interpolate(&text, |_| None).unwrap(), text);
    }
}
