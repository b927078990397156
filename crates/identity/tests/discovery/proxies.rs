//! A proxy in the environment is for the service, never for metadata.

use std::process::Stdio;
use std::time::Duration;

use preflight_identity::{Sources, discover};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::ecs::fargate;

/// Discovery in a process of its own, since variables of this one cannot be set safely.
#[tokio::test]
#[ignore = "a part of the test below, which starts it"]
async fn discovery_of_this_process() {
    println!("found: {}", discover(&Sources::system(), Duration::from_secs(5)).await.summary());
}

#[tokio::test]
async fn proxies_in_the_environment_are_ignored() {
    let server = fargate().await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy_url = format!("http://{}", proxy.local_addr().unwrap());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "proxies::discovery_of_this_process", "--ignored", "--nocapture"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, &proxy_url);
    }
    command.env_remove("no_proxy").env_remove("NO_PROXY");
    command.env("ECS_CONTAINER_METADATA_URI_V4", format!("{}/v4/abc", server.base));
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("found: image pickles:1.4.2, task 158d1c80"), "{text}");
    let visitor = tokio::time::timeout(Duration::from_millis(20), proxy.accept()).await;
    assert!(visitor.is_err(), "the proxy was asked");
}
