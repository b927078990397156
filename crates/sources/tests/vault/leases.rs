//! Leases, at the stub: the real server of the tests has no engine that gives any.

use std::time::{Duration, Instant};

use preflight_sources::Cause;
use preflight_sources::vault::VaultQuery;

use crate::engines::{LEASE_LONGEST, LEASE_TTL};
use crate::place::stub;
use crate::watching::{Watching, value};

#[tokio::test]
async fn a_lease_is_renewed_and_replaced_at_its_longest() {
    let place = stub().await;
    let mut watching = Watching::new(place.root_settings());
    let query = watching.want(VaultQuery::read("database/creds/app").unwrap());
    let began = Instant::now();
    let first = value(&watching.next(&query).await.unwrap(), "password");
    let second = value(&watching.next(&query).await.unwrap(), "password");
    let lasted = began.elapsed();
    assert_ne!(first, second);
    assert!(lasted > Duration::from_secs(LEASE_TTL + 1), "{lasted:?}: it was renewed");
    assert!(lasted < Duration::from_secs(LEASE_LONGEST + 1), "{lasted:?}: it was replaced before its end");
    assert!(place.stub().asked("PUT /v1/sys/leases/renew") >= 2);
    assert_eq!(place.stub().asked("GET /v1/database/creds/app"), 2);
}

#[tokio::test]
async fn a_lease_that_cannot_be_renewed_is_replaced_near_its_end() {
    let place = stub().await;
    let mut watching = Watching::new(place.root_settings());
    let query = watching.want(VaultQuery::read("database/creds/fixed").unwrap());
    watching.next(&query).await.unwrap();
    let began = Instant::now();
    watching.next(&query).await.unwrap();
    let part = began.elapsed().as_secs_f64() / Duration::from_secs(LEASE_TTL).as_secs_f64();
    assert!((0.8..1.0).contains(&part), "after {part} of the lease");
    assert_eq!(place.stub().asked("PUT /v1/sys/leases/renew"), 0);
}

#[tokio::test]
async fn a_revoked_lease_is_replaced() {
    let place = stub().await;
    let mut watching = Watching::new(place.root_settings());
    let query = watching.want(VaultQuery::read("database/creds/app").unwrap());
    let first = value(&watching.next(&query).await.unwrap(), "password");
    place.stub().world().leases.clear();
    assert_ne!(value(&watching.next(&query).await.unwrap(), "password"), first);
}

#[tokio::test]
async fn a_lease_outlives_a_moment_without_vault() {
    let place = stub().await;
    let mut watching = Watching::new(place.root_settings());
    let query = watching.want(VaultQuery::read("database/creds/app").unwrap());
    watching.next(&query).await.unwrap();
    place.stub().world().sealed = true;
    assert_eq!(watching.next(&query).await.unwrap_err().cause, Cause::VaultSealed);
    place.stub().world().sealed = false;
    assert_eq!(value(&watching.good(&query).await, "username"), "v-app");
    assert_eq!(place.stub().asked("GET /v1/database/creds/app"), 1, "the same credentials as before");
}

#[tokio::test]
async fn a_rotating_password_is_read_just_after_its_turn() {
    let place = stub().await;
    let mut watching = Watching::new(place.root_settings());
    let query = watching.want(VaultQuery::read("database/static-creds/app").unwrap());
    let first = value(&watching.next(&query).await.unwrap(), "password");
    let second = value(&watching.next(&query).await.unwrap(), "password");
    let turn = |password: &str| password.strip_prefix("turn-").unwrap().parse::<u64>().unwrap();
    assert_eq!(turn(&second), turn(&first) + 1, "no turn is missed");
    assert!(place.stub().asked("GET /v1/database/static-creds/app") <= 3);
}
