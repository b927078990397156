//! Every template of `tests/cases` does here what it does in consul-template 0.40: same output, same error, byte for byte.
//!
//! What consul-template makes of them stands in `tests/data`, written by `tests/go`. Lines of a case file that are meant
//! to differ are named in [`DIFFERENT`], with the reason.

mod world;

use preflight_functions::{register, sprig};
use preflight_gotemplate::{Functions, MissingKey, Options, Template, Value};
use world::World;

/// Beginnings of templates whose outcome differs on purpose, or is known to, and why.
const DIFFERENT: &[(&str, &str)] = &[
    (r#"{{ parseYAML "\ta: 1" }}"#, "a tab before the first key does no harm, and YAML 1.2 allows it"),
    (r#"{{ parseYAML "%bad\n"#, "YAML has unknown directives passed over"),
    (r#"{{ parseYAML "a: 'one\ntwo'"#, "YAML wants further lines of a quoted text indented"),
];

fn functions() -> Functions {
    let mut functions = Functions::new();
    register::<World>(&mut functions);
    sprig::register::<World>(&mut functions);
    world::register(&mut functions);
    functions
}

/// What became of a template, in the form of the data.
fn outcome(functions: &Functions, text: &str) -> Result<Vec<u8>, String> {
    let options = Options { missing_key: MissingKey::Zero, ..Options::default() };
    let template =
        Template::parse("", text, functions, &options).map_err(|fault| format!("parse: {fault}"))?;
    template.execute(&Value::Nil, &World::default()).map_err(|fault| format!("execute: {fault}"))
}

fn expected(case: &serde_json::Value) -> Result<Vec<u8>, String> {
    let text = |name: &str| case[name].as_str().map(str::to_owned);
    if let Some(error) = text("error") {
        return Err(error);
    }
    Ok(match text("output_hex") {
        Some(digits) => (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits"))
            .collect(),
        None => text("output").unwrap_or_default().into_bytes(),
    })
}

fn check(name: &str) {
    let path = format!("{}/tests/data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let data = std::fs::read_to_string(path).expect("the data is there");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&data).expect("the data is JSON");
    assert!(!cases.is_empty());
    let functions = functions();
    let (mut different, mut failures) = (Vec::new(), Vec::new());
    for case in &cases {
        let template = case["template"].as_str().expect("a template");
        let (wanted, found) = (expected(case), outcome(&functions, template));
        let known = DIFFERENT.iter().find(|(start, _)| template.starts_with(start));
        match (wanted == found, known) {
            (true, None) | (false, Some(_)) => {}
            (true, Some((start, _))) => different.push(*start),
            (false, None) => {
                failures.push(format!("{template}\n  wanted {}\n  found  {}\n", show(&wanted), show(&found)));
            }
        }
    }
    let count = failures.len();
    assert!(failures.is_empty(), "{count} of {} differ:\n{}", cases.len(), failures.join("\n"));
    assert!(different.is_empty(), "no longer different: {different:?}");
}

fn show(outcome: &Result<Vec<u8>, String>) -> String {
    match outcome {
        Ok(output) => format!("{:?}", String::from_utf8_lossy(output)),
        Err(error) => format!("error {error}"),
    }
}

macro_rules! files {
    ($($name:ident)*) => {
        $(#[test] fn $name() { check(stringify!($name)); })*

        #[test]
        fn every_file_of_cases_is_a_test() {
            let folder = format!("{}/tests/cases", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(folder).expect("the cases are there");
            for file in files {
                let name = file.expect("a file").file_name().into_string().expect("a plain name");
                let name = name.strip_suffix(".txt").expect("a text file");
                assert!([$(stringify!($name)),*].contains(&name), "{name} is not tested");
            }
        }
    };
}

files! {
    collections debugging encoding environment json numbers regex sockaddr strings toml yaml
    sprig_dates sprig_dicts sprig_lists sprig_math sprig_other sprig_regex sprig_strings sprig_values
}
