//! Metadata services that throttle, lie, stall or are not there: discovery ends in time and keeps what it has.

use std::time::{Duration, Instant};

use preflight_identity::{Identity, LONGEST_TEXT, Platform, discover};
use tokio::net::TcpListener;

use crate::ecs::{FARGATE_CONTAINER, FARGATE_TASK, at, fargate};
use crate::metadata_server::{MetadataServer, say};
use crate::place::{Place, some};

const BUDGET: Duration = Duration::from_millis(400);

/// Beyond the budget only scheduling is forgiven.
const GRACE: Duration = Duration::from_millis(250);

async fn discover_in_budget(place: &Place) -> Identity {
    let start = Instant::now();
    let identity = discover(&place.sources(), BUDGET).await;
    assert!(start.elapsed() < BUDGET + GRACE, "took {:?}", start.elapsed());
    identity
}

fn ecs_at(base: &str) -> Place {
    Place::new()
        .variable("ECS_CONTAINER_METADATA_URI_V4", base)
        .file("proc/sys/kernel/hostname", "pickle-host\n")
}

/// Nothing came from the service, the rest is there, and a note says why.
fn assert_only_the_kernel_spoke(identity: &Identity, why: &str) {
    assert_eq!((identity.platform, identity.task_id.as_deref()), (Platform::Ecs, None));
    assert_eq!(identity.hostname, some("pickle-host"));
    assert!(identity.notes.iter().any(|note| note.contains(why)), "no “{why}” in {:?}", identity.notes);
    assert!(identity.summary().starts_with("unknown task (ECS)"), "{}", identity.summary());
}

#[tokio::test]
async fn a_throttled_request_is_tried_once_more() {
    for status in [429, 500, 503] {
        let server = MetadataServer::start()
            .await
            .then("GET /v4/abc", status, "later")
            .then("GET /v4/abc", 200, FARGATE_CONTAINER)
            .then("GET /v4/abc/task", status, "later")
            .then("GET /v4/abc/task", 200, FARGATE_TASK);
        let identity = at(&server).discover().await;
        assert_eq!(
            identity.summary(),
            "image pickles:1.4.2, task 158d1c80 (ECS us-west-2d), started 2026-11-21T11:30:00Z"
        );
        assert_eq!(server.requests().len(), 4);
    }
}

#[tokio::test]
async fn a_service_that_throttles_on_is_left_alone_after_two_tries() {
    let server = MetadataServer::start().await.then("GET /v4/abc", 429, "").then("GET /v4/abc/task", 429, "");
    let place = at(&server).file("proc/sys/kernel/hostname", "pickle-host");
    assert_only_the_kernel_spoke(&discover_in_budget(&place).await, "status 429");
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_service_that_accepts_and_says_nothing_costs_the_budget_and_no_more() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = ecs_at(&format!("http://{}", listener.local_addr().unwrap()));
    assert_only_the_kernel_spoke(&discover_in_budget(&place).await, "no answer in time");
}

#[tokio::test]
async fn an_answer_is_kept_when_the_other_one_stalls() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = fargate().await;
    let place = relay_container_only(&target, silent).await;
    let identity = discover_in_budget(&place).await;
    assert_eq!(identity.container_name, some("pickles"));
    assert!(identity.notes.iter().any(|note| note.contains("task metadata") && note.contains("in time")));
}

/// Answers the container's document and holds the request for the task's.
async fn relay_container_only(_server: &MetadataServer, listener: TcpListener) -> Place {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let count = stream.read(&mut request).await.unwrap();
            if String::from_utf8_lossy(&request[..count]).starts_with("GET /v4/abc HTTP") {
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{FARGATE_CONTAINER}",
                    FARGATE_CONTAINER.len()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            held.push(stream);
        }
    });
    ecs_at(&format!("{base}/v4/abc"))
}

#[tokio::test]
async fn a_closed_port_is_noted_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let start = Instant::now();
    assert_only_the_kernel_spoke(&discover_in_budget(&ecs_at(&base)).await, "connection failed");
    assert!(start.elapsed() < BUDGET / 2, "nothing to wait for");
}

#[tokio::test]
async fn garbage_is_noted_and_never_a_panic() {
    let deep = format!("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n{}", "[".repeat(200_000));
    for (answer, why) in [
        (b"\x00\xff\xfe\x80 not http".to_vec(), "not HTTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\xfe\xfd".to_vec(), "not a JSON object"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull".to_vec(), "not a JSON object"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec(), "not a JSON object"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n".to_vec(), "status 302"),
        (b"HTTP/1.1 302 Found\r\nLocation: \r\nContent-Length: 99\r\n\r\n".to_vec(), "status 302"),
        (deep.into_bytes(), "not a JSON object"),
    ] {
        let base = say(answer).await;
        assert_only_the_kernel_spoke(&discover_in_budget(&ecs_at(&base)).await, why);
    }
}

#[tokio::test]
async fn fields_of_the_wrong_type_are_as_good_as_missing() {
    let task = r#"{"Cluster":7,"TaskARN":["x"],"Family":{},"Revision":26,"Limits":"none","PullStartedAt":"yesterday",
        "LaunchType":null,"AvailabilityZone":" ","Containers":{"a":1}}"#;
    let container = r#"{"DockerId":null,"Name":"\u0000\u001b[31m\nx","Image":"","ImageID":1,"Labels":[],"Limits":{"CPU":-1,"Memory":1e400},
        "CreatedAt":"","StartedAt":"2026-13-45","Networks":[1,{"IPv4Addresses":"x"},{"IPv4Addresses":["999.1.1.1",4]}]}"#;
    // 1e400 is no JSON number for a double; a second round keeps the rest of the document readable.
    for container in [container, &container.replace("1e400", "-5")] {
        let server = MetadataServer::start().await.then("GET /v4/abc", 200, container).then(
            "GET /v4/abc/task",
            200,
            task,
        );
        let identity = discover_in_budget(&at(&server)).await;
        assert_eq!((identity.cluster.as_deref(), identity.revision.as_deref()), (Some("7"), Some("26")));
        assert_eq!((identity.family, identity.task_arn, identity.zone), (None, None, None));
        assert_eq!((identity.pulled_at, identity.started_at, identity.limits.memory), (None, None, None));
        assert!(identity.addresses.is_empty());
    }
}

#[tokio::test]
async fn a_huge_body_is_cut_off() {
    let announced = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 1_u64 << 40).into_bytes();
    let mut endless = b"HTTP/1.1 200 OK\r\n\r\n{\"Family\":\"".to_vec();
    endless.resize(4 << 20, b'x');
    for answer in [announced, endless] {
        let base = say(answer).await;
        let identity = discover(&ecs_at(&base).sources(), Duration::from_secs(5)).await;
        assert_only_the_kernel_spoke(&identity, "longer than");
    }
}

#[tokio::test]
async fn a_long_text_is_cut() {
    let task = format!(r#"{{"Family":"{}"}}"#, "é".repeat(100_000));
    let server = MetadataServer::start().await.then("GET /v4/abc/task", 200, &task);
    let identity = discover_in_budget(&at(&server)).await;
    assert_eq!(identity.family.unwrap().chars().count(), LONGEST_TEXT);
}

#[tokio::test]
async fn an_address_that_is_none_is_noted() {
    for (address, why) in [
        ("not a url", "not a plain http URL"),
        ("https://169.254.170.2/v4", "not a plain http URL"),
        ("http://127.0.0.1:1/a\r\nX-Injected: 1", "not a plain http URL"),
        ("http://metadata.invalid/v4", "metadata.invalid"),
    ] {
        let start = Instant::now();
        let identity = discover_in_budget(&ecs_at(address)).await;
        assert!(start.elapsed() < BUDGET / 2, "no name server is asked for {address}");
        let noted =
            identity.notes.iter().any(|note| note.contains(why) || note.contains("connection failed"));
        assert!(noted, "{address}: {:?}", identity.notes);
    }
}

#[tokio::test]
async fn no_budget_is_no_reason_to_hang_or_fail() {
    let server = fargate().await;
    let identity = discover(&at(&server).sources(), Duration::ZERO).await;
    assert!(identity.platform.is_ecs());
}
