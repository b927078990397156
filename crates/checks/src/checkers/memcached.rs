//! Memcached: its version, the login, and a get; both of its protocols are spoken here, for there is little of them.

mod binary;
mod text;

use std::io;

use async_trait::async_trait;
use tokio::net::TcpStream;

use crate::kinds::memcached as kind;
use crate::net::Reached;
use crate::net::bounded::Duplex;
use crate::net::stream::{open, plain_or_tls};
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Checker, Class, Failure, Item, Probe};
use text::Line;

/// The key that is read. It need not exist, and is never written.
const KEY: &str = "preflight";

/// Asks for the version. The spaces fill up the header that a server wants which speaks only binary, so that it sees at
/// once that this is none, and closes; it would wait for the rest of it otherwise.
const VERSION: &str = "version                  \r\n";

/// No server needs more bytes to let us in and to answer a get.
const MOST_READ: usize = 2 << 20;

/// Proves that a Memcached server lets us in and answers.
pub(crate) struct Memcached;

#[async_trait]
impl Checker for Memcached {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let settings = TlsSettings::of(item, TlsMode::Disable)?;
        let (reached, stream) = open(probe, &item.endpoint()?, &settings, b"version\r\n").await?;
        let visit = Visit { item, reached, settings };
        match visit.run(probe, stream).await {
            Ok(()) => Ok(()),
            Err(failure) => {
                let sides = (&visit.reached, &visit.settings);
                Err(plain_or_tls(probe, item, sides, failure, &kind::TLS_REQUIRED).await)
            }
        }
    }
}

struct Visit<'item> {
    item: &'item Item,
    reached: Reached,
    settings: TlsSettings,
}

impl Visit<'_> {
    /// A server that wants SASL closes a connection on which text is spoken: then the other protocol is tried.
    async fn run(&self, probe: &mut Probe, stream: Box<dyn Duplex>) -> Result<(), Failure> {
        probe.enter(Layer::Login);
        let mut session = text::Session::new(stream);
        match session.ask(VERSION).await {
            Ok(line) => self.in_text(probe, &mut session, line).await,
            Err(error) if is_closed(&error) => {
                drop(session);
                match self.in_binary(probe, &error).await {
                    Err(failure) if failure.class == &kind::CLOSED => Err(self.heard(failure).await),
                    outcome => outcome,
                }
            }
            Err(error) => Err(probe.broken(self.item, &error)),
        }
    }

    async fn in_text(
        &self,
        probe: &mut Probe,
        session: &mut text::Session,
        mut line: Line,
    ) -> Result<(), Failure> {
        let username = self.item.username();
        match (&line, &username) {
            (Line::Unauthenticated(words), None) => return Err(self.password_required(words)),
            (Line::Unauthenticated(_), Some(username)) => {
                let password = self.item.password().unwrap_or_default();
                let answer = session.log_in(username, &password).await;
                self.logged_in(username, answer.map_err(|error| probe.broken(self.item, &error))?)?;
                line = self.asked(probe, session.ask(VERSION).await)?;
            }
            (Line::Version(_), Some(username)) => return Err(self.password_not_set(username)),
            _ => {}
        }
        let Line::Version(version) = line else { return Err(self.unexpected(probe, line)) };
        probe.fact("version", version);
        probe.leave();
        probe.enter(Layer::Read);
        match self.asked(probe, session.ask(&format!("get {KEY}\r\n")).await)? {
            Line::End | Line::Value => probe.leave(),
            line => return Err(self.unexpected(probe, line)),
        }
        Ok(())
    }

    fn asked(&self, probe: &Probe, answer: io::Result<Line>) -> Result<Line, Failure> {
        answer.map_err(|error| probe.broken(self.item, &error))
    }

    fn logged_in(&self, username: &str, answer: Line) -> Result<(), Failure> {
        match answer {
            Line::Stored => Ok(()),
            line => Err(self.refused(username, &line.to_string())),
        }
    }

    /// The conversation of servers that want SASL. `closed` is how the text protocol ended.
    async fn in_binary(&self, probe: &mut Probe, closed: &io::Error) -> Result<(), Failure> {
        let stream = self.again(probe).await?;
        let mut session = binary::Session::new(stream);
        let broken = |probe: &Probe, _: io::Error| probe.broken(self.item, closed);
        let username = self.item.username();
        if let Some(username) = &username {
            let password = self.item.password().unwrap_or_default();
            let answer = session.log_in(username, &password).await.map_err(|error| broken(probe, error))?;
            match answer.status {
                binary::SUCCESS => {}
                binary::UNKNOWN_COMMAND => return Err(self.password_not_set(username)),
                _ => return Err(self.refused(username, &answer.to_string())),
            }
        }
        let version = session.version().await.map_err(|error| broken(probe, error))?;
        match version.status {
            binary::SUCCESS => probe.fact("version", version.words()),
            _ => return Err(Failure::new(&kind::ERROR, format!("{} answered {version}", self.reached))),
        }
        probe.leave();
        probe.enter(Layer::Read);
        let answer = session.get(KEY).await.map_err(|error| probe.broken(self.item, &error))?;
        match answer.status {
            binary::SUCCESS | binary::NOT_FOUND => probe.leave(),
            // Its version a server tells to everybody.
            binary::AUTHENTICATION => return Err(self.password_required(&answer.to_string())),
            _ => return Err(Failure::new(&kind::ERROR, format!("{} answered {answer}", self.reached))),
        }
        Ok(())
    }

    /// The refusal instead of a connection that was closed without a word, if there is one: it is often lost to the
    /// reset that our own command provokes.
    async fn heard(&self, failure: Failure) -> Failure {
        match text::refusal(&self.reached).await {
            Some(words) => Failure::new(class_of(&words), format!("{} answered {words}", self.reached)),
            None => failure,
        }
    }

    /// A second connection to the same address, in the login layer.
    async fn again(&self, probe: &mut Probe) -> Result<Box<dyn Duplex>, Failure> {
        let stream = TcpStream::connect(self.reached.address).await;
        let stream = stream.map_err(|error| probe.broken(self.item, &error))?;
        if !self.settings.mode.is_required() {
            return Ok(Box::new(stream));
        }
        let stream = probe.tls(stream, &self.reached.endpoint.host, &self.settings).await?;
        probe.enter(Layer::Login);
        Ok(Box::new(stream))
    }

    fn refused(&self, username: &str, words: &str) -> Failure {
        let evidence = format!("{} refused user {username}: {words}", self.reached);
        Failure::new(&kind::BAD_PASSWORD, evidence).with_hint(Probe::credentials_hint(self.item))
    }

    fn password_required(&self, words: &str) -> Failure {
        let evidence = format!("{} wants a login: {words}", self.reached);
        Failure::new(&kind::PASSWORD_REQUIRED, evidence)
    }

    fn password_not_set(&self, username: &str) -> Failure {
        let evidence = format!("{} knows no logins, and user {username} was given", self.reached);
        Failure::new(&kind::PASSWORD_NOT_SET, evidence)
    }

    fn unexpected(&self, probe: &Probe, line: Line) -> Failure {
        match line {
            Line::Error(words) => {
                Failure::new(class_of(&words), format!("{} answered {words}", self.reached))
            }
            Line::Other(words) => probe.broken(
                self.item,
                &io::Error::new(io::ErrorKind::InvalidData, format!("it answered {words:?}")),
            ),
            line => Failure::new(&kind::ERROR, format!("{} answered {line}", self.reached)),
        }
    }
}

fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | BrokenPipe)
}

/// The class of an error line. The protocol has no codes, only words.
fn class_of(words: &str) -> &'static Class {
    if words.contains("Too many open connections") { &kind::TOO_MANY_CONNECTIONS } else { &kind::ERROR }
}
