//! Whoever asks can do no harm.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::http::{Answer, ask, connect, exchange};
use crate::run::{Run, start, wait_until};

fn running() -> Run {
    let run = start("services:\n  web: { command: [sleep, '600'] }\n");
    wait_until("it is ready", || run.get("/readyz").status == 200);
    run
}

#[test]
fn methods_and_paths_that_are_not_there_are_refused() {
    let run = running();
    let address = run.address();
    for path in ["/nothing", "/readyz/", "/../etc/passwd", "//", "/%2e%2e/", "/READYZ"] {
        assert_eq!(ask(address, "GET", path).status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        let answer = ask(address, method, "/readyz");
        assert_eq!((answer.status, answer.field("Allow")), (405, Some("GET, HEAD")), "{method}");
    }
    for path in ["/", "/healthz", "/readyz", "/metrics", "/status.json", "/status.css", "/status.js"] {
        let (whole, head) = (ask(address, "GET", path), ask(address, "HEAD", path));
        assert_eq!((whole.status, head.status, head.body.as_str()), (200, 200, ""), "{path}");
        assert_eq!(whole.field("Content-Type"), head.field("Content-Type"), "{path}");
        assert_eq!(whole.field("X-Content-Type-Options"), Some("nosniff"), "{path}");
    }
}

#[test]
fn one_connection_serves_many_requests_even_if_they_come_at_once() {
    let run = running();
    let mut stream = connect(run.address());
    let request = b"GET /readyz?a=b HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for _ in 0..3 {
        stream.write_all(request).expect("sent");
        let mut received = vec![0; 4096];
        let count = stream.read(&mut received).expect("an answer");
        received.truncate(count);
        assert_eq!(Answer::take(&mut received, true).body, "ready\n");
    }
    stream.write_all(&[&request[..], &request[..], &last[..]].concat()).expect("sent");
    let mut received = Vec::new();
    stream.read_to_end(&mut received).expect("an end");
    let bodies = [(); 3].map(|()| Answer::take(&mut received, true).body);
    assert_eq!((bodies, received), (["ready\n", "ready\n", "alive\n"].map(str::to_owned), Vec::new()));
}

/// A page elsewhere can have its own name lead to this machine, and read what a browser here then gets.
#[test]
fn who_asks_this_machine_by_a_foreign_name_is_refused() {
    let run = running();
    let ask = |host: &str| {
        let request = format!("GET /status.json HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        Answer::take(&mut exchange(run.address(), request.as_bytes()), true)
    };
    let refused = ask("attacker.example:9180");
    assert_eq!(refused.status, 421);
    assert!(refused.body.contains("let the proxy send Host: localhost"), "{}", refused.body);
    for host in ["localhost:9180", "127.0.0.1", "[::1]:9180"] {
        assert_eq!(ask(host).status, 200, "{host}");
    }
}

#[test]
fn heads_that_are_none_or_too_large_are_refused() {
    let run = running();
    let cases: [(Vec<u8>, u16); 8] = [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 400),
        (b"GET /\r\n\r\n".to_vec(), 400),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n".to_vec(), 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), 505),
        ([b"GET /".to_vec(), vec![b'x'; 100_000]].concat(), 414),
        ([b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ".to_vec(), vec![b'x'; 1_000_000]].concat(), 431),
        (
            [b"GET / HTTP/1.1\r\nHost: localhost\r\n".to_vec(), b"A: b\r\n".repeat(1000), b"\r\n".to_vec()]
                .concat(),
            431,
        ),
    ];
    for (sent, status) in cases {
        let mut received = exchange(run.address(), &sent);
        let answer = Answer::take(&mut received, true);
        let start = String::from_utf8_lossy(&sent[..sent.len().min(40)]).into_owned();
        assert_eq!((answer.status, answer.field("Connection")), (status, Some("close")), "{start:?}");
    }
    assert_eq!(run.get("/readyz").status, 200);
}

#[test]
fn what_follows_a_body_is_no_request() {
    let run = running();
    let smuggled = "GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for framing in [format!("Content-Length: {}", smuggled.len()), "Transfer-Encoding: chunked".to_owned()] {
        let sent = format!("GET /readyz HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n{smuggled}");
        let mut received = exchange(run.address(), sent.as_bytes());
        assert_eq!(Answer::take(&mut received, true).body, "ready\n");
        assert_eq!(received, b"", "{framing}");
    }
}

#[test]
fn many_who_say_nothing_keep_nobody_from_an_answer() {
    let run = running();
    let address = run.address();
    let mut silent: Vec<TcpStream> = (0..300).map(|_| connect(address)).collect();
    for stream in &mut silent {
        // Some of them have been closed by now.
        let _ = stream.write_all(b"GET / HTTP/1.1\r\n");
    }
    let asked = Instant::now();
    assert_eq!(run.get("/readyz").status, 200);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    let open = std::fs::read_dir(format!("/proc/{}/fd", run.pid())).expect("its descriptors").count();
    assert!(open < 150, "{open} descriptors are open");
}

#[test]
fn who_drips_is_cut_off() {
    let run = running();
    let mut stream = connect(run.address());
    stream.set_read_timeout(Some(Duration::from_millis(300))).expect("a time");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").expect("sent");
    let began = Instant::now();
    let mut nothing = [0; 1];
    loop {
        // It never says the end of its head.
        let written = stream.write_all(b"X: y\r\n");
        match stream.read(&mut nothing) {
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) && written.is_ok() => {
            }
            Ok(0) | Err(_) => break,
            Ok(_) => panic!("an answer to what was no request"),
        }
        assert!(began.elapsed() < Duration::from_secs(60), "it may go on for ever");
    }
    assert_eq!(run.get("/healthz").status, 200);
}
