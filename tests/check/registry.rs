//! A walk over the registry: names are unique, everything is documented, every kind is proven both ways.

use std::collections::BTreeSet;
use std::path::Path;

use libtest_mimic::{Failed, Trial};
use preflight_checks::registry::{REGISTRY, classes};

use crate::scenario::ScenarioFile;

/// The tests of the registry against these scenarios.
pub(crate) fn trials(files: &[ScenarioFile]) -> Vec<Trial> {
    let proven: BTreeSet<String> = kinds_with(files, |exit| exit == 0);
    let broken: BTreeSet<String> = kinds_with(files, |exit| exit == 1);
    let files: Vec<String> = crate::kinds(files).into_iter().map(str::to_owned).collect();
    vec![
        Trial::test("registry: names and aliases are unique", names_are_unique),
        Trial::test("registry: class names are unique and well formed", classes_are_well_formed),
        Trial::test(
            "registry: every class says what it means, what causes it and what to try",
            classes_are_explained,
        ),
        Trial::test("registry: every kind has a scenario that passes and one that fails", move || {
            for entry in REGISTRY {
                let kind = entry.kind.name;
                ensure(proven.contains(kind), format!("no scenario shows that {kind} passes"))?;
                ensure(broken.contains(kind), format!("no scenario shows that {kind} fails"))?;
            }
            Ok(())
        }),
        Trial::test("registry: every scenario file is about a kind of the registry", move || {
            for kind in &files {
                let known =
                    REGISTRY.iter().any(|entry| entry.kind.name == kind) || kind == "env" || kind == "dns";
                ensure(known, format!("{kind} is no kind"))?;
            }
            Ok(())
        }),
        Trial::test(
            "registry: docs/checkers.md says of every kind what was verified",
            every_kind_is_documented,
        ),
    ]
}

fn kinds_with(files: &[ScenarioFile], wanted: impl Fn(i32) -> bool) -> BTreeSet<String> {
    let fitting = files.iter().filter(|file| file.scenarios.iter().any(|scenario| wanted(scenario.exit)));
    fitting.map(|file| file.kind.clone()).collect()
}

fn names_are_unique() -> Result<(), Failed> {
    let mut seen = BTreeSet::new();
    for entry in REGISTRY {
        for name in std::iter::once(&entry.kind.name).chain(entry.kind.aliases) {
            ensure(seen.insert(*name), format!("{name} is there twice"))?;
            ensure(
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
                format!("{name:?} is not a lower-case word"),
            )?;
        }
    }
    Ok(())
}

fn classes_are_well_formed() -> Result<(), Failed> {
    let mut seen = BTreeSet::new();
    for class in classes() {
        let name = class.name;
        ensure(seen.insert(name), format!("{name} is there twice"))?;
        let parts: Vec<&str> = name.split('.').collect();
        let word = |part: &&str| {
            part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        ensure(parts.len() == 2 && parts.iter().all(word), format!("{name} is not layer.cause"))?;
    }
    Ok(())
}

fn classes_are_explained() -> Result<(), Failed> {
    for class in classes() {
        let name = class.name;
        ensure(class.meaning.ends_with('.'), format!("the meaning of {name} is no sentence"))?;
        ensure(!class.causes.is_empty(), format!("{name} has no causes"))?;
        ensure(
            !class.hint.is_empty() && !class.hint.ends_with('.'),
            format!("the hint of {name} is no fragment"),
        )?;
    }
    Ok(())
}

fn every_kind_is_documented() -> Result<(), Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/checkers.md");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    for entry in REGISTRY {
        ensure(
            text.contains(&format!("| `{}` |", entry.kind.name)),
            format!("{} has no row", entry.kind.name),
        )?;
    }
    Ok(())
}

fn ensure(holds: bool, otherwise: String) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
