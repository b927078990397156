//! NATS over our own connection: greeting, TLS, login, and a subscription that is taken back at once.

mod wire;

use async_trait::async_trait;
use preflight_contract::Attribute;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use self::wire::{Info, Trouble};
use crate::checkers::broker;
use crate::kinds::{nats as kind, tls as tls_kind};
use crate::net::Reached;
use crate::net::bounded::Duplex;
use crate::net::tls::{TlsMode, TlsSettings};
use crate::probe::Layer;
use crate::{Checker, Class, Failure, Item, Probe};

/// Proves a login and, where a subject is named, that it may be subscribed to.
pub(crate) struct Nats;

#[async_trait]
impl Checker for Nats {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let endpoint = item.endpoint()?;
        let subject = subject(item)?;
        let wish = Wish::of(item)?;
        let (reached, mut stream) = probe.connect(&endpoint).await?;
        let greeting = probe.layer(Layer::Login, wire::read_info(&mut stream)).await;
        let info = greeting.map_err(|trouble| explain(item, probe, &reached, trouble))?;
        note(probe, &reached, &info);
        let encrypted = wish.agrees(item, &reached, &info)?;
        let mut stream: Box<dyn Duplex> = if encrypted {
            Box::new(probe.tls(stream, &endpoint.host, &wish.settings).await?)
        } else {
            Box::new(stream)
        };
        let hello = connect(item, encrypted);
        let login = probe.layer(Layer::Login, wire::ask(&mut *stream, &hello)).await;
        login.map_err(|trouble| explain(item, probe, &reached, trouble))?;
        if let Some(subject) = subject {
            let commands = format!("SUB {subject} 1\r\nUNSUB 1\r\n");
            let read = probe.layer(Layer::Read, wire::ask(&mut *stream, &commands)).await;
            read.map_err(|trouble| explain(item, probe, &reached, trouble))?;
        }
        // The server does not wait for a goodbye, and neither do we.
        let _ = stream.shutdown().await;
        jetstream(item, &reached, &info)
    }
}

/// How TLS is wanted.
struct Wish {
    settings: TlsSettings,
    /// Whether a server without TLS is a failure.
    demanded: bool,
}

impl Wish {
    /// Without an `SSLMODE` it is as NATS clients do: used where the server demands it, or when the scheme is `tls`,
    /// and verified then.
    fn of(item: &Item) -> Result<Self, Failure> {
        let settings = TlsSettings::of(item, TlsMode::VerifyFull)?;
        let said = item.attribute(Attribute::Sslmode).is_some();
        let demanded = if said { settings.mode.is_required() } else { broker::is_called(item, &["tls"]) };
        Ok(Self { settings, demanded })
    }

    /// Whether this connection goes on inside TLS.
    fn agrees(&self, item: &Item, reached: &Reached, info: &Info) -> Result<bool, Failure> {
        let mode = self.settings.mode;
        if mode == TlsMode::Disable {
            return if info.tls_required { Err(forbidden(item, reached)) } else { Ok(false) };
        }
        if self.demanded && !info.tls_required && !info.tls_available {
            let evidence = format!("{reached} says in its greeting that it does not use TLS");
            return Err(Failure::new(&tls_kind::NOT_TLS, evidence));
        }
        let encrypts = info.tls_required || info.tls_available && (self.demanded || mode == TlsMode::Prefer);
        if encrypts && info.tls_verify && self.settings.client_certificate.is_none() {
            return Err(no_certificate(item, reached));
        }
        Ok(encrypts)
    }
}

fn forbidden(item: &Item, reached: &Reached) -> Failure {
    let mode = item.name_of(Attribute::Sslmode);
    let evidence = format!("{reached} takes only clients that use TLS, which {mode} forbids");
    Failure::new(&kind::TLS_REQUIRED, evidence).with_hint(format!("set {mode}=verify-full"))
}

fn no_certificate(item: &Item, reached: &Reached) -> Failure {
    let evidence = format!("{reached} wants a client certificate (tls_verify), and none is set");
    let (certificate, key) = (item.name_of(Attribute::Sslcertpath), item.name_of(Attribute::Sslkeypath));
    Failure::new(&tls_kind::CLIENT_CERTIFICATE, evidence).with_hint(format!("set {certificate} and {key}"))
}

/// `TOPIC`, which must be one word: it becomes a part of a line.
fn subject(item: &Item) -> Result<Option<&str>, Failure> {
    let Some(subject) = item.attribute(Attribute::Topic) else { return Ok(None) };
    if subject.chars().any(|character| character.is_whitespace() || character.is_control()) {
        let evidence = format!("{} is {subject:?}, which holds white space", item.name_of(Attribute::Topic));
        return Err(Failure::new(&kind::BAD_SUBJECT, evidence));
    }
    Ok(Some(subject))
}

/// The CONNECT command. A user without a password is a token, as in the URLs of NATS.
fn connect(item: &Item, encrypted: bool) -> String {
    let (user, password) = (item.username(), item.password());
    let token = item.attribute(Attribute::Token).map(str::to_owned);
    let (user, token) = match (user, &password, token) {
        (Some(alone), None, None) => (None, Some(alone)),
        (user, _, token) => (user, token),
    };
    let mut options = json!({
        "verbose": false, "pedantic": true, "tls_required": encrypted, "lang": "rust",
        "version": env!("CARGO_PKG_VERSION"), "name": "preflight", "protocol": 1, "echo": false,
    });
    for (name, value) in [("user", user), ("pass", password), ("auth_token", token)] {
        if let Some(value) = value {
            options[name] = value.into();
        }
    }
    format!("CONNECT {options}\r\n")
}

fn note(probe: &mut Probe, reached: &Reached, info: &Info) {
    probe.fact("version", info.version.clone());
    if !info.server_name.is_empty() {
        probe.fact("server", info.server_name.clone());
    }
    if let Some(cluster) = &info.cluster {
        probe.fact("cluster", cluster.clone());
    }
    probe.fact("jetstream", if info.jetstream { "on" } else { "off" });
    if info.lame_duck {
        probe.warn(&kind::LAME_DUCK, format!("{reached} is shutting down"));
    }
}

fn jetstream(item: &Item, reached: &Reached, info: &Info) -> Result<(), Failure> {
    if info.jetstream || !broker::is_called(item, &["jetstream"]) {
        return Ok(());
    }
    Err(Failure::new(&kind::NO_JETSTREAM, format!("{reached} runs without JetStream")))
}

fn explain(item: &Item, probe: &Probe, reached: &Reached, trouble: Trouble) -> Failure {
    let words = match trouble {
        Trouble::Io(error) => return probe.broken(item, &error),
        Trouble::Refused(words) => words,
    };
    let token = item.attribute(Attribute::Token).is_some();
    let anonymous = item.username().is_none() && !token;
    let class = class_of(&words, anonymous);
    let who = match item.username() {
        Some(user) if !token && item.password().is_some() => format!("user {user}"),
        _ if anonymous => "a client without login".to_owned(),
        _ => "the token".to_owned(),
    };
    let failure = Failure::new(class, format!("{reached} refused {who}: '{words}'"));
    if class == &kind::BAD_PASSWORD {
        let hint = if token {
            format!("compare {} with the server's `authorization` section", item.name_of(Attribute::Token))
        } else {
            Probe::credentials_hint(item)
        };
        return failure.with_hint(hint);
    }
    if class == &kind::LOGIN_REQUIRED {
        let name = |attribute| item.name_of(attribute);
        return failure.with_hint(format!(
            "set {} and {}, or {}",
            name(Attribute::Username),
            name(Attribute::Password),
            name(Attribute::Token)
        ));
    }
    failure
}

/// NATS has no codes: the beginning of its words, which the protocol lists, stands for them.
fn class_of(words: &str, anonymous: bool) -> &'static Class {
    let words = words.to_ascii_lowercase();
    let begins = |with: &str| words.starts_with(with);
    if begins("authorization violation") && anonymous {
        &kind::LOGIN_REQUIRED
    } else if begins("authorization violation") || begins("authentication timeout") {
        &kind::BAD_PASSWORD
    } else if begins("user authentication") || begins("account authentication") {
        &kind::LOGIN_EXPIRED
    } else if begins("permissions violation") {
        &kind::PERMISSION_DENIED
    } else if begins("invalid subject") {
        &kind::BAD_SUBJECT
    } else if begins("maximum connections") || begins("maximum account active connections") {
        &kind::TOO_MANY_CONNECTIONS
    } else if begins("secure connection") {
        &kind::TLS_REQUIRED
    } else if begins("server shutdown") {
        &kind::LAME_DUCK
    } else {
        &kind::ERROR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_classes() {
        let table = [
            ("Authorization Violation", false, "nats.bad_password"),
            ("Authorization Violation", true, "nats.login_required"),
            ("User Authentication Expired", false, "nats.login_expired"),
            ("Permissions Violation for Subscription to \"a.b\"", false, "nats.permission_denied"),
            ("Invalid Subject", false, "nats.bad_subject"),
            ("maximum connections exceeded", true, "nats.too_many_connections"),
            ("maximum account active connections exceeded", true, "nats.too_many_connections"),
            ("Secure Connection - TLS Required", true, "nats.tls_required"),
            ("Unknown Protocol Operation", true, "nats.error"),
        ];
        for (words, anonymous, class) in table {
            assert_eq!(class_of(words, anonymous).name, class, "{words}");
        }
    }
}
