//! Files that belong together change together; a check looks before anybody else does; nothing is written for nothing.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::Tests;
use super::agent::Agent;
use super::scene::Scene;

pub(super) const TESTS: Tests = &[
    ("templates with one command change together or not at all", together),
    ("more templates with one command than files may be open change together", more_than_may_be_open),
    ("a command is run once for the templates that share it", command_once),
    ("a check sees the staged file, and its failure keeps the old one", check),
    ("a check that fails is run again, though nothing has changed", check_is_tried_again),
    ("with once a check that fails ends with 14 and writes nothing", check_with_once),
    ("what has not changed is not written and runs no command", unchanged),
    ("mode and owner are as said, and repaired", mode_and_owner),
    ("the file of before is kept where that is asked for", backup),
    ("a file that is a mount point is written in place", bind_mount),
    ("folders are made, or their absence is told", folders),
    ("a command that fails ends once with 14, later it is told", command_fails),
    ("a command that takes too long is ended", command_too_long),
    ("a daemon that a command starts outlives the run", daemon),
];

fn together() {
    let scene = Scene::new();
    scene.put("v", "1");
    scene.write("a.ctmpl", "a{{ key \"@/v\" }}");
    scene.write("b.ctmpl", "b{{ key \"@/v\" }}");
    scene.script("check.sh", "! grep -q bad \"$1\"");
    scene.script("reload.sh", "cat %/a %/b >> %/seen; echo >> %/seen");
    scene.write(
        "c.hcl",
        "template { source = \"%/a.ctmpl\" destination = \"%/a\" command = [\"%/reload.sh\"] }
         template { source = \"%/b.ctmpl\" destination = \"%/b\" command = [\"%/reload.sh\"]
                    check = \"%/check.sh {{.staged}}\" }",
    );
    let run = scene.start(&["-config=%/c.hcl"]);
    scene.holds(&run, "seen", "a1b1\n");
    scene.put("v", "bad");
    run.says(&["b.ctmpl", "render.check_failed"]);
    assert_eq!((scene.read("a"), scene.read("b")), ("a1".to_owned(), "b1".to_owned()));
    scene.put("v", "2");
    scene.holds(&run, "seen", "a2b2\n");
    assert!(!scene.read("seen").contains("bad"), "{}", scene.read("seen"));
}

fn more_than_may_be_open() {
    const FILES: usize = 150;
    let scene = Scene::new();
    scene.put("v", "1");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    let template = |number: usize| {
        format!(
            "template {{ source = \"%/a.ctmpl\" destination = \"%/out/{number}\" command = [\"true\"] }}\n"
        )
    };
    scene.write("c.hcl", &(0..FILES).map(template).collect::<String>());
    let program = env!("CARGO_BIN_EXE_preflight");
    let consul = Agent::shared().address();
    let script = format!("ulimit -n 96; exec {program} render -consul-addr={consul} -config=%/c.hcl");
    let run = scene.bare(std::path::Path::new("/bin/sh"), &["-c", &script], &[]);
    for value in ["1", "2"] {
        scene.put("v", value);
        (0..FILES).for_each(|number| scene.becomes(&run, &format!("out/{number}"), value));
    }
}

fn command_once() {
    let scene = Scene::new();
    scene.put("v", "1");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    let template = |out: &str| {
        format!(
            "template {{ source = \"%/a.ctmpl\" destination = \"%/{out}\" command = \"echo ran, with commas, >> %/ran\" }}\n"
        )
    };
    scene.write("c.hcl", &["a", "b", "c"].map(template).concat());
    scene.start(&["-config=%/c.hcl", "-once"]).ends_with(0);
    assert_eq!(scene.read("ran"), "ran, with commas,\n");
}

fn check() {
    let scene = Scene::new();
    scene.put("v", "good");
    scene.write("a.conf.ctmpl", "{{ key \"@/v\" }}");
    scene.script(
        "check.sh",
        "echo \"$1 $(cat \"$1\") live: $(cat %/a.conf)\" >> %/checked\ngrep -q good \"$1\"",
    );
    scene.write(
        "c.hcl",
        "template { source = \"%/a.conf.ctmpl\" destination = \"%/a.conf\" check = \"%/check.sh {{.staged}}\" }",
    );
    let run = scene.start(&["-config=%/c.hcl"]);
    scene.becomes(&run, "a.conf", "good");
    let checked = scene.read("checked");
    let staged = checked.split(' ').next().expect("a path");
    assert!(staged.ends_with(".conf") && !staged.ends_with("/a.conf"), "{checked}");
    assert!(checked.contains(" good live: \n"), "it was looked at before it went live: {checked}");
    scene.put("v", "bad");
    run.says(&["ERROR", "render.check_failed"]);
    assert_eq!(scene.read("a.conf"), "good");
    scene.put("v", "good again");
    scene.becomes(&run, "a.conf", "good again");
    let left: Vec<_> = std::fs::read_dir(scene.path("")).expect("a folder").flatten().collect();
    let is_staged = |name: &str| name.starts_with('.');
    assert!(!left.iter().any(|entry| is_staged(&entry.file_name().to_string_lossy())), "{left:?}");
}

fn check_is_tried_again() {
    let scene = Scene::new();
    scene.put("v", "1");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    scene.script("check.sh", "test -e %/allowed");
    scene.write("allowed", "");
    scene
        .write("c.hcl", "template { source = \"%/a.ctmpl\" destination = \"%/a\" check = [\"%/check.sh\"] }");
    let run = scene.start(&["-config=%/c.hcl"]);
    scene.becomes(&run, "a", "1");
    std::fs::remove_file(scene.path("allowed")).expect("it was there");
    scene.put("v", "2");
    run.says(&["render.check_failed"]);
    scene.write("allowed", "");
    scene.becomes(&run, "a", "2");
}

fn check_with_once() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "new");
    scene.write("a", "old");
    scene.write("c.hcl", "template { source = \"%/a.ctmpl\" destination = \"%/a\" check = \"false\" }");
    let mut run = scene.start(&["-config=%/c.hcl", "-once"]);
    run.ends_with(14);
    run.says(&["ERROR", "render.check_failed"]);
    assert_eq!(scene.read("a"), "old");
}

fn unchanged() {
    let scene = Scene::new();
    scene.put("v", "1");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    let arguments = ["-template=%/a.ctmpl:%/a:echo ran >> %/ran", "-once"];
    scene.start(&arguments).ends_with(0);
    let before = scene.path("a").metadata().expect("a file");
    scene.start(&arguments).ends_with(0);
    let after = scene.path("a").metadata().expect("a file");
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
    assert_eq!(scene.read("ran"), "ran\n");
}

fn mode_and_owner() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "text");
    let own = scene.path("").metadata().expect("a folder");
    let is_root = own.uid() == 0;
    let (user, group) = if is_root { (1, 1) } else { (own.uid(), own.gid()) };
    let owner = format!("user = \"{user}\" group = \"{group}\"");
    scene.write(
        "c.hcl",
        &format!("template {{ source = \"%/a.ctmpl\" destination = \"%/a\" perms = 0640 {owner} }}"),
    );
    scene.start(&["-config=%/c.hcl", "-once"]).ends_with(0);
    let is_right = || {
        let file = scene.path("a").metadata().expect("a file");
        assert_eq!((file.mode() & 0o7777, file.uid(), file.gid()), (0o640, user, group));
    };
    is_right();
    std::fs::set_permissions(scene.path("a"), std::fs::Permissions::from_mode(0o666)).expect("its mode");
    let mut run = scene.start(&["-config=%/c.hcl", "-once"]);
    run.ends_with(0);
    run.says(&["WARN", "drifted", "repaired"]);
    is_right();
}

fn backup() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "new");
    scene.write("a", "old");
    scene.write("c.hcl", "template { source = \"%/a.ctmpl\" destination = \"%/a\" backup = true }");
    scene.start(&["-config=%/c.hcl", "-once"]).ends_with(0);
    assert_eq!((scene.read("a"), scene.read("a.bak")), ("new".to_owned(), "old".to_owned()));
}

fn bind_mount() {
    let scene = Scene::new();
    scene.put("v", "new");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    let (behind, target) = (scene.write("behind", "old"), scene.write("a", ""));
    let mounted = std::process::Command::new("mount").arg("--bind").arg(&behind).arg(&target).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("skipped, since this user may not mount: a file that is a mount point");
        return;
    }
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once"]);
    let ended = run.ends();
    let read = scene.read("behind");
    // It is in the way of the folder's removal.
    let _ = std::process::Command::new("umount").arg(&target).status();
    assert_eq!((ended, read.as_str()), (0, "new"), "{}", run.said());
    run.says(&["written in place"]);
}

fn folders() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "text");
    scene.start(&["-template=%/a.ctmpl:%/deep/down/a", "-once"]).ends_with(0);
    assert_eq!(scene.read("deep/down/a"), "text");
    scene.write(
        "c.hcl",
        "template { source = \"%/a.ctmpl\" destination = \"%/none/a\" create_dest_dirs = false }",
    );
    let mut run = scene.start(&["-config=%/c.hcl", "-once"]);
    run.ends_with(14);
    run.says(&["ERROR", "render.write_failed", "hint:"]);
}

fn command_fails() {
    let scene = Scene::new();
    scene.put("v", "1");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    let mut once = scene.start(&["-template=%/a.ctmpl:%/once:exit 7", "-once"]);
    once.ends_with(14);
    once.says(&["ERROR", "render.command_failed", "7"]);
    let run = scene.start(&["-template=%/a.ctmpl:%/a:test $(cat %/a) = 1 && echo done > %/first"]);
    scene.becomes(&run, "a", "1");
    scene.becomes(&run, "first", "done\n");
    scene.put("v", "2");
    run.says(&["ERROR", "render.command_failed"]);
    scene.put("v", "3");
    scene.becomes(&run, "a", "3");
}

fn command_too_long() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "text");
    scene.write(
        "c.hcl",
        "template { source = \"%/a.ctmpl\" destination = \"%/a\" command = \"sleep 1000\" command_timeout = \"200ms\" }",
    );
    let mut run = scene.start(&["-config=%/c.hcl", "-once"]);
    run.ends_with(14);
    run.says(&["render.command_failed", "command_timeout"]);
}

fn daemon() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "text");
    scene.script("start.sh", "setsid sleep 1000 > /dev/null 2>&1 &\necho $! > %/pid");
    scene.start(&["-template=%/a.ctmpl:%/a:%/start.sh", "-once"]).ends_with(0);
    let pid = scene.read("pid").trim().parse().expect("a number");
    assert!(super::scene::lives(pid));
    super::scene::signal(pid, "KILL");
}
