//! The mock service's entrypoint as process 1 of a real container: what preflight forbids does not start, what it
//! allows is served, stopped by the platform and finalized.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod engine;
mod image;
mod left_out;
mod neighbour;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use engine::{Engine, Facts};
use neighbour::Neighbour;

/// What the entrypoint says between preflight and the service.
const STARTING: &str = "YOU SHOULD NOT SEE ME IF preflight FAILS";
const TAG: &str = "[MyCompanyName:DevOps] ";

#[test]
fn with_nothing_configured_every_fault_is_listed_and_the_service_is_not_started() {
    let Some(facts) = Facts::unless_left_out() else { return };
    let engine = Engine::with_image(&facts);
    let container = engine.run(&[], &[]);
    assert_eq!(container.wait(), 1, "{}", container.log());
    let log = container.log();
    for variable in [
        "POSTGRES15_PICKLES_ADDRESS",
        "POSTGRES15_PICKLES_USERNAME",
        "POSTGRES15_PICKLES_PASSWORD",
        "HTTP_CATALOG_URL",
        "HTTP_PAYMENTS_URL",
    ] {
        let listed =
            |line: &str| line.contains("FAIL") && line.contains("[env.missing]") && line.contains(variable);
        assert!(log.lines().any(listed), "{variable} is not listed in\n{log}");
    }
    assert!(log.lines().all(|line| line.starts_with(TAG)), "a line without tag in\n{log}");
    assert!(log.contains("the service was not started"), "{log}");
    assert!(!log.contains(STARTING) && !log.contains("listening on"), "{log}");
}

#[test]
fn a_wrong_password_is_reported_without_the_password_and_the_service_is_not_started() {
    let Some(facts) = Facts::unless_left_out() else { return };
    let engine = Engine::with_image(&facts);
    let (catalog, payments) = (Neighbour::start("catalog"), Neighbour::start("payments"));
    let mut environment = everything(&facts, &catalog, &payments);
    environment.insert("POSTGRES15_PICKLES_PASSWORD", "wr0ng@:/p%ss".to_owned());
    let container = engine.run(&environment_options(&environment), &[]);
    assert_eq!(container.wait(), 1, "{}", container.log());
    let log = container.log();
    assert!(log.contains("[postgres.bad_password]"), "{log}");
    assert!(!log.contains("wr0ng") && !log.contains("p%ss"), "{log}");
    assert!(!log.contains(STARTING), "{log}");
}

#[test]
fn with_all_well_the_page_is_served_and_a_stop_finishes_the_last_request_and_finalizes() {
    let Some(facts) = Facts::unless_left_out() else { return };
    let engine = Engine::with_image(&facts);
    let (catalog, payments) = (Neighbour::start("catalog"), Neighbour::start("payments"));
    let environment = everything(&facts, &catalog, &payments);
    let port = neighbour::free_port();
    let config = service_config(port);
    let mount = format!("{}:/etc/mock-service/config.yaml:ro", config.path().display());
    let container = engine.run(&environment_options(&environment), &["--volume", &mount]);
    container.wait_for_line("listening on");

    let page = neighbour::get(port, "/").unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}\n{}", container.log());
    assert!(page.contains("pickles: all is well") && page.contains("PostgreSQL at 127.0.0.1"), "{page}");
    let process_1 = container.execute(&["cat", "/proc/1/cmdline"]);
    assert!(process_1.contains("/entrypoint.sh"), "process 1 is {process_1:?}");

    let slow = std::thread::spawn(move || neighbour::get(port, "/api/slow?milliseconds=2000"));
    std::thread::sleep(Duration::from_millis(700));
    let told = Instant::now();
    container.stop();
    assert!(told.elapsed() < Duration::from_secs(8), "it was killed, not stopped: {:?}", told.elapsed());
    assert!(slow.join().unwrap().unwrap().starts_with("HTTP/1.1 200 OK"), "{}", container.log());
    assert_eq!(container.wait(), 0, "{}", container.log());

    let log = container.log();
    let lines: Vec<&str> = log.lines().collect();
    let stopped = lines.iter().position(|line| line.contains("stopped after")).expect(&log);
    let finalized = lines[stopped..].iter().any(|line| line.starts_with(TAG) && line.contains("exit code 0"));
    assert!(finalized, "finalize has no line after the service's last in\n{log}");
    assert!(!log.contains(&facts.text("postgres", "password")), "the password is in\n{log}");
}

#[test]
fn the_shipped_image_has_a_pinned_base_and_the_same_parts_as_the_tested_one() {
    let service = image::service_folder();
    let shipped = std::fs::read_to_string(service.join("Dockerfile")).unwrap();
    let bases: Vec<&str> = shipped.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    let last = bases.last().unwrap();
    assert!(last.starts_with("public.ecr.aws/amazonlinux/amazonlinux:2023."), "{last}");
    assert!(bases.iter().all(|base| !base.contains(":latest") && base.contains(':')), "{bases:?}");
    for (name, place) in image::PARTS {
        let copied = format!("COPY services/mock-service/{name} {place}");
        assert!(shipped.contains(&copied), "no {copied:?} in the shipped Dockerfile");
        assert!(service.join(name).is_file(), "{name}");
    }
    assert!(shipped.contains("ENTRYPOINT [\"/entrypoint.sh\"]"), "{shipped}");
}

/// All that the contract asks for.
fn everything(facts: &Facts, catalog: &Neighbour, payments: &Neighbour) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("POSTGRES15_PICKLES_ADDRESS", facts.text("postgres", "host")),
        ("POSTGRES15_PICKLES_PORT", facts.text("postgres", "port")),
        ("POSTGRES15_PICKLES_USERNAME", facts.text("postgres", "username")),
        ("POSTGRES15_PICKLES_PASSWORD", facts.text("postgres", "password")),
        ("POSTGRES15_PICKLES_DATABASE", facts.text("postgres", "database")),
        ("POSTGRES15_PICKLES_SSLMODE", "disable".to_owned()),
        ("HTTP_CATALOG_URL", catalog.url()),
        ("HTTP_PAYMENTS_URL", payments.url()),
    ])
}

fn environment_options(environment: &BTreeMap<&str, String>) -> Vec<String> {
    environment.iter().flat_map(|(name, value)| ["--env".to_owned(), format!("{name}={value}")]).collect()
}

/// The shipped config file with another port, for the container shares the machine's ports.
fn service_config(port: u16) -> tempfile::NamedTempFile {
    let shipped = std::fs::read_to_string(image::service_folder().join("config.yaml")).unwrap();
    assert!(shipped.contains("port: 8080"), "{shipped}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, shipped.replace("port: 8080", &format!("port: {port}"))).unwrap();
    world_readable(file.path());
    file
}

fn world_readable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
}
