//! Reports to a server that takes, refuses, limits, hangs, or is away.

use std::{
    net::TcpListener,
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant, SystemTime},
};

use preflight_logging::Redactor;
use preflight_processes::{ExitStatus, Program};

use super::{
    server::{Client, Manner, Server, dsn, private_folder},
    *,
};
use crate::{Exited, Happened, Service};

fn report(service: &str, code: i32) -> Report {
    let service = Service::new(service, Program::Direct(vec!["web".into()]));
    let exited = Exited {
        pid: 7,
        status: ExitStatus::Code(code),
        out_of_memory: false,
        uptime: Duration::from_secs(5),
        restarts: 0,
        expected: false,
        failure: None,
        next: Some(Duration::ZERO),
    };
    let death = Death::of(&service, &Happened::Exited(exited)).unwrap();
    Report::new(&death, Vec::new(), SystemTime::now(), &Redactor::default())
}

/// A reporter, and what it tells.
struct Scene {
    reporter: Reporter,
    notices: Arc<Mutex<Vec<Notice>>>,
}

fn scene(dsn: Dsn, spool: Option<&Path>) -> Scene {
    let context = Context::new(Some("host"), None, Some("test"), [], &Redactor::default());
    scene_with(Settings {
        spool: spool.map(Path::to_owned).into_iter().collect(),
        timeout: Duration::from_millis(300),
        pauses: (Duration::from_millis(50), Duration::from_millis(200)),
        ..Settings::new(dsn, context)
    })
}

fn scene_with(settings: Settings) -> Scene {
    let notices = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&notices);
    let reporter =
        Reporter::start(settings, Arc::new(Client), move |notice| told.lock().unwrap().push(notice.clone()));
    Scene { reporter: reporter.unwrap(), notices }
}

impl Scene {
    fn flush(self) -> (Option<Flushed>, Vec<Notice>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let flushed = runtime.block_on(self.reporter.flush(Duration::from_secs(2)));
        (flushed, self.notices.lock().unwrap().clone())
    }
}

fn codes(events: &[serde_json::Value]) -> Vec<&str> {
    events.iter().map(|event| event["tags"]["exit_code"].as_str().unwrap()).collect()
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// A port that nobody listens at.
fn nobody() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

const NOTHING: Option<Flushed> = Some(Flushed { kept: 0, lost: 0 });

#[test]
fn an_envelope_arrives_as_sentry_wants_it() {
    let server = Server::start(&[]);
    let folder = private_folder();
    let scene = scene(server.dsn(), Some(folder.path()));
    assert!(scene.reporter.report(report("web", 15)));
    let events = server.events(1);
    assert_eq!(events[0]["fingerprint"], serde_json::json!(["preflight-service", "web", "code-15"]));
    assert_eq!(events[0]["environment"], "test");
    let request = &server.received()[0];
    assert_eq!(request.line, "POST /api/7/envelope/ HTTP/1.1");
    assert!(request.headers.contains(&"Content-Type: application/x-sentry-envelope".to_owned()));
    let authorization = request.headers.iter().find(|header| header.starts_with("X-Sentry-Auth: ")).unwrap();
    assert!(authorization.starts_with("X-Sentry-Auth: Sentry sentry_version=7, sentry_client=preflight/"));
    assert!(authorization.ends_with(", sentry_key=public"));
    assert_eq!(scene.flush(), (NOTHING, vec![]));
    assert_eq!(files(folder.path()), 0);
}

#[test]
fn the_same_death_is_sent_once_and_counted() {
    let server = Server::start(&[]);
    let context = Context::new(None, None, None, [], &Redactor::default());
    let window = Duration::from_millis(400);
    let scene = scene_with(Settings { window, ..Settings::new(server.dsn(), context) });
    for _ in 0..5 {
        scene.reporter.report(report("web", 1));
    }
    scene.reporter.report(report("web", 2));
    assert_eq!(codes(&server.events(2)), ["1", "2"]);
    thread::sleep(window);
    scene.reporter.report(report("web", 1));
    assert_eq!(server.events(3)[2]["extra"]["repeated_before"], 4);
    assert_eq!(scene.flush(), (NOTHING, vec![]));
}

#[test]
fn while_sentry_is_away_events_wait_and_come_in_order_when_it_is_back() {
    let address = nobody();
    let folder = private_folder();
    let scene = scene(dsn(address), Some(folder.path()));
    for code in 1..=3 {
        scene.reporter.report(report("web", code));
    }
    thread::sleep(Duration::from_millis(300));
    assert_eq!(files(folder.path()), 3);
    let server = Server::on(TcpListener::bind(address).unwrap(), &[Manner::Answer(503, "X: y")]);
    assert_eq!(codes(&server.events(4)), ["1", "1", "2", "3"], "the first one twice, for the 503");
    let (flushed, notices) = scene.flush();
    assert_eq!(flushed, NOTHING);
    assert!(matches!(notices.as_slice(), [Notice::Away { .. }, Notice::Back]), "{notices:?}");
}

#[test]
fn what_waits_outlives_the_program() {
    let folder = private_folder();
    let first = scene(dsn(nobody()), Some(folder.path()));
    first.reporter.report(report("web", 1));
    first.reporter.report(report("web", 2));
    assert_eq!(first.flush().0, Some(Flushed { kept: 2, lost: 0 }));
    let server = Server::start(&[]);
    let second = scene(server.dsn(), Some(folder.path()));
    assert_eq!(codes(&server.events(2)), ["1", "2"]);
    assert_eq!(second.flush().0, NOTHING);
}

#[test]
fn without_a_spool_what_cannot_be_sent_is_told() {
    let scene = scene(dsn(nobody()), None);
    scene.reporter.report(report("web", 1));
    assert_eq!(scene.flush().0, Some(Flushed { kept: 0, lost: 1 }));
}

#[test]
fn rates_are_obeyed_and_what_is_discarded_is_counted() {
    let server =
        Server::start(&[Manner::Answer(200, "X-Sentry-Rate-Limits: 1:error:key, 100:transaction:key")]);
    let scene = scene(server.dsn(), None);
    scene.reporter.report(report("web", 1));
    assert_eq!(server.events(1).len(), 1);
    thread::sleep(Duration::from_millis(100));
    scene.reporter.report(report("web", 2));
    scene.reporter.report(report("web", 3));
    thread::sleep(Duration::from_millis(300));
    assert_eq!(server.received().len(), 1, "nothing is sent while it is limited");
    thread::sleep(Duration::from_millis(800));
    scene.reporter.report(report("web", 3));
    let events = server.events(2);
    assert_eq!(codes(&events), ["1", "3"], "what was discarded does not count as sent");
    assert_eq!(events[1]["extra"]["events_discarded_before"], 2);
    let (flushed, notices) = scene.flush();
    assert_eq!(flushed, NOTHING);
    assert!(matches!(notices.as_slice(), [Notice::Limited { .. }]), "{notices:?}");
}

#[test]
fn a_429_is_not_tried_again_and_ends_a_flush() {
    let server = Server::start(&[Manner::Answer(429, "Retry-After: 60")]);
    let folder = private_folder();
    let scene = scene(server.dsn(), Some(folder.path()));
    scene.reporter.report(report("web", 1));
    assert_eq!(server.events(1).len(), 1);
    thread::sleep(Duration::from_millis(200));
    scene.reporter.report(report("web", 2));
    let began = Instant::now();
    assert_eq!(scene.flush().0, NOTHING, "both are discarded");
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!((server.received().len(), files(folder.path())), (1, 0));
}

#[test]
fn what_is_refused_is_told_and_does_not_come_back() {
    let server = Server::start(&[Manner::Answer(401, "X: y"), Manner::Answer(413, "X: y")]);
    let scene = scene(server.dsn(), None);
    for code in 1..=3 {
        scene.reporter.report(report("web", code));
    }
    assert_eq!(codes(&server.events(3)), ["1", "2", "3"]);
    let (flushed, notices) = scene.flush();
    assert_eq!(flushed, NOTHING);
    assert_eq!(notices, [Notice::Refused { status: 401 }, Notice::Refused { status: 413 }]);
    assert!(notices[0].hint().is_some());
}

#[test]
fn a_server_that_hangs_delays_neither_a_report_nor_the_end() {
    let server = Server::start(&[Manner::Hang, Manner::Hang, Manner::Hang]);
    let folder = private_folder();
    let context = Context::new(None, None, None, [], &Redactor::default());
    let scene = scene_with(Settings {
        spool: vec![folder.path().to_owned()],
        ..Settings::new(server.dsn(), context)
    });
    let began = Instant::now();
    for code in 1..=20 {
        assert!(scene.reporter.report(report("web", code)));
    }
    assert!(began.elapsed() < Duration::from_millis(100), "{:?}", began.elapsed());
    let (flushed, _) = scene.flush();
    assert_eq!(flushed, Some(Flushed { kept: 20, lost: 0 }));
    assert!(began.elapsed() < Duration::from_millis(2500), "{:?}", began.elapsed());
    assert_eq!(files(folder.path()), 20);
}

#[test]
fn a_flush_sends_what_waits_without_its_pauses() {
    let server = Server::start(&[Manner::Answer(500, "X: y")]);
    let context = Context::new(None, None, None, [], &Redactor::default());
    let scene = scene_with(Settings {
        pauses: (Duration::from_secs(100), Duration::from_secs(100)),
        ..Settings::new(server.dsn(), context)
    });
    scene.reporter.report(report("web", 1));
    assert_eq!(server.events(1).len(), 1);
    thread::sleep(Duration::from_millis(100));
    scene.reporter.report(report("web", 2));
    let (flushed, notices) = scene.flush();
    assert_eq!(flushed, NOTHING);
    assert!(matches!(notices.last(), Some(Notice::Back)), "{notices:?}");
    assert_eq!(codes(&server.events(3)), ["1", "1", "2"]);
}
