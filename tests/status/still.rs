//! Being looked at costs nothing while nobody looks.

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
