//! The program as consul-template's users know it: names, flags, files, signals, exit codes, logs.

use std::path::Path;

use super::Tests;
use super::agent::Agent;
use super::scene::{Preflight, Scene};

pub(super) const TESTS: Tests = &[
    ("by the name of consul-template it takes its flags", by_its_name),
    ("by that name it takes its folder of configurations", its_folder),
    ("by that name it takes CT_LOCAL_CONFIG", its_variable),
    ("by that name it takes Consul's variables", consuls_variables),
    ("once in a file is honoured", once_in_a_file),
    ("an unknown key ends with 15 and a suggestion", unknown_key),
    ("a configuration file that is not there ends with 15", no_file),
    ("a bad flag ends with 13", bad_flag),
    ("a broken CT_LOCAL_CONFIG ends with 13", broken_variable),
    ("a broken template ends with 14 and its line", broken_template),
    ("parse-only looks at the templates and reads nothing", parse_only),
    ("-v prints the version and -h every flag", version_and_help),
    ("commas do not split a command", commas),
    ("a syslog that is not there is told once and the run goes on", syslog),
    ("a log file is written and rotated", log_file),
    ("the pid file is there while it runs", pid_file),
    ("a stop in order ends with 0", stops),
    ("SIGHUP reads the configuration again", reload),
    ("SIGHUP with a wrong configuration keeps the old one", reload_wrong),
    ("the sections of preflight.yaml say the same", contract),
    ("a contract with variables that are not set is wrong", contract_unset),
];

/// The program under the name by which it is the drop-in.
fn named(scene: &Scene, arguments: &[&str], variables: &[(&str, &str)]) -> Preflight {
    let program = scene.path("consul-template");
    if !super::agent::exists(&program) {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_preflight"), &program).expect("a link");
    }
    scene.bare(&program, arguments, variables)
}

fn stage() -> Scene {
    let scene = Scene::new();
    scene.put("v", "1");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    scene
}

fn consul() -> String {
    format!("-consul-addr={}", Agent::shared().address())
}

fn by_its_name() {
    let scene = stage();
    named(&scene, &[&consul(), "-template", "%/a.ctmpl:%/a", "-once"], &[]).ends_with(0);
    assert_eq!(scene.read("a"), "1");
    named(
        &scene,
        &["--consul-addr", &Agent::shared().address(), "-template=%/a.ctmpl", "-dry", "-once"],
        &[],
    )
    .ends_with(0);
}

fn its_folder() {
    let scene = stage();
    scene.write(
        "conf/10-consul.hcl",
        &format!("consul {{\n  address = \"{}\"\n}}\nlog_level = \"err\"\n", Agent::shared().address()),
    );
    scene.write(
        "conf/20-a.conf",
        "template {\n  source = \"%/a.ctmpl\"\n  destination = \"%/a\"\n  perms = 0600\n}\n",
    );
    scene.write(
        "conf/30-b.json",
        r#"{"template": [{"source": "%/a.ctmpl", "destination": "%/b"}], "max_stale": "1m"}"#,
    );
    named(&scene, &["-config", "%/conf", "-once"], &[]).ends_with(0);
    assert_eq!((scene.read("a"), scene.read("b")), ("1".to_owned(), "1".to_owned()));
}

fn its_variable() {
    let scene = stage();
    let text = "template { source = \"%/a.ctmpl\" destination = \"%/a\" }";
    named(&scene, &[&consul(), "-once"], &[("CT_LOCAL_CONFIG", text)]).ends_with(0);
    assert_eq!(scene.read("a"), "1");
}

fn consuls_variables() {
    let scene = stage();
    let address = Agent::shared().address();
    named(&scene, &["-template=%/a.ctmpl:%/a", "-once"], &[("CONSUL_HTTP_ADDR", &address)]).ends_with(0);
    assert_eq!(scene.read("a"), "1");
}

fn once_in_a_file() {
    let scene = stage();
    scene.write("c.hcl", "once = true\ntemplate { source = \"%/a.ctmpl\" destination = \"%/a\" }");
    scene.start(&["-config=%/c.hcl"]).ends_with(0);
    assert_eq!(scene.read("a"), "1");
}

fn unknown_key() {
    let scene = stage();
    scene.write("c.hcl", "template {\n  source = \"%/a.ctmpl\"\n  destinaton = \"%/a\"\n}\n");
    let mut run = scene.start(&["-config=%/c.hcl", "-once"]);
    run.ends_with(15);
    run.says(&["c.hcl:3", "destinaton", "destination"]);
}

fn no_file() {
    let scene = stage();
    let mut run = scene.start(&["-config=%/none.hcl", "-once"]);
    run.ends_with(15);
    run.says(&["none.hcl"]);
}

fn bad_flag() {
    let scene = stage();
    let mut run = scene.start(&["-templat=%/a.ctmpl"]);
    run.ends_with(13);
    run.says(&["flag provided but not defined: -templat"]);
    scene.start(&["-wait=nonsense"]).ends_with(13);
    scene.start(&["-once=perhaps"]).ends_with(13);
}

fn broken_variable() {
    let scene = stage();
    scene.start_with(&["-once"], &[("CT_LOCAL_CONFIG", "template {")]).ends_with(13);
}

fn broken_template() {
    let scene = stage();
    scene.write("b.ctmpl", "fine\n{{ if }}");
    let mut run = scene.start(&["-template=%/b.ctmpl:%/b", "-once"]);
    run.ends_with(14);
    run.says(&["render.template_invalid", "b.ctmpl:2", "missing value for if"]);
}

fn parse_only() {
    let scene = Scene::at("127.0.0.1:1");
    scene.write("a.ctmpl", "{{ key \"x\" }}");
    scene.start(&["-template=%/a.ctmpl:%/a", "-parse-only"]).ends_with(0);
    scene.write("b.ctmpl", "{{ nothing }}");
    scene.start(&["-template=%/b.ctmpl:%/b", "-parse-only"]).ends_with(14);
    assert!(!scene.path("a").exists());
}

fn version_and_help() {
    let scene = stage();
    for flag in ["-v", "-version", "--version"] {
        let mut run = named(&scene, &[flag], &[]);
        run.ends_with(0);
        // Tools that install it look for this form.
        let printed = run.printed();
        assert!(printed.starts_with("consul-template v0.40.0 (preflight "), "{flag}: {printed}");
        assert!(printed.ends_with(")\n") && printed.lines().count() == 1, "{flag}: {printed}");
    }
    let mut run = named(&scene, &["-h"], &[]);
    run.ends_with(0);
    for flag in ["-exec-reload-signal", "-vault-addr", "-missing-after"] {
        assert!(run.printed().contains(flag), "{flag}: {}", run.printed());
    }
}

fn commas() {
    let scene = stage();
    scene.write("c.hcl", "template { source = \"%/a.ctmpl\" destination = \"%/a\" command = \"printf '%s' a,b,c > %/out\" }\nonce = true");
    scene.start(&["-config=%/c.hcl"]).ends_with(0);
    assert_eq!(scene.read("out"), "a,b,c");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-exec=printf %s d,e > %/child"]);
    run.ends_with(0);
    assert_eq!(scene.read("child"), "d,e");
}

fn syslog() {
    if Path::new("/dev/log").exists() {
        println!("skipped, since this machine has a syslog: a syslog that is not there");
        return;
    }
    let scene = stage();
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once", "-syslog"]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), "1");
    assert_eq!(run.count(&["syslog"]), 1, "{}", run.said());
}

fn log_file() {
    let scene = stage();
    let arguments =
        ["-template=%/a.ctmpl:%/a", "-once", "-log-file=%/logs/render.log", "-log-rotate-bytes=100"];
    std::fs::create_dir(scene.path("logs")).expect("a folder");
    for value in 2..6 {
        scene.put("v", &value.to_string());
        scene.start(&arguments).ends_with(0);
    }
    let logs: Vec<_> = scene.path("logs").read_dir().expect("a folder").flatten().collect();
    assert!(logs.len() >= 2, "{logs:?}");
    let all: String = logs.iter().map(|entry| super::waiting::told(&entry.path())).collect();
    assert_eq!(all.matches("render.rendered").count(), 4, "{all}");
}

fn pid_file() {
    let scene = stage();
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-pid-file=%/pid"]);
    scene.becomes(&run, "a", "1");
    assert_eq!(scene.read("pid"), run.pid().to_string());
    run.signal("TERM");
    run.ends_with(0);
    assert!(!scene.path("pid").exists());
}

fn stops() {
    let scene = stage();
    for name in ["TERM", "INT"] {
        let file = format!("a.{name}");
        let mut run = scene.start(&[&format!("-template=%/a.ctmpl:%/{file}")]);
        scene.becomes(&run, &file, "1");
        run.signal(name);
        run.ends_with(0);
    }
}

fn reload() {
    let scene = stage();
    scene.write("c.hcl", "template { source = \"%/a.ctmpl\" destination = \"%/a\" }");
    let run = scene.start(&["-config=%/c.hcl"]);
    scene.becomes(&run, "a", "1");
    scene.write("a.ctmpl", "changed {{ key \"@/v\" }}");
    run.signal("HUP");
    scene.becomes(&run, "a", "changed 1");
    scene.write("c.hcl", "template { source = \"%/a.ctmpl\" destination = \"%/b\" }");
    run.signal("HUP");
    scene.becomes(&run, "b", "changed 1");
}

fn reload_wrong() {
    let scene = stage();
    scene.write("c.hcl", "template { source = \"%/a.ctmpl\" destination = \"%/a\" }");
    let mut run = scene.start(&["-config=%/c.hcl"]);
    scene.becomes(&run, "a", "1");
    scene.write("c.hcl", "template {");
    run.signal("HUP");
    run.says(&["ERROR", "the old one stays in use"]);
    scene.put("v", "2");
    scene.becomes(&run, "a", "2");
    assert!(run.is_running());
}

fn contract() {
    let scene = stage();
    scene.script("check.sh", "grep -q . \"$1\"");
    scene.write(
        "preflight.yaml",
        "organization: acme
team: shop
consul:
  address: ${CONSUL_PLACE}
render:
  - source: a.ctmpl
    destination: ${FOLDER}/a
    perms: 0640
    check: %/check.sh {{.staged}}
    on_change: cp %/a %/copied
  - contents: \"[{{ key \\\"@/v\\\" }}]\"
    destination: b
",
    );
    let address = Agent::shared().address();
    let program = Path::new(env!("CARGO_BIN_EXE_preflight"));
    let variables = [("CONSUL_PLACE", address.as_str()), ("FOLDER", "%")];
    let variables = variables.map(|(name, value)| (name, if name == "FOLDER" { "%/" } else { value }));
    let mut run = scene.bare(program, &["render", "-once", "-log-level=info"], &variables);
    run.ends_with(0);
    assert_eq!(
        (scene.read("a"), scene.read("b"), scene.read("copied")),
        ("1".into(), "[1]".into(), "1".into())
    );
    run.says(&["[acme:shop]", "render.rendered"]);
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(scene.path("a").metadata().expect("a file").permissions().mode() & 0o777, 0o640);
}

fn contract_unset() {
    let scene = stage();
    scene.write(
        "preflight.yaml",
        "organization: acme\nteam: shop\nrender:\n  - source: a.ctmpl\n    destination: ${NOT_SET_HERE}/a\n",
    );
    let mut run = scene.start(&["-once"]);
    run.ends_with(78);
    run.says(&["preflight.yaml:4", "NOT_SET_HERE", "hint:"]);
}
