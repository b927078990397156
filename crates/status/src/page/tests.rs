//! The page as text; how it looks is looked at in a browser, by the tests of `run`.

use super::*;
use crate::document::{Checks, Contract, LastExit, LastLine, Service, State};

fn service(name: &str, state: State) -> Service {
    Service {
        name: name.to_owned(),
        state,
        ready: state == State::Running,
        counts: true,
        wanted: "up".to_owned(),
        pid: Some(7),
        since: "2026-11-21T11:30:00.000Z".to_owned(),
        started_at: Some("2026-11-21T11:30:00.000Z".to_owned()),
        uptime_seconds: Some(90.0),
        restarts: 2,
        last_exit: None,
        next_try_at: None,
        waits_for: Vec::new(),
        reason: None,
        paused: false,
        schedule: None,
        last_lines: Vec::new(),
    }
}

fn document(services: Vec<Service>) -> Document {
    Document {
        version: 1,
        kind: "status".to_owned(),
        preflight: "0.1.0".to_owned(),
        at: "2026-11-21T11:31:30.000Z".to_owned(),
        state: "running".to_owned(),
        ready: services.iter().all(|service| !service.hinders()),
        since: "2026-11-21T11:29:59.000Z".to_owned(),
        uptime_seconds: 91.0,
        pid: 1,
        contract: None,
        checks: None,
        rendering: None,
        identity: None,
        services,
    }
}

#[test]
fn whatever_services_say_is_text() {
    let hostile = "</code><script>alert(1)</script><img src=x onerror='x'>\"&";
    let mut web = service(hostile, State::Running);
    web.reason = Some(hostile.to_owned());
    web.last_exit = Some(LastExit {
        at: "2026-11-21T11:30:00.000Z".to_owned(),
        code: Some(1),
        signal: None,
        out_of_memory: false,
        uptime_seconds: 1.0,
        words: hostile.to_owned(),
    });
    web.last_lines = vec![LastLine {
        at: "2026-11-21T11:30:00.000Z".to_owned(),
        stream: "stderr".to_owned(),
        text: hostile.to_owned(),
    }];
    let mut document = document(vec![web]);
    document.contract = Some(Contract {
        organization: hostile.to_owned(),
        team: hostile.to_owned(),
        path: Some(hostile.to_owned()),
    });
    document.checks =
        Some(Checks { outcome: hostile.to_owned(), lines: vec![hostile.to_owned()], ..Checks::default() });
    let page = html(&document);
    assert!(!page.contains("<script>alert") && !page.contains("<img"), "{page}");
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn the_verdict_and_every_state_are_said_in_words() {
    let page = html(&document(vec![service("web", State::Running), service("worker", State::GaveUp)]));
    assert!(page.contains("Not ready</h1>") && page.contains("1 of 2 services ready"));
    assert!(page.contains("given up") && page.contains("1 min 30 s"));
    let page = html(&document(vec![service("web", State::Running)]));
    assert!(page.contains("<title>Ready · preflight</title>"));
}

#[test]
fn every_element_that_is_opened_is_closed() {
    let page = html(&document(vec![service("web", State::Running), service("job", State::Down)]));
    for element in
        ["html", "head", "body", "main", "section", "table", "thead", "tbody", "tr", "td", "th", "div", "dl"]
    {
        let opened =
            page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}
