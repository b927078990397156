//! Where the socket is: usual places, places that cannot be written, other runs.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Output};

use rustix::process::Signal;

use crate::run::{preflight, start_in, start_with, text, wait_until};

const WEB: &str = "services:\n  web: { command: [sleep, '600'] }\n";

#[test]
fn it_is_for_its_user_alone_and_gone_in_the_end() {
    let run = start_with(WEB, &[], &[]);
    run.service("web", |service| service["state"] == "running");
    let socket = run.path("socket");
    assert_eq!(std::fs::metadata(&socket).expect("it is there").mode() & 0o7777, 0o600);
    run.signal(Signal::TERM);
    wait_until("it is gone", || !socket.exists());
    assert_eq!(run.ends().0, Some(0));
}

#[test]
fn what_a_killed_run_left_is_replaced() {
    let run = start_with(WEB, &[], &[]);
    let web = run.service("web", |service| service["state"] == "running");
    let folder = run.killed();
    let orphan =
        web["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
    let _ = rustix::process::kill_process(orphan.expect("a number"), Signal::KILL);
    assert!(folder.path().join("socket").exists());
    let run = start_in(folder, WEB, &[], &[]);
    run.service("web", |service| service["state"] == "running");
    assert_eq!(run.document().expect("a document")["pid"], run.pid());
}

#[test]
fn that_of_a_living_run_stays_and_the_other_runs_on_without_one() {
    let first = start_with(WEB, &[], &[]);
    first.service("web", |service| service["state"] == "running");
    let mut command = preflight();
    command.arg("run").arg("--status-socket").arg(first.path("socket"));
    command.args(["--listen", "127.0.0.1:0", "--", "sleep", "600"]);
    let second = crate::run::watch(command, tempfile::tempdir().expect("a folder"));
    wait_until("it runs", || second.get("/readyz").status == 200);
    wait_until("it is told", || second.said().contains("is the status socket of another run"));
    assert_eq!(first.document().expect("a document")["pid"], first.pid());
}

#[test]
fn a_place_that_cannot_be_written_is_no_error_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = preflight();
    command.args(["run", "--status-socket", "/proc/no/place", "--", "sh", "-c", "echo ran >\"$0\"; exit 7"]);
    let output = command.arg(folder.path().join("ran")).output().expect("it runs");
    assert_eq!(output.status.code(), Some(7));
    assert!(folder.path().join("ran").exists());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("no status socket: the status socket cannot be put at /proc/no/place: "), "{said}");
}

#[test]
fn a_variable_names_the_place_for_both_sides() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("by-variable");
    let mut command = preflight();
    command.args(["run", "--", "sleep", "600"]).env("PREFLIGHT_STATUS_SOCKET", &socket);
    let run = crate::run::watch(command, tempfile::tempdir().expect("a folder"));
    let status =
        || preflight().arg("status").env("PREFLIGHT_STATUS_SOCKET", &socket).output().expect("it runs");
    wait_until("it answers", || status().status.code() == Some(0));
    assert!(text(&status()).contains("sleep"));
    drop(run);
}

/// Without root there is no other user to be, and no file system to be mounted.
fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("skipped: only root can be somebody else");
    }
    is_root
}

/// Everything that an ordinary user may do, in a run and in who asks it.
fn as_nobody(script: &str, variables: &[(&str, &str)]) -> Output {
    // The project may lie where an ordinary user cannot go.
    let open = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(open.path(), std::fs::Permissions::from_mode(0o755)).expect("opened");
    let (ours, theirs) = (env!("CARGO_BIN_EXE_preflight"), open.path().join("preflight"));
    std::fs::hard_link(ours, &theirs).or_else(|_| std::fs::copy(ours, &theirs).map(drop)).expect("a copy");
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
        "--no-new-privs",
        "sh",
        "-c",
        script,
    ]);
    command.arg(theirs).env_remove("PREFLIGHT_STATUS_SOCKET").current_dir("/");
    command.envs(variables.iter().copied()).output().expect("setpriv of util-linux runs")
}

/// In name spaces of its own, after this preparation, everything that root may do; `None` where no name spaces can be made.
fn in_name_spaces(preparation: &str, script: &str, variables: &[(&str, &str)]) -> Option<Output> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--net", "--pid", "--fork", "--mount-proc", "sh", "-c", script]);
        command.arg(env!("CARGO_BIN_EXE_preflight")).env_remove("PREFLIGHT_STATUS_SOCKET");
        command.env_remove("XDG_RUNTIME_DIR").envs(variables.iter().copied()).current_dir("/");
        command.output().expect("unshare of util-linux runs")
    };
    if !is_root() || !unshare("mount -t tmpfs none /run").status.success() {
        let left_out = std::env::var("PREFLIGHT_TEST_WITHOUT").unwrap_or_default();
        let is_left_out = left_out.split(',').any(|name| name == "container");
        let is_needed = std::env::var_os("PREFLIGHT_TEST_SERVERS").is_some();
        assert!(
            !is_needed || is_left_out,
            "no name spaces can be made here; --without container leaves them out"
        );
        eprintln!("skipped: no name spaces can be made here");
        return None;
    }
    Some(unshare(&format!("{preparation} && {{ {script}; }}")))
}

/// Runs something, asks until it is ready, shows it, and stops it.
const SCRIPT: &str = "\"$0\" run -- sleep 600 & run=$!
n=0; while ! \"$0\" status >/dev/null 2>&1 && [ $n -lt 300 ]; do n=$((n+1)); sleep 0.1; done
\"$0\" status --format json; \"$0\" status; echo code=$?; find \"${XDG_RUNTIME_DIR:-/nowhere}\" -type s 2>/dev/null; kill $run; wait $run";

#[test]
fn an_ordinary_user_has_it_in_its_runtime_folder() {
    if !is_root() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::chown(folder.path(), Some(65534), Some(65534)).expect("given away");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).expect("its own");
    let runtime = folder.path().display().to_string();
    let shown = text(&as_nobody(SCRIPT, &[("XDG_RUNTIME_DIR", &runtime)]));
    assert!(shown.contains("code=0"), "{shown}");
    assert!(shown.contains(&format!("{runtime}/preflight/status.sock")), "{shown}");
}

#[test]
fn who_is_somebody_else_is_not_answered_and_root_is() {
    if !is_root() {
        return;
    }
    let run = start_with(WEB, &[], &[]);
    run.service("web", |service| service["state"] == "running");
    // The directory and the file would let them in: they are asked who they are, too.
    std::fs::set_permissions(run.path(""), std::fs::Permissions::from_mode(0o755)).expect("opened");
    let socket = run.path("socket").display().to_string();
    let ask = "\"$0\" status --socket \"$SOCKET\"; echo code=$?";
    let refused = as_nobody(ask, &[("SOCKET", &socket)]);
    assert!(text(&refused).contains("code=1"), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is another user's"), "{refused:?}");
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).expect("opened");
    let refused = as_nobody(ask, &[("SOCKET", &socket)]);
    assert!(text(&refused).contains("code=1") && !text(&refused).contains("web"), "{refused:?}");
    assert_eq!(run.status(&[]).status.code(), Some(0));
}

#[test]
fn where_nothing_can_be_written_it_has_a_name_without_a_file() {
    // A container with a read-only root file system.
    let read_only =
        "mount -t tmpfs -o ro none /run && mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp";
    let Some(output) = in_name_spaces(read_only, SCRIPT, &[]) else { return };
    let shown = text(&output);
    assert!(shown.contains("\"kind\":\"status\"") && shown.contains("code=0"), "{output:?}");
}

#[test]
fn the_usual_place_is_below_run() {
    let fresh = "mount -t tmpfs none /run";
    let Some(output) = in_name_spaces(fresh, SCRIPT, &[("XDG_RUNTIME_DIR", "/run")]) else { return };
    let shown = text(&output);
    assert!(shown.contains("code=0") && shown.contains("\n/run/preflight/status.sock\n"), "{output:?}");
}
