//! A server that takes Sentry's envelopes, over HTTP or HTTPS, and keeps them.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::scene::wait_until;

/// No name, see RFC 6761.
const NOWHERE: &str = "sentry.invalid";

/// What is done with one request; with those beyond the list: [`Manner::Take`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner {
    Take,
    /// A status, and a header line.
    Answer(u16, &'static str),
    /// No answer for as long as the test lives.
    Hang,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    /// Such as `POST /api/7/envelope/ HTTP/1.1`.
    pub(crate) line: String,
    /// In lower case up to the colon.
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
}

/// The server, and a project of its own, so that nothing of an earlier test on the same port is taken for one's own.
pub(crate) struct Sentry {
    address: SocketAddr,
    project: String,
    scheme: &'static str,
    received: Arc<Mutex<Vec<Envelope>>>,
}

impl Sentry {
    pub(crate) fn start(manners: &[Manner]) -> Self {
        let sentry = Self::away();
        sentry.comes_back(manners);
        sentry
    }

    /// Nobody listens yet.
    pub(crate) fn away() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let address = TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port");
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let project = format!("{}{}", since.as_micros(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { address, project, scheme: "http", received: Arc::default() }
    }

    /// Somebody listens now.
    pub(crate) fn comes_back(&self, manners: &[Manner]) {
        self.listen(manners, |stream| Box::new(stream));
    }

    /// Over TLS, with a certificate that is written to that file.
    pub(crate) fn with_tls(certificate: &Path) -> Self {
        let mut sentry = Self::away();
        sentry.scheme = "https";
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        std::fs::write(certificate, cert.pem()).expect("written");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a certificate and its key");
        let config = Arc::new(config);
        sentry.listen(&[], move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            Box::new(StreamOwned::new(connection, stream))
        });
        sentry
    }

    pub(crate) fn dsn(&self) -> String {
        format!("{}://public@{}/{}", self.scheme, self.address, self.project)
    }

    /// The project at a host that is not there, for which this one is the proxy; and the proxy.
    pub(crate) fn behind_proxy(&self) -> (String, String) {
        (format!("http://public@{NOWHERE}/{}", self.project), format!("http://{}", self.address))
    }

    pub(crate) fn received(&self) -> Vec<Envelope> {
        self.received.lock().expect("whole").clone()
    }

    /// The events of all requests, when there are so many.
    #[track_caller]
    pub(crate) fn events(&self, count: usize) -> Vec<Value> {
        wait_until("the events", || self.received().len() >= count);
        self.received().iter().map(Envelope::event).collect()
    }

    fn listen(&self, manners: &[Manner], speak: impl Fn(TcpStream) -> Box<dyn Duplex> + Send + 'static) {
        let listener = TcpListener::bind(self.address).expect("the port is still free");
        let manners: Mutex<VecDeque<Manner>> = Mutex::new(manners.iter().copied().collect());
        let (manners, received) = (Arc::new(manners), Arc::clone(&self.received));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (stream, manners, received) =
                    (speak(stream), Arc::clone(&manners), Arc::clone(&received));
                thread::spawn(move || serve(stream, &manners, &received));
            }
        });
    }
}

/// What is still in the folder of a project after a test that kept its events there.
impl Drop for Sentry {
    fn drop(&mut self) {
        for host in [self.address.to_string().replace(':', "_"), NOWHERE.to_owned()] {
            let name = format!("{host}-{}", self.project);
            let _ = std::fs::remove_dir_all(Path::new("/run/preflight/crashes").join(name));
        }
    }
}

impl Envelope {
    /// The event in the envelope, read by the rules of the format alone.
    pub(crate) fn event(&self) -> Value {
        let mut parts = self.body.splitn(3, |byte| *byte == b'\n');
        let mut next = || parts.next().expect("three parts");
        let head: Value = serde_json::from_slice(next()).expect("the envelope's head");
        let item: Value = serde_json::from_slice(next()).expect("the item's head");
        let length = usize::try_from(item["length"].as_u64().expect("a length")).expect("small");
        let (event, end) = next().split_at(length);
        let event: Value = serde_json::from_slice(event).expect("an event");
        assert_eq!((item["type"].as_str(), end), (Some("event"), &b"\n"[..]));
        assert_eq!(event["event_id"], head["event_id"]);
        assert!(head["sent_at"].as_str().is_some_and(|time| time.ends_with('Z')));
        event
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        self.headers.iter().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default()
    }

    pub(crate) fn holds(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
            || self.headers.iter().any(|line| line.contains(text))
    }
}

trait Duplex: Read + Write + Send {}

impl<Any: Read + Write + Send> Duplex for Any {}

/// All requests of one connection.
fn serve(stream: Box<dyn Duplex>, manners: &Mutex<VecDeque<Manner>>, received: &Mutex<Vec<Envelope>>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream) {
        let manner = manners.lock().expect("whole").pop_front().unwrap_or(Manner::Take);
        received.lock().expect("whole").push(request);
        let (status, header) = match manner {
            Manner::Take => (200, "X: y"),
            Manner::Answer(status, header) => (status, header),
            Manner::Hang => return thread::sleep(Duration::from_secs(120)),
        };
        let answer = format!("HTTP/1.1 {status} Some\r\n{header}\r\nContent-Length: 2\r\n\r\n{{}}");
        if stream.get_mut().write_all(answer.as_bytes()).and_then(|()| stream.get_mut().flush()).is_err() {
            return;
        }
    }
}

fn read(stream: &mut impl BufRead) -> Option<Envelope> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.trim_end().split_once(": ").unwrap_or((line.trim_end(), ""));
        lines.push(if value.is_empty() {
            name.to_owned()
        } else {
            format!("{}: {value}", name.to_lowercase())
        });
    }
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Envelope { line: lines.remove(0), headers: lines, body })
}
