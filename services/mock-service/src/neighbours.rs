//! The other services this one talks to. Where they are changes from run to run: each run's environment says.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Client;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::environment::Environment;

/// How long another service may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// All of them, and what asks them.
pub(crate) struct Neighbours {
    neighbours: Vec<Neighbour>,
    client: Result<Client, reqwest::Error>,
}

struct Neighbour {
    name: String,
    url: Result<Url, NeighbourError>,
}

/// What another service said of its health.
pub(crate) struct Answer {
    /// The service's name in the config file.
    pub(crate) name: String,
    /// What it answered, and how fast; or why there is no good answer.
    pub(crate) outcome: Result<String, String>,
}

#[derive(Debug, thiserror::Error)]
enum NeighbourError {
    #[error("{0} is not set")]
    Missing(String),
    #[error("{variable} is not a URL: {source}")]
    Unreadable { variable: String, source: url::ParseError },
    #[error("{variable} is not an http or https URL")]
    WrongScheme { variable: String },
}

impl Neighbours {
    /// The services of the config file, at the URLs of the environment.
    pub(crate) fn new(services: &BTreeMap<String, String>, environment: &Environment) -> Self {
        let neighbours = services
            .iter()
            .map(|(name, variable)| Neighbour { name: name.clone(), url: health_url(variable, environment) })
            .collect();
        Self { neighbours, client: client() }
    }

    /// Asks all of them at once.
    pub(crate) async fn ask(&self) -> Vec<Answer> {
        join_all(self.neighbours.iter().map(|neighbour| async {
            Answer { name: neighbour.name.clone(), outcome: self.ask_one(neighbour).await }
        }))
        .await
    }

    async fn ask_one(&self, neighbour: &Neighbour) -> Result<String, String> {
        let url = neighbour.url.as_ref().map_err(ToString::to_string)?;
        let client = self.client.as_ref().map_err(explained)?;
        let asked = Instant::now();
        let shown = shown(url);
        let answer = client.get(url.clone()).send().await;
        let answer = answer.map_err(|error| format!("{shown}: {}", explained(&error.without_url())))?;
        let took = asked.elapsed().as_millis();
        if answer.status().is_success() {
            Ok(format!("{shown} answered {} in {took} ms", answer.status()))
        } else {
            Err(format!("{shown} answered {}", answer.status()))
        }
    }
}

/// A client that trusts the system's authorities, or the built-in ones where the system has none, as in a small image.
fn client() -> Result<Client, reqwest::Error> {
    let mut trusted = RootCertStore::empty();
    let (added, _unreadable) =
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let tls = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    // A proxy of the environment is for the outside world, not for the services next door.
    Client::builder().tls_backend_preconfigured(tls).no_proxy().timeout(PATIENCE).build()
}

/// Where the service says how it is: `/health` under the URL in the variable.
fn health_url(variable: &str, environment: &Environment) -> Result<Url, NeighbourError> {
    let variable = variable.to_owned();
    let Some(text) = environment.value(&variable) else { return Err(NeighbourError::Missing(variable)) };
    let mut url = match Url::parse(&text) {
        Ok(url) => url,
        Err(source) => return Err(NeighbourError::Unreadable { variable, source }),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(NeighbourError::WrongScheme { variable });
    }
    let path = format!("{}/health", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

/// The URL without its user information and its query, which may hold secrets.
fn shown(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// The innermost cause, which is the one that says something.
fn explained(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if error.is_timeout() { format!("no answer within {} s", PATIENCE.as_secs()) } else { cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(value: &str) -> Result<String, String> {
        let environment = Environment::of([("HTTP_A_URL".to_owned(), value.to_owned())]);
        health_url("HTTP_A_URL", &environment).map(|url| shown(&url)).map_err(|error| error.to_string())
    }

    #[test]
    fn health_is_asked_for_below_the_given_path() {
        assert_eq!(health("http://a.test:81/quiet-otter/").unwrap(), "http://a.test:81/quiet-otter/health");
        assert_eq!(health("http://a.test").unwrap(), "http://a.test/health");
    }

    #[test]
    fn credentials_and_queries_are_not_shown() {
        assert_eq!(health("http://pat:hush@a.test/?token=hush").unwrap(), "http://a.test/health");
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_its_value() {
        assert_eq!(health("").unwrap_err(), "HTTP_A_URL is not set");
        assert_eq!(health("ftp://hush/").unwrap_err(), "HTTP_A_URL is not an http or https URL");
        assert!(health("hush").unwrap_err().starts_with("HTTP_A_URL is not a URL"));
    }
}
