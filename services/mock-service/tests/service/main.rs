//! The built service, asked over HTTP and stopped by signals.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod postgres;
mod running;

use std::time::{Duration, Instant};

use running::{NO_VARIABLES, Running, get, request};

#[test]
fn a_visitor_of_a_well_service_sees_who_it_is_and_that_all_is_well() {
    let service =
        Running::start("greeting: Hot pickles & <cold> ones\ndatabase: {file: DATABASE_PATH}", NO_VARIABLES);
    let page = service.get("/");
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.body.contains("Hot pickles &amp; &lt;cold&gt; ones"), "{page:?}");
    assert!(page.body.contains("<h2>1 visit</h2>"), "{page:?}");
    assert!(!page.body.contains("MISSING") && !page.body.contains("<script"), "{page:?}");
    assert!(page.head.to_lowercase().contains("content-security-policy: default-src 'none'"), "{page:?}");
}

#[test]
fn visits_outlive_the_service() {
    let config = "greeting: hello\ndatabase: {file: DATABASE_PATH}";
    let mut first = Running::start(config, NO_VARIABLES);
    first.get("/");
    first.signal(rustix::process::Signal::TERM);
    assert_eq!(first.wait().code(), Some(0));
    let second = Running::start_in(first.folder.clone(), config, NO_VARIABLES);
    assert!(second.get("/api/visits").body.contains("\"count\":1"));
}

#[test]
fn what_is_missing_is_complained_about_on_stderr_and_on_the_page() {
    let config = "greeting: hello\ndatabase: {postgres: POSTGRES15_PICKLES}\n\
                  services: {catalog: HTTP_CATALOG_URL, payments: HTTP_PAYMENTS_URL}";
    let refused = format!("http://127.0.0.1:{}", running::a_port_nobody_listens_on());
    let service = Running::start(config, &[("HTTP_CATALOG_URL", &refused)]);
    let page = service.get("/");
    assert_eq!(page.status, 503, "{page:?}");
    let database =
        "POSTGRES15_PICKLES_ADDRESS, POSTGRES15_PICKLES_USERNAME and POSTGRES15_PICKLES_PASSWORD are not set";
    for complaint in ["SOMETHING IS MISSING", database, "HTTP_PAYMENTS_URL is not set", "Connection refused"]
    {
        assert!(page.body.contains(complaint), "no {complaint:?} on {page:?}");
    }
    for complaint in ["!!! MISSING !!! database", "!!! MISSING !!! catalog", "3 of 3 needs are missing"] {
        service.wait_for_line(complaint);
    }
    assert_eq!(service.get("/health").status, 503);
}

#[test]
fn another_service_that_comes_back_is_seen_to_be_well() {
    let port = running::a_port_nobody_listens_on();
    let url = format!("http://127.0.0.1:{port}");
    let service = Running::start(
        "greeting: hello\nservices: {catalog: HTTP_CATALOG_URL}",
        &[("HTTP_CATALOG_URL", &url)],
    );
    assert_eq!(service.get("/api/needs").status, 503);
    let catalog = Running::start_on(port, "greeting: I am the catalog");
    assert_eq!(service.get("/api/needs").status, 200);
    service.wait_for_line("catalog is well");
    catalog.wait_for_line("GET /health");
}

#[test]
fn requests_are_worked_on_side_by_side() {
    let service = Running::start("greeting: hello", NO_VARIABLES);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let asked: Vec<_> =
            (0..4).map(|_| scope.spawn(|| service.get("/api/slow?milliseconds=900"))).collect();
        for answer in asked {
            assert_eq!(answer.join().unwrap().status, 200);
        }
    });
    // One after another, they would take 3.6 s.
    assert!(began.elapsed() < Duration::from_millis(1700), "{:?}", began.elapsed());
    service.wait_for_line("4 in flight");
}

#[test]
fn requests_in_flight_are_finished_and_new_ones_refused_when_it_is_told_to_stop() {
    for stop in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let mut service = Running::start("greeting: hello", NO_VARIABLES);
        let port = service.port;
        let in_flight = std::thread::spawn(move || get(port, "/api/slow?milliseconds=1200"));
        std::thread::sleep(Duration::from_millis(400));
        service.signal(stop);
        service.wait_for_line("finishing 1 in flight");
        assert!(request(port, "GET /health HTTP/1.1\r\n").is_err(), "a new request was taken");
        let answer = in_flight.join().unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "{\"milliseconds\":1200}"));
        assert_eq!(service.wait().code(), Some(0));
        service.wait_for_line("stopped after 1 requests");
    }
}

#[test]
fn a_request_that_does_not_finish_in_time_is_cut_off_aloud() {
    let mut service = Running::start("greeting: hello\nshutdown_seconds: 1", NO_VARIABLES);
    let port = service.port;
    let in_flight =
        std::thread::spawn(move || request(port, "GET /api/slow?milliseconds=20000 HTTP/1.1\r\n"));
    std::thread::sleep(Duration::from_millis(300));
    let told = Instant::now();
    service.signal(rustix::process::Signal::TERM);
    assert_eq!(service.wait().code(), Some(1));
    assert!(told.elapsed() < Duration::from_secs(3), "{:?}", told.elapsed());
    service.wait_for_line("stopped with 1 requests in flight");
    assert!(in_flight.join().unwrap().is_err());
}

#[test]
fn each_request_has_a_line_that_cannot_be_forged() {
    let service = Running::start("greeting: hello", NO_VARIABLES);
    request(
        service.port,
        "GET /nowhere?a=1%0aforged&token=hush HTTP/1.1\r\nUser-Agent: x\" forged\r\nAuthorization: Bearer hush\r\n",
    )
    .unwrap();
    let line = service.wait_for_line("GET /nowhere");
    for part in ["request 1 ", "token=[redacted]", "404", "bytes", " ms, 1 in flight", "from 127.0.0.1:"] {
        assert!(line.contains(part), "no {part:?} in {line}");
    }
    assert!(!service.log().contains("hush"), "{}", service.log());
}

#[test]
fn no_secret_is_on_the_page_or_in_the_log() {
    let password = "p@ss:w/o%rd\"<&";
    let port = running::a_port_nobody_listens_on();
    let variables = [
        ("POSTGRES15_PICKLES_ADDRESS", "127.0.0.1"),
        ("POSTGRES15_PICKLES_PORT", &port.to_string()),
        ("POSTGRES15_PICKLES_USERNAME", "pat"),
        ("POSTGRES15_PICKLES_PASSWORD", password),
        ("HTTP_CATALOG_URL", &format!("http://pat:cat-a-log-secret@127.0.0.1:{port}/")),
    ];
    let config =
        "greeting: hello\ndatabase: {postgres: POSTGRES15_PICKLES}\nservices: {catalog: HTTP_CATALOG_URL}";
    let service = Running::start(config, &variables);
    let mut seen = service.get("/").body + &service.get("/api/needs").body + &service.get("/api/visits").body;
    assert!(seen.contains("Connection refused"), "{seen}");
    // A visitor who knows the secret does not get it into the log either.
    service.get("/p%40ss%3Aw%2Fo%25rd%22%3C%26");
    seen += &service.log();
    for secret in [password, "p%40ss", "p@ss", "cat-a-log-secret"] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
}

#[test]
fn a_wrong_config_file_or_command_line_ends_it_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    std::fs::write(&path, "name: a\ngreeting: b\nprot: 1\n").unwrap();
    for (arguments, said) in [
        (vec!["--config", path.to_str().unwrap()], "prot"),
        (vec!["--config", "/nowhere.yaml"], "/nowhere.yaml"),
        (vec!["--confgi"], "--confgi"),
    ] {
        let output =
            std::process::Command::new(env!("CARGO_BIN_EXE_mock-service")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(said), "{stderr}");
    }
}
