//! Whether a value is what the contract asks for.

use preflight_contract::{Condition, Environment, Variable, VariableType, is_secret, judge, secrets_of};

use crate::environment;

fn variable(change: impl FnOnce(&mut Variable)) -> Variable {
    let mut variable = Variable::named("A", 1);
    change(&mut variable);
    variable
}

fn classes(variable: &Variable, environment: &Environment) -> Vec<&'static str> {
    judge(variable, environment).faults.iter().map(|fault| fault.class()).collect()
}

fn classes_of(value: &str, change: impl FnOnce(&mut Variable)) -> Vec<&'static str> {
    classes(&variable(change), &environment(&[("A", value)]))
}

#[test]
fn a_required_variable_must_be_set_and_not_empty() {
    let plain = Variable::named("A", 1);
    assert_eq!(classes(&plain, &environment(&[])), ["env.missing"]);
    assert_eq!(classes(&plain, &environment(&[("A", "")])), ["env.empty"]);
    assert_eq!(classes(&plain, &environment(&[("A", " ")])), ["env.empty"]);
    assert!(classes(&plain, &environment(&[("A", "x")])).is_empty());
    let optional = variable(|variable| variable.required = false);
    assert!(classes(&optional, &environment(&[])).is_empty());
}

#[test]
fn conditions_say_when_a_variable_is_required() {
    let condition = |values: &[&str]| {
        Some(Condition { variable: "B".into(), values: values.iter().map(|value| (*value).into()).collect() })
    };
    let when = variable(|variable| variable.when = condition(&["on"]));
    assert!(classes(&when, &environment(&[("B", "off")])).is_empty());
    assert_eq!(classes(&when, &environment(&[("B", "on")])), ["env.missing"]);
    let unless = variable(|variable| variable.unless = condition(&[]));
    assert!(classes(&unless, &environment(&[("B", "x")])).is_empty());
    assert_eq!(classes(&unless, &environment(&[])), ["env.missing"]);
}

#[test]
fn every_type_takes_its_own_and_refuses_the_rest() {
    let cases: [(VariableType, &[&str], &[&str]); 11] = [
        (VariableType::Integer, &["0", "-5", "+7"], &["1.0", "x", "1 "]),
        (VariableType::Number, &["0.5", "-1e3"], &["NaN", "inf", "x"]),
        (VariableType::Boolean, &["true", "No", "1"], &["2", "enabled"]),
        (VariableType::Port, &["1", "65535"], &["0", "65536", "+80", "http"]),
        (VariableType::Url, &["https://a.b/c", "redis://h:1"], &["localhost:80", "/x", "http://"]),
        (VariableType::Email, &["a@b.c", "a+b@localhost"], &["a", "@b", "a b@c"]),
        (VariableType::Duration, &["60", "500ms", "1h30m"], &["1x", "-5s"]),
        (VariableType::Json, &["{}", "\"x\"", "[1]"], &["{", "{'a':1}"]),
        (VariableType::Hostname, &["db.domain.com", "10.0.0.1", "::1"], &["a b", "http://x", "-a"]),
        (VariableType::Path, &["/x", "y/z"], &["a\u{0}b"]),
        (VariableType::Arn, &["arn:aws:sqs:eu-west-1:1:q"], &["sqs", "arn:aws:sqs"]),
    ];
    for (kind, good, bad) in cases {
        for value in good {
            assert!(classes_of(value, |variable| variable.kind = kind).is_empty(), "{kind:?} {value}");
        }
        for value in bad {
            assert_eq!(classes_of(value, |variable| variable.kind = kind), ["env.type"], "{kind:?} {value}");
        }
    }
}

#[test]
fn limits_patterns_and_lists_hold() {
    let port = |variable: &mut Variable| {
        variable.kind = VariableType::Integer;
        (variable.min, variable.max) = (Some(2.0), Some(4.0));
    };
    assert!(classes_of("3", port).is_empty());
    assert_eq!(classes_of("1", port), ["env.range"]);
    assert_eq!(classes_of("5", port), ["env.range"]);
    let length = |variable: &mut Variable| (variable.min_length, variable.max_length) = (Some(2), Some(3));
    assert_eq!(classes_of("ä", length), ["env.length"]);
    assert!(classes_of("äöü", length).is_empty());
    assert_eq!(classes_of("abcd", length), ["env.length"]);
    assert_eq!(classes_of("abc", |variable| variable.pattern = Some("^b".into())), ["env.pattern"]);
    assert_eq!(classes_of("abc", |variable| variable.one_of = vec!["x".into()]), ["env.not_allowed"]);
}

#[test]
fn values_that_are_no_values_have_classes_of_their_own() {
    for value in
        ["${X}", "http://${HOST}/", "$(X)", "{{ x }}", "<changeme>", "<your key>", "CHANGEME", "todo"]
    {
        assert_eq!(classes_of(value, |_| {}), ["env.placeholder"], "{value}");
    }
    for value in ["\"x\"", "'x'", "\"\""] {
        assert_eq!(classes_of(value, |_| {}), ["env.quoted"], "{value}");
    }
    assert_eq!(classes_of("x\n", |_| {}), ["env.trailing_newline"]);
    for value in ["a ${date} b", "<b>x</b>", "Hello {{name}}", "it's", "$5", "a<b"] {
        assert!(classes_of(value, |_| {}).is_empty(), "{value}");
    }
}

#[test]
fn the_arn_of_a_secret_is_not_the_secret() {
    let arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:db-AbCdEf";
    assert_eq!(classes_of(arn, |variable| variable.secret = true), ["env.secret_arn"]);
    assert_eq!(classes_of(arn, |variable| variable.name = "A".into()), Vec::<&str>::new());
    let reference = Variable::named("DB_SECRET_ARN", 1);
    assert!(classes(&reference, &environment(&[("DB_SECRET_ARN", arn)])).is_empty());
}

#[test]
fn files_are_read_and_their_line_break_is_not_part_of_the_value() {
    let password = Variable { max_length: Some(11), ..Variable::named("A", 1) };
    assert!(classes(&password, &environment(&[("A_FILE", "/run/secrets/password")])).is_empty());
    for path in ["/nowhere", "/run/secrets/binary"] {
        assert_eq!(classes(&password, &environment(&[("A_FILE", path)])), ["env.file_unreadable"]);
    }
    let both = judge(&password, &environment(&[("A", "x"), ("A_FILE", "/run/secrets/password")]));
    assert_eq!(both.warnings[0].class(), "env.both_value_and_file");
}

#[test]
fn a_deprecated_variable_that_is_set_is_a_warning() {
    let old = variable(|variable| variable.deprecated = Some("use B".into()));
    let judgement = judge(&old, &environment(&[("A", "x")]));
    assert_eq!(judgement.warnings[0].to_string(), "is deprecated: use B");
    assert!(judgement.faults.is_empty());
}

#[test]
fn no_message_about_a_secret_holds_its_value_or_length() {
    let value = "s3cr3t-value";
    let strict = variable(|variable| {
        variable.secret = true;
        variable.one_of = vec!["x".into()];
        variable.pattern = Some("^never$".into());
        variable.kind = VariableType::Url;
        variable.max_length = Some(3);
    });
    let judgement = judge(&strict, &environment(&[("A", value)]));
    assert_eq!(judgement.faults.len(), 4);
    for fault in judgement.faults {
        let text = format!("{fault} {fault:?}");
        assert!(!text.contains("s3c") && !text.contains("12"), "{text}");
    }
    let url = judge(
        &variable(|variable| variable.max_length = Some(3)),
        &environment(&[("A", "redis://u:pw99@h")]),
    );
    assert!(!format!("{url:?}").contains("pw99"));
}

#[test]
fn names_tell_secrets() {
    for name in [
        "X_PASSWORD",
        "X_TOKEN",
        "SESSION_SECRET",
        "API_KEY",
        "DBPASSWORD",
        "SENTRY_DSN",
        "AWS_SECRET_ACCESS_KEY",
    ] {
        assert!(is_secret(name, None), "{name}");
    }
    for name in
        ["LOG_LEVEL", "X_USERNAME", "X_PASSWORD_FILE", "X_SSLKEYPATH", "DB_SECRET_ARN", "TOKEN_TTL", "PWD"]
    {
        assert!(!is_secret(name, None), "{name}");
    }
    assert!(is_secret("LOG_LEVEL", Some(&variable(|variable| variable.secret = true))));
}

#[test]
fn secrets_inside_urls_and_lists_are_found() {
    assert_eq!(secrets_of("X_URL", None, "redis://u:p%40w@h/0"), ["p%40w", "p@w"]);
    assert_eq!(secrets_of("X_URL", None, "https://h/?a=b&token=t1"), ["t1"]);
    assert!(secrets_of("X_URL", None, "redis://u:p/w#@h").contains(&"p/w#".to_owned()));
    assert_eq!(secrets_of("X", None, "host=h password=pw user=u"), ["pw"]);
    assert!(secrets_of("X_URL", None, "postgres://pat@h/db").is_empty());
}
