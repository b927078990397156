//! What the products with an HTTP interface have in common: a session, headers that say who we are, and the two ways
//! of not being that product at all.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use preflight_contract::Attribute;
use serde_json::Value;

use crate::kinds::general;
use crate::net::Reached;
use crate::net::http::{Answer, HttpOptions, HttpSession};
use crate::net::stream::plain_or_tls;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::{Class, Failure, Item, Probe};

/// What stays as it is in a path: RFC 3986's unreserved characters and the slash.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A session with one product.
#[derive(Debug)]
pub(super) struct Rest<'item> {
    item: &'item Item,
    session: HttpSession,
    prefix: String,
    headers: HeaderMap,
    wants_tls: &'static Class,
}

impl<'item> Rest<'item> {
    /// Goes through the DNS, TCP and, for https, TLS layers. `wants_tls` is the class of a port that speaks only
    /// https and was spoken to in http.
    ///
    /// # Errors
    /// A class of `check.*`, `dns.*`, `tcp.*` or `tls.*`.
    pub(super) async fn open(
        item: &'item Item,
        probe: &mut Probe,
        wants_tls: &'static Class,
    ) -> Result<Self, Failure> {
        let session = HttpSession::open(probe, HttpOptions::of(item)?).await?;
        let prefix =
            item.connection.url().ok().flatten().map_or_else(String::new, |url| url.path().to_owned());
        let prefix = prefix.trim_end_matches('/').to_owned();
        Ok(Self { item, session, prefix, headers: HeaderMap::new(), wants_tls })
    }

    /// Sends this header with every request; its value is a secret. `source` is the attribute it comes from.
    ///
    /// # Errors
    /// `check.bad_parameter` for a value that no header can carry.
    pub(super) fn say(&mut self, name: HeaderName, value: &str, source: Attribute) -> Result<(), Failure> {
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            let name = self.item.name_of(source);
            Failure::new(
                &general::BAD_PARAMETER,
                format!("{name} holds a character that no HTTP header can carry"),
            )
        })?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(())
    }

    /// Where the session leads.
    pub(super) fn reached(&self) -> &Reached {
        self.session.reached()
    }

    /// The answer to GET, in the layer that the probe is in.
    ///
    /// # Errors
    /// The kind's common classes, and the one of a port that wants TLS.
    pub(super) async fn get(&self, probe: &Probe, path: &str) -> Result<Answer, Failure> {
        self.ask(probe, Method::GET, path, None).await
    }

    /// The answer to POST of a JSON document.
    ///
    /// # Errors
    /// As [`Rest::get`].
    pub(super) async fn post(&self, probe: &Probe, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.ask(probe, Method::POST, path, Some(body)).await
    }

    async fn ask(
        &self,
        probe: &Probe,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        let path = format!("{}{path}", self.prefix);
        let shaped = |builder: reqwest::RequestBuilder| {
            let builder = builder.headers(self.headers.clone());
            match body {
                Some(body) => builder.json(body),
                None => builder,
            }
        };
        match self.session.ask(self.item, probe, (method, &path), shaped).await {
            Ok(answer) if is_told_to_use_tls(&answer) => Err(self.tls_wanted(&answer)),
            Ok(answer) => Ok(answer),
            Err(failure) if self.session.base().scheme() == "https" => Err(failure),
            Err(failure) => {
                let plain = TlsSettings::new(TlsMode::Disable);
                let sides = (self.reached(), &plain);
                let failure = plain_or_tls(probe, self.item, sides, failure, self.wants_tls).await;
                let is_tls = failure.class == self.wants_tls;
                Err(if is_tls { failure.with_hint(self.hint()) } else { failure })
            }
        }
    }

    fn tls_wanted(&self, answer: &Answer) -> Failure {
        let evidence = format!("{} speaks https only: {}", self.reached(), answer.excerpt());
        Failure::new(self.wants_tls, evidence).with_hint(self.hint())
    }

    fn hint(&self) -> String {
        format!("set {}=https, or use the server's plain port", self.item.name_of(Attribute::Scheme))
    }

    /// An answer that this product does not give.
    pub(super) fn stranger(&self, path: &str, answer: &Answer) -> Failure {
        let title = self.item.kind.title;
        let evidence = format!(
            "{} answered GET {path} with {}, not as {title} would: {}",
            self.reached(),
            answer.status,
            answer.excerpt()
        );
        let class = self.item.kind.common.map_or(&general::ERROR, |common| common.wrong_protocol);
        Failure::new(class, evidence)
    }

    /// A failure with what was asked and the product's own words.
    pub(super) fn refused(
        &self,
        class: &'static Class,
        what: &str,
        status: http::StatusCode,
        words: &str,
    ) -> Failure {
        Failure::new(class, format!("{} refused {what}: {words} (HTTP {})", self.reached(), status.as_u16()))
    }
}

/// Servers written in Go, and nginx, say so when they are spoken to in plain on a TLS port.
pub(super) fn is_told_to_use_tls(answer: &Answer) -> bool {
    answer.status == 400
        && ["HTTP request to an HTTPS server", "HTTP request was sent to HTTPS port"]
            .iter()
            .any(|words| answer.text().contains(words))
}

/// A path's segments, percent-encoded; without a slash at its beginning.
pub(super) fn path_of(text: &str) -> String {
    utf8_percent_encode(text.trim_start_matches('/'), PATH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_become_a_query() {
        assert_eq!(path_of("/app/greeting"), "app/greeting");
        assert_eq!(path_of("a b?c=d#e%"), "a%20b%3Fc%3Dd%23e%25");
    }
}
