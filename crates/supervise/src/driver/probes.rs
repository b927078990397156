//! Whether a service is ready, and whether it is well.

use std::{sync::Arc, time::Duration};

use preflight_processes::{Input, Output, Processes, Spec};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc::UnboundedSender,
    time::{Instant, sleep, timeout_at},
};

use super::{Told, act::spec_of, children::Listens, dial::dial};
use crate::{Event, Health, Name, Names, Probe, Readiness, Service};

/// The first tries come so fast, and then slower and slower up to the interval: most services are ready soon.
const FIRST: Duration = Duration::from_millis(10);
/// One try of a readiness probe may take this long.
const ONE_TRY: Duration = Duration::from_secs(5);
/// No try is allowed longer: a time without end is no time that a clock can show.
const LONGEST_TRY: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Of an answer only the beginning is of interest.
const ANSWER: usize = 1024;

/// What probes are made with.
#[derive(Debug)]
pub(super) struct Means {
    pub(super) processes: Processes,
    pub(super) names: Arc<dyn Names>,
}

/// Tells the supervisor.
#[derive(Debug)]
pub(super) struct Teller {
    pub(super) told: UnboundedSender<Told>,
    pub(super) name: Name,
    pub(super) life: u64,
}

impl Teller {
    fn tell(&self, event: Event) {
        // The supervisor has ended: nobody wants to know.
        let _ = self.told.send(Told { name: Name::clone(&self.name), life: self.life, event });
    }
}

/// Listens until the service says that it is ready. One that closes what it should say it on never does. A socket is listened
/// to for as long as it is there: what the service says later (`STATUS=`, `WATCHDOG=1`, `STOPPING=1`) would fail, or hold the
/// service up, if nobody took it.
pub(super) async fn listen(listens: Listens, teller: Teller) {
    let unready = |evidence: &str| teller.tell(Event::Unready { evidence: evidence.into() });
    match listens {
        Listens::Pipe(mut pipe) => {
            unready("it has written no line to its descriptor");
            match hears_line(&mut pipe).await {
                true => teller.tell(Event::Ready),
                false => unready("its descriptor was closed without a line"),
            }
        }
        Listens::Socket(socket) => {
            unready("it has not sent READY=1");
            let mut message = [0; 8 * 1024];
            let mut is_ready = false;
            while let Ok(count) = socket.recv(&mut message).await {
                if !is_ready && says_ready(&message[..count]) {
                    is_ready = true;
                    teller.tell(Event::Ready);
                }
            }
        }
    }
}

/// Tries until the probe holds.
pub(super) async fn await_ready(service: Service, ready: Readiness, means: Means, teller: Teller) {
    let mut pause = FIRST;
    let mut last = String::new();
    while let Err(evidence) = try_once(&service, &ready.probe, ONE_TRY, &means).await {
        if evidence != last {
            last.clone_from(&evidence);
            teller.tell(Event::Unready { evidence });
        }
        sleep(pause.min(ready.interval)).await;
        pause = (pause * 2).min(ready.interval);
    }
    teller.tell(Event::Ready);
}

/// Tries for as long as the service runs, and tells once when it failed as often as it may.
pub(super) async fn watch(service: Service, health: Health, means: Means, teller: Teller) {
    let mut failures = 0;
    loop {
        sleep(health.interval).await;
        match try_once(&service, &health.probe, health.timeout, &means).await {
            Ok(()) => failures = 0,
            Err(evidence) => {
                failures += 1;
                if failures >= health.failures {
                    return teller.tell(Event::Unhealthy { evidence });
                }
            }
        }
    }
}

async fn try_once(service: &Service, probe: &Probe, allowed: Duration, means: &Means) -> Result<(), String> {
    let (began, allowed) = (Instant::now(), allowed.min(LONGEST_TRY));
    let (deadline, names) = (began + allowed, &*means.names);
    let trying = async {
        match probe {
            Probe::Tcp { address } => dial(address, deadline, names).await.map(drop),
            Probe::Http { address, path } => {
                let stream = dial(address, deadline, names).await?;
                ask(stream, address, path).await
            }
            Probe::File(path) if path.exists() => Ok(()),
            Probe::File(path) => Err(format!("{} is not there", path.display())),
            Probe::Command(program) => {
                let spec = Spec {
                    input: Input::Null,
                    output: Output::Captured,
                    ..spec_of(service, program.clone())
                };
                run(&spec, allowed, &means.processes).await
            }
            Probe::NotificationDescriptor(_) | Probe::NotifySocket => {
                Err("this probe can be listened for only".into())
            }
        }
    };
    // A program that takes too long is ended by who runs it, with all that it has started.
    let patience = if matches!(probe, Probe::Command(_)) { allowed * 2 } else { allowed };
    timeout_at(began + patience, trying)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {allowed:?}")))
}

async fn run(spec: &Spec, allowed: Duration, processes: &Processes) -> Result<(), String> {
    match processes.run(spec, Some(allowed), ANSWER).await {
        Ok(finished) if finished.status.is_success() => Ok(()),
        Ok(finished) => {
            let said = String::from_utf8_lossy(&finished.output);
            Err(format!("{} {}: {}", spec.program, finished.status, said.trim()))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// A plain GET; the status line is all that counts (RFC 9112, 4).
async fn ask(mut stream: TcpStream, address: &str, path: &str) -> Result<(), String> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: preflight\r\nConnection: close\r\n\r\n"
    );
    let failed = |error: std::io::Error| format!("GET {path} from {address}: {error}");
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::new();
    let mut chunk = [0; ANSWER];
    while answer.len() < ANSWER && !answer.contains(&b'\n') {
        match stream.read(&mut chunk).await.map_err(failed)? {
            0 => break,
            count => answer.extend_from_slice(&chunk[..count]),
        }
    }
    let line = String::from_utf8_lossy(&answer);
    let line = line.lines().next().unwrap_or_default().trim();
    match status(line) {
        Some(200..=399) => Ok(()),
        Some(_) => Err(format!("GET {path} from {address}: {line}")),
        None => Err(format!("GET {path} from {address}: the answer is not HTTP")),
    }
}

fn status(line: &str) -> Option<u16> {
    let mut words = line.strip_prefix("HTTP/1.")?.split(' ');
    words.nth(1)?.parse().ok()
}

async fn hears_line(pipe: &mut tokio::net::unix::pipe::Receiver) -> bool {
    let mut chunk = [0; 256];
    loop {
        match pipe.read(&mut chunk).await {
            Ok(0) | Err(_) => return false,
            Ok(count) if chunk[..count].contains(&b'\n') => return true,
            Ok(_) => {}
        }
    }
}

/// A message has a line for each thing that it says (`sd_notify(3)`).
fn says_ready(message: &[u8]) -> bool {
    message.split(|byte| *byte == b'\n').any(|line| line == b"READY=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_the_second_word() {
        assert_eq!(status("HTTP/1.1 200 OK"), Some(200));
        assert_eq!(status("HTTP/1.0 503"), Some(503));
        for line in ["", "SSH-2.0-x", "HTTP/1.1", "HTTP/1.1 x"] {
            assert_eq!(status(line), None, "{line}");
        }
    }
}
