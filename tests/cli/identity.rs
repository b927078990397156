//! Where a run was is its first line; learning it never fails and never delays.

use std::net::{Ipv4Addr, TcpListener};

use crate::support::preflight;

#[test]
fn a_metadata_service_that_says_nothing_delays_a_run_by_a_second_at_most() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("its address");
    let outcome = preflight()
        .contract("checked_environment_variables: [GOOD]\n")
        .env("GOOD", "yes")
        .env("ECS_CONTAINER_METADATA_URI_V4", format!("http://{address}/v4/x"))
        .args(&["--format", "json"])
        .run()
        .exits(0);
    assert!(outcome.json()["elapsed_ms"].as_u64().expect("a number") < 5_000);
    drop(listener);
}

#[test]
fn finalize_never_fails_and_carries_the_exit_code() {
    preflight().args(&["finalize", "--exit-code", "3"]).run().exits(0).says("3");
    preflight().contract("").args(&["finalize"]).run().exits(0).says("[MyCompanyName:DevOps]");
    let outcome =
        preflight().contract("").args(&["finalize", "--exit-code", "137", "--format", "json"]).run().exits(0);
    assert_eq!(outcome.json()["exit_code"], 137);
    preflight().args(&["finalize", "--exit-code", "many"]).run().exits(2);
}
