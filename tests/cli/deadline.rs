//! A deadline is a promise: the process ends by it, whatever its peers do.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use crate::support::preflight;

/// The time of one attempt in these tests.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(3);

#[test]
fn the_report_says_how_long_it_took_and_that_is_within_the_deadline() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let outcome = preflight()
        .contract("checked_environment_variables: [AMQP_SLOW_ADDRESS]\nwait: 2s\n")
        .env("AMQP_SLOW_ADDRESS", format!("127.0.0.1:{port}"))
        .args(&["--format", "json"])
        .run()
        .exits(1);
    let report = outcome.json();
    assert_eq!(report["checks"][1]["class"], "amqp.timeout");
    // The attempt is five seconds long by default; the wait of two seconds cuts it.
    assert!(report["elapsed_ms"].as_u64().expect("a number") < 4_500, "{report}");
    drop(listener);
}

#[test]
fn many_silent_ports_take_no_longer_than_one() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let mut run = preflight().args(&["--format", "json", "--timeout", "1s"]);
    let mut contract = String::from("checked_environment_variables:\n");
    for number in 0..40 {
        contract.push_str(&format!("  - AMQP_N{number}_ADDRESS\n"));
        run = run.env(&format!("AMQP_N{number}_ADDRESS"), format!("127.0.0.1:{port}"));
    }
    let report = run.contract(&contract).run().exits(1).json();
    assert_eq!(report["summary"]["failed"], 40);
    assert!(report["elapsed_ms"].as_u64().expect("a number") < 20_000, "one after the other would be 40 s");
}
