//! ARCHITECTURE.md is held against the tree: the paths that it names are there, and each crate uses only what its
//! table allows.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::project;

fn architecture() -> String {
    std::fs::read_to_string(project().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md")
}

/// Words in back quotes that look like paths of this project.
fn named_paths(text: &str) -> BTreeSet<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let path = |word: &&str| {
        let first = word.split('/').next().unwrap_or_default();
        word.contains('/')
            && ["crates", "services", "tests", "xtask", "docs", "bench", ".ci", "src"].contains(&first)
    };
    quoted.filter(path).map(str::to_owned).collect()
}

#[test]
fn every_path_that_the_map_names_is_there() {
    let paths = named_paths(&architecture());
    assert!(paths.len() >= 10, "the map names only {paths:?}");
    let gone: Vec<_> =
        paths.iter().filter(|path| !project().join(path.trim_end_matches('/')).exists()).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md names what is gone: {gone:?}");
}

/// The rows `| crate | may use |` of the table under "Who may use whom".
fn allowed(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let table = text.split("## Who may use whom").nth(1).expect("the table's heading");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let names =
            |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
        (cells[1].trim_matches('`').to_owned(), names(cells[2]))
    })
    .collect()
}

/// What each crate's manifest says it uses of the other crates here, tests aside.
fn used() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(project())
        .output()
        .expect("cargo metadata");
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let short = |name: String| name.strip_prefix("preflight-").map_or(name.clone(), str::to_owned);
    let members: BTreeSet<String> = packages.iter().map(|package| text(&package["name"])).collect();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
            let own = dependencies.filter(|dependency| dependency["kind"].is_null());
            let names = own.map(|dependency| text(&dependency["name"])).filter(|name| members.contains(name));
            (short(text(&package["name"])), names.map(short).collect())
        })
        .collect()
}

#[test]
fn each_crate_uses_only_what_the_table_allows() {
    let allowed = allowed(&architecture());
    for (name, uses) in used() {
        let Some(may) = allowed.get(&name) else { panic!("{name} is not in the table of ARCHITECTURE.md") };
        let wrong: Vec<_> = uses.difference(may).collect();
        assert!(wrong.is_empty(), "{name} uses {wrong:?}, which the table does not allow");
    }
}
