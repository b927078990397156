//! Which server is meant, who we are there, and how it is encrypted: from the attributes or from the URL.

use std::net::SocketAddr;
use std::time::Duration;

use mongodb::options::{ClientOptions, ServerAddress, ServerMonitoringMode, Tls, TlsOptions};
use preflight_contract::Attribute;

use super::carrier::Carrier;
use crate::kinds::mongodb as kind;
use crate::net::Reached;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Endpoint, Failure, Item, Probe};

const PORT: u16 = 27017;

/// A server, and what the driver must know to speak to it.
pub(super) struct Target {
    hosts: Vec<Endpoint>,
    options: ClientOptions,
    /// How the connection is encrypted.
    pub(super) settings: TlsSettings,
    /// The database whose collections are listed.
    pub(super) database: Option<String>,
}

impl Target {
    /// What the item says. For `mongodb+srv` the hosts are looked up, which is the DNS layer already.
    pub(super) async fn of(item: &Item, probe: &mut Probe) -> Result<Self, Failure> {
        let mut options = match item.attribute(Attribute::Url) {
            Some(url) => parse(item, probe, url).await?,
            None => ClientOptions::builder().hosts(Vec::new()).build(),
        };
        let settings = settings(item, options.tls.take())?;
        let own_address = item.attribute(Attribute::Address).is_some();
        let hosts = if own_address || options.hosts.is_empty() {
            vec![item.endpoint()?]
        } else {
            options.hosts.iter().filter_map(endpoint).collect()
        };
        let own_login =
            [Attribute::Username, Attribute::Password].iter().any(|one| item.attribute(*one).is_some());
        if own_login {
            let mut credential = options.credential.take().unwrap_or_default();
            credential.username =
                item.attribute(Attribute::Username).map(str::to_owned).or(credential.username);
            credential.password =
                item.attribute(Attribute::Password).map(str::to_owned).or(credential.password);
            options.credential = Some(credential);
        }
        let own_database = item.attribute(Attribute::Database).map(str::to_owned);
        let database = own_database.or_else(|| options.default_database.clone());
        Ok(Self { hosts, options, settings, database })
    }

    /// Goes through the DNS, TCP and TLS layers to the first host that accepts.
    pub(super) async fn open(&mut self, probe: &mut Probe) -> Result<(Reached, Carrier), Failure> {
        let mut first_failure = None;
        for endpoint in &self.hosts {
            match probe.connect(endpoint).await {
                Ok((reached, stream)) => return self.carry(probe, reached, stream).await,
                Err(failure) => _ = first_failure.get_or_insert(failure),
            }
        }
        Err(first_failure.unwrap_or_else(|| Failure::new(&kind::BAD_URL, "the URL names no host")))
    }

    async fn carry(
        &self,
        probe: &mut Probe,
        reached: Reached,
        stream: tokio::net::TcpStream,
    ) -> Result<(Reached, Carrier), Failure> {
        let host = &reached.endpoint.host;
        let opened = if self.settings.mode.is_required() {
            let client = probe.tls_client(&self.settings, host)?;
            let stream = probe.tls(stream, host, &self.settings).await?;
            Carrier::open(Box::new(stream), reached.address, Some(client)).await
        } else {
            Carrier::open(Box::new(stream), reached.address, None).await
        };
        let carrier = opened.map_err(|error| {
            Failure::new(
                &crate::kinds::tcp::NO_LOCAL_RESOURCE,
                format!("no loopback port can be had: {error}"),
            )
        })?;
        Ok((reached, carrier))
    }

    /// The driver's options: one server, one connection for work, nothing tried twice.
    pub(super) fn options_for(&self, address: SocketAddr, patience: Duration) -> ClientOptions {
        let mut options = self.options.clone();
        options.hosts =
            vec![ServerAddress::Tcp { host: address.ip().to_string(), port: Some(address.port()) }];
        options.direct_connection = Some(true);
        options.load_balanced = None;
        options.repl_set_name = None;
        options.tls = None;
        options.srv_max_hosts = None;
        options.max_pool_size = Some(1);
        options.min_pool_size = None;
        options.retry_reads = Some(false);
        options.retry_writes = Some(false);
        options.max_adaptive_retries = Some(0);
        options.server_monitoring_mode = Some(ServerMonitoringMode::Poll);
        options.server_selection_timeout = Some(patience);
        options.connect_timeout = Some(patience);
        options.app_name.get_or_insert_with(|| "preflight".to_owned());
        options
    }

    pub(super) fn has_login(&self) -> bool {
        self.options.credential.is_some()
    }

    pub(super) fn who(&self) -> String {
        let name = self.options.credential.as_ref().and_then(|credential| credential.username.as_deref());
        name.map_or_else(|| "nobody".to_owned(), |name| format!("user {name}"))
    }
}

async fn parse(item: &Item, probe: &mut Probe, url: &str) -> Result<ClientOptions, Failure> {
    probe.enter(Layer::Dns);
    let parsed = ClientOptions::parse(url).await.map_err(|error| {
        let name = item.name_of(Attribute::Url);
        Failure::new(&kind::BAD_URL, format!("{name} cannot be used: {}", error.kind))
    })?;
    probe.leave();
    Ok(parsed)
}

fn endpoint(address: &ServerAddress) -> Option<Endpoint> {
    match address {
        ServerAddress::Tcp { host, port } => {
            Some(Endpoint { host: host.clone(), port: port.unwrap_or(PORT) })
        }
        _ => None,
    }
}

/// The attributes' settings, and where they say nothing the URL's.
fn settings(item: &Item, of_url: Option<Tls>) -> Result<TlsSettings, Failure> {
    let options: Option<TlsOptions> = match of_url {
        Some(Tls::Enabled(options)) => Some(options),
        _ => None,
    };
    let mode = match &options {
        None => TlsMode::Disable,
        Some(options) if options.allow_invalid_certificates == Some(true) => TlsMode::Require,
        Some(_) => TlsMode::VerifyFull,
    };
    let mut settings = TlsSettings::of(item, mode)?;
    if let Some(options) = options {
        settings.authorities =
            settings.authorities.or(options.ca_file_path).filter(|_| settings.mode > TlsMode::Require);
        settings.client_certificate = settings.client_certificate.or(options.cert_key_file_path);
    }
    Ok(settings)
}
