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
