//! The request: from variables or from `checks:`, and sent hop by hop when it is redirected.

use http::header::LOCATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use preflight_contract::{Attribute, AttributeValue, CheckSpec, HttpCheck};
use url::Url;

use crate::kinds::{general, http as kind};
use crate::net::http::{Answer, HttpOptions, HttpSession};
use crate::net::stream::plain_or_tls;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Failure, Item, Probe};

/// How many redirects are followed.
const MOST_HOPS: usize = 5;

/// What is asked, of whom, and as whom.
#[derive(Debug, Clone)]
pub(super) struct Request {
    base: Url,
    tls: TlsSettings,
    method: Method,
    headers: HeaderMap,
    body: Option<String>,
    credentials: Credentials,
    follow_redirects: bool,
}

#[derive(Debug, Clone)]
enum Credentials {
    None,
    Basic(String, Option<String>),
    Bearer(String),
}

/// An answer, and what it is the answer to.
#[derive(Debug)]
pub(super) struct Exchanged {
    /// Who answered what, for the beginning of an evidence: `http://host:80/path (10.0.0.1) answered GET with 200 OK`.
    pub(super) subject: String,
    /// Whether credentials were sent.
    pub(super) with_credentials: bool,
    /// The answer.
    pub(super) answer: Answer,
}

impl Exchanged {
    /// A header's value as text.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let value = self.answer.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

impl Request {
    /// The request that an item describes.
    ///
    /// # Errors
    /// `check.bad_address`, `check.bad_parameter` or `tls.bad_mode`.
    pub(super) fn of(item: &Item) -> Result<Self, Failure> {
        match &item.spec {
            Some(CheckSpec::Http(spec)) => Self::of_spec(spec),
            _ => Self::of_connection(item),
        }
    }

    fn of_spec(spec: &HttpCheck) -> Result<Self, Failure> {
        let base = Url::parse(&spec.url)
            .map_err(|error| Failure::new(&general::BAD_ADDRESS, format!("url is not a URL: {error}")))?;
        let mode = if spec.insecure { TlsMode::Require } else { TlsMode::VerifyFull };
        let mut tls = TlsSettings::new(mode);
        // With authorities, `Require` would verify after all.
        tls.authorities = spec.ca.as_ref().filter(|_| !spec.insecure).map(Into::into);
        let method = spec.method.as_deref().unwrap_or("GET");
        let request = Self {
            tls,
            method: Method::from_bytes(method.as_bytes())
                .map_err(|_| bad_parameter(format!("{method:?} is not a method")))?,
            headers: spec.headers.iter().map(header).collect::<Result<_, _>>()?,
            body: spec.body.clone(),
            credentials: Credentials::of(
                &base,
                spec.username.clone(),
                spec.password.clone(),
                spec.token.clone(),
            ),
            follow_redirects: spec.follow_redirects,
            base: without_userinfo(base),
        };
        Ok(request)
    }

    fn of_connection(item: &Item) -> Result<Self, Failure> {
        let mut item = item.clone();
        let named = item.connection.client.trim_end_matches(|character: char| character.is_ascii_digit());
        if named.eq_ignore_ascii_case("https") && item.scheme().is_none() {
            let held = AttributeValue { variable: item.connection.client.clone(), value: "https".to_owned() };
            item.connection.attributes.insert(Attribute::Scheme, held);
        }
        let options = HttpOptions::of(&item)?;
        let mut base = options.base;
        if item.attribute(Attribute::Path).is_none() {
            let written = item.attribute(Attribute::Url).and_then(|text| Url::parse(text).ok());
            base.set_query(written.as_ref().and_then(Url::query));
        }
        let token = item.attribute(Attribute::Token).map(str::to_owned);
        Ok(Self {
            credentials: Credentials::of(&base, item.username(), item.password(), token),
            base,
            tls: options.tls,
            method: Method::GET,
            headers: HeaderMap::new(),
            body: None,
            follow_redirects: true,
        })
    }

    /// Sends it, following redirects where that is wanted. Leaves the probe in the login layer.
    ///
    /// # Errors
    /// The classes of the layers below, the kind's common ones, and those of redirects.
    pub(super) async fn exchange(mut self, item: &Item, probe: &mut Probe) -> Result<Exchanged, Failure> {
        for _ in 0..=MOST_HOPS {
            let exchanged = self.send(item, probe).await?;
            match self.redirection(&exchanged)? {
                Some(next) => self = next,
                None => return Ok(exchanged),
            }
        }
        let evidence =
            format!("{} redirected more than {MOST_HOPS} times, in the end to here", shown(&self.base));
        Err(Failure::new(&kind::TOO_MANY_REDIRECTS, evidence))
    }

    async fn send(&self, item: &Item, probe: &mut Probe) -> Result<Exchanged, Failure> {
        let options = HttpOptions { base: self.base.clone(), tls: self.tls.clone(), follow_redirects: false };
        let session = HttpSession::open(probe, options).await?;
        probe.enter(Layer::Login);
        let asked = session.ask(item, probe, (self.method.clone(), ""), |builder| {
            let builder = builder.headers(self.headers.clone());
            let builder = match &self.credentials {
                Credentials::None => builder,
                Credentials::Basic(username, password) => builder.basic_auth(username, password.as_ref()),
                Credentials::Bearer(token) => builder.bearer_auth(token),
            };
            match &self.body {
                Some(body) => builder.body(body.clone()),
                None => builder,
            }
        });
        let answer = match asked.await {
            Ok(answer) => answer,
            Err(failure) => return Err(self.diagnosed(item, probe, &session, failure).await),
        };
        let reached = session.reached();
        let by_name = reached.endpoint.host.parse::<std::net::IpAddr>().is_err();
        let address = if by_name { format!(" ({})", reached.address.ip()) } else { String::new() };
        let subject =
            format!("{}{address} answered {} with {}", shown(&self.base), self.method, answer.status);
        let with_credentials = !matches!(self.credentials, Credentials::None);
        Ok(Exchanged { subject, with_credentials, answer })
    }

    async fn diagnosed(
        &self,
        item: &Item,
        probe: &Probe,
        session: &HttpSession,
        failure: Failure,
    ) -> Failure {
        if self.base.scheme() == "https" {
            return failure;
        }
        let plain = TlsSettings::new(TlsMode::Disable);
        let failure =
            plain_or_tls(probe, item, (session.reached(), &plain), failure, &kind::TLS_REQUIRED).await;
        if failure.class == &kind::TLS_REQUIRED { failure.with_hint("use https://") } else { failure }
    }

    /// The request that an answer redirects to, when it does and redirects are followed.
    fn redirection(&self, exchanged: &Exchanged) -> Result<Option<Self>, Failure> {
        let status = exchanged.answer.status;
        if !self.follow_redirects || !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let target = exchanged.header(LOCATION.as_str());
        let target = target.and_then(|target| self.base.join(&target).ok());
        let Some(target) = target.filter(|url| matches!(url.scheme(), "http" | "https")) else {
            let evidence = format!("{}, but to no address that can be followed", exchanged.subject);
            return Err(Failure::new(&kind::REDIRECTED, evidence));
        };
        Ok(Some(self.towards(status, without_userinfo(target))))
    }

    /// RFC 9110, section 15.4: 303 turns every method into GET, 301 and 302 do so for POST. Credentials are for the
    /// server that they were given for only.
    fn towards(&self, status: StatusCode, target: Url) -> Self {
        let mut next = self.clone();
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            next.method = Method::GET;
            next.body = None;
        }
        if target.origin() != self.base.origin() {
            next.credentials = Credentials::None;
            next.headers.clear();
        }
        next.base = target;
        next
    }
}

impl Credentials {
    fn of(base: &Url, username: Option<String>, password: Option<String>, token: Option<String>) -> Self {
        let decoded =
            |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let username = username.or_else(|| Some(decoded(base.username()))).filter(|name| !name.is_empty());
        let password = password.or_else(|| base.password().map(decoded));
        match (token.filter(|token| !token.is_empty()), username, password) {
            (Some(token), _, _) => Self::Bearer(token),
            (None, Some(username), password) => Self::Basic(username, password),
            (None, None, Some(password)) => Self::Basic(String::new(), Some(password)),
            (None, None, None) => Self::None,
        }
    }
}

fn header((name, value): (&String, &String)) -> Result<(HeaderName, HeaderValue), Failure> {
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| bad_parameter(format!("{name:?} is not a header's name")))?;
    let value = HeaderValue::from_str(value).map_err(|_| {
        bad_parameter(format!("the value for the header {name} holds characters that none may hold"))
    })?;
    Ok((parsed, value))
}

fn bad_parameter(evidence: String) -> Failure {
    Failure::new(&general::BAD_PARAMETER, evidence)
}

fn without_userinfo(mut url: Url) -> Url {
    // Both fail only for URLs without a host, which have no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// The URL without what may be secret: its query.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let had_query = url.query().is_some();
    url.set_query(None);
    url.set_fragment(None);
    if had_query { format!("{url}?…") } else { url.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method) -> Request {
        Request {
            base: Url::parse("http://one.example/a").expect("a URL"),
            tls: TlsSettings::new(TlsMode::VerifyFull),
            method,
            headers: HeaderMap::new(),
            body: Some("x".to_owned()),
            credentials: Credentials::Bearer("t".to_owned()),
            follow_redirects: true,
        }
    }

    #[test]
    fn credentials_do_not_follow_to_another_server() {
        let to = |url: &str| {
            let target = Url::parse(url).expect("a URL");
            request(Method::GET).towards(StatusCode::TEMPORARY_REDIRECT, target).credentials
        };
        assert!(matches!(to("http://one.example/b"), Credentials::Bearer(_)));
        assert!(matches!(to("http://two.example/b"), Credentials::None));
        assert!(matches!(to("http://one.example:81/b"), Credentials::None));
        assert!(matches!(to("https://one.example/b"), Credentials::None));
    }

    #[test]
    fn redirects_change_methods_as_the_standard_says() {
        let after = |method: Method, status| {
            request(method).towards(status, Url::parse("http://one.example/b").expect("a URL")).method
        };
        assert_eq!(after(Method::POST, StatusCode::FOUND), Method::GET);
        assert_eq!(after(Method::PUT, StatusCode::FOUND), Method::PUT);
        assert_eq!(after(Method::PUT, StatusCode::SEE_OTHER), Method::GET);
        assert_eq!(after(Method::HEAD, StatusCode::SEE_OTHER), Method::HEAD);
        assert_eq!(after(Method::POST, StatusCode::PERMANENT_REDIRECT), Method::POST);
    }

    #[test]
    fn a_url_is_shown_without_user_and_query() {
        let url = Url::parse("https://pat:secret@one.example/a?key=secret#part").expect("a URL");
        assert_eq!(shown(&without_userinfo(url)), "https://one.example/a?…");
    }
}
