//! Jobs: those of crontab files beside services and alone, and those of a contract at their times.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::logged::logged;
use crate::scene::{Outcome, Running, Scene, lives, run, wait_until};

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

/// runit's services, boot scripts and a crontab, with this script before the services.
fn booting(script: &str, crontab: Option<&str>) -> Scene {
    let scene = run(&["--services", "service", "--init-dir", "init", "--rc-local", "none"]).more(&[
        "--environment-dir",
        "variables",
        "--crontab",
        "jobs",
        "--stop-deadline",
        "5s",
    ]);
    write(&scene.path("service/web/run"), "#!/bin/sh\necho served >../../served; exec sleep 600\n");
    write(&scene.path("init/script"), &format!("#!/bin/sh\n{script}\n"));
    for path in ["service/web/run", "init/script"] {
        std::fs::set_permissions(scene.path(path), std::fs::Permissions::from_mode(0o755)).expect("set");
    }
    if let Some(text) = crontab {
        write(&scene.path("jobs"), text);
    }
    scene
}

#[test]
fn beside_runits_services_a_job_has_the_variables_of_the_boot_scripts() {
    let scene = booting("printf here >variables/PLACE", None);
    std::fs::create_dir(scene.path("variables")).expect("made");
    let seen = scene.path("seen");
    write(&scene.path("jobs"), &format!("@reboot echo $PLACE >{}\n", seen.display()));
    let running = scene.start();
    assert_eq!(running.file("seen"), "here\n");
    running.signal(Signal::TERM);
    running.ends().exits(0);
}

#[test]
fn a_crontab_that_a_boot_script_writes_is_read_and_one_that_it_mends_is_not_wrong() {
    for before in [None, Some("* * * nothing")] {
        let running = booting("echo \"HOME=$PWD\n@reboot echo ran >ran\" >jobs; echo mended", before).start();
        assert_eq!(running.file("ran"), "ran\n");
        running.signal(Signal::TERM);
        let outcome = running.ends().exits(0).says("boot script: mended").never_says("FAIL");
        match before {
            None => outcome.never_says("unless a boot script mends it"),
            Some(_) => {
                outcome.says("unless a boot script mends it: jobs:1: no newline at the end of the file")
            }
        };
    }
}

/// With and without boot scripts, which are a reason to look before.
#[test]
fn a_crontab_that_is_a_pipe_is_read_once() {
    for has_script in [true, false] {
        let scene = booting("echo booted", None);
        if !has_script {
            std::fs::remove_file(scene.path("init/script")).expect("removed");
        }
        std::os::unix::fs::symlink("/dev/stdin", scene.path("jobs")).expect("made");
        let mut child = scene.command().stdin(Stdio::piped()).spawn().expect("the built binary runs");
        let line = format!("@reboot echo ran >{}\n", scene.path("ran").display());
        child.stdin.take().expect("a pipe").write_all(line.as_bytes()).expect("it reads");
        wait_until("it ran", || scene.path("ran").exists());
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a number");
        kill_process(pid, Signal::TERM).expect("it runs");
        let outcome: Outcome = child.wait_with_output().expect("it ends").into();
        outcome.exits(0).never_says("crontabs have changed");
    }
}

#[test]
fn what_is_wrong_with_a_crontab_after_the_boot_scripts_is_the_end() {
    booting("echo '* * * *' >jobs; echo booted", None)
        .ends()
        .exits(78)
        .says("boot script: booted")
        .says("FAIL run jobs:1: ")
        .never_says("served");
    booting("echo booted", None).ends().exits(78).says("booted").says("FAIL run jobs:1: cannot be read");
    let scene = booting("echo booted", None);
    std::fs::remove_file(scene.path("init/script")).expect("removed");
    scene.ends().exits(78).says("FAIL run jobs:1: cannot be read").never_says("booted");
}

#[test]
fn a_run_whose_services_are_done_ends_when_its_job_for_the_start_has_run() {
    let scene = crontab("").contract(
        "services:\n  task: { command: 'true', once: true }\n  later: { command: 'true', schedule: '@daily', enabled_if: { NOT_SET_HERE: 'x' } }\n",
    );
    let seen = scene.path("seen");
    write(&scene.path("jobs"), &format!("@reboot sleep 0.5; echo ran >{}; exit 3\n", seen.display()));
    let (outcome, folder) = scene.start().ends_and_leaves();
    outcome.exits(0).says("jobs:1 died: exit code 3");
    assert_eq!(std::fs::read_to_string(folder.path().join("seen")).expect("it ran"), "ran\n");
}

#[test]
fn crontabs_that_change_are_read_again_and_runs_go_on() {
    let scene = crontab("").more(&["--crontab", "cron.d"]);
    std::fs::create_dir(scene.path("cron.d")).expect("made");
    let runs = format!("@reboot echo $$ >{}; exec sleep 600\n", scene.path("pid").display());
    write(&scene.path("jobs"), &format!("{runs}0 0 1 1 * a\n"));
    let run = logged(scene);
    run.waits_until("it runs", || run.read("pid").ends_with('\n'));
    let pid = run.read("pid");
    run.says("2 jobs; the next to run is jobs:2, at ");
    run.write("jobs", &format!("0 0 1 1 * a\n{runs}0 0 2 1 * b"));
    run.says("FAIL run jobs:3: no newline at the end of the file — hint: ");
    run.says("jobs is not taken as it is now; its 2 jobs stay as they were");
    run.write("jobs", &format!("0 0 1 1 * a\n0 0 2 1 * b\n{runs}"));
    run.says("jobs can be read again");
    run.says(
        "crontabs have changed, jobs: 1 new (jobs:2); 1 on another line (jobs:2 is jobs:1#2); 3 jobs; the next",
    );
    // In its place: what has the file open is heard when it is closed.
    std::fs::write(run.path("jobs"), "0 0 1 1 * other\n").expect("written");
    run.says("2 gone (jobs:2, jobs:1, whose run goes on)");
    if geteuid().is_root() {
        run.write("cron.d/more", "0 0 1 1 * root c\n@reboot root echo not-now\n");
        run.says("1 new (more:1); 1 new for the next start, being @reboot (more:2)");
        std::fs::remove_file(run.path("cron.d/more")).expect("removed");
        run.says("gone (more:1, more:2)");
    }
    assert!(lives(&pid), "nobody has touched it");
    run.stops_with(0).never_said("not-now");
    assert!(!lives(&pid));
}

/// Takes up to a minute: no schedule is due more often.
#[test]
fn a_job_that_comes_later_runs_at_its_time_with_its_input_and_its_secrets_are_none_of_ours() {
    let run = logged(crontab("# nothing yet\n"));
    let text = "PASSWORD=not-to-be-shown\n* * * * * cat >>RAN; echo $PASSWORD >>RAN%one\n0 0 1 1 * not-to-be-shown\n";
    run.write("jobs", &text.replace("RAN", &run.path("ran").display().to_string()));
    for _ in 0..180 {
        if run.read("ran").lines().count() >= 2 {
            break;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    assert!(run.read("ran").starts_with("one\nnot-to-be-shown\n"), "{}", run.said());
    run.write("jobs", "* * * * not-to-be-shown\n");
    run.says("FAIL run jobs:1: ");
    run.stops_with(0).never_said("not-to-be-shown");
}

/// Takes up to a minute: no schedule is due more often.
#[test]
fn at_its_time_a_job_runs_and_is_left_alone_until_its_own_limit() {
    let scene = crontab("").contract(
        "services:
  web: { command: \"trap 'echo hup >>hups' HUP; echo on >on; while :; do sleep 0.1; done\" }
  slow: { command: 'echo $$ >slow; exec sleep 600', schedule: '* * * * *', timeout: 20s }
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
        .says("slow was stopped, not done within 20 s: killed by SIGTERM");
}
