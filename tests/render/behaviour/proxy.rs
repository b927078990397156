//! A TCP proxy before Consul, which passes, delays, swallows or cuts.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Between two looks at the mode.
const PAUSE: Duration = Duration::from_millis(20);

/// What it does with what comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    Pass,
    /// Every piece of an answer comes so much later.
    Delay(Duration),
    /// Connections are accepted and nothing comes of them.
    Swallow,
    /// Connections are ended, new ones at once.
    Cut,
}

/// A running proxy; it ends with the process.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    mode: Mutex<Mode>,
    target: u16,
    requests: AtomicUsize,
    connections: AtomicUsize,
}

impl Proxy {
    pub(crate) fn before(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::new(Shared {
            mode: Mutex::new(Mode::Pass),
            target,
            requests: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&accepting);
                std::thread::spawn(move || shared.serve(&client));
            }
        });
        Self { port, shared }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// How many requests came so far.
    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// How many connections were made so far.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(self: &Arc<Self>, client: &TcpStream) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        while self.mode() == Mode::Swallow {
            std::thread::sleep(PAUSE);
        }
        if self.mode() == Mode::Cut {
            return;
        }
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.target)) else { return };
        let (Ok(from), Ok(to)) = (client.try_clone(), server.try_clone()) else { return };
        let shared = Arc::clone(self);
        std::thread::spawn(move || shared.pass(&from, &to, true));
        self.pass(&server, client, false);
    }

    /// Copies until an end; what comes while it swallows goes on afterwards, as with a network that was parted.
    fn pass(&self, mut from: &TcpStream, mut to: &TcpStream, is_question: bool) {
        let mut piece = [0; 16 << 10];
        // Both are sockets that were just made.
        let _ = from.set_read_timeout(Some(PAUSE));
        loop {
            let mode = self.mode();
            let read = match from.read(&mut piece) {
                Err(error) if is_pause(&error) && mode != Mode::Cut => continue,
                Ok(length) if length > 0 && mode != Mode::Cut => &piece[..length],
                _ => break,
            };
            if is_question {
                let count = read.windows(5).filter(|window| *window == b"GET /").count();
                self.requests.fetch_add(count, Ordering::Relaxed);
            }
            if let (Mode::Delay(delay), false) = (mode, is_question) {
                std::thread::sleep(delay);
            }
            while self.mode() == Mode::Swallow {
                std::thread::sleep(PAUSE);
            }
            if self.mode() == Mode::Cut || to.write_all(read).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}

fn is_pause(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}
