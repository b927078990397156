//! One line for every request: who asked for what, what they got, how long it took, and what else was going on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::body::HttpBody;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::environment::is_secret;
use crate::routes::App;

/// Logs the request when its answer is ready, or when its client has gone away before.
pub(crate) async fn log_request(
    State(app): State<Arc<App>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let entry = Entry::begin(app, client, &request);
    let response = next.run(request).await;
    entry.end(&response);
    response
}

/// A request that is being worked on. Dropped before its end, it was given up.
struct Entry {
    app: Arc<App>,
    asked: String,
    began: Instant,
    in_flight: usize,
    ended: bool,
}

impl Entry {
    fn begin(app: Arc<App>, client: SocketAddr, request: &Request) -> Self {
        let number = app.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let in_flight = app.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        let asked = format!(
            "request {number} {} {} {:?} from {client}, agent {:?}",
            request.method(),
            shown(request.uri()),
            request.version(),
            agent(request.headers())
        );
        Self { app, asked, began: Instant::now(), in_flight, ended: false }
    }

    fn end(mut self, response: &Response) {
        self.ended = true;
        let size =
            response.body().size_hint().exact().map_or_else(|| "unknown".to_owned(), |size| size.to_string());
        self.write(&format!("{}, {size} bytes", response.status()));
    }

    fn write(&self, outcome: &str) {
        let took = self.began.elapsed().as_millis();
        self.app.log.info(&format!("{}: {outcome}, {took} ms, {} in flight", self.asked, self.in_flight));
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.app.in_flight.fetch_sub(1, Ordering::Relaxed);
        if !self.ended {
            self.write("given up, the client went away");
        }
    }
}

/// Path and query; values of parameters that are secret by name are left out.
fn shown(uri: &Uri) -> String {
    let Some(query) = uri.query() else { return uri.path().to_owned() };
    let parameters: Vec<String> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}={}", preflight_logging::REDACTED),
            _ => parameter.to_owned(),
        })
        .collect();
    format!("{}?{}", uri.path(), parameters.join("&"))
}

fn agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_parameters_are_logged_without_their_values() {
        let uri: Uri = "/a?page=2&api-key=hush&Token=hush".parse().unwrap();
        assert_eq!(shown(&uri), "/a?page=2&api-key=[redacted]&Token=[redacted]");
    }
}
