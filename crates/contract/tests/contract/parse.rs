//! What a file says, and every way in which it can be wrong.

use std::time::Duration;

use preflight_contract::{
    Amount, Attribute, CheckSpec, CommandLine, Contract, Faults, VariableType, json_schema, parse,
    parse_bytes,
};

use crate::VOCABULARY;

const ORIGINAL: &str = "verbose: True
organization: \"MyCompanyName\"
team: \"DevOps\"
checked_environment_variables:
  - SOME_SERVICE_CONFIG_KEY
";

fn read(sections: &str) -> Result<Contract, Faults> {
    parse("preflight.yaml", &format!("organization: Org\nteam: Team\n{sections}"), VOCABULARY)
}

/// The places and messages of the faults of a file of `sections` below two lines.
fn faults(sections: &str) -> Vec<String> {
    let faults = read(sections).unwrap_err().faults;
    let line = |fault: preflight_contract::Fault| {
        let hint = fault.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        format!("{}:{} {}{hint}", fault.line, fault.column, fault.message)
    };
    faults.into_iter().map(line).collect()
}

fn one_fault(sections: &str) -> String {
    let mut found = faults(sections);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn the_original_file_works_as_it_stands() {
    let contract = parse("preflight.yaml", ORIGINAL, VOCABULARY).unwrap();
    assert_eq!((contract.organization.as_str(), contract.team.as_str()), ("MyCompanyName", "DevOps"));
    assert!(contract.verbose);
    assert_eq!(contract.variables.len(), 1);
    assert_eq!(contract.variables[0].name, "SOME_SERVICE_CONFIG_KEY");
    assert_eq!(contract.variables[0].line, 5);
    assert!(contract.variables[0].required);
    assert_eq!(contract.wait, Duration::ZERO);
}

#[test]
fn truth_is_written_in_many_ways() {
    for (word, truth) in
        [("True", true), ("yes", true), ("on", true), ("FALSE", false), ("no", false), ("Off", false)]
    {
        assert_eq!(read(&format!("verbose: {word}\n")).unwrap().verbose, truth);
    }
    assert!(one_fault("verbose: 'true'\n").contains("without the quotes"));
    assert!(one_fault("verbose: maybe\n").contains("true or false was expected"));
}

#[test]
fn every_rule_is_understood() {
    let contract = read(
        "checked_environment_variables:
  - name: LEVEL
    one_of: [debug, 1, true]
    description: how much it says
    default: debug
    owner: core
    audience: Ops
    deprecated: use VERBOSITY
  - { name: RATE, type: number, min: 0.5, max: 10, required: no, secret: yes }
  - { name: A, min_length: 2, max_length: 4, pattern: '^a', when: B, unless: { C: [x, y] } }
",
    )
    .unwrap();
    let [level, rate, last] = contract.variables.as_slice() else { panic!("{contract:?}") };
    assert_eq!(level.one_of, ["debug", "1", "true"]);
    assert_eq!(level.deprecated.as_deref(), Some("use VERBOSITY"));
    assert_eq!((level.audience.as_deref(), level.owner.as_deref()), (Some("Ops"), Some("core")));
    assert_eq!((rate.kind, rate.min, rate.max), (VariableType::Number, Some(0.5), Some(10.0)));
    assert!(!rate.required && rate.secret);
    assert_eq!((last.min_length, last.max_length), (Some(2), Some(4)));
    assert_eq!(last.when.as_ref().unwrap().variable, "B");
    assert_eq!(last.unless.as_ref().unwrap().values, ["x", "y"]);
}

#[test]
fn every_kind_of_check_is_understood() {
    let contract = read(
        "wait: 1m30s
timeout: 2.5
checked_tcp:
  - { host: SOLR_HOST, port: SOLR_PORT }
  - { host: OTHER_HOST, port: 8983, name: other }
  - BOTH
checks:
  - http: { url: \"${CATALOG_URL}/health\", expect: { status: [200, 3xx], json: { a.b: 1 }, body: /ok/ } }
    name: catalog
    timeout: 500ms
  - grpc: { address: \"h:1\", tls: true }
  - tls: { address: h, expires_within: 30d }
  - file: { path: /x, mode: \"0640\", type: directory }
  - command: { run: [ls, -l], exit_code: 1 }
  - command: { run: \"ls | wc\" }
  - disk: { path: /, min_free: 10%, min_free_inodes: 1000 }
  - memory: { min: 512MiB }
  - clock: { max_offset: 500ms, server: ntp }
  - postgresql: { address: db, port: 5432, password: \"${PW}\" }
",
    )
    .unwrap();
    assert_eq!(
        (contract.wait, contract.timeout),
        (Duration::from_secs(90), Some(Duration::from_millis(2500)))
    );
    assert_eq!(contract.tcp.len(), 3);
    assert_eq!(contract.tcp[1].port.as_deref(), Some("8983"));
    let kinds: Vec<&str> = contract.checks.iter().map(|item| item.spec.kind()).collect();
    let expected =
        ["http", "grpc", "tls", "file", "command", "command", "disk", "memory", "clock", "postgres"];
    assert_eq!(kinds, expected);
    let specs: Vec<&CheckSpec> = contract.checks.iter().map(|item| &item.spec).collect();
    let CheckSpec::Http(http) = specs[0] else { panic!() };
    let status = http.expect.status.as_ref().unwrap();
    assert!(status.accepts(200) && status.accepts(301) && !status.accepts(201));
    let CheckSpec::Command(shell) = specs[5] else { panic!() };
    assert_eq!(shell.run, CommandLine::Shell("ls | wc".into()));
    let CheckSpec::Disk(disk) = specs[6] else { panic!() };
    assert_eq!(
        (disk.min_free, disk.min_free_inodes),
        (Some(Amount::Percent(10.0)), Some(Amount::Count(1000)))
    );
    let CheckSpec::File(file) = specs[3] else { panic!() };
    assert_eq!(file.mode.unwrap().0, 0o640);
    let CheckSpec::Connection(connection) = specs[9] else { panic!() };
    assert_eq!(connection.attributes[&Attribute::Port], "5432");
    assert_eq!(contract.checks[0].timeout, Some(Duration::from_millis(500)));
}

#[test]
fn another_name_of_a_kind_takes_the_same_keys() {
    let contract = read(
        "checks:\n  - https: { url: 'https://h', expect: { body: ok } }\n  - pg: { url: 'postgres://h' }\n",
    )
    .unwrap();
    let kinds: Vec<&str> = contract.checks.iter().map(|item| item.spec.kind()).collect();
    assert_eq!(kinds, ["http", "postgres"]);
    let fault = one_fault("checks:\n  - zzzzzz: { url: x }\n");
    assert!(fault.contains("postgres") && !fault.contains("valkey"), "{fault}");
    assert!(
        one_fault("checks:\n  - https: { url: h, expect: { body: '/(/' } }\n")
            .contains("not a regular expression")
    );
}

#[test]
fn a_check_is_interpolated_whole() {
    let contract = read("checks:\n  - http: { url: \"${A}/x\", headers: { X: \"${B}\" }, expect: { json: { k: \"${A}\" } } }\n").unwrap();
    let spec = &contract.checks[0].spec;
    assert_eq!(spec.references(), ["A", "B"]);
    assert_eq!(spec.interpolated(|_| None).unwrap_err().names, ["A", "B"]);
    let CheckSpec::Http(http) = spec.interpolated(|name| Some(name.to_lowercase())).unwrap() else {
        panic!()
    };
    assert_eq!(
        (http.url.as_str(), http.headers["X"].as_str(), &http.expect.json["k"]),
        ("a/x", "b", &"a".into())
    );
}

#[test]
fn all_faults_are_listed_at_once_with_their_places() {
    let found = faults(
        "verbos: true
wait: soon
checked_environment_variables:
  - { name: A, requierd: true }
  - { name: B, min: 3, max: 1, type: integer }
  - { name: C, pattern: '(' }
  - { name: D, type: integre }
  - A
  - [x]
  - { secret: true }
checks:
  - htpp: { url: x }
  - { http: { url: x }, file: { path: y } }
  - name: nothing
  - http: { method: GET }
",
    );
    let expected = [
        "3:1 unknown key `verbos` (did you mean `verbose`?)",
        "4:7 \"soon\" is not a duration",
        "6:16 unknown key `requierd` (did you mean `required`?)",
        "7:21 min 3 is more than max 1",
        "8:25 not a regular expression",
        "9:22 \"integre\" is not one of",
        "10:5 A is declared twice; first on line 6",
        "11:5 this is a list; a text or a map like { name: … } was expected",
        "12:7 the key `name` is missing",
        "14:5 unknown key `htpp` (did you mean `http`?)",
        "15:25 `file` makes this item a check of two kinds",
        "16:5 this check says no kind",
        "17:13 the key `url` is missing",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found:?} does not begin with {expected:?}");
    }
}

#[test]
fn the_excerpt_points_at_the_fault() {
    let text = read("\nverbos: true\n").unwrap_err().to_string();
    let expected = "preflight.yaml:4:1: unknown key `verbos`
  4 | verbos: true
    | ^^^^^^
  hint: did you mean `verbose`?
preflight.yaml: 1 fault";
    assert_eq!(text, expected);
}

#[test]
fn names_that_cannot_be_set_are_refused() {
    assert!(one_fault("checked_environment_variables: [\"A=b\"]\n").contains("not its value (write A)"));
    assert!(one_fault("checked_environment_variables: [\"${A}\"]\n").contains("(write A)"));
    assert!(one_fault("checked_environment_variables: [\"A B\"]\n").contains("no name of a variable"));
    assert!(one_fault("checked_environment_variables: [\"\"]\n").contains("no name of a variable"));
    assert!(one_fault("checked_tcp: [{ host: H, port: 70000 }]\n").contains("no port"));
}

#[test]
fn the_files_own_values_must_fit_its_rules() {
    let rules =
        |rules: &str| one_fault(&format!("checked_environment_variables: [{{ name: A, {rules} }}]\n"));
    assert!(rules("type: integer, one_of: [1, two]").contains("\"two\" breaks another rule: it is"));
    assert!(rules("default: x, one_of: [a]").contains("the default breaks a rule"));
    assert!(rules("min: 1").contains("`min` needs a type"));
    assert!(rules("when: A").contains("names the variable itself"));
    assert!(rules("one_of: []").contains("at least 1 item"));
    assert!(rules("when: { B: 1, C: 2 }").contains("exactly one key"));
}

#[test]
fn regular_expressions_of_checks_must_be_some() {
    let found =
        faults("checks: [{ file: { path: a, contains: /x/ } }, { file: { path: b, contains: '/(/' } }]\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("3:77 not a regular expression"), "{found:?}");
    assert!(
        one_fault("checks:\n  - http: { url: a, expect: { body: '/[/' } }\n")
            .contains("not a regular expression")
    );
    assert!(read("checks:\n  - file: { path: a, contains: '/${X}(/' }\n").is_ok());
}

#[test]
fn sections_of_later_phases_are_unknown() {
    for section in ["probes", "monitor"] {
        assert!(one_fault(&format!("{section}: {{}}\n")).contains("unknown key"));
    }
}

#[test]
fn a_section_without_items_is_empty_and_a_key_without_value_is_a_fault() {
    assert_eq!(read("checked_environment_variables:\n#  - A\n").unwrap().variables, []);
    assert!(one_fault("wait:\n").starts_with("3:1 there is no value; a duration like 60s was expected"));
}

#[test]
fn broken_files_are_faults() {
    let message = |text: &str| parse("f", text, VOCABULARY).unwrap_err().to_string();
    assert!(message("").contains("the file is empty"));
    assert!(message("# nothing\n").contains("the file is empty"));
    assert!(message("a: [").contains("not valid YAML"));
    assert!(message("organization: x\n\tteam: y\n").contains("f:2:1: a tab indents this line"));
    assert!(message("just text").contains("a map like { organization: …, team: … } was expected"));
    assert!(
        message("organization: a\norganization: b\nteam: c\n").contains("`organization` is written twice")
    );
    assert!(message("team: x").contains("`organization` is missing"));
    assert!(message("organization: ''\nteam: x").contains("must not be empty"));
    assert!(message("organization: a\nteam: b\n---\nteam: c\n").contains("a second document"));
    let error = parse_bytes("f", b"organization: \xff\n", VOCABULARY).unwrap_err();
    assert_eq!((error.faults[0].line, error.faults[0].column), (1, 15));
}

#[test]
fn aliases_are_followed_and_bombs_are_refused() {
    let contract = read(
        "checked_environment_variables:\n  - &a { name: X, one_of: &l [p, q] }\n  - { name: Y, one_of: *l }\n",
    );
    assert_eq!(contract.unwrap().variables[1].one_of, ["p", "q"]);
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", ")));
    }
    assert!(one_fault(&bomb).contains("aliases unfolded"));
    assert!(faults(&format!("checks: {}", "[".repeat(5000))).len() == 1);
}

#[test]
fn the_schema_describes_every_key() {
    let schema = json_schema(VOCABULARY);
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["required"], serde_json::json!(["organization", "team"]));
    let check = &schema["$defs"]["CheckKeys"]["properties"];
    for kind in ["http", "postgres", "valkey", "clock"] {
        assert!(check.get(kind).is_some(), "{kind}");
    }
    for (key, property) in schema["$defs"]["VariableRules"]["properties"].as_object().unwrap() {
        assert!(property["description"].is_string() || property.get("$ref").is_some(), "{key}: {property}");
    }
}

#[test]
fn an_excerpt_shows_no_password_that_stands_in_the_file() {
    let text =
        "organization: A\nteam: B\nchecks:\n  - http: { url: \"http://x/\", pasword: hunter2hunter2 }\n";
    let faults = parse("preflight.yaml", text, VOCABULARY).expect_err("pasword is no key").to_string();
    assert!(faults.contains("pasword") && faults.contains("password"), "{faults}");
    assert!(!faults.contains("hunter2"), "{faults}");
}
