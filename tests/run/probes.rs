//! Whether services are ready and well, as seen from outside: each way to say it, what follows when it is never said, and
//! who is started or stopped for it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::scene::{Running, Scene, lives, run, wait_until};

/// A contract with these services.
fn services(text: &str) -> Scene {
    run(&["--stop-deadline", "5s"]).contract(&format!("services:\n{text}"))
}

/// One that says that it is there, and is ready as this says; and one that depends on it.
fn server_and_dependent(server: &str, ready: &str) -> Running {
    services(&format!(
        "  server:
    command: {server:?}
    ready: {{ {ready}, timeout: 25s, interval: 20ms }}
  dependent: {{ command: 'echo on >dependent; exec sleep 600', depends_on: [server] }}
"
    ))
    .start()
}

const WAITS: &str = "echo $$ >server; exec sleep 600";

/// The dependent is not started before this happens, and then it is.
fn starts_dependent_by(running: Running, happens: impl FnOnce(&Running)) {
    running.file("server");
    // Long enough for many tries.
    std::thread::sleep(Duration::from_millis(300));
    assert!(!running.path("dependent").exists(), "it was started too early");
    happens(&running);
    running.file("dependent");
    running.signal(Signal::TERM);
    running.ends().exits(0).says("dependent waits for server").says("server is ready after");
}

/// Answers each HTTP request with 200 when all is well, else with 503.
struct Answering {
    address: SocketAddr,
    is_well: Arc<AtomicBool>,
}

impl Answering {
    fn badly() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let is_well = Arc::new(AtomicBool::new(false));
        let well = Arc::clone(&is_well);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let mut request = [0; 1024];
                let count = stream.read(&mut request).unwrap_or_default();
                let is_asked = request[..count].starts_with(b"GET /health?deep=1 HTTP/1.1\r\n");
                let status = match (is_asked, well.load(Ordering::Relaxed)) {
                    (false, _) => "400 Bad Request",
                    (true, false) => "503 Service Unavailable",
                    (true, true) => "200 OK",
                };
                // One that asks no longer needs no answer.
                let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            }
        });
        Self { address, is_well }
    }

    fn url(&self) -> String {
        format!("http://{}/health?deep=1", self.address)
    }

    fn becomes(&self, well: bool) {
        self.is_well.store(well, Ordering::Relaxed);
    }
}

#[test]
fn ready_by_an_answer_over_http() {
    let server = Answering::badly();
    let running = server_and_dependent(WAITS, &format!("http: {:?}", server.url()));
    starts_dependent_by(running, |_| server.becomes(true));
}

#[test]
fn ready_by_a_port_that_accepts() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("its address");
    drop(free);
    let running = server_and_dependent(WAITS, &format!("tcp: \"{address}\""));
    let mut listener = None;
    starts_dependent_by(running, |_| listener = Some(TcpListener::bind(address).expect("still free")));
}

#[test]
fn ready_by_a_command_that_ends_with_0() {
    let running = server_and_dependent(WAITS, "command: 'test -e go && test \"$(cat go)\" = now'");
    starts_dependent_by(running, |running| std::fs::write(running.path("go"), "now").expect("written"));
}

#[test]
fn ready_by_a_file_that_appears() {
    let running = server_and_dependent(WAITS, "file: go");
    starts_dependent_by(running, |running| std::fs::write(running.path("go"), "").expect("written"));
}

/// The line may come in pieces, and the descriptor is closed before the server is ready by others' mistakes only.
#[test]
fn ready_by_a_line_on_a_descriptor() {
    let server = "printf almost >&7; echo $$ >server; while ! [ -e go ]; do sleep 0.02; done; echo >&7; exec 7>&-; exec sleep 600";
    let running = server_and_dependent(server, "notify: 7");
    starts_dependent_by(running, |running| std::fs::write(running.path("go"), "").expect("written"));
}

#[test]
fn ready_by_what_systemd_has_for_it() {
    let Some(notify) = ["systemd-notify", "socat"].into_iter().find(|program| is_installed(program)) else {
        return eprintln!("skipped: neither systemd-notify nor socat is installed");
    };
    let say = |what: &str| match notify {
        "systemd-notify" => format!("systemd-notify {what}"),
        // The name begins with an @, which stands for a zero byte.
        _ => format!("printf '{what}\\n' | socat -u - ABSTRACT-SENDTO:\"${{NOTIFY_SOCKET#@}}\""),
    };
    let ready = if notify == "systemd-notify" { "--ready" } else { "READY=1" };
    let server = format!(
        "{}; echo $$ >server; while ! [ -e go ]; do sleep 0.02; done; {}; exec sleep 600",
        say("STATUS=loading"),
        say(ready)
    );
    let running = server_and_dependent(&server, "sd_notify: true");
    starts_dependent_by(running, |running| std::fs::write(running.path("go"), "").expect("written"));
}

fn is_installed(program: &str) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("command -v {program}")]).stdout(Stdio::null());
    command.status().expect("a shell").success()
}

#[test]
fn who_is_never_ready_is_stopped_and_who_depends_on_it_is_never_started() {
    services(
        "  server:
    command: [sleep, '600']
    ready: { file: never, timeout: 300ms, interval: 50ms }
    restart: { policy: never }
  dependent: { command: 'echo it-runs', depends_on: [server] }
",
    )
    .ends()
    .exits(1)
    .says("[MyCompanyName:DevOps] server was stopped, not ready within 300 ms (never is not there): killed by SIGTERM")
    .says("dependent is never started: server, which it depends on, has failed")
    .never_says("it-runs");
}

#[test]
fn who_is_never_ready_is_tried_again_until_its_budget_is_spent() {
    services(
        "  server:
    command: 'echo begun; exec sleep 600'
    ready: { command: ['false'], timeout: 2s, interval: 20ms }
    restart: { give_up: 2 in 60s }
  other: { command: [sleep, '600'] }
",
    )
    .ends()
    .exits(1)
    .says("not ready within 2 s (false")
    .says("server is given up: it ended 2 times within 1 min");
}

#[test]
fn a_descriptor_that_is_closed_in_silence_is_no_readiness() {
    services(
        "  server:
    command: 'exec 3>&-; exec sleep 600'
    ready: { notify: 3, timeout: 200ms }
    restart: { policy: never }
",
    )
    .ends()
    .exits(1)
    .says("not ready within 200 ms");
}

#[test]
fn a_task_that_fails_blocks_who_depends_on_it_and_its_code_is_the_code() {
    services(
        "  migrate: { command: 'exit 9', once: true, restart: { policy: never } }
  web: { command: 'echo it-runs', depends_on: [migrate] }
  behind: { command: 'echo it-runs', depends_on: [web] }
",
    )
    .ends()
    .exits(9)
    .says("migrate died: exit code 9")
    .says("web is never started: migrate, which it depends on, has failed")
    .says("behind is never started")
    .never_says("it-runs\n");
}

#[test]
fn a_task_that_is_tried_again_lets_others_start_when_it_has_done_its_work() {
    let running = services(
        "  migrate:
    command: 'echo again >>tries; [ $(wc -l <tries) -gt 1 ]'
    once: true
    restart: { policy: on-failure }
  web: { command: 'echo on >web; exec sleep 600', depends_on: [migrate] }
",
    )
    .start();
    running.file("web");
    assert_eq!(running.file("tries"), "again\nagain\n");
    running.signal(Signal::TERM);
    running.ends().exits(0).says("migrate died: exit code 1");
}

#[test]
fn who_is_not_well_any_more_is_started_anew() {
    let server = Answering::badly();
    server.becomes(true);
    let text = format!(
        "  web:
    command: 'echo $$ >>pids; exec sleep 600'
    health: {{ http: {:?}, interval: 50ms, timeout: 5s, failures: 3 }}
",
        server.url()
    );
    let running = services(&text).start();
    running.file("pids");
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(running.file("pids").lines().count(), 1, "it was well");
    server.becomes(false);
    wait_until("a second one", || running.file("pids").lines().count() >= 2);
    server.becomes(true);
    assert!(!lives(running.file("pids").lines().next().unwrap_or_default()));
    running.signal(Signal::TERM);
    running
        .ends()
        .exits(0)
        .says("web was stopped, unhealthy (")
        .says("503 Service Unavailable")
        .says("restart 1");
}

#[test]
fn a_command_finds_out_whether_it_is_well_with_its_variables_and_its_words_are_told() {
    let running = services(
        "  web:
    command: 'echo $$ >>pids; exec sleep 600'
    environment: { PLACE: here }
    health: { command: 'echo bad-$PLACE; test $(wc -l <pids) -gt 1', interval: 50ms, failures: 2 }
",
    )
    .start();
    wait_until("a second one", || running.file("pids").lines().count() >= 2);
    running.signal(Signal::TERM);
    running.ends().exits(0).says("web was stopped, unhealthy (").says("bad-here");
}

/// A server that hangs accepts connections and says nothing.
#[test]
fn who_does_not_answer_in_time_is_not_well() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("its address"));
    services(&format!(
        "  web:
    command: [sleep, '600']
    health: {{ http: {url:?}, interval: 20ms, timeout: 1s, failures: 2 }}
    restart: {{ policy: never }}
"
    ))
    .ends()
    .exits(1)
    .says("web was stopped, unhealthy (no answer within 1s)");
}

#[test]
fn what_is_not_for_this_container_is_not_waited_for() {
    services(
        "  migrate: { command: ['false'], once: true, enabled_if: { PREFLIGHT_TEST_ROLE: web } }
  web: { command: [echo, it-runs], once: true, depends_on: [migrate] }
",
    )
    .ends()
    .exits(0)
    .says("migrate is not run here: PREFLIGHT_TEST_ROLE is not set")
    .says("it-runs\n");
}

#[test]
fn who_depends_on_it_is_left_alone_when_it_dies_later() {
    let running = services(
        "  server: { command: 'echo $$ >>server; exec sleep 600', ready: { file: server, interval: 10ms } }
  dependent: { command: 'echo $$ >>dependent; exec sleep 600', depends_on: [server] }
",
    )
    .start();
    running.file("dependent");
    let first = running.file("server").trim().parse().ok().and_then(Pid::from_raw).expect("a number");
    kill_process(first, Signal::KILL).expect("it runs");
    wait_until("a second one", || running.file("server").lines().count() == 2);
    running.signal(Signal::TERM);
    let (outcome, folder) = running.ends_and_leaves();
    outcome.exits(0).says("server died: killed by SIGKILL");
    let dependents = std::fs::read_to_string(folder.path().join("dependent")).expect("written");
    assert_eq!(dependents.lines().count(), 1, "{dependents}");
}

#[test]
fn a_task_that_takes_too_long_is_stopped_and_has_failed() {
    services(
        "  migrate: { command: [sleep, '600'], once: true, timeout: 200ms, restart: { policy: never } }
  web: { command: [echo, it-runs], depends_on: [migrate] }
",
    )
    .ends()
    .exits(1)
    .says("migrate was stopped, not done within 200 ms: killed by SIGTERM")
    .never_says("it-runs\n");
}

#[test]
fn a_token_in_the_url_of_a_probe_is_told_to_nobody() {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = server.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let _ = stream.expect("taken").write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n");
        }
    });
    let ready = format!("{{ http: 'http://{address}/health?access_token=t0ken-value', timeout: 3s }}");
    run(&[])
        .contract(&format!(
            "services:\n  web: {{ command: [sleep, '600'], ready: {ready}, restart: {{ policy: never }} }}\n"
        ))
        .ends()
        .says("not ready within 3 s (GET /health?access_token=[redacted] from")
        .never_says("t0ken-value");
}
