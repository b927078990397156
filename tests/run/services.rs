//! The services of a contract: in order up and down, started again, jobs at their times, the code of what ended it.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::scene::{lives, run, wait_until};

/// A contract with these services.
fn services(text: &str) -> crate::scene::Scene {
    run(&["--stop-deadline", "5s"]).contract(&format!("services:\n{text}"))
}

#[test]
fn they_start_in_order_and_end_in_reverse_order() {
    let running = services(
        "  web:
    command: \"trap 'echo web-down >>order; exit 0' TERM; echo web-up >>order; while :; do sleep 0.02; done\"
    depends_on: [cache]
  cache:
    command: \"trap 'echo cache-down >>order; exit 0' TERM; sleep 0.3; echo cache-up >>order; echo ready >up; while :; do sleep 0.02; done\"
    depends_on: [migrate]
    ready: { command: [test, -e, up], timeout: 20s, interval: 50ms }
  migrate: { command: 'sleep 0.1; echo migrated >>order', once: true, restart: { policy: never } }
",
    )
    .start();
    wait_until("all run", || running.file("order") == "migrated\ncache-up\nweb-up\n");
    running.signal(Signal::TERM);
    let (outcome, folder) = running.ends_and_leaves();
    let order = std::fs::read_to_string(folder.path().join("order")).expect("written");
    assert_eq!(order, "migrated\ncache-up\nweb-up\nweb-down\ncache-down\n");
    let outcome = outcome.exits(0);
    outcome
        .says("[MyCompanyName:DevOps] web waits for cache")
        .says("cache is ready after")
        .says("[MyCompanyName:DevOps] finalize: lived");
}

#[test]
fn lines_have_a_time_and_the_services_name() {
    services("  one: { command: [echo, from-one], once: true }\n  two: { command: 'echo from-two >&2', once: true }\n")
        .ends()
        .exits(0)
        .says("Z [one] from-one\n")
        .says("Z [two] from-two\n");
}

#[test]
fn what_dies_is_started_again_and_its_death_is_told() {
    let running = services(
        "  web:
    command: 'echo $$ >>pids; sleep 1.1; exit 15'
    exit_codes: { 15: could not load the app }
",
    )
    .start();
    wait_until("the second one", || running.file("pids").lines().count() >= 2);
    let first = running.file("pids").lines().next().unwrap_or_default().to_owned();
    assert!(!lives(&first));
    running.signal(Signal::TERM);
    running
        .ends()
        .exits(0)
        .says("[MyCompanyName:DevOps] web died: exit code 15 (could not load the app) after ")
        .says("; restart 1 now");
}

#[test]
fn a_critical_one_ends_all_with_its_code() {
    services(
        "  main: { command: 'sleep 0.2; exit 42', critical: true, restart: { policy: never } }
  other: { command: [sleep, '600'] }
",
    )
    .ends()
    .exits(42)
    .says("main, which is critical, has ended");
}

#[test]
fn a_critical_one_of_which_no_more_is_said_is_not_started_again() {
    services(
        "  main: { command: 'sleep 0.2; exit 42', critical: true }\n  other: { command: [sleep, '600'] }\n",
    )
    .ends()
    .exits(42)
    .says("main, which is critical, has ended");
    let again = "restart: { give_up: 2 in 60s }";
    services(&format!("  main: {{ command: 'exit 43', critical: true, {again} }}\n"))
        .ends()
        .exits(43)
        .says("main is given up: it ended 2 times");
}

#[test]
fn a_budget_of_ends_is_kept_and_the_code_is_never_0() {
    services("  web: { command: ['true'], restart: { give_up: 2 in 60s } }\n")
        .ends()
        .exits(1)
        .says("web is given up: it ended 2 times within 1 min");
    services("  task: { command: 'exit 9', once: true, restart: { policy: never } }\n").ends().exits(9);
}

#[test]
fn one_that_is_not_for_this_container_says_so() {
    let text = "  web: { command: ['${NOT_SET_HERE}'], enabled_if: { PREFLIGHT_TEST_ROLE: web } }
  task: { command: [echo, it-runs], once: true }
";
    services(text)
        .ends()
        .exits(0)
        .says("web is not run here: PREFLIGHT_TEST_ROLE is not set")
        .says("it-runs");
}

#[test]
fn a_container_that_no_service_is_for_is_a_mistake() {
    let text = "  web: { command: [x], enabled_if: { PREFLIGHT_TEST_ROLE: web } }
  worker: { command: [x], enabled_if: { PREFLIGHT_TEST_ROLE: [worker, all] } }
";
    services(text)
        .ends()
        .exits(78)
        .says("FAIL run service web is not run here: PREFLIGHT_TEST_ROLE is not set, not \"web\"")
        .says("FAIL run service worker is not run here")
        .says("FAIL run no service is for this container — hint: compare `enabled_if`")
        .says("run FAILED: nothing was started");
}

#[test]
fn what_cannot_be_run_here_does_not_hide_what_else_is_wrong() {
    run(&[])
        .contract(
            "checked_environment_variables: [PREFLIGHT_TEST_NOT_SET]\nwait: 60s\nservices:\n  web: { command: ['${NOT_SET_HERE}'] }\n",
        )
        .ends()
        .exits(78)
        .says("FAIL run service web (line 6): NOT_SET_HERE not set")
        .says("FAIL env PREFLIGHT_TEST_NOT_SET [env.missing]")
        .says("run FAILED: nothing was started");
}

#[test]
fn jobs_run_at_their_times_and_on_end_nothing_waits_for_them() {
    let running = run(&["--stop-deadline", "100s"])
        .contract("services:\n  job: { command: 'echo ran >ran; exec sleep 600', schedule: '@reboot' }\n")
        .start();
    assert_eq!(running.file("ran"), "ran\n");
    let asked = Instant::now();
    running.signal(Signal::TERM);
    running.ends().exits(0);
    assert!(asked.elapsed() < Duration::from_secs(50), "{:?}", asked.elapsed());
}

#[test]
fn what_cannot_be_run_here_is_told_before_anything_starts() {
    services(
        "  web: { command: ['${NOT_SET_HERE}'] }\n  b: { command: [echo, it-runs], user: nobody-here }\n",
    )
    .ends()
    .exits(78)
    .says("FAIL run service web (line 4): NOT_SET_HERE not set")
    .says("— hint: set it, or write ${NAME:-default}")
    .says("there is no user \"nobody-here\" in /etc/passwd — hint: make it when the image is built")
    .never_says("Z [b]");
    run(&[]).contract("").ends().exits(2).says("nothing to run");
}

#[test]
fn a_program_is_found_in_its_own_path_and_called_as_it_was_named() {
    let text = "  task: { command: [sh, -c, 'echo called $0'], once: true, environment: { PATH: '/nowhere:/bin' } }\n";
    services(text).variable("PATH", "/nowhere").ends().exits(0).says("called sh\n");
}
