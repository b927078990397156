//! Templates, data and what Go's text/template made of them (`tests/data/language`, written by `tests/go/language`).
//!
//! Each feature is one test that lists all differences.

#[path = "language/callable.rs"]
mod callable;
#[path = "language/case.rs"]
mod case;
#[path = "language/fixtures.rs"]
mod fixtures;
#[path = "language/notation.rs"]
mod notation;
#[path = "language/types.rs"]
mod types;

use std::collections::BTreeSet;

macro_rules! features {
    ($($feature:ident)*) => {
        const FEATURES: &[&str] = &[$(stringify!($feature)),*];
        $(
            #[test]
            fn $feature() {
                case::compare(stringify!($feature));
            }
        )*
    };
}

features! {
    builtins constants constants_compared control depth fields flags_of_constants flags_of_kinds functions
    functions_of_constants functions_of_kinds json lexing missing pairs_compared pairs_ordered templates
    verbs_of_constants verbs_of_kinds
}

/// Further cases, as `tests/go/language` makes them of these in any number.
#[test]
fn mutants() {
    if let Some(file) = std::env::var_os("PREFLIGHT_LANGUAGE_CASES") {
        case::compare_file(std::path::Path::new(&file));
    }
}

#[test]
fn every_file_of_cases_has_a_test() {
    let known: BTreeSet<String> = FEATURES.iter().map(|feature| format!("{feature}.json")).collect();
    let found: BTreeSet<String> = std::fs::read_dir(case::FOLDER)
        .expect("the folder of cases can be read")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "values.json")
        .collect();
    assert_eq!(known, found);
}
