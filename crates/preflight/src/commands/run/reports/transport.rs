//! Envelopes over HTTP and HTTPS, with the client that asks Consul and Vault: our own names, `HTTPS_PROXY` and `NO_PROXY`,
//! and the system's authorities, or those of `SSL_CERT_FILE`.

use std::time::Duration;

use preflight_sources::web::Poster;
use preflight_sources::{HttpSettings, ProxySettings};
use preflight_supervise::crash::{Dsn, Request, Response, Sending, Transport, Unreachable};

/// A connection is kept so long for the next envelope: deaths that come together share it.
const IDLE: Duration = Duration::from_secs(5);

/// Posts to the server of one DSN.
pub(super) struct Web {
    poster: Poster,
    path: String,
}

impl Web {
    /// Nothing is read or connected before the first envelope.
    pub(super) fn to(dsn: &Dsn, variable: impl Fn(&str) -> Option<String>) -> Self {
        let url = dsn.envelope_url();
        let (address, path) = apart(&url);
        let either =
            |name: &str| variable(&name.to_uppercase()).or_else(|| variable(name)).unwrap_or_default();
        let proxy = ProxySettings {
            http: either("http_proxy"),
            https: either("https_proxy"),
            exceptions: either("no_proxy"),
        };
        let address = address.to_owned();
        let settings = HttpSettings { address, proxy, idle_timeout: IDLE, ..HttpSettings::default() };
        Self { poster: Poster::new(settings), path: path.to_owned() }
    }
}

impl Transport for Web {
    fn send(&self, request: Request) -> Sending<'_> {
        Box::pin(async move {
            let answer = self.poster.post(&self.path, &request.headers, request.body).await;
            answer
                .map(|answer| Response { status: answer.status, headers: answer.headers })
                .map_err(|error| Unreachable { reason: error.to_string() })
        })
    }
}

/// Scheme and host, and the path.
fn apart(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    url.split_at(url[host..].find('/').map_or(url.len(), |at| host + at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_begins_behind_the_host() {
        assert_eq!(apart("https://host:9/api/7/envelope/"), ("https://host:9", "/api/7/envelope/"));
        assert_eq!(apart("http://[::1]/x"), ("http://[::1]", "/x"));
    }
}
