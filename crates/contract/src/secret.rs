//! Which variables, and which parts of their values, must never be shown. When in doubt, it is a secret.

use url::Url;

use crate::endpoint::decode;
use crate::model::Variable;

/// Parts of a name that make its value a secret.
const SECRET_PARTS: [&str; 29] = [
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PWD",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "TOKENS",
    "KEY",
    "KEYS",
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "CREDS",
    "CRED",
    "DSN",
    "SALT",
    "PEPPER",
    "COOKIE",
    "JWT",
    "HMAC",
    "PRIVATE",
    "PIN",
    "OTP",
    "BEARER",
    "WEBHOOK",
    "CONNECTIONSTRING",
];

/// Ends of a part that do the same: DBPASSWORD, CLIENTSECRET.
const SECRET_ENDS: [&str; 8] =
    ["PASSWORD", "SECRET", "TOKEN", "APIKEY", "ACCESSKEY", "SECRETKEY", "PRIVATEKEY", "CREDENTIALS"];

/// Last parts that say that the value is about a secret and not the secret: a place, a number, a switch.
const HARMLESS_ENDS: [&str; 19] = [
    "FILE",
    "PATH",
    "SSLKEYPATH",
    "DIR",
    "ARN",
    "REGION",
    "PORT",
    "ADDRESS",
    "HOST",
    "TIMEOUT",
    "TTL",
    "EXPIRY",
    "LENGTH",
    "VERSION",
    "DESCRIPTION",
    "USERNAME",
    "ENABLED",
    "MODE",
    "SSLMODE",
];

/// Query parameters of a URL whose values are secret.
const SECRET_PARAMETERS: [&str; 12] = [
    "password",
    "pwd",
    "pass",
    "passwd",
    "token",
    "access_token",
    "secret",
    "apikey",
    "api_key",
    "sig",
    "accountkey",
    "sharedaccesskey",
];

/// Whether the value of `name` must never be shown: declared so, or named like a secret. `PASSWORD` and `TOKEN`
/// attributes always are.
#[must_use]
pub fn is_secret(name: &str, declared: Option<&Variable>) -> bool {
    if declared.is_some_and(|variable| variable.secret) {
        return true;
    }
    // The working folder, as every shell passes it on (POSIX): it stands in half of what is told.
    if name == "PWD" {
        return false;
    }
    let name = name.to_ascii_uppercase();
    let parts: Vec<&str> = name.split(['_', '-', '.']).collect();
    if parts.last().is_some_and(|last| HARMLESS_ENDS.contains(last)) {
        return false;
    }
    parts.iter().any(|part| SECRET_PARTS.contains(part) || SECRET_ENDS.iter().any(|end| part.ends_with(end)))
}

/// The texts in the value of `name` that must never be shown: all of it when the variable is secret, else the
/// password and the secret parameters of a URL or of a list of `key=value`, as written and decoded.
#[must_use]
pub fn secrets_of(name: &str, declared: Option<&Variable>, value: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    if is_secret(name, declared) {
        secrets.push(value.to_owned());
    }
    secrets.extend(url_secrets(value));
    secrets.extend(pair_secrets(value));
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort();
    secrets.dedup();
    secrets
}

fn url_secrets(value: &str) -> Vec<String> {
    let Some((_, rest)) = value.split_once("://") else { return Vec::new() };
    let mut secrets = Vec::new();
    // By hand as well as by the parser: a password with an unescaped `/`, `#` or `?` makes the URL unreadable.
    if let Some((userinfo, _)) = rest.rsplit_once('@') {
        // A long user alone is a token (https://TOKEN@host), a short one a name.
        let token = if userinfo.len() >= 16 { userinfo } else { "" };
        let password = userinfo.split_once(':').map_or(token, |(_, password)| password);
        secrets.extend([password.to_owned(), decode(password)]);
    }
    if let Ok(url) = Url::parse(value) {
        let password = url.password().unwrap_or_default();
        secrets.extend([password.to_owned(), decode(password)]);
        let hidden = |key: &str| SECRET_PARAMETERS.iter().any(|known| key.eq_ignore_ascii_case(known));
        secrets.extend(url.query_pairs().filter(|(key, _)| hidden(key)).map(|(_, value)| value.into_owned()));
        let raw = url.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        secrets.extend(raw.filter(|(key, _)| hidden(key)).map(|(_, value)| value.to_owned()));
    }
    secrets
}

/// Passwords in `host=db password='x y'` and in `Server=db;Password=…`, up to the closing quote if there is one.
fn pair_secrets(value: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    if !value.contains('=') {
        return secrets;
    }
    let lower = value.to_ascii_lowercase();
    for key in SECRET_PARAMETERS {
        for (start, _) in lower.match_indices(&format!("{key}=")) {
            // Lower case in ASCII keeps every byte's place.
            let rest = &value[start + key.len() + 1..];
            secrets.extend(pair_value(rest).map(str::to_owned));
        }
    }
    secrets
}

fn pair_value(rest: &str) -> Option<&str> {
    match rest.chars().next() {
        Some(quote @ ('\'' | '"')) => rest[1..].split(quote).next(),
        _ => rest.split([';', ' ', '&', '\n']).next(),
    }
}
