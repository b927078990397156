//! Reading, listing and writing in both versions of the key-value engine.

use std::time::Duration;

use serde_json::json;

use preflight_sources::vault::{Arguments, VaultAnswer, VaultQuery};

use crate::place::places;
use crate::watching::{Watching, value, versioned};

fn read(path: &str) -> VaultQuery {
    VaultQuery::read(path).unwrap()
}

fn arguments(pairs: &[(&str, &str)]) -> Arguments {
    Arguments::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[tokio::test]
async fn a_secret_is_read_by_the_path_that_people_write() {
    for place in places("read1").await {
        let data = json!({ "data": { "user": "pat", "port": 5432 } });
        place.call("POST", "secret/data/read/app", &data).await;
        place.call("PUT", "read1/app", &json!({ "user": "sam" })).await;
        let mut watching = Watching::new(place.root_settings());
        for path in ["secret/read/app", "secret/data/read/app", "/secret/read/app/"] {
            let query = watching.want(read(path));
            let answer = watching.next(&query).await.unwrap();
            assert_eq!(versioned(&answer, "user"), "pat", "{path}");
            assert_eq!(versioned(&answer, "port"), "5432");
            watching = Watching::new(place.root_settings());
        }
        let query = watching.want(read("read1/app"));
        assert_eq!(value(&watching.next(&query).await.unwrap(), "user"), "sam");
    }
}

#[tokio::test]
async fn what_is_known_about_a_secret_is_read_where_it_is() {
    let Some(real) = places("metadata1").await.into_iter().find(|place| place.stub.is_none()) else { return };
    let name = format!("metadata{}", fastrand::u32(..));
    real.call("POST", &format!("secret/data/{name}"), &json!({ "data": { "v": "x" } })).await;
    let mut watching = Watching::new(real.root_settings());
    let query = watching.want(read(&format!("secret/metadata/{name}")));
    assert_eq!(value(&watching.next(&query).await.unwrap(), "current_version"), "1");
}

#[tokio::test]
async fn a_version_may_be_asked_for() {
    for place in places("version1").await {
        let name = format!("versions{}", fastrand::u32(..));
        for content in ["one", "two"] {
            place.call("POST", &format!("secret/data/{name}"), &json!({ "data": { "v": content } })).await;
        }
        let mut watching = Watching::new(place.root_settings());
        let (first, last) = (read(&format!("secret/{name}?version=1")), read(&format!("secret/{name}")));
        let (first, last) = (watching.want(first), watching.want(last));
        assert_eq!(versioned(&watching.next(&first).await.unwrap(), "v"), "one");
        assert_eq!(versioned(&watching.next(&last).await.unwrap(), "v"), "two");
    }
}

#[tokio::test]
async fn what_is_not_there_is_an_answer_and_may_appear() {
    for place in places("absent1").await {
        let name = format!("absent{}", fastrand::u32(..));
        let mut watching = Watching::new(place.root_settings());
        let versioned_one = watching.want(read(&format!("secret/{name}")));
        let plain = watching.want(read(&format!("absent1/{name}")));
        for query in [&versioned_one, &plain] {
            assert_eq!(watching.next(query).await.unwrap(), VaultAnswer::Secret(None));
        }
        assert!(watching.is_silent(&plain, Duration::from_millis(500)).await, "it is told once");
        place.call("POST", &format!("secret/data/{name}"), &json!({ "data": { "v": "here" } })).await;
        place.call("PUT", &format!("absent1/{name}"), &json!({ "v": "here" })).await;
        assert_eq!(versioned(&watching.next(&versioned_one).await.unwrap(), "v"), "here");
        assert_eq!(value(&watching.next(&plain).await.unwrap(), "v"), "here");
    }
}

#[tokio::test]
async fn what_was_deleted_is_not_there() {
    for place in places("deleted1").await {
        let name = format!("deleted{}", fastrand::u32(..));
        place.call("POST", &format!("secret/data/{name}"), &json!({ "data": { "v": "x" } })).await;
        place.call("DELETE", &format!("secret/data/{name}"), &json!(null)).await;
        let mut watching = Watching::new(place.root_settings());
        let query = watching.want(read(&format!("secret/{name}")));
        assert_eq!(watching.next(&query).await.unwrap(), VaultAnswer::Secret(None));
    }
}

#[tokio::test]
async fn a_change_is_seen_after_the_default_lease() {
    for place in places("changes1").await {
        let name = format!("changes{}", fastrand::u32(..));
        let write = |content: &str| json!({ "data": { "v": content } });
        place.call("POST", &format!("secret/data/{name}"), &write("old")).await;
        let mut settings = place.root_settings();
        settings.default_lease_duration = Duration::from_secs(1);
        let mut watching = Watching::new(settings);
        let query = watching.want(read(&format!("secret/{name}")));
        assert_eq!(versioned(&watching.next(&query).await.unwrap(), "v"), "old");
        place.call("POST", &format!("secret/data/{name}"), &write("new")).await;
        assert_eq!(versioned(&watching.next(&query).await.unwrap(), "v"), "new");
    }
}

#[tokio::test]
async fn names_are_listed_sorted_in_both_versions() {
    for place in places("list1").await {
        for name in ["b", "a/deep", "c"] {
            place.call("POST", &format!("secret/data/list/{name}"), &json!({ "data": { "v": "x" } })).await;
            place.call("PUT", &format!("list1/list/{name}"), &json!({ "v": "x" })).await;
        }
        let mut watching = Watching::new(place.root_settings());
        for path in ["secret/list", "secret/metadata/list", "list1/list/"] {
            let query = watching.want(VaultQuery::list(path).unwrap());
            let VaultAnswer::Names(names) = watching.next(&query).await.unwrap() else { panic!("names") };
            assert_eq!(*names, ["a/", "b", "c"], "{path}");
        }
        let nothing = watching.want(VaultQuery::list("secret/nothing-here").unwrap());
        assert_eq!(watching.next(&nothing).await.unwrap(), VaultAnswer::Names(Vec::new().into()));
    }
}

#[tokio::test]
async fn arguments_are_written_once_in_both_versions() {
    for place in places("write1").await {
        let name = format!("write{}", fastrand::u32(..));
        let mut settings = place.root_settings();
        settings.default_lease_duration = Duration::from_millis(600);
        let mut watching = Watching::new(settings);
        let pairs = arguments(&[("user", "pat"), ("password", "a=\"b\"")]);
        let second = VaultQuery::write(&format!("secret/{name}"), pairs.clone()).unwrap();
        let first = VaultQuery::write(&format!("write1/{name}"), pairs).unwrap();
        let (second, first) = (watching.want(second), watching.want(first));
        assert_eq!(value(&watching.next(&second).await.unwrap(), "version"), "1");
        assert_eq!(watching.next(&first).await.unwrap(), VaultAnswer::Written(None));
        assert!(watching.is_silent(&second, Duration::from_millis(1500)).await, "no second version is made");
        let written = place.call("GET", &format!("secret/data/{name}"), &json!(null)).await;
        assert_eq!(written["data"]["data"], json!({ "user": "pat", "password": "a=\"b\"" }));
        let written = place.call("GET", &format!("write1/{name}"), &json!(null)).await;
        assert_eq!(written["data"]["user"], "pat");
    }
}

#[tokio::test]
async fn many_secrets_of_one_mount_are_told_of_it_once() {
    let place = crate::place::stub().await;
    for number in 0..20 {
        place.call("POST", &format!("secret/data/many/{number}"), &json!({ "data": { "v": number } })).await;
    }
    let mut watching = Watching::new(place.root_settings());
    let queries: Vec<_> =
        (0..20).map(|number| (number, watching.want(read(&format!("secret/many/{number}"))))).collect();
    for (number, query) in queries {
        assert_eq!(versioned(&watching.next(&query).await.unwrap(), "v"), number.to_string());
    }
    assert_eq!(place.stub().asked("GET /v1/sys/internal/ui/mounts/"), 1);
}

#[tokio::test]
async fn numbers_reach_the_template_as_they_were_written() {
    for place in places("numbers1").await {
        let name = format!("numbers1/{}", fastrand::u32(..));
        let body = serde_json::from_str(r#"{"big":12345678901234567,"price":1.5}"#).unwrap();
        place.call("PUT", &name, &body).await;
        let mut watching = Watching::new(place.root_settings());
        let query = watching.want(read(&name));
        let answer = watching.next(&query).await.unwrap();
        assert_eq!(
            (value(&answer, "big"), value(&answer, "price")),
            ("12345678901234567".into(), "1.5".into())
        );
    }
}
