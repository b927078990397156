//! Probes that name their host.

use std::{
    future::pending,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{sleep, timeout},
};

use super::{LONG, Scene, one, shell};
use crate::{Cause, Fleet, Health, Names, Phase, Probe, Readiness, Resolving, Restart, Service};

/// This machine has every name.
#[derive(Debug)]
struct AnyName;

impl Names for AnyName {
    fn resolve<'names>(&'names self, _host: &'names str) -> Resolving<'names> {
        Box::pin(async { Ok(vec![Ipv4Addr::LOCALHOST.into()]) })
    }
}

/// Never answers, and counts how many still wait for it.
#[derive(Debug, Default)]
struct Silent {
    asked: AtomicUsize,
    waiting: Arc<AtomicUsize>,
}

struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Names for Silent {
    fn resolve<'names>(&'names self, _host: &'names str) -> Resolving<'names> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let waiting = Waiting(Arc::clone(&self.waiting));
        Box::pin(async move {
            let _waiting = waiting;
            pending().await
        })
    }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LONG, "never: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

fn server(probe: Probe) -> Service {
    Service { ready: Some(Readiness::new(probe)), ..shell("server", "exec sleep 600") }
}

#[tokio::test]
async fn a_service_is_ready_when_the_host_that_its_probe_names_accepts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let probe = Probe::Tcp { address: format!("web.domain.com:{port}") };
    let scene = Scene::resolving_by(Arc::new(AnyName), |_| one(server(probe)));
    scene.until("server", &Phase::Running).await;
    scene.end().await;
}

#[tokio::test]
async fn the_name_and_not_its_address_is_the_host_that_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("web.domain.com:{}", listener.local_addr().unwrap().port());
    let probe = Probe::Http { address: address.clone(), path: "/health".to_owned() };
    let scene = Scene::resolving_by(Arc::new(AnyName), |_| one(server(probe)));
    let (mut stream, _) = timeout(LONG, listener.accept()).await.unwrap().unwrap();
    let mut request = vec![0; 1024];
    let count = timeout(LONG, stream.read(&mut request)).await.unwrap().unwrap();
    let request = String::from_utf8_lossy(&request[..count]).into_owned();
    assert!(request.starts_with(&format!("GET /health HTTP/1.1\r\nHost: {address}\r\n")), "{request}");
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    scene.until("server", &Phase::Running).await;
    scene.end().await;
}

#[tokio::test]
async fn a_resolver_that_never_answers_ends_with_the_time_of_the_try() {
    let names = Arc::new(Silent::default());
    let health = Health {
        interval: Duration::from_millis(10),
        timeout: Duration::from_millis(50),
        failures: 3,
        ..Health::new(Probe::Tcp { address: "silent.domain.com:80".to_owned() })
    };
    let restart = Restart { policy: crate::Policy::Never, ..Restart::default() };
    let service = Service { health: Some(health), restart, ..shell("web", "exec sleep 600") };
    let scene = Scene::resolving_by(Arc::clone(&names) as Arc<dyn Names>, |_| one(service));
    let notes = || scene.notes.lock().unwrap().join("\n");
    until("it is unhealthy", || notes().contains("the name silent.domain.com was not resolved in time"))
        .await;
    assert_eq!(names.asked.load(Ordering::SeqCst), 3);
    scene.end().await;
    assert_eq!(names.waiting.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_name() {
    let names = Arc::new(Silent::default());
    let probe = Probe::Tcp { address: "silent.domain.com:80".to_owned() };
    let make = |_: &str| Fleet::new(vec![server(probe)]).unwrap();
    let scene = Scene::resolving_by(Arc::clone(&names) as Arc<dyn Names>, make);
    until("it is asked", || names.asked.load(Ordering::SeqCst) > 0).await;
    let ending = scene.end().await;
    assert!(matches!(ending.cause, Cause::Requested { .. }), "{ending:?}");
    assert_eq!(ending.killed, Vec::<crate::Name>::new());
    assert_eq!(names.waiting.load(Ordering::SeqCst), 0);
}
