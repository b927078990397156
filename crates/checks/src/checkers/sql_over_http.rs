//! What the databases with an HTTP interface have in common: a session that starts at the server's root, whatever the
//! path of their URLs means to them, and the diagnosis of a port that wants https.

use http::Method;
use preflight_contract::Attribute;
use reqwest::RequestBuilder;

use super::rest::is_told_to_use_tls;
use crate::kinds::general;
use crate::net::Reached;
use crate::net::http::{Answer, HttpOptions, HttpSession};
use crate::net::stream::plain_or_tls;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::{Class, Failure, Item, Probe};

/// A session with one database.
#[derive(Debug)]
pub(super) struct Session<'item> {
    item: &'item Item,
    http: HttpSession,
    wants_tls: &'static Class,
}

impl<'item> Session<'item> {
    /// Goes through the DNS, TCP and, for https, TLS layers. `secure_port` is the default for https; `wants_tls` the
    /// class of a port that speaks only https and was spoken to in http.
    ///
    /// # Errors
    /// A class of `check.*`, `dns.*`, `tcp.*` or `tls.*`.
    pub(super) async fn open(
        item: &'item Item,
        probe: &mut Probe,
        secure_port: u16,
        wants_tls: &'static Class,
    ) -> Result<Self, Failure> {
        let mut options = HttpOptions::of(item)?;
        let no_port = item.connection.endpoint(None).is_ok_and(|endpoint| endpoint.port.is_none());
        if no_port && options.base.scheme() == "https" {
            // It is a URL with a host, which is all that this can fail for.
            let _ = options.base.set_port(Some(secure_port));
        }
        let http = HttpSession::open(probe, options).await?;
        Ok(Self { item, http, wants_tls })
    }

    /// Where the session leads.
    pub(super) fn reached(&self) -> &Reached {
        self.http.reached()
    }

    /// Sends a request, in the layer that the probe is in.
    ///
    /// # Errors
    /// The kind's common classes, and the one of a port that wants TLS.
    pub(super) async fn ask(
        &self,
        probe: &Probe,
        (method, path): (Method, &str),
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Failure> {
        match self.http.ask(self.item, probe, (method, path), shape).await {
            Ok(answer) if is_told_to_use_tls(&answer) => {
                let evidence = format!("{} speaks https only: {}", self.reached(), answer.excerpt());
                Err(Failure::new(self.wants_tls, evidence).with_hint(self.tls_hint()))
            }
            Ok(answer) => Ok(answer),
            Err(failure) if self.http.base().scheme() == "https" => Err(failure),
            Err(failure) => {
                let plain = TlsSettings::new(TlsMode::Disable);
                let sides = (self.reached(), &plain);
                let failure = plain_or_tls(probe, self.item, sides, failure, self.wants_tls).await;
                let is_tls = failure.class == self.wants_tls;
                Err(if is_tls { failure.with_hint(self.tls_hint()) } else { failure })
            }
        }
    }

    fn tls_hint(&self) -> String {
        format!("set {}=https, or use the server's plain port", self.item.name_of(Attribute::Scheme))
    }

    /// An answer that this product does not give.
    pub(super) fn stranger(&self, asked: &str, answer: &Answer) -> Failure {
        let title = self.item.kind.title;
        let evidence = format!(
            "{} answered {asked} with {}, not as {title} would: {}",
            self.reached(),
            answer.status,
            answer.excerpt()
        );
        Failure::new(self.item.kind.common.map_or(&general::ERROR, |common| common.wrong_protocol), evidence)
    }
}
