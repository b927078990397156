//! No secret gets out: hand-picked hostile values, then arbitrary ones.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use preflight_logging::{REDACTED, Redactor};
use proptest::prelude::*;

const HOSTILE: &[&str] = &[
    "p@ss:w/o%r+d\"x",
    "line one\nline two is long",
    "100%25 sure & <more>",
    "it's \\quoted\\",
    "пароль-密码-🔑",
    "a b c d",
    "tab\there\u{1b}[31m",
];

/// The ways in which other people's messages print a password.
fn printed(secret: &str) -> Vec<String> {
    vec![
        secret.to_owned(),
        format!("postgres://pat:{}@db:5432/x", utf8_percent_encode(secret, NON_ALPHANUMERIC)),
        format!("Authorization: Basic {}", STANDARD.encode(format!("pat:{secret}"))),
        format!("Authorization: Basic {}", STANDARD.encode(format!("user1:{secret}"))),
        format!("Authorization: Basic {}", STANDARD.encode(format!("root1:{secret}"))),
        format!("host=db password='{}' port=1", secret.replace('\\', "\\\\").replace('\'', "\\'")),
        format!("Config {{ password: {secret:?} }}"),
        serde_json::json!({ "error": { "password": secret } }).to_string(),
    ]
}

#[test]
fn hostile_passwords_are_taken_out_of_every_way_of_printing_them() {
    for secret in HOSTILE {
        let redactor = Redactor::new([secret]);
        for text in printed(secret) {
            let clean = redactor.clean(&text);
            assert!(clean.contains(REDACTED), "{text:?} became {clean:?}");
            assert!(!clean.contains(secret), "{clean:?}");
        }
    }
}

#[test]
fn what_services_print_in_other_languages_is_known_too() {
    let secret = "p\"a/s&s w€rd'🔑(1)";
    let redactor = Redactor::new([secret]);
    for printed in [
        // Python: urllib.parse.quote, json.dumps, html.escape; JavaScript: encodeURIComponent.
        "p%22a/s%26s%20w%E2%82%ACrd%27%F0%9F%94%91%281%29",
        r#"p\"a/s&s w\u20acrd'\ud83d\udd11(1)"#,
        "p&quot;a/s&amp;s w€rd&#x27;🔑(1)",
        "p%22a%2Fs%26s%20w%E2%82%ACrd'%F0%9F%94%91(1)",
    ] {
        assert_eq!(redactor.redact(printed), REDACTED, "{printed}");
    }
}

#[test]
fn the_replacement_does_not_tell_the_length() {
    assert_eq!(Redactor::new(["abcdef"]).redact("x abcdef y"), "x [redacted] y");
    assert_eq!(Redactor::new(["abcdefghijkl"]).redact("x abcdefghijkl y"), "x [redacted] y");
}

#[test]
fn overlapping_secrets_leave_no_tail() {
    assert_eq!(Redactor::new(["abcdef", "defghi"]).redact("-abcdefghi-"), "-[redacted]-");
}

#[test]
fn a_short_secret_is_taken_out_where_it_stands_alone_and_does_not_shred_the_text() {
    assert_eq!(
        Redactor::new(["e"]).redact("refused: password e for pat"),
        "refused: password [redacted] for pat"
    );
}

#[test]
fn every_line_of_a_private_key_is_a_secret() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n";
    assert!(!Redactor::new([key]).redact("bad key at kqhkiG9w0BAQEF").contains("kqhkiG9w0BAQEF"));
}

#[test]
fn no_secrets_means_no_change() {
    assert_eq!(Redactor::new(Vec::<String>::new()).redact("plain"), "plain");
    assert_eq!(Redactor::new([""]).redact("plain"), "plain");
}

#[test]
fn a_long_text_is_cut_only_after_redaction() {
    let text = format!("{}hunter2-hunter2", "x".repeat(4090));
    let clean = Redactor::new(["hunter2-hunter2"]).clean(&text);
    assert!(!clean.contains("hunter2"), "{clean}");
}

proptest! {
    #[test]
    fn no_secret_and_no_control_character_gets_out(
        secret in "\\PC{4,24}|[ -~\n\t]{4,24}",
        before in "[ -~]{0,20}",
        after in "\\PC{0,20}",
    ) {
        prop_assume!(secret.trim().len() >= 4 && !REDACTED.contains(secret.trim()));
        let redactor = Redactor::new([&secret]);
        for text in printed(&secret).into_iter().chain([format!("{before}{secret}{after}")]) {
            let clean = redactor.clean(&text);
            prop_assert!(!clean.chars().any(char::is_control));
            let rest = clean.replace(REDACTED, "\u{0}");
            prop_assert!(!rest.contains(secret.trim()), "{:?} in {:?}", secret, clean);
        }
    }
}
