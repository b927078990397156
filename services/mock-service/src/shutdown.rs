//! Serves until SIGTERM or SIGINT, then takes no new requests and finishes those in flight.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::routes::{self, App};

/// Requests did not finish in time and were cut off.
pub(crate) struct CutOff;

/// Serves, and returns once the last request has been answered.
///
/// # Errors
/// When requests were still in flight after the grace of the config file, or at a second signal.
pub(crate) async fn serve_until_told(listener: TcpListener, app: Arc<App>) -> Result<(), CutOff> {
    let (stop, mut stopping) = watch::channel(());
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => {
            app.log.error(&format!("cannot listen for signals: {error}"));
            return Err(CutOff);
        }
    };
    let service = routes::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service)
        .with_graceful_shutdown(async move { drop(stopping.changed().await) })
        .into_future();
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return end(&app, ended),
        name = signals.next() => {
            let in_flight = app.in_flight.load(Ordering::Relaxed);
            app.log.info(&format!("{name}: taking no more requests, finishing {in_flight} in flight"));
        }
    }
    drop(stop);
    tokio::select! {
        ended = serving => end(&app, ended),
        () = tokio::time::sleep(app.grace()) => cut_off(&app, "the time for it is over"),
        name = signals.next() => cut_off(&app, name),
    }
}

fn end(app: &App, ended: std::io::Result<()>) -> Result<(), CutOff> {
    match ended {
        Ok(()) => {
            app.log.info(&format!("stopped after {} requests", app.requests.load(Ordering::Relaxed)));
            Ok(())
        }
        Err(error) => {
            app.log.error(&format!("cannot serve any more: {error}"));
            Err(CutOff)
        }
    }
}

fn cut_off(app: &App, why: &str) -> Result<(), CutOff> {
    let in_flight = app.in_flight.load(Ordering::Relaxed);
    app.log.error(&format!("stopped with {in_flight} requests in flight: {why}"));
    Err(CutOff)
}

/// The signals that end the service.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The name of the next one.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
