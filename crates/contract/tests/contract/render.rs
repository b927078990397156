//! What is rendered: `render:`, `consul:`, `vault:` and `missing:`.

use std::time::Duration;

use preflight_contract::{
    CommandLine, Contract, FileMode, MissingAction, OnChange, parse, show_json, show_markdown, show_text,
};

use crate::VOCABULARY;

const SECTIONS: &str = "\
render:
  - source: config.py.ctmpl
    destination: ${ROOT}/config.py
    perms: 0640
    user: 1000
    group: app
    backup: yes
    check: [python3, -m, py_compile, '{{.staged}}', '${EXTRA:-none}']
    on_change: nginx -s reload, || echo ${SHELL_OWN}
  - contents: '{{ key \"a\" }} ${KEPT}'
    destination: out
    wait: 5s
    on_change: { command: [kill, -HUP, '1'], timeout: 0 }
  - { source: a, destination: b, on_change: reload, protect_empty: true, left_delimiter: '<<', right_delimiter: '>>' }
consul: { address: '${CONSUL}', token: hushhush, password: hushhush, max_stale: 5s, tls: { ca: /ca.pem, insecure: true } }
vault:
  address: https://vault:8200
  approle: { role_id: web, secret_id: hushhush }
missing: { after: 30s, action: fail }
";

fn read(sections: &str) -> Contract {
    let text = format!("organization: Org\nteam: Team\n{sections}");
    parse("preflight.yaml", &text, VOCABULARY).unwrap_or_else(|faults| panic!("{faults}"))
}

fn told(sections: &str) -> String {
    let text = format!("organization: Org\nteam: Team\n{sections}");
    parse("preflight.yaml", &text, VOCABULARY).unwrap_err().to_string()
}

fn lookup(name: &str) -> Option<String> {
    let known = [("ROOT", "/app"), ("CONSUL", "c:8500")];
    known.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
}

#[test]
fn every_key_is_understood() {
    let contract = read(SECTIONS);
    let [first, second, third] = contract.render.as_slice() else { panic!("{:?}", contract.render) };
    assert_eq!((first.perms, first.user.as_deref()), (Some(FileMode(0o640)), Some("1000")));
    assert_eq!((first.backup, first.line), (true, 4));
    let (command, timeout) = second.on_change.as_ref().and_then(OnChange::command).unwrap();
    assert_eq!(command, &CommandLine::Words(["kill", "-HUP", "1"].map(String::from).to_vec()));
    assert_eq!((timeout, second.wait), (Some(Duration::ZERO), Some(Duration::from_secs(5))));
    assert!(third.on_change.as_ref().is_some_and(|change| change.command().is_none()));
    let consul = contract.consul.unwrap();
    assert!(consul.tls.is_some_and(|tls| tls.insecure));
    assert_eq!(consul.max_stale, Some(Duration::from_secs(5)));
    let missing = contract.missing.unwrap();
    assert_eq!((missing.after, missing.action), (Some(Duration::from_secs(30)), MissingAction::Fail));
}

#[test]
fn variables_are_filled_in_except_in_templates_and_for_the_shell() {
    let contract = read(SECTIONS);
    let first = contract.render[0].interpolated(lookup).unwrap();
    assert_eq!(first.destination, "/app/config.py");
    assert!(matches!(&first.check, Some(CommandLine::Words(words)) if words[4] == "none"));
    let shell = OnChange::Line(CommandLine::Shell("nginx -s reload, || echo ${SHELL_OWN}".to_owned()));
    assert_eq!(first.on_change, Some(shell));
    let second = contract.render[1].interpolated(lookup).unwrap();
    assert_eq!(second.contents.as_deref(), Some("{{ key \"a\" }} ${KEPT}"));
    assert_eq!(contract.consul.unwrap().interpolated(lookup).unwrap().address.as_deref(), Some("c:8500"));
    let unset = read("vault: { address: '${A}', approle: { role_id: '${B}${A}' } }\n").vault.unwrap();
    assert_eq!(unset.interpolated(|_| None).unwrap_err().names, ["A", "B"]);
}

#[test]
fn all_is_shown_without_secrets() {
    let contract = read(SECTIONS);
    let (text, markdown) = (show_text(&contract, VOCABULARY), show_markdown(&contract, VOCABULARY));
    let json = show_json(&contract, VOCABULARY);
    for shown in [&text, &markdown, &json.to_string()] {
        assert!(!shown.contains("hushhush"), "{shown}");
        assert!(shown.contains("config.py.ctmpl") && shown.contains("nginx -s reload"), "{shown}");
    }
    assert!(text.contains("  out  from a text of this file; on change: kill -HUP 1"), "{text}");
    assert!(markdown.contains("| `b` | a | reload |"), "{markdown}");
    assert_eq!(json["render"][1]["contents"], "[redacted]");
    assert_eq!(json["vault"]["approle"]["role_id"], "web");
}

#[test]
fn a_template_has_one_text_and_a_destination() {
    let both = told("render:\n  - source: a\n    contents: b\n    destination: c\n");
    assert!(both.contains("preflight.yaml:5:15: this item has both `source` and `contents`"), "{both}");
    let neither = told("render: [{ destination: c }]\n");
    assert!(neither.contains("this item has neither `source` nor `contents`"), "{neither}");
    assert!(told("render: [{ source: a }]\n").contains("the key `destination` is missing"));
    assert!(told("render: [{ source: a, destination: '' }]\n").contains("this must not be empty"));
}

#[test]
fn what_is_misspelt_is_told_with_what_was_meant() {
    let told = told(
        "render:\n  - sorce: a\n    destination: b\n    perms: 999\nconsul: { adress: x }\nvault: { aws: {} }\n\
         missing: { action: panic }\n",
    );
    for part in [
        "preflight.yaml:4:5: unknown key `sorce`",
        "did you mean `source`?",
        "\"999\" is not a file mode",
        "unknown key `adress`",
        "did you mean `address`?",
        "the key `role` is missing",
        "\"panic\" is not one of warn, fail",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}

#[test]
fn vault_is_entered_by_one_way() {
    let two = told("vault: { token: hushhush, aws: { role: r } }\n");
    assert!(two.contains("`aws` is a second way into Vault; `token` is the first"), "{two}");
    assert!(!two.contains("hushhush"), "{two}");
}

#[test]
fn a_change_without_a_command_is_told() {
    assert!(
        told("render: [{ source: a, destination: b, on_change: { timeout: 5s } }]\n").contains("command")
    );
    assert!(told("render: [{ source: a, destination: b, on_change: { comand: x } }]\n").contains("command"));
}
