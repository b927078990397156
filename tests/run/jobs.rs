//! Jobs: those of crontab files beside services and alone, and those of a contract at their times.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Signal, geteuid};

use crate::scene::{Running, Scene, lives, run, wait_until};

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).expect("set");
}

/// One crontab of a user's own.
fn crontab(text: &str) -> Scene {
    let scene = run(&["--crontab", "jobs", "--stop-deadline", "5s"]);
    write(&scene.path("jobs"), text);
    scene
}

/// The lines of a file, when there are so many.
fn lines(running: &Running, name: &str, count: usize) -> Vec<String> {
    wait_until(name, || running.file(name).lines().count() >= count);
    running.file(name).lines().map(ToOwned::to_owned).collect()
}

#[test]
fn a_crontab_alone_has_all_variables_its_home_and_its_input() {
    let scene = crontab(
        "MAILTO=ops@example.org\nSHELL=/bin/sh\nGREETING=\"hello there\"\n@reboot pwd >>seen; echo $GREETING $FROM_OUTSIDE >>seen; cat >>seen; echo said%one%two\n",
    );
    let home = scene.path("home");
    std::fs::create_dir(&home).expect("made");
    let running = scene.variable("HOME", home.to_str().expect("text")).variable("FROM_OUTSIDE", "in").start();
    let seen = lines(&running, "home/seen", 4);
    assert!(Path::new(&seen[0]).ends_with("home"), "{seen:?}");
    assert_eq!(seen[1..], ["hello there in", "one", "two"]);
    running.signal(Signal::TERM);
    running.ends().exits(0).says("Z [jobs:4] said\n").says("jobs:1: MAILTO is not obeyed: no mail is sent");
}

#[test]
fn a_folder_has_a_column_for_the_user_and_is_run_beside_the_contracts_services() {
    let scene = run(&["--crontab", "cron.d", "--stop-deadline", "5s"])
        .contract("services:\n  web: { command: 'echo served >served; exec sleep 600' }\n");
    if !geteuid().is_root() {
        return;
    }
    // The other user's job writes there.
    let open = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
    };
    open(&scene.path(""), 0o755);
    let place = scene.path("place");
    std::fs::create_dir(&place).expect("made");
    open(&place, 0o777);
    let line = format!(
        "@reboot nobody id -un; echo $(id -un) $(id -gn) $USER $LOGNAME $SHELL >{}/seen\n",
        place.display()
    );
    write(&scene.path("cron.d/who"), &line);
    write(&scene.path("cron.d/a.dpkg-old"), "not read");
    let running = scene.start();
    running.file("served");
    assert_eq!(running.file("place/seen"), "nobody nogroup nobody nobody /bin/sh\n");
    running.signal(Signal::TERM);
    running.ends().exits(0).says("Z [who:1] nobody\n");
}

#[test]
fn everything_that_is_wrong_is_told_before_anything_starts() {
    let scene = run(&["--crontab", "cron.d", "--crontab", "own", "--crontab", "none"])
        .contract("services:\n  web: { command: ['${NOT_SET_HERE}'] }\n  b: { command: 'echo it-runs' }\n");
    write(&scene.path("cron.d/dump"), "* * * * root\n0 4 31 2 * root x\n* * * * * nobody-here x\n");
    write(&scene.path("cron.d/dump.sh"), "* * * * * root x\n");
    write(&scene.path("own"), "CRON_TZ=Mars/Base\n* * * * * x");
    scene
        .ends()
        .exits(78)
        .says("FAIL run service web (line 4): NOT_SET_HERE not set")
        .says("FAIL run cron.d/dump:1: ")
        .says("FAIL run cron.d/dump:2: it is never due")
        .says("FAIL run cron.d/dump:3: there is no user \"nobody-here\" — hint: the sixth column is the user")
        .says("FAIL run cron.d/dump.sh:1: cron passes over a file of this name — hint: ")
        .says("FAIL run own:1: ")
        .says("FAIL run own:2: no newline at the end of the file")
        .says("FAIL run none:1: cannot be read")
        .never_says("it-runs");
    run(&["--crontab", "x", "--", "true"]).ends().exits(2);
}

#[test]
fn beside_runits_services_a_job_has_the_variables_of_the_boot_scripts() {
    let scene = run(&["--services", "service", "--init-dir", "init", "--rc-local", "none"]).more(&[
        "--environment-dir",
        "variables",
        "--crontab",
        "jobs",
        "--stop-deadline",
        "5s",
    ]);
    write(&scene.path("service/web/run"), "#!/bin/sh\nexec sleep 600\n");
    write(&scene.path("init/place"), "#!/bin/sh\nprintf here >variables/PLACE\n");
    for path in ["service/web/run", "init/place"] {
        std::fs::set_permissions(scene.path(path), std::fs::Permissions::from_mode(0o755)).expect("set");
    }
    std::fs::create_dir(scene.path("variables")).expect("made");
    let seen = scene.path("seen");
    write(&scene.path("jobs"), &format!("@reboot echo $PLACE >{}\n", seen.display()));
    let running = scene.start();
    assert_eq!(running.file("seen"), "here\n");
    running.signal(Signal::TERM);
    running.ends().exits(0);
}

/// Takes up to a minute: no schedule is due more often.
#[test]
fn at_its_time_a_job_runs_and_is_left_alone_until_its_own_limit() {
    let scene = crontab("").contract(
        "services:
  web: { command: \"trap 'echo hup >>hups' HUP; echo on >on; while :; do sleep 0.1; done\" }
  slow: { command: 'echo $$ >slow; exec sleep 600', schedule: '* * * * *', timeout: 5s }
",
    );
    write(&scene.path("jobs"), &format!("HOME={}\n* * * * * echo ran >>ran\n", scene.path("").display()));
    let running = scene.start();
    running.file("on");
    for _ in 0..60 {
        if running.path("slow").exists() {
            break;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    let slow = running.file("slow");
    assert_eq!(running.file("ran"), "ran\n");
    running.signal(Signal::HUP);
    assert_eq!(running.file("hups"), "hup\n");
    assert!(lives(&slow), "what is meant for servers is not for jobs");
    wait_until("its limit ends it", || !lives(&slow));
    running.signal(Signal::TERM);
    running
        .ends()
        .exits(0)
        .says("[MyCompanyName:DevOps] 2 jobs; the next to run is ")
        .says("slow was stopped, not done within 5 s: killed by SIGTERM");
}
