//! Task metadata, versions 4 and 3.

use preflight_identity::Platform;

use crate::metadata_server::MetadataServer;
use crate::place::{Place, some};

pub(crate) const FARGATE_TASK: &str = include_str!("documents/fargate-v4-task.json");
pub(crate) const FARGATE_CONTAINER: &str = include_str!("documents/fargate-v4-container.json");
const EC2_TASK: &str = include_str!("documents/ec2-v4-task.json");
const CURL_ID: &str = "ee08638adaaf009d78c248913f629e38299471d45fe7dc944d1039077e3424ca";

pub(crate) async fn fargate() -> MetadataServer {
    MetadataServer::start().await.then("GET /v4/abc", 200, FARGATE_CONTAINER).then(
        "GET /v4/abc/task",
        200,
        FARGATE_TASK,
    )
}

pub(crate) fn at(server: &MetadataServer) -> Place {
    Place::new().variable("ECS_CONTAINER_METADATA_URI_V4", &format!("{}/v4/abc", server.base))
}

#[tokio::test]
async fn fargate_tells_everything_in_version_4() {
    let server = fargate().await;
    let identity = at(&server).discover().await;
    assert_eq!(identity.platform, Platform::EcsFargate);
    let image = identity.image.as_ref().unwrap();
    assert_eq!(image.name, "111122223333.dkr.ecr.us-west-2.amazonaws.com/pickles");
    assert_eq!(image.tag, some("1.4.2"));
    assert_eq!(image.digest, some("sha256:1e7eea9ebf8d2a6d0a2e0c5f1f3e5a7b9c0d1e2f30415263748596a7b8c9d0e1"));
    assert_eq!(identity.task_id, some("158d1c8083dd49d6b527399fd6414f5c"));
    assert_eq!(identity.container_id, some("158d1c8083dd49d6b527399fd6414f5c-3857436273"));
    assert_eq!(identity.container_name, some("pickles"));
    assert_eq!((identity.family.as_deref(), identity.revision.as_deref()), (Some("hot-pickles"), Some("26")));
    assert_eq!(identity.cluster, some("pickle-shop"));
    assert_eq!(
        (identity.region.as_deref(), identity.zone.as_deref()),
        (Some("us-west-2"), Some("us-west-2d"))
    );
    let addresses: Vec<String> = identity.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.0.1.192", "2600:1f14:30ab:6900::a1"]);
    assert_eq!((identity.limits.cpu, identity.limits.memory), (Some(0.25), Some(512 << 20)));
    assert_eq!(identity.pulled_at, Some("2026-11-21T11:29:37.306171466Z".parse().unwrap()));
    assert_eq!(identity.created_at, Some("2026-11-21T11:29:55.083151205Z".parse().unwrap()));
    assert_eq!(identity.started_at, Some("2026-11-21T11:30:00.921871523Z".parse().unwrap()));
    assert_eq!(
        identity.summary(),
        "image pickles:1.4.2, task 158d1c80 (ECS us-west-2d), started 2026-11-21T11:30:00Z"
    );
}

#[tokio::test]
async fn with_the_container_document_missing_our_own_is_found_beside_the_pause_container() {
    let server = MetadataServer::start().await.then("GET /v4/abc/task", 200, EC2_TASK);
    let identity = at(&server).discover().await;
    assert_eq!(identity.platform, Platform::EcsEc2);
    assert_eq!(
        (identity.container_name.as_deref(), identity.container_id.as_deref()),
        (Some("curl"), Some(CURL_ID))
    );
    assert_eq!(identity.limits.memory, Some(128 << 20));
    assert_eq!(identity.limits.cpu, None, "a CPU share is not a limit");
    let digest = "sha256:d691691e9652791a60114e67b365688d20d19940dde7c4736ea30e660d8d3553";
    assert_eq!(identity.image.as_ref().unwrap().digest, some(digest), "the reference's own digest counts");
    assert_eq!(
        identity.summary(),
        "image tools/curl@sha256:d691691e9652, task 2b88376d (ECS eu-central-1b), started 2026-11-20T08:14:03Z"
    );
    assert!(
        identity.notes.iter().any(|note| note.contains("container metadata") && note.contains("404")),
        "{:?}",
        identity.notes
    );
}

#[tokio::test]
async fn a_pause_container_is_never_taken_for_ours() {
    let pause = r#"{"DockerId":"0000c0ff","Name":"~internal~ecs~pause","Image":"amazon/amazon-ecs-pause:0.1.0","Type":"CNI_PAUSE"}"#;
    let server =
        MetadataServer::start().await.then("GET /v4/abc", 200, pause).then("GET /v4/abc/task", 200, EC2_TASK);
    let identity = at(&server).discover().await;
    assert_eq!(identity.container_name, some("curl"));
}

#[tokio::test]
async fn of_several_containers_ours_is_the_one_with_our_id_or_host_name() {
    let cgroup =
        "4:memory:/ecs/158d1c8083dd49d6b527399fd6414f5c/158d1c8083dd49d6b527399fd6414f5c-2531612879\n";
    let server = MetadataServer::start().await.then("GET /v4/abc/task", 200, FARGATE_TASK);
    let by_id = at(&server).file("proc/self/cgroup", cgroup).discover().await;
    assert_eq!(by_id.container_name, some("log-router"));

    let unknown = at(&server).discover().await;
    assert_eq!(unknown.container_name, None, "guessing between two would be wrong half the time");
    assert_eq!(unknown.family, some("hot-pickles"), "the task is known all the same");

    let server = MetadataServer::start().await.then("GET /v4/abc/task", 200, EC2_TASK);
    let by_name = at(&server).file("proc/sys/kernel/hostname", &CURL_ID[..12]).discover().await;
    assert_eq!(by_name.container_name, some("curl"));
}

#[tokio::test]
async fn with_the_task_document_missing_the_labels_tell_the_task() {
    let server = MetadataServer::start().await.then("GET /v4/abc", 200, FARGATE_CONTAINER);
    let identity = at(&server).variable("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE").discover().await;
    assert_eq!(identity.platform, Platform::EcsFargate);
    assert_eq!(identity.task_id, some("158d1c8083dd49d6b527399fd6414f5c"));
    assert_eq!((identity.family.as_deref(), identity.revision.as_deref()), (Some("hot-pickles"), Some("26")));
    assert_eq!(
        (identity.cluster.as_deref(), identity.region.as_deref()),
        (Some("pickle-shop"), Some("us-west-2"))
    );
}

#[tokio::test]
async fn version_3_is_asked_if_version_4_is_not_there() {
    let server = MetadataServer::start()
        .await
        .then("GET /v3/x", 200, include_str!("documents/v3-container.json"))
        .then("GET /v3/x/task", 200, include_str!("documents/v3-task.json"));
    let version_3 = format!("{}/v3/x", server.base);
    let only = Place::new()
        .variable("ECS_CONTAINER_METADATA_URI", &version_3)
        .variable("AWS_EXECUTION_ENV", "AWS_ECS_EC2");
    let after = at(&server)
        .variable("ECS_CONTAINER_METADATA_URI", &version_3)
        .variable("AWS_EXECUTION_ENV", "AWS_ECS_EC2");
    for place in [only, after] {
        let identity = place.discover().await;
        assert_eq!(identity.platform, Platform::EcsEc2);
        assert_eq!(identity.task_id, some("9781c248-0edd-4cdb-9a93-f63cb662a5d3"));
        assert_eq!(identity.region, some("us-east-2"));
        assert_eq!(identity.limits.memory, Some(512 << 20));
        assert_eq!(
            identity.summary(),
            "image nrdlngr/nginx-curl@sha256:2e00ae64383c, task 9781c248 (ECS us-east-2b), started 2018-02-01T20:55:11Z"
        );
    }
    let version_4_works = fargate().await;
    let place = at(&version_4_works).variable("ECS_CONTAINER_METADATA_URI", &version_3);
    let asked = server.requests().len();
    assert_eq!(place.discover().await.family, some("hot-pickles"));
    assert_eq!(server.requests().len(), asked, "version 3 is not asked as well");
}

#[tokio::test]
async fn the_tightest_limit_is_the_one_shown() {
    let server = fargate().await;
    let identity = at(&server)
        .file("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
        .file("sys/fs/cgroup/memory.max", "268435456\n")
        .file("sys/fs/cgroup/cpu.max", "200000 100000\n")
        .discover()
        .await;
    assert_eq!((identity.limits.cpu, identity.limits.memory), (Some(0.25), Some(256 << 20)));
}
