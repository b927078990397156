//! Certificates of pki, at the stub: the real server of the tests is built without it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use preflight_sources::vault::{Arguments, PemBundle, VaultAnswer, VaultQuery};
use preflight_sources::{Cause, Query};

use crate::place::{Place, stub};
use crate::watching::Watching;

fn query(file: &Path, ttl: &str) -> VaultQuery {
    query_for("app.local", file, ttl)
}

fn query_for(name: &str, file: &Path, ttl: &str) -> VaultQuery {
    let pairs = [("common_name", name), ("ttl", ttl)];
    let arguments = Arguments::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    VaultQuery::certificate("pki/issue/web", arguments, file.to_str().unwrap()).unwrap()
}

async fn bundle(watching: &mut Watching, query: &Query) -> Arc<PemBundle> {
    match watching.next(query).await.unwrap() {
        VaultAnswer::Certificate(bundle) => bundle,
        other => panic!("{other:?} is no certificate"),
    }
}

fn issued(place: &Place) -> usize {
    place.stub().asked("PUT /v1/pki/issue/web")
}

#[tokio::test]
async fn a_certificate_in_its_destination_is_used_again() {
    let (place, folder) = (stub().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("app.pem");
    let mut watching = Watching::new(place.root_settings());
    let wanted = watching.want(query(&file, "3600s"));
    let first = bundle(&mut watching, &wanted).await;
    assert!(first.certificate.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(first.key.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(first.chain, [Arc::clone(&first.authority)]);
    std::fs::write(&file, format!("{}{}{}", first.key, first.certificate, first.authority)).unwrap();
    let mut watching = Watching::new(place.root_settings());
    let wanted = watching.want(query(&file, "3600s"));
    assert_eq!(bundle(&mut watching, &wanted).await, first);
    assert_eq!(issued(&place), 1);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_taken() {
    let (place, folder) = (stub().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("app.pem");
    let mut watching = Watching::new(place.root_settings());
    let wanted = watching.want(query(&file, "3600s"));
    let first = bundle(&mut watching, &wanted).await;
    std::fs::write(&file, &*first.certificate).unwrap();
    let mut watching = Watching::new(place.root_settings());
    let wanted = watching.want(query_for("other.local", &file, "3600s"));
    assert_ne!(bundle(&mut watching, &wanted).await.certificate, first.certificate);
    assert_eq!(issued(&place), 2);
}

#[tokio::test]
async fn a_certificate_is_replaced_before_its_end() {
    let (place, folder) = (stub().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("app.pem");
    let mut watching = Watching::new(place.root_settings());
    let wanted = watching.want(query(&file, "4s"));
    let began = Instant::now();
    let first = bundle(&mut watching, &wanted).await;
    let second = bundle(&mut watching, &wanted).await;
    assert_ne!(first.certificate, second.certificate);
    // A certificate's times are whole seconds.
    let lasted = began.elapsed();
    assert!(lasted > Duration::from_secs(2) && lasted < Duration::from_secs(4), "{lasted:?}");
}

#[tokio::test]
async fn what_is_no_certificate_in_the_destination_is_no_obstacle() {
    let (place, folder) = (stub().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("app.pem");
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nnonsense").unwrap();
    let mut watching = Watching::new(place.root_settings());
    let wanted = watching.want(query(&file, "3600s"));
    assert!(!bundle(&mut watching, &wanted).await.certificate.is_empty());
}

#[tokio::test]
async fn an_old_but_valid_certificate_serves_while_vault_is_away() {
    let (place, folder) = (stub().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("app.pem");
    let mut watching = Watching::new(place.root_settings());
    let wanted = watching.want(query(&file, "3600s"));
    let first = bundle(&mut watching, &wanted).await;
    std::fs::write(&file, &*first.certificate).unwrap();
    place.stub().world().sealed = true;
    let mut settings = place.root_settings();
    settings.lease_renewal_threshold = 0.0;
    let mut watching = Watching::new(settings.clone());
    // After almost all of a certificate's life it is replaced at once; the first seconds of an hour are not that late.
    let wanted = watching.want(query(&file, "3600s"));
    assert_eq!(bundle(&mut watching, &wanted).await.certificate, first.certificate);
    std::fs::remove_file(&file).unwrap();
    let mut watching = Watching::new(settings);
    let wanted = watching.want(query(&file, "3600s"));
    assert_eq!(watching.next(&wanted).await.unwrap_err().cause, Cause::VaultSealed);
}

#[tokio::test]
async fn an_answer_without_a_certificate_is_told() {
    let (place, folder) = (stub().await, tempfile::tempdir().unwrap());
    let mut watching = Watching::new(place.root_settings());
    let wanted = watching.want(query(&folder.path().join("app.pem"), "0s"));
    assert_eq!(watching.next(&wanted).await.unwrap_err().cause, Cause::BadAnswer);
}
