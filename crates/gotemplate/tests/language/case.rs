//! Cases: read, run, compared.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use preflight_gotemplate::{Functions, MissingKey, Options, Template};
use serde::Deserialize;

use crate::{callable, notation};

/// Where the cases lie.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/language");

/// One feature: its cases, and the data that they choose from.
#[derive(Deserialize)]
struct Feature {
    data: Vec<serde_json::Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    name: String,
    text: Option<String>,
    text_hex: Option<String>,
    data: usize,
    #[serde(default)]
    left: String,
    #[serde(default)]
    right: String,
    #[serde(default)]
    missing: String,
    output: Option<String>,
    output_hex: Option<String>,
    parse_error: Option<String>,
    exec_error: Option<String>,
}

/// What came of a template.
#[derive(Debug, PartialEq)]
enum Outcome {
    Output(String),
    ParseError(String),
    ExecError(String),
    Panic(String),
}

/// Runs all cases of a feature; panics with a list of those that end otherwise than in Go.
pub(crate) fn compare(feature: &str) {
    compare_file(&Path::new(FOLDER).join(format!("{feature}.json")));
}

/// The same for a file anywhere.
pub(crate) fn compare_file(path: &Path) {
    let text = std::fs::read_to_string(path).expect("the cases can be read");
    let Feature { data, cases } = serde_json::from_str(&text).expect("the cases are as their form says");
    assert!(!cases.is_empty(), "{} has cases", path.display());
    let functions = callable::all();
    let faults: Vec<String> =
        cases.iter().filter_map(|case| case.fault(&data[case.data], &functions)).collect();
    assert!(faults.is_empty(), "{} of {} differ:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

impl Case {
    /// How the case ends otherwise than in Go, if it does.
    fn fault(&self, data: &serde_json::Value, functions: &Functions) -> Option<String> {
        let (expected, text) = (self.expected(), self.text());
        let actual = catch_unwind(AssertUnwindSafe(|| self.run(&text, data, functions)))
            .unwrap_or_else(|panic| Outcome::Panic(reason(&*panic)));
        let shown = String::from_utf8_lossy(&text);
        let place = if self.name.is_empty() { String::new() } else { format!("[{}] ", self.name) };
        (actual != expected)
            .then(|| format!("{place}{shown:?} {}\n    Go   {expected:?}\n    ours {actual:?}", self.missing))
    }

    fn run(&self, text: &[u8], data: &serde_json::Value, functions: &Functions) -> Outcome {
        let missing_key = match self.missing.as_str() {
            "zero" => MissingKey::Zero,
            "error" => MissingKey::Error,
            _ => MissingKey::Default,
        };
        let options = Options { left: self.left.clone(), right: self.right.clone(), missing_key };
        let template = match Template::parse("test", text, functions, &options) {
            Ok(template) => template,
            Err(error) => return Outcome::ParseError(error.to_string()),
        };
        match template.execute(&notation::build(data), &()) {
            Ok(output) => Outcome::Output(shown(&output)),
            Err(error) => Outcome::ExecError(error.to_string()),
        }
    }

    fn text(&self) -> Vec<u8> {
        let hex = || notation::bytes_of_hex(self.text_hex.as_deref().expect("a case has a text"));
        self.text.as_ref().map_or_else(hex, |text| text.clone().into_bytes())
    }

    fn expected(&self) -> Outcome {
        if let Some(error) = &self.parse_error {
            return Outcome::ParseError(error.clone());
        }
        if let Some(error) = &self.exec_error {
            return Outcome::ExecError(error.clone());
        }
        let hex = || notation::bytes_of_hex(self.output_hex.as_deref().expect("a case has an outcome"));
        Outcome::Output(shown(&self.output.as_ref().map_or_else(hex, |output| output.clone().into_bytes())))
    }
}

/// The text; its bytes written out where it is not one.
fn shown(output: &[u8]) -> String {
    let escaped = || format!("bytes {}", output.escape_ascii());
    std::str::from_utf8(output).map_or_else(|_| escaped(), str::to_owned)
}

fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason").to_owned()
}
