//! Which path is answered with what.

use std::fmt::Write;

use crate::Board;
use crate::document::Document;
use crate::server::{Method, Request, Response};
use crate::{metrics, page, table};

const JSON: &str = "application/json";
/// Prometheus's text format, see <https://prometheus.io/docs/instrumenting/exposition_formats/>.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The answer to a request.
pub(crate) fn answer(request: &Request, board: &Board) -> Response {
    let document = || board.document();
    let response = match request.path.as_str() {
        "/" => page::page,
        "/healthz" => healthy,
        "/readyz" => ready,
        "/metrics" => |document: &dyn Fn() -> Document| Response::ok(METRICS, metrics::metrics(&document())),
        "/status.json" => |document: &dyn Fn() -> Document| Response::ok(JSON, document().to_json() + "\n"),
        "/status.css" => page::style,
        "/status.js" => page::script,
        _ => return Response::error(404),
    };
    if request.method == Method::Other {
        return Response::error(405).with("Allow", "GET, HEAD");
    }
    response(&document)
}

/// Whoever answers is alive.
fn healthy(_: &dyn Fn() -> Document) -> Response {
    Response::text(200, "alive\n".to_owned())
}

fn ready(document: &dyn Fn() -> Document) -> Response {
    let document = document();
    if document.ready {
        return Response::text(200, "ready\n".to_owned());
    }
    Response::text(503, not_ready(&document))
}

/// A line for each that is not ready, or one for all.
fn not_ready(document: &Document) -> String {
    let mut text = String::new();
    for service in document.services.iter().filter(|service| service.hinders()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}: {}", service.name, table::condition(service, document));
    }
    if text.is_empty() || document.state != "running" {
        text.insert_str(0, &format!("{}\n", document.state));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Run;

    fn ask(method: Method, path: &str) -> Response {
        let board = Board::new(Run { contract: None, redactor: Box::new(Default::default) });
        board.reach(crate::Stage::Checking);
        answer(
            &Request { method, path: path.to_owned(), keeps_alive: true, names_this_machine: true },
            &board,
        )
    }

    #[test]
    fn before_there_are_services_it_is_alive_and_not_ready() {
        assert_eq!(ask(Method::Get, "/healthz").status, 200);
        let response = ask(Method::Get, "/readyz");
        assert_eq!((response.status, response.body.as_str()), (503, "checking\n"));
        assert!(ask(Method::Get, "/status.json").body.contains("\"state\":\"checking\""));
        assert!(ask(Method::Get, "/metrics").body.contains("\npreflight_ready 0\n"));
        assert_eq!(ask(Method::Get, "/").status, 200);
    }

    #[test]
    fn what_is_not_there_and_what_cannot_be_done_are_told_apart() {
        assert_eq!(ask(Method::Get, "/nothing").status, 404);
        assert_eq!(ask(Method::Other, "/nothing").status, 404);
        assert_eq!(ask(Method::Other, "/readyz").status, 405);
        assert_eq!(ask(Method::Other, "/readyz").fields.last(), Some(&("Allow", "GET, HEAD")));
    }
}
