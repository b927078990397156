//! Which variables make one connection.

use std::collections::BTreeMap;

use preflight_contract::{Attribute, Connection, Endpoint, EndpointError, Grouping, group};

use crate::{VOCABULARY, environment};

const HOT_PICKLES: [(&str, &str); 6] = [
    ("POSTGRES10_HOT_PICKLES_USERNAME", "pat"),
    ("POSTGRES10_HOT_PICKLES_PASSWORD", "badpassword"),
    ("POSTGRES10_HOT_PICKLES_ADDRESS", "db.domain.com"),
    ("POSTGRES10_HOT_PICKLES_PORT", "5432"),
    ("POSTGRES10_HOT_PICKLES_SSLMODE", "ca-verify"),
    ("POSTGRES10_HOT_PICKLES_SSLCERTPATH", "/path/to/cert"),
];

fn grouped(declared: &[&str], set: &[(&str, &str)]) -> Grouping {
    group(declared, &environment(set), VOCABULARY)
}

fn only(set: &[(&str, &str)]) -> Connection {
    let declared: Vec<&str> = set.iter().map(|(name, _)| *name).collect();
    let mut grouping = grouped(&declared, set);
    assert_eq!(grouping.connections.len(), 1, "{grouping:?}");
    grouping.connections.remove(0)
}

fn warnings(declared: &[&str], set: &[(&str, &str)]) -> Vec<String> {
    grouped(declared, set).warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_hot_pickles_make_one_connection() {
    let connection = only(&HOT_PICKLES);
    assert_eq!(connection.kind, "postgres");
    assert_eq!(connection.client, "POSTGRES10");
    assert_eq!(connection.version.as_deref(), Some("10"));
    assert_eq!(connection.id, "HOT_PICKLES");
    let map: BTreeMap<String, &str> = connection
        .attributes
        .iter()
        .map(|(attribute, found)| (attribute.lower(), found.value.as_str()))
        .collect();
    let expected = BTreeMap::from([
        ("username".to_owned(), "pat"),
        ("password".to_owned(), "badpassword"),
        ("address".to_owned(), "db.domain.com"),
        ("port".to_owned(), "5432"),
        ("sslmode".to_owned(), "ca-verify"),
        ("sslcertpath".to_owned(), "/path/to/cert"),
    ]);
    assert_eq!(map, expected);
    assert_eq!(connection.variable(Attribute::Port), Some("POSTGRES10_HOT_PICKLES_PORT"));
    assert_eq!(
        connection.endpoint(None).unwrap(),
        Endpoint { host: "db.domain.com".into(), port: Some(5432) }
    );
}

#[test]
fn a_sibling_that_is_set_joins_a_declared_group_and_no_other() {
    let grouping = grouped(&["POSTGRES10_HOT_PICKLES_ADDRESS"], &HOT_PICKLES);
    assert_eq!(grouping.connections[0].attributes.len(), 6);
    assert_eq!(grouped(&["HOME"], &HOT_PICKLES).connections, []);
}

#[test]
fn the_first_and_the_last_part_must_be_reserved() {
    let ordinary =
        ["ORACLE_X_ADDRESS", "POSTGRES_X_COLOUR", "postgres_X_ADDRESS", "POSTGRES", "PORT", "_ADDRESS"];
    let grouping = grouped(&ordinary, &[]);
    assert_eq!(grouping.connections, []);
    assert_eq!(grouping.ordinary.len(), ordinary.len());
}

#[test]
fn an_id_may_be_empty_and_a_kind_may_end_in_a_digit() {
    let connection = only(&[("VALKEY_URL", "redis://cache:1")]);
    assert_eq!((connection.kind, connection.id.as_str()), ("redis", ""));
    let connection = only(&[("S3_PICKLES_BUCKET", "jars")]);
    assert_eq!((connection.kind, connection.version), ("s3", None));
}

#[test]
fn versions_are_different_clients() {
    let grouping = grouped(&["POSTGRES10_A_ADDRESS", "POSTGRES11_A_ADDRESS"], &[]);
    assert_eq!(grouping.connections.len(), 2);
}

#[test]
fn files_are_read_for_their_attribute() {
    let set = [("REDIS_A_ADDRESS", "h"), ("REDIS_A_PASSWORD_FILE", "/run/secrets/password")];
    for declared in [&["REDIS_A_ADDRESS", "REDIS_A_PASSWORD"], &["REDIS_A_ADDRESS", "REDIS_A_PASSWORD_FILE"]]
    {
        let connection = grouped(declared, &set).connections.remove(0);
        assert_eq!(connection.password().as_deref(), Some("from a file"));
    }
}

#[test]
fn declared_but_unset_attributes_keep_their_variable() {
    let connection =
        grouped(&["REDIS_A_ADDRESS", "REDIS_A_PORT"], &[("REDIS_A_PORT", "")]).connections.remove(0);
    assert_eq!(connection.unset[&Attribute::Port], "REDIS_A_PORT");
    assert_eq!(
        connection.endpoint(None),
        Err(EndpointError::NoAddress { variable: "REDIS_A_ADDRESS".into() })
    );
}

#[test]
fn a_name_that_nearly_fits_is_a_warning_that_says_what_was_expected() {
    let set = [("POSTGRES_A_ADDRESS", "h"), ("POSTGRES_A_HOST", "x"), ("POSTGRES_A_USRNAME", "y")];
    let found = warnings(&["POSTGRES_A_ADDRESS", "POSTGRES_A_USER"], &set);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(
        found
            .iter()
            .any(|line| line.contains("POSTGRES_A_USER ") && line.contains("POSTGRES_A_USERNAME was"))
    );
    assert!(found.iter().any(|line| line.contains("POSTGRES_A_USRNAME ")));
    assert!(found.iter().any(|line| line.starts_with("POSTGRES_A_HOST says the same as POSTGRES_A_ADDRESS")));
}

#[test]
fn a_group_without_an_address_is_a_warning_and_no_connection() {
    let grouping = grouped(&["HTTP_PORT"], &[("HTTP_PORT", "8080")]);
    assert_eq!(grouping.connections, []);
    assert_eq!(grouping.ordinary, ["HTTP_PORT"]);
    assert!(grouping.warnings[0].to_string().contains("HTTP_ADDRESS was expected"));
}

#[test]
fn value_and_file_both_declared_is_a_warning() {
    let found = warnings(&["REDIS_A_ADDRESS", "REDIS_A_TOKEN", "REDIS_A_TOKEN_FILE"], &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("REDIS_A_TOKEN_FILE says the same as REDIS_A_TOKEN"));
}

#[test]
fn a_port_that_the_platform_injects_for_a_service_is_left_alone() {
    let set = [("REDIS_URL", "redis://cache"), ("REDIS_PORT", "tcp://10.0.0.1:6379")];
    assert_eq!(grouped(&["REDIS_URL"], &set).connections[0].endpoint(Some(6379)).unwrap().port, Some(6379));
}

#[test]
fn the_port_comes_from_port_then_address_then_url_then_the_kind() {
    let endpoint = |set: &[(&str, &str)]| only(set).endpoint(Some(6379)).unwrap().to_string();
    assert_eq!(endpoint(&[("REDIS_ADDRESS", "h:1"), ("REDIS_PORT", "2")]), "h:2");
    assert_eq!(endpoint(&[("REDIS_ADDRESS", "h:1")]), "h:1");
    assert_eq!(endpoint(&[("REDIS_URL", "redis://h:3/0")]), "h:3");
    assert_eq!(endpoint(&[("REDIS_URL", "redis://h")]), "h:6379");
    assert_eq!(endpoint(&[("REDIS_ADDRESS", "[::1]:7")]), "[::1]:7");
    assert_eq!(endpoint(&[("REDIS_ADDRESS", "::1")]), "[::1]:6379");
    assert_eq!(endpoint(&[("REDIS_URL", "redis://[::1]:9")]), "[::1]:9");
    assert_eq!(endpoint(&[("REDIS_ADDRESS", "redis://h:4")]), "h:4");
}

#[test]
fn a_wrong_address_is_an_error_and_shows_no_login() {
    let error = |set: &[(&str, &str)]| only(set).endpoint(None).unwrap_err();
    for port in ["0", "65536", "-1", "+5", "abc", "5432 "] {
        assert!(matches!(
            error(&[("REDIS_ADDRESS", "h"), ("REDIS_PORT", port)]),
            EndpointError::InvalidPort { .. }
        ));
    }
    for address in ["a b", "[::1", "h:x", "a,b", "u:secret@h", "::g", "[::1]x"] {
        let text = error(&[("REDIS_ADDRESS", address)]).to_string();
        assert!(!text.contains("secret"), "{text}");
    }
    assert!(matches!(error(&[("REDIS_URL", "not a url")]), EndpointError::InvalidUrl { .. }));
}

#[test]
fn login_and_database_of_a_url_are_decoded_and_single_attributes_win() {
    let url = ("POSTGRES_URL", "postgres://p%40t:a%2Fb%3A@h/my%20db?sslmode=require");
    let connection = only(&[url]);
    assert_eq!(connection.username().as_deref(), Some("p@t"));
    assert_eq!(connection.password().as_deref(), Some("a/b:"));
    assert_eq!(connection.database().as_deref(), Some("my db"));
    assert_eq!(connection.url_parameter("sslmode").as_deref(), Some("require"));
    assert_eq!(only(&[url, ("POSTGRES_PASSWORD", "x")]).password().as_deref(), Some("x"));
    assert!(!format!("{connection:?}").contains("a%2F"));
}
