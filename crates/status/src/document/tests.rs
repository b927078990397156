//! What a snapshot and what is remembered become.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use preflight_logging::Redactor;
use preflight_processes::{ExitStatus, Signal};
use preflight_supervise::output::{LastLine as Said, Stream};
use preflight_supervise::{LastExit as Ended, Name, Overlap, Phase, ServiceSnapshot, Snapshot, Wanted};

use super::*;
use crate::board::Stage;
use crate::remembered::Remembered;

fn seen(name: &str, phase: Phase, now: Instant) -> ServiceSnapshot {
    ServiceSnapshot {
        name: name.into(),
        ready: phase == Phase::Running,
        pid: (phase == Phase::Running).then_some(7),
        phase,
        since: now,
        since_wall: SystemTime::UNIX_EPOCH,
        restarts: 2,
        last_exit: None,
        wanted: Wanted::Up,
        normally: Wanted::Up,
        paused: false,
        termed: false,
    }
}

/// The document of these services ten seconds after the beginning, when it is 12:00:00 on the wall.
fn document(
    services: Vec<ServiceSnapshot>,
    remembered: &BTreeMap<Name, Remembered>,
    now: Instant,
    secret: &str,
) -> Document {
    let wall: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let began = Moment { wall: wall - Duration::from_secs(10), monotonic: now - Duration::from_secs(10) };
    let services = services.into_iter().map(Arc::new).collect();
    let snapshot = Snapshot { services, began: began.monotonic, ready: true, shutting_down: false };
    let said = |number: usize| Said {
        time: SystemTime::UNIX_EPOCH,
        stream: Stream::Error,
        text: format!("line {number}"),
    };
    let facts = Facts {
        began,
        stage: Stage::Starting,
        contract: None,
        checks: None,
        rendering: None,
        identity: None,
        snapshot: Some(&snapshot),
        remembered,
        last_lines: &|_| (0..50).map(said).collect(),
        redactor: &Redactor::new([secret]),
    };
    make(&facts, Moment { wall, monotonic: now })
}

#[test]
fn moments_of_the_clock_that_goes_on_are_shown_on_the_wall() {
    let now = Instant::now();
    let until = now + Duration::from_millis(1500);
    let started = now.checked_sub(Duration::from_secs(3)).unwrap();
    let remembered =
        BTreeMap::from([(Name::from("web"), Remembered { started: Some(started), ..Remembered::default() })]);
    let services = vec![seen("web", Phase::Running, now), seen("worker", Phase::BackingOff { until }, now)];
    let document = document(services, &remembered, now, "");
    let [web, worker] = &document.services[..] else { panic!("two services") };
    assert_eq!(web.started_at.as_deref(), Some("2026-11-21T11:59:57.000Z"));
    assert_eq!(web.uptime_seconds, Some(3.0));
    assert_eq!(worker.next_try_at.as_deref(), Some("2026-11-21T12:00:01.500Z"));
    assert_eq!((worker.uptime_seconds, worker.pid), (None, None));
    assert_eq!((document.since.as_str(), document.uptime_seconds), ("2026-11-21T11:59:50.000Z", 10.0));
}

#[test]
fn an_end_is_told_with_what_the_service_says_of_its_code_and_without_secrets() {
    let now = Instant::now();
    let ended = |status| {
        let at = SystemTime::UNIX_EPOCH;
        Some(Ended { status, out_of_memory: false, at, uptime: Duration::from_millis(40) })
    };
    let with =
        |name: &str, status| ServiceSnapshot { last_exit: ended(status), ..seen(name, Phase::Failed, now) };
    let remembered = BTreeMap::from([
        (
            Name::from("code"),
            Remembered { exit_codes: [(15, "hunter2 is wrong".to_owned())].into(), ..Remembered::default() },
        ),
        (
            Name::from("absent"),
            Remembered { not_started: Some("no /opt/hunter2".to_owned()), ..Remembered::default() },
        ),
    ]);
    let services = vec![
        with("code", Some(ExitStatus::Code(15))),
        with("signal", Some(ExitStatus::Signal { signal: Signal::SEGV, core: true })),
        with("absent", None),
    ];
    let document = document(services, &remembered, now, "hunter2");
    let exits: Vec<_> = document.services.iter().filter_map(|service| service.last_exit.as_ref()).collect();
    let told: Vec<_> =
        exits.iter().map(|exit| (exit.code, exit.signal.as_deref(), exit.words.as_str())).collect();
    assert_eq!(
        told,
        [
            (Some(15), None, "exit code 15 ([redacted] is wrong)"),
            (Some(139), Some("SIGSEGV"), "killed by SIGSEGV (invalid memory access, core dumped)"),
            (None, None, "could not be started: no /opt/[redacted]"),
        ]
    );
}

#[test]
fn what_keeps_a_service_from_its_start_is_told() {
    let now = Instant::now();
    let waiting = |held: Option<&str>| Phase::Waiting {
        dependencies: vec!["db".into()],
        held: held.map(str::to_owned),
    };
    let services = vec![
        seen("waits", waiting(None), now),
        seen("held", waiting(Some("hunter2 is missing")), now),
        seen("blocked", Phase::Blocked { by: "db".into() }, now),
        seen("off", Phase::Disabled { reason: "ROLE is not set".to_owned() }, now),
    ];
    let document = document(services, &BTreeMap::new(), now, "hunter2");
    let told: Vec<_> = document
        .services
        .iter()
        .map(|service| (service.state, service.waits_for.len(), service.reason.as_deref(), service.counts))
        .collect();
    assert_eq!(
        told,
        [
            (State::Waiting, 1, None, true),
            (State::Held, 1, Some("[redacted] is missing"), true),
            (State::Blocked, 0, Some("db has failed"), true),
            (State::Disabled, 0, Some("ROLE is not set"), false),
        ]
    );
}

#[test]
fn a_job_has_its_next_time_and_one_that_nobody_can_follow_is_shown_as_it_is_written() {
    let now = Instant::now();
    let job = |expression: &str| {
        let schedule = preflight_supervise::Schedule {
            expression: expression.to_owned(),
            timezone: Some("UTC".to_owned()),
            overlap: Overlap::Skip,
            jitter: Duration::ZERO,
        };
        let times = preflight_supervise::cron::Times::of(&schedule).ok();
        Remembered { schedule: Some((schedule, times)), ..Remembered::default() }
    };
    let remembered =
        BTreeMap::from([(Name::from("good"), job("0 13 * * *")), (Name::from("bad"), job("at noon"))]);
    let services = vec![seen("good", Phase::Down, now), seen("bad", Phase::Down, now)];
    let document = document(services, &remembered, now, "");
    let told: Vec<_> = document
        .services
        .iter()
        .filter_map(|service| service.schedule.as_ref())
        .map(|schedule| (schedule.expression.as_str(), schedule.next_due.as_deref()))
        .collect();
    assert_eq!(told, [("0 13 * * *", Some("2026-11-21T13:00:00.000Z")), ("at noon", None)]);
    assert!(document.services.iter().all(|service| !service.counts));
}

#[test]
fn the_last_twenty_lines_are_shown() {
    let now = Instant::now();
    let document = document(vec![seen("web", Phase::Running, now)], &BTreeMap::new(), now, "");
    let lines = &document.services[0].last_lines;
    assert_eq!((lines.len(), lines[0].text.as_str(), lines[19].text.as_str()), (20, "line 30", "line 49"));
    assert_eq!((lines[0].stream.as_str(), lines[0].at.as_str()), ("stderr", "1970-01-01T00:00:00.000Z"));
}

#[test]
fn the_names_of_states_are_those_of_the_document() {
    for state in State::ALL {
        assert_eq!(serde_json::to_value(state).unwrap(), state.name());
    }
}
