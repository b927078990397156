//! What was understood, shown.

use preflight_contract::{parse, show_json, show_markdown, show_text};

use crate::VOCABULARY;

const FILE: &str = "organization: Org
team: Team
checked_environment_variables:
  - { name: LEVEL, one_of: [debug, info], description: \"a | b\" }
  - { name: SESSION_SECRET, default: hushhush, when: LEVEL }
  - { name: BACKEND_URL, default: 'http://u:hushhush@h' }
  - POSTGRES10_HOT_ADDRESS
  - POSTGRES10_HOT_PASSWORD
  - POSTGRES10_HOT_USER
checked_tcp: [{ host: SOLR_HOST, port: SOLR_PORT }]
checks:
  - { name: api, http: { url: 'http://u:hushhush@h/', password: hushhush, headers: { Authorization: hushhush } } }
";

#[test]
fn variables_connections_and_checks_are_shown_without_secrets() {
    let contract = parse("f", FILE, VOCABULARY).unwrap();
    let text = show_text(&contract, VOCABULARY);
    let markdown = show_markdown(&contract, VOCABULARY);
    let json = show_json(&contract, VOCABULARY);
    for shown in [&text, &markdown, &json.to_string()] {
        assert!(!shown.contains("hushhush"), "{shown}");
        assert!(shown.contains("LEVEL") && shown.contains("5432") && shown.contains("SOLR_PORT"), "{shown}");
    }
    assert!(text.contains("postgres 10 HOT  password, address; default port 5432"), "{text}");
    assert!(text.contains("POSTGRES10_HOT_USERNAME was expected"), "{text}");
    assert!(markdown.contains("| `LEVEL` | required; one of debug, info | a \\| b |"), "{markdown}");
    assert_eq!(json["connections"][0]["default_port"], 5432);
    assert_eq!(json["variables"][1]["secret"], true);
}
