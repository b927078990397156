//! Rendering inside of a run: check, render, start; changes while it runs; what waits and what does not.
//!
//! Most templates read a file, which is watched as keys in Consul are, and needs no server.

use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use crate::consul::agent;
use crate::logged::{Logged, logged, write};
use crate::scene::{Scene, lives, run};

/// A template that reads the file `value`, and one that reads nothing.
const FILES: &str = "render:
  - { contents: 'value={{ file \"value\" }}', destination: ./out/config.py }
  - { contents: 'fixed', destination: out/fixed.conf }
";

/// A contract that renders [`FILES`], with these services.
fn services(text: &str) -> Scene {
    run(&["--stop-deadline", "5s"]).contract(&format!("{FILES}services:\n{text}"))
}

#[test]
fn files_are_rendered_after_the_check_and_before_the_start() {
    let scene = || run(&["--", "sh", "-c", "cat out/config.py; exit 7"]);
    let passed = scene().contract(FILES);
    write(&passed, "value", "1");
    passed.ends().exits(7).says("value=1");
    let unchecked = run(&["--no-check", "--", "sh", "-c", "cat out/config.py; exit 8"]).contract(FILES);
    write(&unchecked, "value", "1");
    unchecked.ends().exits(8).says("value=1");
    let failed = scene().contract(&format!("{FILES}checked_environment_variables: [NOT_SET_HERE]\n"));
    write(&failed, "value", "1");
    let (outcome, folder) = failed.start().ends_and_leaves();
    outcome.exits(1).says("[env.missing]").never_says("value=1");
    assert!(!folder.path().join("out").exists(), "nothing is rendered when the check fails");
}

#[test]
fn a_command_starts_when_the_last_file_is_there() {
    let run = logged(
        run(&["--", "sh", "-c", "cat out/config.py; exit 3"])
            .contract(&format!("{FILES}missing: {{ after: 0s }}\n")),
    );
    run.says("[render.waiting] line 1: file(value) cannot be read");
    run.never_said("value=");
    run.write("value", "came");
    run.ends_with(3).says("value=came");
}

#[test]
fn a_command_is_not_touched_by_a_change() {
    let contract = FILES.replace("out/config.py }", "out/config.py, on_change: 'echo done >>changes' }");
    let scene =
        run(&["--", "sh", "-c", "trap 'echo hup >>heard' HUP; echo $$ >pid; while :; do sleep 0.02; done"]);
    let scene = scene.contract(&contract);
    write(&scene, "value", "1");
    let run = logged(scene);
    run.becomes("changes", "done\n");
    run.waits_until("it runs", || run.read("pid").ends_with('\n'));
    let pid = run.read("pid");
    run.write("value", "2");
    run.becomes("changes", "done\ndone\n");
    run.becomes("out/config.py", "value=2");
    assert!(lives(&pid) && run.read("heard").is_empty() && run.read("pid") == pid);
    run.stops_with(143);
}

#[test]
fn a_command_hears_of_the_files_that_are_for_it() {
    let contract = format!(
        "{}  - {{ contents: 'late={{{{ file \"late\" }}}}', destination: out/late }}\n",
        FILES.replace("out/config.py }", "out/config.py, on_change: reload }")
    );
    let hears = |signal: &str| {
        format!(
            "trap 'echo hears $(cat out/config.py)' {signal}; cat out/late; echo; while :; do sleep 0.02; done"
        )
    };
    for (words, signal) in [(&[][..], "HUP"), (&["--signal", "HUP=USR1"][..], "USR1")] {
        let scene = run(words).more(&["--", "sh", "-c", &hears(signal)]).contract(&contract);
        write(&scene, "value", "1");
        let run = logged(scene);
        run.becomes("out/config.py", "value=1");
        run.write("late", "it waits for all");
        run.says("late=it waits for all");
        run.write("value", "2");
        run.says("hears value=2");
        run.write("late", "changed");
        run.becomes("out/late", "late=changed");
        run.never_said("hears value=1");
        let run = run.stops_with(143);
        assert_eq!(run.said().matches("hears").count(), 1, "{}", run.said());
    }
}

#[test]
fn a_service_waits_for_the_files_that_it_names_and_any_other_for_all() {
    let run = logged(services(
        "  named: { command: 'echo named $(cat out/fixed.conf); exec sleep 600', reload: { on: [fixed.conf], restart: true } }
  other: { command: 'echo other $(cat out/config.py); exec sleep 600' }
  job: { command: 'echo job $(cat out/config.py)', schedule: '@reboot' }
  behind: { command: 'echo behind; exec sleep 600', depends_on: [other], reload: { on: [fixed.conf], restart: true } }
",
    ));
    run.says("Z [named] named fixed");
    run.never_said("[other]");
    run.write("value", "came");
    run.says("Z [other] other value=came");
    run.says("Z [job] job value=came");
    run.says("Z [behind] behind");
    run.stops_with(0);
}

const HEARS: &str = "  web:
    command: \"trap 'echo hup: $(cat out/config.py)' HUP; echo $$ >pid; echo up; while :; do sleep 0.02; done\"
    reload: { on: [config.py], signal: HUP }
";

#[test]
fn a_service_hears_of_a_changed_file_by_its_signal() {
    let scene = services(HEARS);
    write(&scene, "value", "1");
    let run = logged(scene);
    run.says("Z [web] up");
    let pid = run.read("pid");
    for value in ["2", "3"] {
        run.write("value", value);
        run.says(&format!("Z [web] hup: value={value}"));
    }
    assert_eq!(run.read("pid"), pid);
    run.stops_with(0);
}

#[test]
fn a_service_is_restarted_for_a_changed_file_and_one_that_does_not_name_it_is_not() {
    let scene = services(
        "  web: { command: 'echo $$ $(cat out/config.py) >>starts; exec sleep 600', reload: { on: [out/config.py], restart: true, splay: 100ms } }
  other: { command: 'echo up >>others; exec sleep 600' }
  job: { command: 'echo up >>jobs; exec sleep 600', schedule: '@reboot' }
",
    );
    write(&scene, "value", "1");
    let run = logged(scene);
    let starts = || {
        run.read("starts")
            .lines()
            .map(|line| line.rsplit(' ').next().unwrap_or("").to_owned())
            .collect::<Vec<_>>()
    };
    run.waits_until("all run", || {
        starts() == ["value=1"] && ["jobs", "others"].into_iter().all(|name| run.read(name) == "up\n")
    });
    let first = run.read("starts").split(' ').next().unwrap_or_default().to_owned();
    run.write("value", "2");
    run.waits_until("it is started again", || starts() == ["value=1", "value=2"]);
    assert!(!lives(&first), "there are never two of one service");
    assert_eq!((run.read("others").as_str(), run.read("jobs").as_str()), ("up\n", "up\n"));
    run.stops_with(0);
}

#[test]
fn a_stop_is_obeyed_while_files_are_awaited() {
    let contract = format!("{FILES}missing: {{ after: 0s }}\n");
    let one = logged(run(&["--", "echo", "never-started"]).contract(&contract));
    one.says("[render.waiting]");
    let one = one.stops_with(143);
    one.says("[MyCompanyName:DevOps] finalize: lived");
    one.never_said("never-started");
    let held = "services:\n  web: { command: [echo, never-started] }\n";
    let none = logged(run(&[]).contract(&format!("{contract}{held}")));
    none.says("[render.waiting]");
    none.stops_with(143).never_said("never-started");
    let free = "  free: { command: 'echo up; exec sleep 600', reload: { on: [fixed.conf], signal: HUP } }\n";
    let some = logged(run(&[]).contract(&format!("{contract}{held}{free}")));
    some.says("Z [free] up");
    some.stops_with(0).never_said("never-started");
}

#[test]
fn what_is_missing_for_too_long_ends_the_run_where_the_contract_says_so() {
    let missing = "missing: { after: 50ms, action: fail }\n";
    let one = run(&["--", "echo", "never-started"]).contract(&format!("{FILES}{missing}"));
    let told = "[MyCompanyName:DevOps] ERROR render \"(dynamic)\" => \"./out/config.py\" [render.waiting]";
    one.ends().exits(14).says(told).says("finalize: lived").never_says("\nnever-started");
    let text = "  free: { command: \"trap 'echo ended; exit 0' TERM; echo up; while :; do sleep 0.02; done\", reload: { on: [fixed.conf], signal: HUP } }\n";
    let missing = missing.replace("50ms", "8s");
    let some =
        logged(run(&["--stop-deadline", "5s"]).contract(&format!("{FILES}{missing}services:\n{text}")));
    some.says("Z [free] up");
    some.ends_with(14).says("Z [free] ended");
}

#[test]
fn the_command_takes_our_place_when_everything_is_rendered_once() {
    let scene = |words: &[&str]| run(&["--exec", "--"]).more(words).contract(FILES);
    let done = scene(&["sh", "-c", "echo $$ >pid; cat out/config.py out/fixed.conf; exit 5"]);
    write(&done, "value", "1");
    let mut command = done.command();
    let child = command.spawn().expect("the built binary runs");
    let pid = child.id();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert!(output.stdout.ends_with(b"value=1fixed"), "{output:?}");
    let told = std::fs::read_to_string(done.path("pid")).expect("written");
    assert_eq!(told.trim(), pid.to_string(), "it is the same process");
    let nobody = scene(&["/not/there"]);
    write(&nobody, "value", "1");
    nobody.ends().exits(127).says("/not/there cannot be started");
    let key = "render:\n  - { contents: '{{ key \"a\" }}', destination: out/key }\nmissing: { after: 0s }\n";
    let waits = scene(&["echo", "never-started"]).contract(key).variable("CONSUL_HTTP_ADDR", "127.0.0.1:1");
    let waits = logged(waits);
    waits.says("[render.waiting]");
    waits.stops_with(143).never_said("\nnever-started");
}

/// runit's directory with one service.
fn directories() -> Scene {
    let scene = run(&["--services", "service", "--init-dir", "init", "--rc-local", "rc.local"]);
    let scene = scene
        .more(&["--environment-dir", "variables", "--stop-deadline", "5s"])
        .contract(&FILES.replace("'fixed'", "'fixed {{ env \"FROM_BOOT\" }}'"));
    service(&scene.path("service/web"), "echo web: $(cat ../../out/config.py); exec sleep 600");
    script(&scene.path("init/boot"), "echo boots; echo from-boot >variables/FROM_BOOT");
    std::fs::create_dir(scene.path("variables")).expect("made");
    scene
}

fn service(folder: &std::path::Path, text: &str) {
    script(&folder.join("run"), text);
}

fn script(path: &std::path::Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, format!("#!/bin/sh\nexec 2>&1\n{text}\n")).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("executable");
}

#[test]
fn all_services_of_a_directory_wait_for_all_files_and_boot_scripts_for_none() {
    let run = logged(directories());
    run.says("boot: boots");
    run.becomes("out/fixed.conf", "fixed from-boot");
    let late = tempfile::tempdir().expect("a folder");
    service(late.path(), "echo late: $(cat ../../out/config.py); exec sleep 600");
    copy_into(&run, late.path());
    run.says("late is there");
    run.never_said("value=");
    run.write("value", "came");
    run.says("Z [web] web: value=came");
    run.says("Z [late] late: value=came");
    run.write("value", "changed");
    run.becomes("out/config.py", "value=changed");
    run.never_said("value=changed");
    run.stops_with(0);
}

/// A service directory that appears at once, as `mv` makes it.
fn copy_into(run: &Logged, folder: &std::path::Path) {
    let staged = run.path("late.staged");
    std::fs::create_dir(&staged).expect("made");
    std::fs::copy(folder.join("run"), staged.join("run")).expect("copied");
    std::fs::rename(staged, run.path("service/late")).expect("moved");
}

#[test]
fn what_is_wrong_with_a_template_is_told_with_what_the_check_finds() {
    let body = "render:\n  - { contents: '{{ nonsense }}', destination: out/config.py }\n";
    let words = ["--", "echo", "never-started"];
    let told = "function \"nonsense\" not defined";
    run(&words).contract(body).ends().exits(14).says(told).never_says("\nnever-started");
    let both = format!("{body}checked_environment_variables: [NOT_SET_HERE]\n");
    run(&words).contract(&both).ends().exits(1).says(told).says("[env.missing]");
    let unset = "render:\n  - { contents: a, destination: '${NOT_SET_HERE}/b' }\n";
    run(&words).contract(unset).ends().exits(78).says("FAIL run ./preflight.yaml:4: render");
}

#[test]
fn a_key_that_comes_starts_a_service_and_one_that_changes_is_heard_of() {
    let Some(consul) = agent() else { return };
    let text = "render:
  - { contents: 'value={{ key \"rendering/late\" }} {{ env \"PLACE\" }}', destination: out/config.py }
missing: { after: 0s }
services:
";
    let scene = run(&["--stop-deadline", "5s"]).contract(&format!("{text}{HEARS}"));
    let run = logged(scene.variable("CONSUL_HTTP_ADDR", &consul.address()).variable("PLACE", "here"));
    run.says("consul kv put rendering/late VALUE");
    run.never_said("[web]");
    consul.set("rendering/late", "1");
    run.says("Z [web] up");
    assert_eq!(run.read("out/config.py"), "value=1 here");
    consul.set("rendering/late", "2");
    run.says("Z [web] hup: value=2 here");
    run.signal(Signal::TERM);
    run.ends_with(0);
}

#[test]
fn a_service_starts_when_the_commands_of_its_files_have_ended_and_never_when_one_fails() {
    let scene = |command: &str| {
        let body = format!(
            "render:\n  - {{ contents: 'a', destination: out/a, on_change: \"{command}\" }}\nservices:\n  web: {{ command: [cat, made], once: true }}\n"
        );
        run(&["--stop-deadline", "5s"]).contract(&body)
    };
    let done = scene("sleep 0.3; echo makes-it; echo by-the-command >made").ends().exits(0);
    done.says("Z [render] makes-it").says("Z [web] by-the-command");
    let fails = scene("exit 3").ends().exits(14);
    fails.says("[render.command_failed]").never_says("[web]");
}

#[test]
fn a_stop_is_obeyed_while_a_command_of_a_template_runs_and_nothing_of_it_stays() {
    let body = "render:\n  - { contents: 'a', destination: out/a, on_change: 'echo $$ >pid; sleep 600' }\n";
    for words in [&["--", "echo", "never-started"][..], &["--exec", "--", "echo", "never-started"]] {
        let run = logged(run(words).contract(body));
        run.waits_until("the command runs", || run.read("pid").ends_with('\n'));
        let pid = run.read("pid");
        run.signal(Signal::TERM);
        let run = run.ends_with(143);
        run.never_said("\nnever-started");
        run.waits_until("it is gone", || !lives(&pid));
    }
}

#[test]
fn a_template_that_computes_for_long_holds_neither_a_service_nor_a_stop_up() {
    // Minutes, on any machine.
    let body = "render:
  - { contents: '{{ range loop 1000000 }}{{ range loop 10000 }}{{ end }}{{ end }}', destination: out/long }
services:
  free: { command: 'echo up; sleep 1.2; exit 1', reload: { on: [c], signal: HUP } }
  held: { command: [echo, never-started] }
";
    let run = logged(run(&["--stop-deadline", "5s"]).contract(body));
    run.says("Z [free] up");
    run.says("free started as process");
    run.says(", restart 1");
    run.stops_with(0);
}
