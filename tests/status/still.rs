//! Being looked at costs nothing while nobody looks, and services have nothing of it.

use std::time::Duration;

use crate::run::{Run, start, wait_until};

/// How often all threads have gone to sleep so far: each time, something had woken them.
fn sleeps(run: &Run) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{}/task", run.pid())).expect("threads");
    let status =
        threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("status")).ok());
    let of = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse::<u64>().ok()
    };
    status.filter_map(of).sum()
}

#[test]
fn a_socket_and_an_address_that_nobody_asks_wake_nobody() {
    let run = start("services:\n  web: { command: [sleep, '600'] }\n");
    wait_until("it is ready", || run.get("/readyz").status == 200);
    let is_still = || {
        let before = sleeps(&run);
        std::thread::sleep(Duration::from_secs(3));
        sleeps(&run) == before
    };
    // What the start and our own question have left behind comes to rest first.
    wait_until("it is still", is_still);
    assert!(is_still() || is_still(), "something wakes it again and again");
}

#[test]
fn services_inherit_neither_socket_nor_connection() {
    let run = start(
        "services:
  web: { command: 'while ! test -e go; do sleep 0.02; done; ls -l /proc/self/fd >open.new; mv open.new open; exec sleep 600' }
  late: { command: 'ls -l /proc/self/fd >late.new; mv late.new late; exec sleep 600', depends_on: [gate] }
  gate: { command: 'while ! test -e go; do sleep 0.02; done', once: true, restart: { policy: never } }
",
    );
    wait_until("it runs", || run.get("/readyz").status == 503 && run.document().is_some());
    // One connection of each kind is open while a service is started.
    let _tcp = std::net::TcpStream::connect(run.address()).expect("it listens");
    let _unix = std::os::unix::net::UnixStream::connect(run.path("socket")).expect("it listens");
    std::fs::write(run.path("go"), "").expect("written");
    for name in ["open", "late"] {
        wait_until(name, || run.path(name).exists());
        let open = std::fs::read_to_string(run.path(name)).expect("written");
        assert!(
            open.contains("pipe:") && !open.contains("socket:") && !open.contains("anon_inode"),
            "{name}: {open}"
        );
    }
}
