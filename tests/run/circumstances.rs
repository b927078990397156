//! What a service finds when it is started, and what is told of its end: who it runs as, its variables, its folder, what
//! its finish program hears, cores, and ends for want of memory.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Signal, geteuid};

use crate::scene::{Outcome, Scene, lives, run, wait_until};

/// A contract with these services.
fn services(text: &str) -> Scene {
    run(&["--stop-deadline", "5s"]).contract(&format!("services:\n{text}"))
}

/// The same run, after this line of a shell, which finds `$FOLDER`; the line must end well.
pub(crate) fn after(scene: &Scene, line: &str) -> Command {
    let inner = scene.command();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{line} && exec \"$@\""), "sh"]).arg(inner.get_program());
    command.args(inner.get_args().collect::<Vec<&OsStr>>());
    let folder = inner.get_current_dir().expect("one");
    command.current_dir(folder).env("FOLDER", folder).env_remove("PREFLIGHT_CONFIG");
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null());
    command
}

fn to_its_end(mut command: Command) -> Outcome {
    command.output().expect("it runs").into()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Some things are for root, and CI is root.
fn is_root() -> bool {
    let is_root = geteuid().is_root();
    if !is_root {
        eprintln!("skipped: this needs root");
    }
    is_root
}

#[test]
fn it_has_its_variables_besides_ours_and_its_folder() {
    let scene = services(
        "  web:
    command: 'pwd; echo \"$OURS $THEIRS $NUMBER\"'
    folder: inner
    environment: { THEIRS: 'of ${OURS}', NUMBER: 4 }
    once: true
",
    );
    std::fs::create_dir(scene.path("inner")).expect("made");
    let mut command = scene.command();
    command.env("OURS", "here");
    to_its_end(command).exits(0).says("/inner\n").says("Z [web] here of here 4\n");
}

#[test]
fn a_folder_that_is_not_there_is_told_as_such() {
    services("  web: { command: [echo, it-runs], folder: /no/such/folder, restart: { policy: never } }\n")
        .ends()
        .exits(126)
        .says("web could not be started: its folder /no/such/folder is not there — hint: ")
        .says("nothing is left to run")
        .never_says("it-runs");
}

#[test]
fn a_user_that_we_may_not_become_is_told_as_such() {
    if !is_root() {
        return;
    }
    let scene = services(
        "  web: { command: [echo, it-runs], user: 12345, group: 12345, restart: { policy: never } }\n",
    );
    let inner = scene.command();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "54321", "--regid", "54321", "--clear-groups"]).arg(inner.get_program());
    command.args(inner.get_args()).current_dir(scene.path("")).stdin(Stdio::null());
    // Others may look into it.
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(scene.path(""), all).expect("ours");
    to_its_end(command)
        .exits(78)
        .says(
            "FAIL run service web (line 4): we may not become user 12345 — hint: start the container as root",
        )
        .never_says("it-runs");
}

#[test]
fn numbers_are_enough_for_a_user_and_others_groups_are_given_up() {
    if !is_root() {
        return;
    }
    let scene = services(
        "  web:
    command: 'echo \"$(id -u) $(id -g) groups $(id -G)\"'
    user: 12345
    group: 23456
    once: true
    finish: 'echo finish-as-$(id -u)'
",
    );
    scene.ends().exits(0).says("Z [web] 12345 23456 groups 23456\n").says("finish-as-12345");
}

/// The two files of accounts are replaced in a mount name space of the run's own.
#[test]
fn a_user_by_name_has_all_groups_that_it_is_in() {
    let can = || Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    if !is_root() || !can().is_ok_and(|status| status.success()) {
        return eprintln!("skipped: no mount name space may be made here");
    }
    let scene = services(
        "  by-user: { command: 'echo \"$(id -u) $(id -g) groups $(id -G)\"', user: pat, once: true }
  by-both: { command: 'echo \"$(id -u) $(id -g) groups $(id -G)\"', user: pat, group: tls, once: true }
",
    );
    std::fs::write(scene.path("passwd"), "root:x:0:0::/:/bin/sh\npat:x:4001:4002::/:/bin/sh\n")
        .expect("written");
    std::fs::write(scene.path("group"), "root:x:0:\npat:x:4002:\ntls:x:4003:pat\nlogs:x:4004:sam,pat\n")
        .expect("written");
    let mounts = "mount --bind \"$FOLDER/passwd\" /etc/passwd && mount --bind \"$FOLDER/group\" /etc/group";
    let inner = after(&scene, mounts);
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]).arg(inner.get_program()).args(inner.get_args());
    command.current_dir(scene.path("")).env("FOLDER", scene.path("")).stdin(Stdio::null());
    to_its_end(command)
        .exits(0)
        .says("Z [by-user] 4001 4002 groups 4002 4003 4004\n")
        .says("Z [by-both] 4001 4003 groups 4003 4004\n");
}

#[test]
fn the_finish_program_hears_how_it_ended() {
    let finish = "[sh, -c, 'echo \"$0 $1 $2\" >>heard', finish]";
    for (command, heard, code) in [
        ("'exit 15'", "finish 15 0\n", 15),
        ("'kill -KILL $$'", "finish -1 9\n", 137),
        ("[no-such-program-here]", "finish 111 0\n", 127),
    ] {
        let scene = services(&format!(
            "  web: {{ command: {command}, finish: {finish}, restart: {{ policy: never }} }}\n"
        ));
        let (outcome, folder) = scene.start().ends_and_leaves();
        outcome.exits(code);
        assert_eq!(read(&folder.path().join("heard")), heard, "{command}");
    }
}

#[test]
fn a_finish_program_as_a_line_for_the_shell_hears_the_same() {
    let scene = services(
        "  web: { command: 'exit 22', finish: 'echo \"$1 $2\" >heard', restart: { policy: never } }\n",
    );
    let (outcome, folder) = scene.start().ends_and_leaves();
    outcome.exits(22);
    assert_eq!(read(&folder.path().join("heard")), "22 0\n");
}

#[test]
fn the_meaning_of_an_exit_code_is_told_with_it() {
    services(
        "  web:
    command: 'exit 22'
    restart: { policy: never }
    exit_codes: { 22: uwsgi could not load the app, 15: not this one }
",
    )
    .ends()
    .exits(22)
    .says("web died: exit code 22 (uwsgi could not load the app) after")
    .never_says("not this one");
}

#[test]
fn a_core_is_told() {
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let mut unlimited = Command::new("sh");
    let may = unlimited.args(["-c", "ulimit -c unlimited"]).stderr(Stdio::null()).status();
    if pattern.trim().is_empty() || pattern.starts_with('|') || !may.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: cores are not written to files here ({})", pattern.trim());
    }
    let text = "  web: { command: 'ulimit -c unlimited; kill -SEGV $$', restart: { policy: never }, finish: 'echo \"$1 $2\" >heard' }\n";
    let (outcome, folder) = services(text).start().ends_and_leaves();
    outcome.exits(139).says("web died: killed by SIGSEGV (").says("core dumped)");
    // 11, with the core bit.
    assert_eq!(read(&folder.path().join("heard")), "-1 139\n");
    let none = "  web: { command: 'ulimit -c 0; kill -SEGV $$', restart: { policy: never } }\n";
    services(none).ends().exits(139).says("killed by SIGSEGV").never_says("core dumped");
}

/// A control group with a limit of memory; removed when dropped and empty.
pub(crate) struct Limited(PathBuf);

impl Limited {
    /// Where this machine lets us, with version 1 or 2; see `cgroups(7)`.
    pub(crate) fn new(bytes: u64) -> Option<Self> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("preflight-test-{}-{number}", std::process::id());
        let bytes = bytes.to_string();
        let one = Path::new("/sys/fs/cgroup/memory").join(&name);
        if one.parent().is_some_and(|parent| parent.join("memory.limit_in_bytes").exists()) {
            let limited = Self::made(one)?;
            std::fs::write(limited.0.join("memory.limit_in_bytes"), &bytes).ok()?;
            // Only where swap is counted.
            let _ = std::fs::write(limited.0.join("memory.memsw.limit_in_bytes"), &bytes);
            return Some(limited);
        }
        let limited = Self::made(Path::new("/sys/fs/cgroup").join(&name))?;
        std::fs::write(limited.0.join("memory.max"), &bytes).ok()?;
        let _ = std::fs::write(limited.0.join("memory.swap.max"), "0");
        Some(limited)
    }

    /// The line of a shell that goes into it.
    pub(crate) fn enter(&self) -> String {
        format!("echo $$ >{}/cgroup.procs", self.0.display())
    }

    fn made(folder: PathBuf) -> Option<Self> {
        std::fs::create_dir(&folder).ok()?;
        Some(Self(folder))
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn an_end_for_want_of_memory_is_told_and_another_kill_is_not() {
    let Some(group) = Limited::new(64 * 1024 * 1024) else {
        return eprintln!("skipped: no control group with a limit of memory can be made here");
    };
    let enter = group.enter();
    let service =
        |command: &str| services(&format!("  web: {{ command: {command}, restart: {{ policy: never }} }}\n"));
    // `tail` keeps the whole of a line, and this one has no end.
    to_its_end(after(&service("'exec tail /dev/zero'"), &enter))
        .exits(137)
        .says("web died: killed by SIGKILL (")
        .says("out of memory)");
    to_its_end(after(&service("'kill -KILL $$'"), &enter))
        .exits(137)
        .says("web died: killed by SIGKILL")
        .never_says("out of memory");
}

/// The memory of a service's child counts as the service's.
#[test]
fn a_child_that_is_killed_for_want_of_memory_is_no_end_of_the_service() {
    let Some(group) = Limited::new(64 * 1024 * 1024) else {
        return eprintln!("skipped: no control group with a limit of memory can be made here");
    };
    let enter = group.enter();
    let scene =
        services("  web: { command: 'tail /dev/zero; echo child-$?; exit 5', restart: { policy: never } }\n");
    to_its_end(after(&scene, &enter)).exits(5).says("child-137").says("web died: exit code 5");
}

/// Where control groups of version 2 can be made, none of ours is left, whoever was in it to the end.
#[test]
fn no_control_group_is_left() {
    let scene = services(
        "  web: { command: 'setsid sh -c \"cat /proc/self/cgroup >group; exec sleep 600\" & while ! [ -s group ]; do sleep 0.01; done', once: true }\n",
    );
    let (outcome, folder) = scene.start().ends_and_leaves();
    outcome.exits(0);
    let group = read(&folder.path().join("group"));
    let own = group.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or_default();
    if !own.contains("preflight.") {
        return eprintln!("skipped: no control group of version 2 can be made here, it was in {own:?}");
    }
    for root in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
        assert!(!Path::new(&format!("{root}{own}")).exists(), "{root}{own} is left");
    }
}

/// Where control groups of version 2 can be made, each service is in its own, and nothing in it outlives a kill.
#[test]
fn a_control_group_leaves_nobody_behind() {
    let running = services(
        "  web:
    command: \"trap '' TERM; setsid sh -c 'trap \\\"\\\" TERM; (sleep 600 & echo $! >daemon); exec sleep 600' & cat /proc/self/cgroup >group; echo $$ >web; while :; do sleep 0.05; done\"
    stop: { grace: 200ms }
",
    )
    .start();
    running.file("web");
    let daemon = running.file("daemon");
    let group = running.file("group");
    let own = group.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or_default().to_owned();
    running.signal(Signal::TERM);
    running.ends().exits(137);
    assert!(!lives(&daemon), "{daemon} is still there");
    if !own.contains("preflight.") {
        return eprintln!("skipped: no control group of version 2 can be made here, it was in {own:?}");
    }
    let places = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(|root| format!("{root}{own}"));
    wait_until("its group is gone", || places.iter().all(|place| !Path::new(place).exists()));
}
