//! The service with a real PostgreSQL server.

use serde_json::Value;

use crate::running::Running;

const CONFIG: &str = "greeting: hello\ndatabase: {postgres: POSTGRES15_PICKLES}";

#[test]
fn visits_are_kept_in_postgresql() {
    let Some(facts) = facts() else { return };
    let service = Running::start(CONFIG, &variables(&facts, &facts["password"]));
    let page = service.get("/");
    assert_eq!(page.status, 200, "{page:?}");
    let before = count(&service);
    service.get("/");
    // Other tests may visit the same database meanwhile.
    assert!(count(&service) > before, "{before}");
    let shown = service.get("/").body + &service.log();
    assert!(!shown.contains(facts["password"].as_str().unwrap()), "{shown}");
}

#[test]
fn a_wrong_password_is_complained_about_in_the_servers_words() {
    let Some(facts) = facts() else { return };
    let service = Running::start(CONFIG, &variables(&facts, &Value::from("wrong@password")));
    let page = service.get("/");
    assert_eq!(page.status, 503, "{page:?}");
    assert!(page.body.contains("password authentication failed"), "{page:?}");
    service.wait_for_line("SQLSTATE 28P01");
    assert!(!service.log().contains("wrong@password"), "{}", service.log());
}

fn count(service: &Running) -> u64 {
    let visits: Value = serde_json::from_str(&service.get("/api/visits").body).unwrap();
    visits["count"].as_u64().unwrap()
}

/// What is known of the server, or none when the run leaves it out, which was said aloud.
fn facts() -> Option<Value> {
    if std::env::var("PREFLIGHT_TEST_WITHOUT")
        .is_ok_and(|names| names.split([',', ' ']).any(|name| name == "postgres"))
    {
        eprintln!("skipped: the run leaves out postgres");
        return None;
    }
    let path = std::env::var("PREFLIGHT_TEST_SERVERS")
        .expect("PREFLIGHT_TEST_SERVERS names the facts file: run this through `cargo xtask test`");
    let facts: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    Some(facts["postgres"].clone())
}

fn variables(facts: &Value, password: &Value) -> Vec<(&'static str, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    vec![
        ("POSTGRES15_PICKLES_ADDRESS", text(&facts["host"])),
        ("POSTGRES15_PICKLES_PORT", text(&facts["port"])),
        ("POSTGRES15_PICKLES_USERNAME", text(&facts["username"])),
        ("POSTGRES15_PICKLES_PASSWORD", text(password)),
        ("POSTGRES15_PICKLES_DATABASE", text(&facts["database"])),
    ]
}
