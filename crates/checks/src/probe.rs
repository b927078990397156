//! One attempt at one item: the layers it has passed, what it saw on the way, and the network to try it on.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use preflight_contract::Attribute;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::item::Endpoint;
use crate::net::tls::{TlsClient, TlsSettings};
use crate::net::{Network, Reached, tcp};
use crate::{Class, Failure, Item, kinds};

/// The layers of a dependency, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The variables or parameters.
    Env,
    /// Names to addresses.
    Dns,
    /// A connection to every address.
    Tcp,
    /// Encryption and the certificate.
    Tls,
    /// The protocol's greeting and who we are.
    Login,
    /// A harmless read that proves the permission.
    Read,
    /// The whole of a check that has no layers: a file, a command.
    Look,
}

impl Layer {
    /// Its name in the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::Read => "read",
            Self::Look => "look",
        }
    }
}

/// A layer that held, and how long it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which layer.
    pub layer: Layer,
    /// How long it took.
    pub elapsed: Duration,
}

/// Something that is not a failure yet.
#[derive(Debug, Clone)]
pub struct Warning {
    /// Its stable class.
    pub class: &'static Class,
    /// What was seen.
    pub evidence: String,
}

/// One attempt at one item.
#[derive(Debug)]
pub struct Probe {
    network: Arc<Network>,
    steps: Vec<Step>,
    entered: Option<(Layer, Instant)>,
    warnings: Vec<Warning>,
    facts: Vec<(&'static str, String)>,
    reached: Option<Reached>,
}

impl Probe {
    /// A fresh attempt on that network.
    #[must_use]
    pub fn new(network: Arc<Network>) -> Self {
        Self {
            network,
            steps: vec![Step { layer: Layer::Env, elapsed: Duration::ZERO }],
            entered: None,
            warnings: Vec::new(),
            facts: Vec::new(),
            reached: None,
        }
    }

    /// Runs one layer. It counts as held when the future gives `Ok`; entering a layer anew adds to its time.
    ///
    /// # Errors
    /// What the future gives.
    pub async fn layer<Value, Error>(
        &mut self,
        layer: Layer,
        work: impl Future<Output = Result<Value, Error>>,
    ) -> Result<Value, Error> {
        self.enter(layer);
        let outcome = work.await;
        if outcome.is_ok() {
            self.leave();
        }
        outcome
    }

    /// Notes that a layer has begun, for the rare one that cannot be written as one future.
    pub fn enter(&mut self, layer: Layer) {
        self.entered = Some((layer, Instant::now()));
    }

    /// Notes that the layer entered last has held.
    pub fn leave(&mut self) {
        let Some((layer, since)) = self.entered.take() else { return };
        match self.steps.iter_mut().find(|step| step.layer == layer) {
            Some(step) => step.elapsed += since.elapsed(),
            None => self.steps.push(Step { layer, elapsed: since.elapsed() }),
        }
    }

    /// Resolves the host and connects to every address: the DNS and TCP layers. The first open connection is
    /// handed on; addresses that did not answer while another did are left as warnings.
    ///
    /// # Errors
    /// A class of `dns.*` or `tcp.*`.
    pub async fn reach(&mut self, endpoint: &Endpoint) -> Result<Reached, Failure> {
        let (reached, stream) = self.connect(endpoint).await?;
        drop(stream);
        Ok(reached)
    }

    /// As [`Probe::reach`], with the open connection, for drivers that take one.
    ///
    /// # Errors
    /// A class of `dns.*` or `tcp.*`.
    pub async fn connect(&mut self, endpoint: &Endpoint) -> Result<(Reached, TcpStream), Failure> {
        self.enter(Layer::Dns);
        let network = Arc::clone(&self.network);
        let addresses = network.resolver.resolve(&endpoint.host).await?;
        self.leave();
        self.enter(Layer::Tcp);
        let connected = tcp::connect_to_all(&addresses, endpoint).await?;
        self.leave();
        self.warnings.extend(connected.warnings);
        let reached = Reached { endpoint: endpoint.clone(), address: connected.address, addresses };
        self.reached = Some(reached.clone());
        Ok((reached, connected.stream))
    }

    /// A TLS client for these settings, for drivers that make the handshake themselves.
    ///
    /// # Errors
    /// `tls.bad_file` when a certificate or key file cannot be used.
    pub fn tls_client(&self, settings: &TlsSettings, host: &str) -> Result<TlsClient, Failure> {
        TlsClient::new(settings, host, &self.network.trust)
    }

    /// Makes the TLS handshake on an open connection: the TLS layer. A certificate about to expire is a warning.
    ///
    /// # Errors
    /// A class of `tls.*`.
    pub async fn tls(
        &mut self,
        stream: TcpStream,
        host: &str,
        settings: &TlsSettings,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        self.enter(Layer::Tls);
        let client = self.tls_client(settings, host)?;
        let stream = client.handshake(stream).await?;
        self.leave();
        self.note_tls(&client);
        Ok(stream)
    }

    /// Takes over what a TLS client learned: the protocol's version as a fact, an early end as a warning.
    pub fn note_tls(&mut self, client: &TlsClient) {
        self.warnings.extend(client.warnings());
        if let Some(issuer) = client.certificate_summary() {
            self.fact("certificate", issuer);
        }
    }

    /// Leaves a warning.
    pub fn warn(&mut self, class: &'static Class, evidence: impl Into<String>) {
        self.warnings.push(Warning { class, evidence: evidence.into() });
    }

    /// Leaves a fact worth knowing when all is well, such as the server's version.
    pub fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.push((name, value.into()));
    }

    /// The network, for checkers that need more than a connection.
    #[must_use]
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// The layers that held so far.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// What was seen that is not a failure yet.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// What was learned.
    #[must_use]
    pub fn facts(&self) -> &[(&'static str, String)] {
        &self.facts
    }

    /// The failure that running out of time means in the layer that the attempt is in.
    #[must_use]
    pub fn out_of_time(&self, item: &Item, allowed: Duration) -> Failure {
        let whom = match (&self.reached, self.entered) {
            (Some(reached), _) => reached.to_string(),
            (None, _) => item.endpoint().map_or_else(|_| item.id.clone(), |endpoint| endpoint.to_string()),
        };
        let within = format!("within {}", crate::report::seconds(allowed));
        let Some((layer, _)) = self.entered else {
            return Failure::new(&kinds::general::TIMEOUT, format!("{whom} was not done {within}"));
        };
        match (layer, item.kind.common) {
            (Layer::Dns, _) => self.network.resolver.timed_out(&whom, &within),
            (Layer::Tcp, _) => {
                Failure::new(&kinds::tcp::TIMEOUT, format!("{whom} did not accept a connection {within}"))
            }
            (Layer::Tls, _) => Failure::new(
                &kinds::tls::TIMEOUT,
                format!("{whom} accepted the connection but did not finish the TLS handshake {within}"),
            ),
            (Layer::Read, Some(common)) => Failure::new(
                common.timeout,
                format!("{whom} let us in but did not answer a harmless read {within}"),
            ),
            (_, Some(common)) => Failure::new(
                common.timeout,
                format!("{whom} accepted the connection but did not answer as {} {within}", item.kind.title),
            ),
            (_, None) => Failure::new(&kinds::general::TIMEOUT, format!("{whom} was not done {within}")),
        }
    }

    /// The failure that an input or output error means after the connection stood.
    #[must_use]
    pub fn broken(&self, item: &Item, error: &io::Error) -> Failure {
        let whom = self.reached.as_ref().map_or_else(|| item.id.clone(), ToString::to_string);
        let Some(common) = item.kind.common else {
            return Failure::new(&kinds::general::ERROR, format!("{whom}: {error}"));
        };
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::NotConnected
            | io::ErrorKind::BrokenPipe => Failure::new(
                common.closed,
                format!("{whom} closed the connection before answering as {}", item.kind.title),
            ),
            io::ErrorKind::TimedOut => Failure::new(common.timeout, format!("{whom} stopped answering")),
            io::ErrorKind::InvalidData => Failure::new(
                common.wrong_protocol,
                format!("{whom} did not answer as {}: {error}", item.kind.title),
            ),
            _ => Failure::new(common.error, format!("{whom}: {error}")),
        }
    }

    /// The hint for a bad password, which names the variables to look at.
    #[must_use]
    pub fn credentials_hint(item: &Item) -> String {
        let url = item.attribute(Attribute::Url).is_some() && item.attribute(Attribute::Password).is_none();
        let names = if url {
            item.name_of(Attribute::Url)
        } else {
            format!("{} and {}", item.name_of(Attribute::Username), item.name_of(Attribute::Password))
        };
        format!(
            "compare {names} with what the server has; after a rotation the container must be started anew"
        )
    }
}
