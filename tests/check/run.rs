//! Runs one scenario against the built binary and holds the report against it.

use std::process::{Command, Output};

use serde_json::Value;

use crate::facts::Facts;
use crate::scenario::Scenario;
use crate::stubs;

/// Proves one scenario.
///
/// # Errors
/// What was otherwise, with the whole output.
pub(crate) fn prove(kind: &str, scenario: &Scenario, facts: &Facts) -> Result<(), String> {
    for server in &scenario.needs {
        if facts.server(server).is_none() {
            return Err(format!(
                "{server} is not running; `cargo xtask test` starts it, or leave it out aloud"
            ));
        }
    }
    let stub = scenario.stub.as_ref().map(|stub| stubs::start(kind, stub)).transpose()?;
    let facts = match &stub {
        Some(stub) => facts.with("stub", stub.facts()),
        None => facts.clone(),
    };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let facts = facts.with("test", serde_json::json!({ "folder": folder.path() }));
    let environment = filled_environment(scenario, &facts)?;
    for (name, text) in &scenario.files {
        std::fs::write(folder.path().join(name), facts.fill(text)?)
            .map_err(|error| format!("{name}: {error}"))?;
    }
    let contract = facts.fill(&scenario.contract_text())?;
    std::fs::write(folder.path().join("preflight.yaml"), contract).map_err(|error| error.to_string())?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
    command.current_dir(folder.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(environment.iter().map(|(name, value)| (name, value))).args(["--format", "json"]);
    for argument in &scenario.arguments {
        command.arg(facts.fill(argument)?);
    }
    let output = command.output().map_err(|error| error.to_string())?;
    compare(scenario, &facts, &environment, &output).map_err(|why| format!("{why}\n{}", shown(&output)))
}

fn filled_environment(scenario: &Scenario, facts: &Facts) -> Result<Vec<(String, String)>, String> {
    scenario.environment.iter().map(|(name, value)| Ok((name.clone(), facts.fill(value)?))).collect()
}

fn compare(
    scenario: &Scenario,
    facts: &Facts,
    environment: &[(String, String)],
    output: &Output,
) -> Result<(), String> {
    no_secret(scenario, facts, environment, output)?;
    if output.status.code() != Some(scenario.exit) {
        return Err(format!("exit {:?} instead of {}", output.status.code(), scenario.exit));
    }
    if scenario.exit == 78 {
        let errors = String::from_utf8_lossy(&output.stderr);
        return fragments(scenario, facts, &errors);
    }
    let report: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("no report: {error}"))?;
    let checks = report["checks"].as_array().ok_or("the report has no checks")?;
    let mut failed: Vec<&str> = checks.iter().filter_map(|check| check["class"].as_str()).collect();
    failed.sort_unstable();
    if failed != scenario.failing() {
        return Err(format!("failed {failed:?} instead of {:?}", scenario.failing()));
    }
    let words: Vec<String> = checks.iter().map(words_of).collect();
    fragments(scenario, facts, &words.join("\n"))?;
    warnings(scenario, &report, checks)
}

/// What a person reads of a check.
fn words_of(check: &Value) -> String {
    let mut words: Vec<String> = ["id", "evidence", "hint", "reason"]
        .iter()
        .filter_map(|key| check[*key].as_str())
        .map(str::to_owned)
        .collect();
    let facts = check["facts"].as_object().into_iter().flatten();
    words.extend(facts.map(|(name, value)| format!("{name}: {}", value.as_str().unwrap_or_default())));
    let warnings = check["warnings"].as_array().into_iter().flatten();
    words.extend(warnings.filter_map(|warning| warning["evidence"].as_str()).map(str::to_owned));
    words.join(" — ")
}

fn fragments(scenario: &Scenario, facts: &Facts, words: &str) -> Result<(), String> {
    for fragment in &scenario.says {
        let fragment = facts.fill(fragment)?;
        if !words.contains(&fragment) {
            return Err(format!("{fragment:?} is not said"));
        }
    }
    Ok(())
}

fn warnings(scenario: &Scenario, report: &Value, checks: &[Value]) -> Result<(), String> {
    let of = |value: &Value| -> Vec<String> {
        let list = value["warnings"].as_array().into_iter().flatten();
        list.filter_map(|warning| warning["class"].as_str()).map(str::to_owned).collect()
    };
    let all: Vec<String> = checks.iter().flat_map(of).chain(of(report)).collect();
    match scenario.warns.iter().find(|class| !all.contains(class)) {
        Some(class) => Err(format!("the warning {class} is missing; there are {all:?}")),
        None => Ok(()),
    }
}

/// No password, whatever the outcome.
fn no_secret(
    scenario: &Scenario,
    facts: &Facts,
    environment: &[(String, String)],
    output: &Output,
) -> Result<(), String> {
    let secret = |name: &str| {
        // The client's own name holds the word.
        let name = name.trim_start_matches("SECRETSMANAGER");
        ["PASSWORD", "TOKEN", "SECRET"].iter().any(|part| name.contains(part))
    };
    let values = environment
        .iter()
        .filter(|(name, value)| secret(name) && !name.ends_with("_FILE") && value.len() >= 4);
    let mut forbidden: Vec<String> = values.map(|(_, value)| value.clone()).collect();
    for fragment in &scenario.never {
        forbidden.push(facts.fill(fragment)?);
    }
    let streams = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)];
    for text in forbidden {
        let in_json = serde_json::Value::from(text.as_str()).to_string();
        let in_json = in_json.trim_matches('"');
        if streams.iter().any(|stream| stream.contains(&text) || stream.contains(in_json)) {
            return Err(format!("{text:?} got out"));
        }
    }
    Ok(())
}

fn shown(output: &Output) -> String {
    format!(
        "--- standard output\n{}\n--- standard error\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
