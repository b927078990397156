//! Consul's JSON, with everything that may be missing missing.

use super::super::query::{ConsulQuery, HealthQuery};
use super::*;

fn query(text: &str) -> HealthQuery {
    match ConsulQuery::service(text).expect("a service") {
        ConsulQuery::Health(query) => (*query).clone(),
        other => panic!("{other}"),
    }
}

#[test]
fn nothing_is_an_empty_list_in_every_form() {
    for body in ["null", "[]"] {
        assert!(pairs(body.as_bytes()).expect("JSON").is_empty());
        assert!(health(body.as_bytes(), &query("web")).expect("JSON").is_empty());
        assert!(nodes(body.as_bytes(), false).expect("JSON").is_empty());
        assert!(peerings(body.as_bytes()).expect("JSON").is_empty());
        assert!(exported_services(body.as_bytes()).expect("JSON").is_empty());
    }
    assert!(services(b"null").expect("JSON").is_empty());
    assert_eq!(node(b"null").expect("JSON"), NodeDetail::default());
    assert!(ca_roots(b"{}").expect("JSON").is_empty());
}

#[test]
fn what_is_missing_or_null_in_an_instance_is_empty() {
    let body = br#"[{"Node":{"Node":"n","Address":"10.0.0.1","Meta":null},
        "Service":{"ID":"w","Service":"web","Tags":null,"Weights":null},"Checks":null}]"#;
    let found = health(body, &query("web")).expect("JSON");
    assert_eq!((found[0].status.as_str(), found[0].address.as_str()), ("passing", "10.0.0.1"));
    assert!(found[0].checks.is_none() && found[0].node_meta.is_none() && found[0].tags.is_empty());
    assert!(health(b"[{}]", &query("web")).expect("JSON")[0].node.is_empty());
}

#[test]
fn what_is_near_stays_in_consuls_order() {
    let body = br#"[{"Node":{"Node":"z"},"Service":{"ID":"1"}},{"Node":{"Node":"a"},"Service":{"ID":"2"}}]"#;
    let order = |text: &str| {
        let found = health(body, &query(text)).expect("JSON");
        found.into_iter().map(|instance| instance.node).collect::<String>()
    };
    assert_eq!((order("web").as_str(), order("web~_agent").as_str()), ("az", "za"));
    let body = br#"[{"Node":"z","Address":"1"},{"Node":"a","Address":"2"},{"Node":"a","Address":"1"}]"#;
    let order = |is_near| {
        let found = nodes(body, is_near).expect("JSON");
        found.into_iter().map(|node| node.node + &node.address).collect::<Vec<_>>().join(" ")
    };
    assert_eq!((order(false).as_str(), order(true).as_str()), ("a1 a2 z1", "z1 a2 a1"));
}

#[test]
fn pairs_are_sorted_and_found_below_a_prefix() {
    let body = br#"[{"Key":"app/b","Value":"Mg=="},{"Key":"app","Value":null},{"Key":"app//a","Value":"MQ==","Session":"s"},
        {"Key":"apple","Value":"Mw=="}]"#;
    let all = pairs(body).expect("JSON");
    let shown = |found: &[KeyPair]| {
        found.iter().map(|pair| format!("{}={}", pair.path, pair.key())).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown(&below(&all, "app")), "app= app//a=a app/b=b apple=le");
    assert_eq!(shown(&below(&all, "app/")), "app//a=a app/b=b");
    assert_eq!(shown(&below(&all, "nothing")), "");
    assert_eq!(shown(&below(&all, "/app/")), "app//a=app//a app/b=app/b");
    assert_eq!(shown(&below(&all[2..3], ".//app")), "app/b=app/b");
    assert_eq!(below(&all, "/").len(), 4);
    assert_eq!((&*all[1].session, &*all[0].value), ("s", &b""[..]));
}

#[test]
fn a_value_that_is_no_base64_names_its_key_and_not_itself() {
    let error = pairs(br#"[{"Key":"app/a","Value":"s e c r e t"}]"#).expect_err("no base64").to_string();
    assert!(error.contains("app/a") && !error.contains("s e c"), "{error}");
}

#[test]
fn a_duration_is_said_in_two_ways() {
    let body = br#"[{"Node":{"Node":"n"},"Service":{"ID":"w"},"Checks":[{"CheckID":"c","Status":"passing",
        "Definition":{"Interval":"10s","IntervalDuration":2000000000,"Timeout":"1s"}}]}]"#;
    let found = health(body, &query("web")).expect("JSON");
    let definition = &found[0].checks.as_ref().expect("checks")[0].definition;
    assert_eq!((definition.interval, definition.timeout), (2_000_000_000, 1_000_000_000));
}
