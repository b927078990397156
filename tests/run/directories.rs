//! runit's service directories and boot scripts: taken as they are.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::scene::{Scene, run, wait_until};

fn script(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("executable");
}

/// A directory with one service that serves, and one that is down.
fn scene() -> Scene {
    let scene = run(&["--services", "service", "--init-dir", "init", "--rc-local", "rc.local"]).more(&[
        "--environment-dir",
        "variables",
        "--boot-limit",
        "20s",
    ]);
    script(&scene.path("service/web/run"), "echo web-says-$PLACE; echo $$ >>../../pid; exec sleep 600");
    script(&scene.path("service/idle/run"), "echo never; exec sleep 600");
    std::fs::write(scene.path("service/idle/down"), "").expect("written");
    std::fs::create_dir(scene.path("variables")).expect("made");
    scene
}

fn sv(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
    let output = command.arg("sv").args(words).env("SVDIR", folder).output().expect("it runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn services_run_after_boot_scripts_with_their_variables_and_sv_controls_them() {
    let scene = scene();
    script(&scene.path("init/10_place"), "echo in-boot; printf here >variables/PLACE");
    let running = scene.start();
    running.file("pid");
    let folder = running.path("service");
    wait_until("web runs", || sv(&folder, &["status", "web"]).starts_with("run: web: (pid "));
    assert!(sv(&folder, &["status", "idle"]).starts_with("down: idle: "));
    assert!(sv(&folder, &["restart", "web"]).starts_with("ok: run: web: (pid "));
    wait_until("the second one", || running.file("pid").lines().count() == 2);
    running.signal(Signal::TERM);
    let (outcome, folder) = running.ends_and_leaves();
    let left = |name: &str| {
        std::fs::read_to_string(folder.path().join("service/web/supervise").join(name)).expect("written")
    };
    assert_eq!((left("stat").as_str(), left("pid").as_str()), ("down\n", ""), "what is said last");
    outcome.exits(0).says("boot 10_place: in-boot").says("Z [web] web-says-here\n").never_says("Z [idle]");
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    run(&["--services", "servcie", "--init-dir", "init", "--rc-local", "rc.local"])
        .ends()
        .exits(78)
        .says("FAIL run servcie is no folder — hint: --services wants the folder of all services");
}

#[test]
fn a_run_file_that_cannot_be_started_is_told_by_its_place_and_its_fault() {
    let scene = scene();
    let run = scene.path("service/broken/run");
    script(&run, "");
    std::fs::write(&run, "#!/no/such/interpreter\n").expect("written");
    let running = scene.start();
    wait_until("it was tried", || running.path("pid").exists());
    running.signal(Signal::TERM);
    running
        .ends()
        .says("service/broken/run names /no/such/interpreter as its interpreter, which does not exist");
}

#[test]
fn a_boot_script_that_fails_is_the_end() {
    let scene = scene();
    script(&scene.path("rc.local"), "exit 3");
    scene.ends().exits(1).says("FAIL boot").says("services were not started").never_says("web-says");
}

#[test]
fn a_boot_script_that_cannot_be_started_says_why_and_one_that_is_not_executable_is_told() {
    let scene = scene();
    script(&scene.path("init/broken"), "");
    std::fs::write(scene.path("init/broken"), "#!/no/such/interpreter\n").expect("written");
    std::fs::write(scene.path("rc.local"), "#!/bin/sh\n").expect("written");
    scene
        .ends()
        .exits(1)
        .says("boot rc.local is left out: it is not executable")
        .says("FAIL boot run init/broken: start \"./init/broken\": No such file or directory (os error 2); services")
        .says("hint: ./init/broken names /no/such/interpreter as its interpreter");
}

#[test]
fn a_stop_is_obeyed_during_boot() {
    let scene = scene();
    script(&scene.path("init/slow"), "echo on >booting; exec sleep 600");
    let running = scene.start();
    running.file("booting");
    running.signal(Signal::TERM);
    running.ends().exits(143).never_says("web-says");
}
