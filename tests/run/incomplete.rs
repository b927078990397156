//! Missing values in rendered files: what stands there is told, who reads it waits, and the exit code says it.

use rustix::process::Signal;

use crate::consul::agent;
use crate::logged::{logged, write};
use crate::scene::{Scene, lives, run};

/// A template whose every value may be missing.
const FILE: &str = "render:
  - contents: |
      SECRET_KEY = '{{ file \"key\" }}'
      host: {{ file \"service\" }}
      dsn = '{{ env \"DB_PASSWORD\" }}KEYDOESNOTEXIST'
    destination: out/config.py
";

/// The same without what is always missing.
fn file() -> String {
    FILE.lines().filter(|line| !line.contains("dsn")).map(|line| format!("{line}\n")).collect()
}

fn with(scene: Scene, key: &str, service: &str) -> Scene {
    write(&scene, "key", key);
    write(&scene, "service", service);
    scene
}

#[test]
fn each_missing_value_is_told_and_a_command_is_not_started() {
    let scene = run(&["--", "echo", "never-started"]).contract(FILE).variable("DB_PASSWORD", "hunter2secret");
    let run = logged(with(scene, "KEYDOESNOTEXIST_app/secret", "SERVICEDOESNOTEXIST-pg"));
    run.says("echo is held: values are missing in ");
    let said = run.stops_with(10);
    for line in [
        "[MyCompanyName:DevOps] FAIL run missing key SECRET_KEY at ",
        "/out/config.py:1: KEYDOESNOTEXIST_app/secret — hint: set the key in Consul or wherever the template reads it",
        "FAIL run missing service host at ",
        "/out/config.py:2: SERVICEDOESNOTEXIST-pg — hint: register the service",
        "FAIL run missing key dsn at ",
        "/out/config.py:3: KEYDOESNOTEXIST — hint:",
        "[MyCompanyName:DevOps] finalize: lived",
    ] {
        assert!(said.said().contains(line), "{line:?} in\n{}", said.said());
    }
    said.never_said("hunter2secret");
    said.never_said("\nnever-started");
}

#[test]
fn it_starts_without_anyones_help_when_the_values_are_there() {
    let scene = run(&["--", "sh", "-c", "cat out/config.py; exit 6"]).contract(&file());
    let run = logged(with(scene, "KEYDOESNOTEXIST", "SERVICEDOESNOTEXIST"));
    run.says("FAIL run missing key SECRET_KEY");
    run.write("key", "found");
    run.says("FAIL run missing service host");
    run.write("service", "here");
    let run = run.ends_with(6);
    run.says("nothing is missing in ");
    run.says("SECRET_KEY = 'found'\nhost: here");
}

#[test]
fn the_code_is_that_of_services_when_no_key_is_missing() {
    let run =
        logged(with(run(&["--", "echo", "never-started"]).contract(&file()), "found", "SERVICEDOESNOTEXIST"));
    run.says("FAIL run missing service host");
    run.stops_with(11).never_said("\nnever-started");
}

#[test]
fn what_nothing_can_bring_is_not_waited_for() {
    let body = "render:\n  - { contents: 'a = KEYDOESNOTEXIST', destination: out/a }\n";
    let told = "FAIL run values are missing in ";
    run(&["--", "echo", "never-started"])
        .contract(body)
        .ends()
        .exits(10)
        .says(told)
        .never_says("\nnever-started");
    let services = "services:
  one: { command: [echo, never-started], once: true }
  two: { command: [echo, never-started], depends_on: [one] }
";
    run(&[]).contract(&format!("{body}{services}")).ends().exits(10).says(told).never_says("[one] never");
    // What else there is to do is done.
    let body = format!("{body}  - {{ contents: fine, destination: out/b }}\n{services}");
    let task =
        "  task: { command: 'sleep 0.2; echo task-done', once: true, reload: { on: [b], signal: HUP } }\n";
    run(&[]).contract(&format!("{body}{task}")).ends().exits(10).says(told).says("Z [task] task-done");
    let own = "render:\n  - { contents: 'a = NO_VALUE_x', destination: out/a }\nsentinels: { keys: [], services: ['/NO_[A-Z]+_/'] }\n";
    run(&["--", "echo", "never-started"]).contract(own).ends().exits(11).says("missing service a at ");
}

#[test]
fn a_service_is_held_and_the_others_run() {
    let body = format!(
        "{}  - {{ contents: fine, destination: out/other }}
services:
  held: {{ command: 'echo $(cat out/config.py); exec sleep 600', reload: {{ on: [config.py], signal: HUP }} }}
  free: {{ command: 'echo up; exec sleep 600', reload: {{ on: [other], signal: HUP }} }}
",
        file()
    );
    let scene = || with(run(&["--stop-deadline", "5s"]).contract(&body), "KEYDOESNOTEXIST", "here");
    let stopped = logged(scene());
    stopped.says("[MyCompanyName:DevOps] held is held: values are missing in ");
    stopped.says("Z [free] up");
    stopped.stops_with(10).never_said("Z [held]");
    let completed = logged(scene());
    completed.says("[MyCompanyName:DevOps] held is held: values are missing in ");
    completed.write("key", "found");
    completed.says("Z [held] SECRET_KEY = 'found' host: here");
    completed.stops_with(0);
}

/// A service that writes down what it hears, until a file tells it to end.
const HEARS: &str = "  web:
    command: \"trap 'echo hup: $(head -n 1 out/config.py)' HUP; echo $$ >>pids; echo up; while [ ! -e die ]; do sleep 0.02; done; rm die; exit 3\"
    reload: { on: [config.py], signal: HUP }
";

#[test]
fn one_that_runs_is_not_told_of_a_file_that_has_lost_a_value() {
    let body = format!("{}services:\n{HEARS}", file());
    let run = logged(with(run(&["--stop-deadline", "5s"]).contract(&body), "one", "here"));
    run.says("Z [web] up");
    run.write("key", "KEYDOESNOTEXIST");
    run.says("web runs on with what it has read: values are missing in ");
    run.write("service", "there");
    run.becomes("out/config.py", "SECRET_KEY = 'KEYDOESNOTEXIST'\nhost: there\n");
    run.write("key", "two");
    run.says("Z [web] hup: SECRET_KEY = 'two'");
    let run = run.stops_with(0);
    run.never_said("hup: SECRET_KEY = 'KEY");
    assert_eq!(run.said().matches("[web] hup").count(), 1, "{}", run.said());
}

#[test]
fn one_that_dies_meanwhile_comes_back_when_nothing_is_missing() {
    let body = format!("{}services:\n{HEARS}", file());
    let run = logged(with(run(&["--stop-deadline", "5s"]).contract(&body), "one", "here"));
    run.says("Z [web] up");
    run.write("key", "KEYDOESNOTEXIST");
    run.says("web runs on with what it has read");
    run.write("die", "");
    run.says("web is held: values are missing in ");
    let first = run.read("pids");
    assert!(first.lines().count() == 1 && !lives(&first));
    run.write("key", "two");
    run.waits_until("it is back", || run.read("pids").lines().count() == 2);
    run.stops_with(0);
}

#[test]
fn exec_does_not_hand_over_to_what_would_read_missing_values() {
    let body = file();
    let scene = || run(&["--exec", "--", "echo", "never-started"]).contract(&body);
    let told = "FAIL run missing key SECRET_KEY at out/config.py:1: KEYDOESNOTEXIST";
    let keys = with(scene(), "KEYDOESNOTEXIST", "SERVICEDOESNOTEXIST").ends();
    keys.exits(10).says(told).says("run FAILED: echo was not started").never_says("\nnever-started");
    with(scene(), "found", "SERVICEDOESNOTEXIST").ends().exits(11);
    with(scene(), "found", "here").ends().exits(0).says("never-started");
}

#[test]
fn missing_values_end_the_run_where_the_contract_says_so_but_not_once_all_was_there() {
    let fails = format!("{}missing: {{ after: 2s, action: fail }}\n", file());
    let scene = with(run(&["--", "echo", "never-started"]).contract(&fails), "KEYDOESNOTEXIST", "here");
    scene.ends().exits(10).says("FAIL run values are missing in ").says("this is the end");
    let run = logged(with(
        run(&["--stop-deadline", "5s"]).contract(&format!("{fails}services:\n{HEARS}")),
        "one",
        "here",
    ));
    run.says("Z [web] up");
    run.write("key", "KEYDOESNOTEXIST");
    run.says("web runs on with what it has read");
    std::thread::sleep(std::time::Duration::from_millis(2500));
    run.write("key", "two");
    run.says("Z [web] hup: SECRET_KEY = 'two'");
    run.stops_with(0).never_said("this is the end");
}

#[test]
fn all_services_of_a_directory_are_held() {
    let words =
        ["--services", "runit", "--init-dir", "none", "--rc-local", "none", "--environment-dir", "none"];
    let scene = with(run(&words).contract(&file()), "KEYDOESNOTEXIST", "here");
    let folder = scene.path("runit/web");
    std::fs::create_dir_all(&folder).expect("made");
    let script = "#!/bin/sh\nexec 2>&1\necho $(cat ../../out/config.py)\nexec sleep 600\n";
    std::fs::write(folder.join("run"), script).expect("written");
    std::process::Command::new("chmod").arg("+x").arg(folder.join("run")).status().expect("executable");
    let run = logged(scene);
    run.says("web is held: values are missing in ");
    run.never_said("Z [web]");
    run.write("key", "found");
    run.says("Z [web] SECRET_KEY = 'found' host: here");
    run.signal(Signal::TERM);
    run.ends_with(0);
}

#[test]
fn a_key_that_appears_in_consul_starts_what_was_held_for_it() {
    let Some(consul) = agent() else { return };
    let body = "render:
  - contents: 'KEY = {{ keyOrDefault \"incomplete/key\" \"KEYDOESNOTEXIST_incomplete/key\" }}'
    destination: out/config.py
";
    let scene = run(&["--", "sh", "-c", "cat out/config.py; exit 3"]).contract(body);
    let run = logged(scene.variable("CONSUL_HTTP_ADDR", &consul.address()));
    run.says("FAIL run missing key KEY at ");
    run.says("config.py:1: KEYDOESNOTEXIST_incomplete/key — hint");
    consul.set("incomplete/key", "found");
    run.ends_with(3).says("KEY = found");
}
