//! What can be asked of the service, and who answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::Duration;

use axum::extract::{ConnectInfo, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::Config;
use crate::database::Visit;
use crate::log::Log;
use crate::needs::{Need, Needs};
use crate::{page, request_log};

/// The page has no script, no picture and nothing from elsewhere, and a browser is told so.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The longest that `/api/slow` may be asked to take, in milliseconds.
const SLOWEST: u64 = 30_000;

/// What all requests share.
pub(crate) struct App {
    config: Config,
    needs: Arc<Needs>,
    /// Where requests are logged.
    pub(crate) log: Log,
    /// How many requests there were.
    pub(crate) requests: AtomicU64,
    /// How many requests are being worked on.
    pub(crate) in_flight: AtomicUsize,
}

impl App {
    pub(crate) fn new(config: Config, needs: Arc<Needs>, log: Log) -> Self {
        Self { config, needs, log, requests: AtomicU64::new(0), in_flight: AtomicUsize::new(0) }
    }

    /// How long requests in flight may take to finish.
    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(self.config.shutdown_seconds)
    }
}

/// The routes, each request logged.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(front_page))
        .route("/health", get(health))
        .route("/api/greeting", get(greeting))
        .route("/api/needs", get(needs))
        .route("/api/visits", get(visits))
        .route("/api/slow", get(slow))
        .fallback(async || (StatusCode::NOT_FOUND, Json(json!({ "error": "there is nothing here" }))))
        .layer(middleware::from_fn_with_state(app.clone(), request_log::log_request))
        .with_state(app)
}

/// The page. It is served, with an alarm on it, even when everything is missing.
async fn front_page(State(app): State<Arc<App>>, ConnectInfo(client): ConnectInfo<SocketAddr>) -> Response {
    let visit = Visit::now(client.ip().to_string());
    if app.needs.database.is_configured()
        && let Err(error) = app.needs.database.record(&visit).await
    {
        app.log.error(&format!("this visit was not kept: {error}"));
    }
    let (needs, visits) = tokio::join!(app.needs.look(), app.needs.database.visits());
    let html = page::render(&app.config, &needs, visits.ok().as_ref());
    let headers =
        [(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY), (header::CACHE_CONTROL, "no-store")];
    (status_of(&needs), headers, Html(html)).into_response()
}

/// How the service was when it last looked at its needs: 200 when all are there, else 503.
async fn health(State(app): State<Arc<App>>) -> Response {
    answer_needs(&app, app.needs.last_seen())
}

/// As `/health`, but it looks now.
async fn needs(State(app): State<Arc<App>>) -> Response {
    let needs = app.needs.look().await;
    answer_needs(&app, needs)
}

fn answer_needs(app: &App, needs: Vec<Need>) -> Response {
    let status = if needs.iter().all(|need| need.well) { "ok" } else { "missing" };
    (status_of(&needs), Json(json!({ "name": app.config.name, "status": status, "needs": needs })))
        .into_response()
}

fn status_of(needs: &[Need]) -> StatusCode {
    if needs.iter().all(|need| need.well) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn greeting(State(app): State<Arc<App>>) -> Response {
    Json(json!({ "name": app.config.name, "greeting": app.config.greeting })).into_response()
}

async fn visits(State(app): State<Arc<App>>) -> Response {
    match app.needs.database.visits().await {
        Ok(visits) => Json(visits).into_response(),
        Err(error) => {
            let error = app.log.clean(&error.to_string());
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": error }))).into_response()
        }
    }
}

/// How slow `/api/slow` shall be.
#[derive(Deserialize, Serialize)]
struct Slowness {
    /// 1000 unless given, 30000 at most.
    #[serde(default = "one_second")]
    milliseconds: u64,
}

fn one_second() -> u64 {
    1000
}

/// Takes its time, to see requests run side by side and to see them finished as the service stops.
async fn slow(Query(mut slowness): Query<Slowness>) -> Json<Slowness> {
    slowness.milliseconds = slowness.milliseconds.min(SLOWEST);
    tokio::time::sleep(Duration::from_millis(slowness.milliseconds)).await;
    Json(slowness)
}
