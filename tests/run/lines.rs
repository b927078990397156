//! `--log json`: each line that is written fits the schema that is published.

use std::process::Command;

use serde_json::Value;

use crate::scene::run;

fn schema() -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
    let output = command.args(["schema", "log"]).output().expect("it runs");
    serde_json::from_slice(&output.stdout).expect("a schema")
}

/// What does not fit: as much of JSON Schema as this schema uses, for an object of plain values.
fn misfit(line: &Value, schema: &Value) -> Option<String> {
    let fields = line.as_object()?;
    let known = schema["properties"].as_object()?;
    let required = schema["required"].as_array()?.iter().filter_map(Value::as_str);
    let absent =
        required.filter(|name| !fields.contains_key(*name)).map(|name| format!("{name} is not there"));
    let wrong = fields.iter().filter_map(|(name, value)| match known.get(name) {
        None => Some(format!("{name} is not known")),
        Some(rules) => (!fits(value, resolved(rules, schema))).then(|| format!("{name} is {value}: {rules}")),
    });
    let choices = schema["oneOf"].as_array()?.iter().filter_map(|choice| choice["required"][0].as_str());
    let chosen = choices.filter(|name| fields.contains_key(*name)).count();
    let unclear = (chosen != 1).then(|| format!("{chosen} of those of which there is one"));
    absent.chain(wrong).chain(unclear).next()
}

fn resolved<'schema>(rules: &'schema Value, schema: &'schema Value) -> &'schema Value {
    let place = rules["$ref"].as_str().and_then(|place| schema.pointer(place.trim_start_matches('#')));
    place.unwrap_or(rules)
}

fn fits(value: &Value, rules: &Value) -> bool {
    let is_choice =
        |choices: &Vec<Value>| choices.iter().any(|choice| choice == value || choice["const"] == *value);
    if let Some(choices) = rules["enum"].as_array().or_else(|| rules["oneOf"].as_array()) {
        return is_choice(choices);
    }
    let within = |number: i64| {
        rules["minimum"].as_i64().is_none_or(|least| number >= least)
            && rules["maximum"].as_i64().is_none_or(|most| number <= most)
    };
    match rules["type"].as_str() {
        Some("string") if rules["format"] == "date-time" => {
            value.as_str().is_some_and(|text| text.len() == 24 && text.ends_with('Z'))
        }
        Some("string") => value.is_string(),
        Some("integer") => value.as_i64().is_some_and(within),
        Some("boolean") => value.is_boolean(),
        other => panic!("the test does not know {other:?} in {rules}"),
    }
}

#[test]
fn what_is_written_fits_the_schema() {
    let schema = schema();
    // Text, bytes that are none, both streams, a line that is too long for one piece, a last one without an end, and
    // what we say ourselves.
    let line = "echo hello; printf '\\377\\000\\n' >&2; head -c 300000 /dev/zero | tr '\\0' x; echo; printf end; exit 3";
    let outcome = run(&["--log", "json"])
        .contract(&format!(
            "services:\n  web: {{ command: {line:?}, restart: {{ policy: never }}, finish: 'echo finished' }}\n"
        ))
        .ends()
        .exits(3);
    let lines: Vec<Value> = outcome
        .stdout
        .lines()
        .chain(outcome.stderr.lines())
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    for line in &lines {
        assert_eq!(misfit(line, &schema), None, "{line}");
    }
    let has = |field: &str, value: Value| lines.iter().any(|line| line[field] == value);
    assert!(has("message", "hello".into()) && has("message_base64", "/wA=".into()), "{lines:?}");
    assert!(has("partial", true.into()) && has("message", "end".into()), "{lines:?}");
    assert!(has("stream", "stderr".into()) && has("purpose", "finish".into()), "{lines:?}");
    assert!(has("service", "preflight".into()), "{lines:?}");
    let long: usize =
        lines.iter().filter_map(|line| line["message"].as_str()).map(str::len).filter(|n| *n > 1000).sum();
    assert_eq!(long, 300_000, "of the long line nothing is lost");
}

#[test]
fn what_does_not_fit_is_found() {
    let schema = schema();
    let good = serde_json::json!({ "version": 1, "time": "2026-11-21T17:45:00.123Z", "service": "web", "stream": "stdout", "message": "" });
    assert_eq!(misfit(&good, &schema), None);
    for (name, value) in [
        ("version", Value::from(2)),
        ("stream", "stdin".into()),
        ("time", "now".into()),
        ("other", 1.into()),
        ("purpose", "run".into()),
        ("message", 1.into()),
        ("message_base64", "".into()),
    ] {
        let mut bad = good.clone();
        bad[name] = value;
        assert!(misfit(&bad, &schema).is_some(), "{bad}");
    }
    let mut short = good;
    short.as_object_mut().expect("an object").remove("service");
    assert!(misfit(&short, &schema).is_some());
}

#[test]
fn what_is_said_before_anything_starts_fits_as_well() {
    let schema = schema();
    for (contract, code, words) in [
        ("checked_environment_variables: [PREFLIGHT_TEST_NOT_SET]\n", 1, "FAIL env PREFLIGHT_TEST_NOT_SET"),
        ("services: { web: { command: [x], user: nobody-here } }\n", 78, "there is no user"),
        ("no_such_key: 1\n", 78, "unknown key"),
        ("render: [{ source: none.ctmpl, destination: out }]\n", 14, "none.ctmpl"),
    ] {
        let words_of_run = ["--log", "json", "--", "echo", "it-runs"];
        let all = if contract.starts_with("services") { &words_of_run[..2] } else { &words_of_run[..] };
        let outcome = run(all).contract(contract).ends().exits(code).says(words).never_says("it-runs");
        for line in outcome.stdout.lines().chain(outcome.stderr.lines()) {
            let line = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert_eq!(misfit(&line, &schema), None, "{line}");
        }
    }
}
