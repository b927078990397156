//! LDAP: bind and a read of the base, with the `ldap3` crate over our stream.

mod answers;
mod carried;
mod starttls;

use async_trait::async_trait;
use ldap3::{Ldap as Session, LdapError, LdapResult, Scope, SearchEntry};
use preflight_contract::Attribute;

use crate::kinds::ldap as kind;
use crate::net::Reached;
use crate::net::bounded::{Bounded, Duplex};
use crate::net::stream::plain_or_tls;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};

/// What every message begins with: the tag of a BER sequence.
const FIRST: &[u8] = &[0x30];

/// No directory needs more bytes to let us in and to show one entry.
const MOST_READ: usize = 1 << 20;

/// Ports that are in TLS from the first byte: ldaps, and the global catalog's.
const TLS_PORTS: [u16; 2] = [636, 3269];

/// Proves that a directory lets us in and shows the base.
pub(crate) struct Ldap;

#[async_trait]
impl Checker for Ldap {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let visit = Visit::of(item)?;
        let (reached, stream) = visit.open(probe).await?;
        let stream = Bounded::new(stream, FIRST, MOST_READ);
        let outcome = {
            let (visit, reached, probe) = (&visit, &reached, &mut *probe);
            carried::converse(stream, move |session| visit.talk(probe, reached, session)).await
        };
        let failure = match outcome {
            Ok(()) => return Ok(()),
            Err(carried::Stop::Failed(failure)) => failure,
            Err(carried::Stop::Broken(error)) => probe.broken(item, &error),
        };
        Err(plain_or_tls(probe, item, (&reached, &visit.settings), failure, &kind::TLS_REQUIRED).await)
    }
}

/// Who asks for what, and how the connection is encrypted.
struct Visit<'item> {
    item: &'item Item,
    username: Option<String>,
    password: Option<String>,
    base: Option<String>,
    settings: TlsSettings,
    from_the_start: bool,
}

impl<'item> Visit<'item> {
    fn of(item: &'item Item) -> Result<Self, Failure> {
        let named = item.connection.client.trim_end_matches(|digit: char| digit.is_ascii_digit());
        let secure = item.scheme().as_deref() == Some("ldaps") || named.eq_ignore_ascii_case("ldaps");
        let from_the_start = secure || TLS_PORTS.contains(&item.endpoint()?.port);
        let mode = if from_the_start { TlsMode::VerifyFull } else { TlsMode::Disable };
        let visit = Self {
            item,
            username: item.username(),
            password: item.password(),
            base: item.attribute(Attribute::Path).map(str::to_owned).or_else(|| item.database()),
            settings: TlsSettings::of(item, mode)?,
            from_the_start,
        };
        visit.has_password().map(|()| visit)
    }

    /// A bind with a name and no password succeeds as nobody; see RFC 4513, section 5.1.2.
    fn has_password(&self) -> Result<(), Failure> {
        let (Some(username), None) = (&self.username, &self.password) else { return Ok(()) };
        let name = self.item.name_of(Attribute::Password);
        let evidence = format!("{name} is not set, and without it {username} would be nobody");
        Err(Failure::new(&kind::PASSWORD_REQUIRED, evidence).with_hint(format!("set {name}")))
    }

    async fn open(&self, probe: &mut Probe) -> Result<(Reached, Box<dyn Duplex>), Failure> {
        let default_port = if self.from_the_start { TLS_PORTS[0] } else { 389 };
        let endpoint = self.item.endpoint_or(Some(default_port))?;
        let (reached, mut stream) = probe.connect(&endpoint).await?;
        if !self.settings.mode.is_required() {
            return Ok((reached, Box::new(stream)));
        }
        if !self.from_the_start {
            starttls::ask(self.item, probe, &reached, &mut stream).await?;
        }
        let stream = probe.tls(stream, &endpoint.host, &self.settings).await?;
        Ok((reached, Box::new(stream)))
    }

    async fn talk(
        &self,
        probe: &mut Probe,
        reached: &Reached,
        mut session: Session,
    ) -> Result<(), carried::Stop> {
        probe.enter(Layer::Login);
        let (username, password) = match (&self.username, &self.password) {
            (Some(username), Some(password)) => (username.as_str(), password.as_str()),
            _ => ("", ""),
        };
        let bound = session.simple_bind(username, password).await?;
        self.judge(reached, &bound, "let us in")?;
        probe.leave();
        probe.enter(Layer::Read);
        self.root(probe, &mut session).await?;
        if let Some(base) = &self.base {
            let (entries, result) = read(&mut session, base, &["1.1"]).await?;
            self.judge(reached, &result, &format!("show {base}"))?;
            if entries.is_empty() {
                let evidence = format!("{reached} has {base} but shows nothing of it to {}", self.who());
                return Err(Failure::new(&kind::NOT_PERMITTED, evidence).into());
            }
        }
        probe.leave();
        // Says goodbye; the connection is closed in any case.
        let _ = session.unbind().await;
        Ok(())
    }

    /// What the server says of itself in its root entry, which it need not show.
    async fn root(&self, probe: &mut Probe, session: &mut Session) -> Result<(), LdapError> {
        let wanted = ["vendorName", "vendorVersion", "dnsHostName", "namingContexts"];
        let (entries, _) = read(session, "", &wanted).await?;
        let Some(entry) = entries.first() else { return Ok(()) };
        let text = |name: &str| entry.attrs.get(name).map(|values| values.join(", "));
        match (text("vendorName"), text("vendorVersion")) {
            (Some(name), Some(version)) => probe.fact("version", format!("{name} {version}")),
            (Some(name), None) => probe.fact("version", name),
            _ => {}
        }
        if let Some(host) = text("dnsHostName") {
            probe.fact("server", host);
        }
        if let Some(contexts) = text("namingContexts").filter(|_| self.base.is_none()) {
            probe.fact("bases", contexts);
        }
        Ok(())
    }

    fn who(&self) -> String {
        self.username.as_ref().map_or_else(|| "nobody".to_owned(), |name| format!("user {name}"))
    }

    fn judge(&self, reached: &Reached, result: &LdapResult, what: &str) -> Result<(), Failure> {
        if result.rc == 0 {
            return Ok(());
        }
        let encrypted = self.settings.mode.is_required();
        let code = answers::Code { number: result.rc, words: &result.text };
        let class = code.class(self.username.is_none(), encrypted);
        let referred =
            if result.refs.is_empty() { String::new() } else { format!(", see {}", result.refs.join(" ")) };
        let evidence = format!("{reached} did not {what} as {}: {code}{referred}", self.who());
        let failure = Failure::new(class, evidence);
        let hint = match class {
            class if class == &kind::BAD_PASSWORD => Probe::credentials_hint(self.item),
            class if class == &kind::TLS_REQUIRED => {
                format!("set {}=verify-full for StartTLS", self.item.name_of(Attribute::Sslmode))
            }
            _ => return Err(failure),
        };
        Err(failure.with_hint(hint))
    }
}

/// One entry, by its name.
async fn read(
    session: &mut Session,
    base: &str,
    attributes: &[&str],
) -> Result<(Vec<SearchEntry>, LdapResult), LdapError> {
    let found = session.search(base, Scope::Base, "(objectClass=*)", attributes).await?;
    Ok((found.0.into_iter().map(SearchEntry::construct).collect(), found.1))
}
