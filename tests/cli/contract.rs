//! Finding the contract, and showing what is wrong with it or what was understood.

use crate::support::preflight;

const FAULTY: &str = "organisation: Acme\nteam: DevOps\nchecked_environment_variables:\n  - name: A\n    requird: true\n\
                      checks:\n  - htp: { url: \"http://x/\" }\nwait: soon\n";

#[test]
fn all_faults_of_a_wrong_file_are_listed_with_line_column_excerpt_and_the_nearest_key() {
    preflight()
        .file("preflight.yaml", FAULTY)
        .run()
        .exits(78)
        .says("preflight.yaml:1:1")
        .says("organization")
        .says("preflight.yaml:5:5")
        .says("required")
        .says("preflight.yaml:7:5")
        .says("http")
        .says("preflight.yaml:8:7")
        .says("^");
}

#[test]
fn the_contract_is_found_in_this_order() {
    let named = |name: &str| format!("organization: {name}\nteam: T\n");
    let run = preflight().file("preflight.yaml", &named("Yaml")).file("preflight.yml", &named("Yml"));
    run.run().exits(0).says("[Yaml:T]");
    let run = preflight().file("preflight.yml", &named("Yml")).file("other.yaml", &named("Other"));
    run.run().exits(0).says("[Yml:T]");
    let run = run.env("PREFLIGHT_CONFIG", "other.yaml");
    run.run().exits(0).says("[Other:T]");
    run.file("third.yaml", &named("Third"))
        .args(&["--config", "third.yaml"])
        .run()
        .exits(0)
        .says("[Third:T]");
}

#[test]
fn what_is_shown_of_a_contract_holds_no_secret() {
    let run = preflight()
        .contract(
            "checked_environment_variables:\n  - POSTGRES_DB_PASSWORD\n  - { name: LOG_LEVEL, one_of: [a, b] }\n",
        )
        .env("POSTGRES_DB_PASSWORD", "hunter2hunter2");
    for format in ["text", "json", "markdown"] {
        let run = run.command().args(["contract", "show", "--format", format]).output().expect("it runs");
        let text = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(
            run.status.success() && text.contains("POSTGRES_DB_PASSWORD") && text.contains("LOG_LEVEL"),
            "{text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_contract_in_the_environment_does_not_get_into_the_way_of_other_commands() {
    preflight().env("PREFLIGHT_CONFIG", "nowhere.yaml").args(&["explain", "tcp.refused"]).run().exits(0);
}

#[test]
fn a_file_that_is_not_utf_8_is_told_with_its_place() {
    let run = preflight().contract("");
    let folder = run.command().get_current_dir().expect("a folder").to_owned();
    std::fs::write(folder.join("preflight.yaml"), b"organization: A\nteam: \xff\n").expect("the file");
    run.run().exits(78).says("preflight.yaml:2:7").says("UTF-8");
}
