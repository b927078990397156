//! What holds for any text: no panic, bounded depth, linear time, and what was written comes back.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use preflight_hcl::{Problem, Value, parse};
use proptest::prelude::*;

/// Texts made of what the language is made of, so that they get past the first character.
fn likely() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a", "b-c", "\"k\"", "=", "{", "}", "[", "]", ",", "\n", " ", "1", "-", "0x", "0644", "1.5e", ".",
        "true", "\"", "\\", "\\u", "${", "}\"", "<<E\n", "<<-E\n", "E\n", "  E\n", "#", "//", "/*", "*/",
        ":", "null", "é", "\u{feff}", "\0", "\r\n", "\t",
    ]);
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '$' | '\0' => drop(write!(quoted, "\\x{:02x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_text_is_read_or_refused_with_a_place_inside_it(text in prop_oneof![likely(), ".{0,200}", "\\{[\"a:,\\[\\]{}1 ]{0,60}"]) {
        if let Err(error) = parse(&text) {
            let lines = text.split('\n').count();
            prop_assert!(error.position.line <= lines, "{error} in {lines} lines");
            prop_assert!(error.position.column >= 1);
        }
    }

    #[test]
    fn a_text_that_was_quoted_comes_back(value in any::<String>(), name in "[a-z][a-z0-9_.-]{0,9}") {
        prop_assume!(name != "true" && name != "false");
        let tree = parse(&format!("# c\n{name} = {} // c", quoted(&value))).expect("it is well written");
        prop_assert_eq!(tree.items[0].name(), name.as_str());
        prop_assert_eq!(tree.items[0].value.as_text(), Some(value.as_str()));
    }

    #[test]
    fn an_integer_comes_back_in_every_base(value in any::<i64>()) {
        let magnitude = value.unsigned_abs();
        let sign = if value < 0 { "-" } else { "" };
        let tree = parse(&format!("v = [{value}, {sign}0{magnitude:o}, {sign}0x{magnitude:X}]")).expect("it is well written");
        let list = tree.items[0].value.as_list().expect("a list");
        prop_assert!(list.iter().all(|node| node.as_integer() == Some(value)), "{list:?}");
    }

    #[test]
    fn a_heredoc_keeps_its_lines(lines in prop::collection::vec("[ -~]{0,20}", 0..6)) {
        prop_assume!(lines.iter().all(|line| line.trim() != "END"));
        let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let tree = parse(&format!("a = <<END\n{text}END\n")).expect("it is well written");
        prop_assert_eq!(&tree.items[0].value.value, &Value::Text(text));
    }
}

#[test]
fn depth_is_bounded() {
    for (open, close) in [("a {", "}"), ("a = [", "]"), ("{\"a\":", "}")] {
        let inner = if open.starts_with("a =") { "[" } else { open };
        let deep = format!("{open}{}{}", inner.repeat(200_000), close.repeat(200_001));
        assert_eq!(parse(&deep).expect_err("it is too deep").problem, Problem::TooDeep);
        let fine = format!(
            "{open}{}{}{}",
            inner.repeat(100),
            if inner.ends_with(':') { "1" } else { "" },
            close.repeat(101)
        );
        assert!(parse(&fine).is_ok(), "{fine}");
    }
}

/// A megabyte of each of these would take minutes if any part were read again and again.
#[test]
fn time_is_linear() {
    let million = 1_000_000;
    let texts = [
        "/*".repeat(million / 2),
        format!("a = \"{}", "${".repeat(million / 2)),
        format!("a = <<EOF\n{}", "EOFx\n".repeat(million / 5)),
        format!("a = <<-EOF\n{}   EOF\n", "   EO\n".repeat(million / 6)),
        "\"a\" ".repeat(million / 4),
        format!("a = [{}", "1,".repeat(million / 2)),
        "a = 1 ".repeat(million / 6),
        format!("a = {}", "1".repeat(million)),
        format!("{{\"a\": \"{}", "\\ud800".repeat(million / 6)),
        "# x\n".repeat(million / 4),
    ];
    for text in texts {
        let start = Instant::now();
        drop(parse(&text));
        assert!(start.elapsed() < Duration::from_secs(5), "{:?} took {:?}", &text[..20], start.elapsed());
    }
}

#[test]
fn a_fault_is_told_with_its_place_and_never_shows_a_value() {
    let told = |text: &str| parse(text).expect_err("it is faulty").to_string();
    assert_eq!(told("a = 1\nb {\n  c\n}"), "4:1: \"c\" must be followed by \"=\" and a value, or by \"{\"");
    assert_eq!(told("a = \"x"), "1:5: the text has no closing quote on its line");
    assert_eq!(told("a = <<EOF\nx\n"), "1:5: the heredoc is not closed by a line with only \"EOF\" on it");
    for text in [
        "token = hunter2",
        "token = 5a3f-hunter2",
        "token \"hunter2\"",
        "token = \"hunter2",
        "{\"token\": hunter2}",
    ] {
        assert!(!told(text).contains("hunter2"), "{}", told(text));
    }
}
