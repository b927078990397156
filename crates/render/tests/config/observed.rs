//! Every case of `cases.json` was given to consul-template 0.40; what it made of it is kept in `observed.json`:
//! the configuration that it logs before it begins, or its exit code and what it said.
//!
//! To observe it again: `CONSUL_TEMPLATE=/path/to/consul-template cargo test -p preflight-render --test config -- --ignored`

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use preflight_render::config::{CommandLine, Invocation, exit_code, load};
use serde_json::{Map, Value, json};

use crate::projection::project;
use crate::world::World;

/// Where the two differ on purpose, and why.
const DIFFERENCES: [(&str, &str); 16] = [
    ("the flag for the user agent", "theirs forgets it when it copies its settings"),
    ("a template with an address in its command", "theirs loses a colon of two"),
    ("a template with a name of one letter", "theirs takes it for a drive of Windows"),
    ("once in a file", "theirs forgets it"),
    ("parse_only in a file", "theirs only knows the flag"),
    ("a command with a comma", "theirs splits it"),
    ("a command of the exec block with a comma", "theirs splits it"),
    ("a number for a user", "their documentation shows it, their code refuses it"),
    ("retry in nomad", "theirs refuses what its documentation shows"),
    ("ssl switched off in vault", "theirs switches it on again"),
    ("wait that is enabled", "theirs calls the key bool"),
    ("wait whose maximum is less in a file", "theirs keeps a maximum that cannot be"),
    ("json with only blocks in a block", "theirs keeps the last of them only"),
    ("telemetry", "older ones had it"),
    ("a later file takes a failed lookup back", "theirs cannot take it back"),
    ("an empty text in a file goes before variables", "an empty address is none"),
];

fn read(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("the file is a list")
}

/// The first observation is kept whole; the others say where they differ from it.
fn observations() -> Vec<Value> {
    let mut observed = read(include_str!("observed.json"));
    let plain = observed.first().map_or(Value::Null, |first| first["config"].clone());
    for observation in observed.iter_mut().skip(1) {
        if let Some(config) = observation.get_mut("config") {
            *config = with(config, &plain);
        }
    }
    observed
}

/// The fields of `value` that are not those of `plain`.
fn without(value: &Value, plain: &Value) -> Value {
    let fields =
        value.as_object().into_iter().flatten().filter(|(key, field)| plain[key.as_str()] != **field);
    let differing = fields.map(|(key, field)| {
        let field = if field.is_object() { without(field, &plain[key.as_str()]) } else { field.clone() };
        (key.clone(), field)
    });
    Value::Object(differing.collect())
}

/// `plain` with the fields of `differing`.
fn with(differing: &Value, plain: &Value) -> Value {
    let mut whole = plain.clone();
    for (key, field) in differing.as_object().into_iter().flatten() {
        whole[key.as_str()] =
            if field.is_object() { with(field, &plain[key.as_str()]) } else { field.clone() };
    }
    whole
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn pairs(value: &Value) -> BTreeMap<&str, &str> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
}

fn name(case: &Value) -> &str {
    case["name"].as_str().unwrap_or_default()
}

#[test]
fn our_settings_are_theirs() {
    let observed = observations();
    let mut wrong = Vec::new();
    for case in read(include_str!("cases.json")) {
        let theirs = observed.iter().find(|observed| name(observed) == name(&case));
        let theirs = theirs.unwrap_or_else(|| panic!("{} was never observed", name(&case)));
        let difference = difference(&ours(&case), theirs);
        let on_purpose = DIFFERENCES.iter().any(|(known, _)| *known == name(&case));
        match difference {
            None if on_purpose => wrong.push(format!("{}: agrees by now", name(&case))),
            Some(difference) if !on_purpose => wrong.push(format!("{}: {difference}", name(&case))),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_difference_is_one_of_a_case() {
    let cases = read(include_str!("cases.json"));
    for (known, _) in DIFFERENCES {
        assert!(cases.iter().any(|case| name(case) == known), "{known}");
    }
}

/// What we make of a case, in the shape of an observation.
fn ours(case: &Value) -> Value {
    let mut world = World::default();
    for (name, value) in pairs(&case["env"]) {
        world = world.variable(name, value);
    }
    for (path, text) in pairs(&case["files"]) {
        world = world.file(path, text);
    }
    let line = match CommandLine::parse(&texts(&case["args"])) {
        Ok(Invocation::Run(line)) => line,
        Ok(Invocation::Help) => return json!({ "exit": exit_code::OK }),
        Err(error) => return json!({ "exit": exit_code::PARSE_FLAGS_ERROR, "said": error.to_string() }),
    };
    match load(&line, &world, &world) {
        Ok(settings) => json!({ "config": project(&settings) }),
        Err(faults) => json!({ "exit": faults.exit_code() }),
    }
}

/// The first thing in which ours is not theirs. Only what ours has is compared: theirs has fields for embedding.
fn difference(ours: &Value, theirs: &Value) -> Option<String> {
    for field in ["config", "exit", "said"] {
        // What is said of a flag is Go's own; what is said of a file is in our words.
        if field == "said" && ours.get("said").is_none() {
            continue;
        }
        if let Some(difference) = unequal(field, &ours[field], &theirs[field]) {
            return Some(difference);
        }
    }
    None
}

fn unequal(path: &str, ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => ours.iter().find_map(|(key, ours)| {
            unequal(&format!("{path}.{key}"), ours, theirs.get(key).unwrap_or(&Value::Null))
        }),
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            ours.iter().zip(theirs).find_map(|(ours, theirs)| unequal(path, ours, theirs))
        }
        _ if ours == theirs => None,
        _ => Some(format!("{path} is {ours}, theirs {theirs}")),
    }
}

#[test]
#[ignore = "needs consul-template 0.40 itself, named by CONSUL_TEMPLATE"]
fn observe() {
    let program = std::env::var("CONSUL_TEMPLATE").expect("CONSUL_TEMPLATE names the program");
    let mut observed: Vec<Value> =
        read(include_str!("cases.json")).iter().map(|case| watch(&program, case)).collect();
    let plain = observed[0]["config"].clone();
    for observation in &mut observed[1..] {
        if let Some(config) = observation.get_mut("config") {
            *config = without(config, &plain);
        }
    }
    let text = serde_json::to_string_pretty(&observed).expect("it is JSON") + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config/observed.json");
    std::fs::write(path, text).expect("the file can be written");
}

fn watch(program: &str, case: &Value) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in pairs(&case["files"]) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let mut command = Command::new(program);
    command.current_dir(folder.path()).env_clear().env("HOME", folder.path()).envs(pairs(&case["env"]));
    // Its configuration is only logged from this level on; the case's own arguments come later and win.
    command.arg("-log-level=debug").args(texts(&case["args"]));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(child.stderr.take().expect("it was asked for")).lines();
    let mut said = Vec::new();
    for line in lines.map_while(Result::ok) {
        let config = line.split_once("(runner) final config: ").filter(|_| case["to_the_end"] != true);
        if let Some((_, config)) = config {
            child.kill().expect("it runs");
            child.wait().expect("it ran");
            let config = serde_json::from_str(config).expect("it is JSON");
            return json!({ "name": name(case), "config": normal(config) });
        }
        said.push(line);
    }
    let exit = child.wait().expect("it ran").code();
    json!({ "name": name(case), "exit": exit, "said": said.last().map(|line| without_time(line)) })
}

fn without_time(line: &str) -> &str {
    line.split_once("[ERR] ").map_or(line, |(_, rest)| rest)
}

/// Theirs without what does not count: no signal is `null`, marks are those that hold, what is off has no settings.
fn normal(mut config: Value) -> Value {
    let marks = [("LeftDelim", "Left", "{{"), ("RightDelim", "Right", "}}")];
    let default = config["DefaultDelims"].clone();
    for template in config["Templates"].as_array_mut().into_iter().flatten() {
        for (field, inherited, usual) in marks {
            if template[field] == "" {
                template[field] = json!(default[inherited].as_str().unwrap_or(usual));
            }
        }
    }
    without_null_signals(&mut config);
    config
}

fn without_null_signals(value: &mut Value) {
    let fields = value.as_object_mut().map_or_else(Map::new, std::mem::take);
    let mut kept = Map::new();
    for (key, mut field) in fields {
        match &mut field {
            Value::Object(_) => without_null_signals(&mut field),
            Value::Array(list) => {
                list.iter_mut().filter(|item| item.is_object()).for_each(without_null_signals);
            }
            field if key.ends_with("Signal") && *field == json!(0) => *field = Value::Null,
            _ => {}
        }
        kept.insert(key, field);
    }
    *value = Value::Object(kept);
}
