//! The pages and schemas in `docs/` are written by the program; they must be what it says today.
//! `PREFLIGHT_WRITE_DOCS=1 cargo test -p preflight --test cli documents` writes them anew.

use crate::support::{preflight, project};

fn written(name: &str, arguments: &[&str]) {
    let now = preflight().args(arguments).run().exits(0).stdout;
    let path = project().join("docs").join(name);
    if std::env::var_os("PREFLIGHT_WRITE_DOCS").is_some() {
        std::fs::write(&path, &now).expect("docs can be written");
    }
    let then = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(then == now, "docs/{name} is not what `preflight {}` prints", arguments.join(" "));
}

#[test]
fn the_page_of_classes_is_what_explain_prints() {
    written("classes.md", &["explain", "--markdown"]);
}

#[test]
fn the_schema_of_the_contract_is_what_the_types_say() {
    written("preflight.schema.json", &["schema", "contract"]);
}

#[test]
fn the_schema_of_the_report_is_what_the_types_say() {
    written("report.schema.json", &["schema", "report"]);
}

#[test]
fn the_schema_of_a_line_of_output_is_what_the_types_say() {
    written("log.schema.json", &["schema", "log"]);
}

#[test]
fn the_schema_of_the_status_is_what_the_types_say() {
    written("status.schema.json", &["schema", "status"]);
}

#[test]
fn a_class_is_explained_for_each_platform() {
    preflight()
        .args(&["explain", "[tcp.refused]"])
        .run()
        .exits(0)
        .says("AWS ECS")
        .says("Kubernetes")
        .says("Docker")
        .says("heal");
    preflight().args(&["explain", "tls"]).run().exits(0).says("tls.expired").says("default port: 443");
    preflight().args(&["explain", "tls.expird"]).run().exits(2).says("tls.expired");
}

/// Every key of a service and of its sections, and every flag, has its place on the page.
#[test]
fn the_page_of_run_knows_every_key_and_every_flag() {
    let page = std::fs::read_to_string(project().join("docs/run.md")).expect("the page");
    let schema = preflight().args(&["schema", "contract"]).run().exits(0).stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("a schema");
    let sections = [
        "ServiceItem",
        "ReadySection",
        "HealthSection",
        "RestartSection",
        "ReloadSection",
        "StopSection",
        "SentinelSection",
    ];
    let mut missing = Vec::new();
    for section in sections {
        let keys = schema["$defs"][section]["properties"].as_object();
        let keys = keys.unwrap_or_else(|| panic!("the schema has no {section}"));
        let is_there = |key: &str| page.contains(&format!("`{key}`")) || page.contains(&format!("`{key}: "));
        missing.extend(keys.keys().filter(|key| !is_there(key)).map(|key| format!("{section}.{key}")));
    }
    let help = preflight().args(&["run", "--help"]).run().exits(0).stdout;
    let of_check = preflight().args(&["check", "--help"]).run().exits(0).stdout;
    let flags = |help: &str| -> std::collections::BTreeSet<String> {
        let words = help.lines().filter_map(|line| line.trim_start().split(", ").last()?.split(' ').next());
        words.filter(|word| word.starts_with("--")).map(str::to_owned).collect()
    };
    let own = flags(&help);
    assert!(own.contains("--stop-deadline") && own.contains("--wait"), "{own:?}");
    let own = own.difference(&flags(&of_check)).cloned().collect::<Vec<_>>();
    missing.extend(own.into_iter().filter(|flag| !page.contains(&format!("`{flag}"))));
    assert!(missing.is_empty(), "docs/run.md does not tell of {missing:?}");
}

/// What stands on a page as a contract is one.
#[test]
fn contracts_on_pages_are_understood() {
    let mut seen = 0;
    for page in ["README.md", "docs/run.md", "docs/consul-template.md"] {
        let text = std::fs::read_to_string(project().join(page)).expect("the page");
        let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
        for block in blocks {
            let head = if block.contains("organization:") { "" } else { "organization: A\nteam: B\n" };
            let folder = tempfile::tempdir().expect("a temporary folder");
            let path = folder.path().join("preflight.yaml");
            std::fs::write(&path, format!("{head}{block}")).expect("written");
            let path = path.to_str().expect("a path");
            preflight().args(&["contract", "show", "--config", path]).run().exits(0);
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen} contracts on all pages");
}
