//! Amazon ECS: the task metadata endpoint, version 4 and its predecessor 3.
//!
//! The agent hands each container an address of its own. What is there describes the container, `/task` below it the
//! whole task. Documents as in the Amazon ECS developer guide, "task metadata endpoint version 4" and "version 3"; of
//! their many fields only those below are read, and a field of another type than expected is as good as missing.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use crate::http::{Endpoint, HttpError, Request};
use crate::image::Image;
use crate::json;
use crate::model::{Identity, Platform};
use crate::sources::Sources;

/// The variables that hold the address, the newer version first.
const ADDRESSES: [&str; 2] = ["ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_URI"];

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Whether ECS started this process.
pub(crate) fn is_here(sources: &Sources) -> bool {
    ADDRESSES.iter().any(|name| sources.variable(name).is_some())
        || sources.variable("AWS_EXECUTION_ENV").is_some_and(|name| name.starts_with("AWS_ECS"))
}

/// Fills in what the metadata endpoint tells; what the kernel already told stays unless ECS knows better.
pub(crate) async fn describe(sources: &Sources, deadline: Instant, identity: &mut Identity) {
    identity.platform = platform_of_environment(sources);
    identity.region = sources.first_variable(&["AWS_REGION", "AWS_DEFAULT_REGION"]);
    let mut addresses = ADDRESSES.iter().filter_map(|name| Some((*name, sources.variable(name)?))).peekable();
    if addresses.peek().is_none() {
        identity.notes.push("ECS task metadata: no address in the environment".to_owned());
    }
    for (name, address) in addresses {
        let documents = fetch(&address, &sources.root, deadline).await;
        let answered = documents.container.is_ok() || documents.task.is_ok();
        for (document, answer) in [("container", &documents.container), ("task", &documents.task)] {
            if let Err(error) = answer {
                identity.notes.push(format!("ECS {document} metadata ({name}): {error}"));
            }
        }
        if answered {
            return documents.read_into(identity);
        }
    }
}

/// What each of the two documents holds, or why it is not there.
struct Documents {
    container: Result<Value, HttpError>,
    task: Result<Value, HttpError>,
}

async fn fetch(address: &str, root: &Path, deadline: Instant) -> Documents {
    let endpoint = match Endpoint::parse(address, root) {
        Ok(endpoint) => endpoint,
        Err(error) => return Documents { container: Err(error), task: Err(HttpError::NotAUrl) },
    };
    let document = async |path| {
        let request = Request { method: "GET", endpoint: &endpoint, path, header: None };
        json::object(&request.send(deadline).await?).ok_or(HttpError::NotADocument)
    };
    // Side by side: if one stays silent the other's answer is not lost.
    let (container, task) = tokio::join!(document(""), document("/task"));
    Documents { container, task }
}

impl Documents {
    fn read_into(self, identity: &mut Identity) {
        let task = self.task.unwrap_or_default();
        read_task(&task, identity);
        let container = match self.container {
            Ok(container) if !is_pause(&container) => Some(container),
            _ => own_container(&task, identity).cloned(),
        };
        match container {
            Some(container) => read_container(&container, identity),
            None => identity
                .notes
                .push("ECS metadata: no container of the task is recognised as this one".to_owned()),
        }
    }
}

fn read_task(task: &Value, identity: &mut Identity) {
    set(&mut identity.task_arn, json::text(task, "TaskARN"));
    set(&mut identity.family, json::text(task, "Family"));
    set(&mut identity.revision, json::text(task, "Revision"));
    // Version 4 on Fargate gives the cluster's ARN, others its name.
    set(&mut identity.cluster, json::text(task, "Cluster").map(|cluster| after_last_slash(&cluster)));
    set(&mut identity.zone, json::text(task, "AvailabilityZone"));
    set(&mut identity.pulled_at, moment(task, "PullStartedAt"));
    if let Some(platform) = json::text(task, "LaunchType").and_then(|launch| platform_of_launch_type(&launch))
    {
        identity.platform = platform;
    }
    let limits = &task["Limits"];
    // The task's limits are hard, in cores and MiB.
    lower(&mut identity.limits.cpu, limits["CPU"].as_f64().filter(|cores| *cores > 0.0));
    lower(&mut identity.limits.memory, mebibytes(&limits["Memory"]));
    read_task_arn(identity);
}

fn read_container(container: &Value, identity: &mut Identity) {
    set(&mut identity.container_id, json::text(container, "DockerId"));
    set(&mut identity.container_name, json::text(container, "Name"));
    set(&mut identity.created_at, moment(container, "CreatedAt"));
    set(&mut identity.started_at, moment(container, "StartedAt"));
    identity.image = json::text(container, "Image").and_then(|reference| Image::parse(&reference));
    if let Some(image) = identity.image.as_mut().filter(|image| image.digest.is_none()) {
        image.digest = json::text(container, "ImageID");
    }
    read_labels(&container["Labels"], identity);
    // The container's CPU figure is a share and binds only under contention; its memory figure is a limit.
    lower(&mut identity.limits.memory, mebibytes(&container["Limits"]["Memory"]));
    read_addresses(container, identity);
    read_task_arn(identity);
}

/// The agent's labels say again what the task document says; they count where that one was not to be had.
fn read_labels(labels: &Value, identity: &mut Identity) {
    let label = |name: &str| json::text(labels, &format!("com.amazonaws.ecs.{name}"));
    let fill = |field: &mut Option<String>, value: Option<String>| {
        if field.is_none() {
            *field = value;
        }
    };
    fill(&mut identity.task_arn, label("task-arn"));
    fill(&mut identity.family, label("task-definition-family"));
    fill(&mut identity.revision, label("task-definition-version"));
    fill(&mut identity.cluster, label("cluster").map(|cluster| after_last_slash(&cluster)));
}

fn read_addresses(container: &Value, identity: &mut Identity) {
    let networks = container["Networks"].as_array().map_or(&[][..], Vec::as_slice);
    let listed = |key: &str, network: &Value| network[key].as_array().cloned().unwrap_or_default();
    let addresses: Vec<_> = networks
        .iter()
        .flat_map(|network| [listed("IPv4Addresses", network), listed("IPv6Addresses", network)].concat())
        .filter_map(|address| address.as_str()?.parse().ok())
        .take(crate::kernel::MOST_ADDRESSES)
        .collect();
    if !addresses.is_empty() {
        identity.addresses = addresses;
    }
}

/// `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`, without the cluster in ARNs of the old, short format.
fn read_task_arn(identity: &mut Identity) {
    let Some(arn) = identity.task_arn.clone() else { return };
    identity.task_id = Some(after_last_slash(&arn));
    set(&mut identity.region, arn.split(':').nth(3).filter(|region| !region.is_empty()).map(str::to_owned));
}

/// This process's container among those of the task: the one with our id, with the id our host name is the start of,
/// or else the only one that is not the agent's own.
fn own_container<'task>(task: &'task Value, identity: &Identity) -> Option<&'task Value> {
    let containers: Vec<&Value> =
        task["Containers"].as_array()?.iter().filter(|one| !is_pause(one)).collect();
    let has_id = |test: &dyn Fn(&str) -> bool| {
        containers
            .iter()
            .copied()
            .find(|container| json::text(container, "DockerId").is_some_and(|id| test(&id)))
    };
    let by_id = identity.container_id.as_deref().and_then(|own| has_id(&|id| id == own));
    // Docker names a host after the first 12 digits of its container's id.
    let named = identity.hostname.as_deref().filter(|name| name.len() >= 12);
    let by_name = || named.and_then(|name| has_id(&|id| id.starts_with(name)));
    let only = || if let [only] = containers[..] { Some(only) } else { None };
    by_id.or_else(by_name).or_else(only)
}

/// Containers the agent adds to hold the network namespace (`CNI_PAUSE`) and the like have a type of their own.
fn is_pause(container: &Value) -> bool {
    container["Type"].as_str().is_some_and(|kind| kind != "NORMAL")
}

fn platform_of_environment(sources: &Sources) -> Platform {
    match sources.variable("AWS_EXECUTION_ENV").as_deref() {
        Some("AWS_ECS_FARGATE") => Platform::EcsFargate,
        Some("AWS_ECS_EC2") => Platform::EcsEc2,
        _ => Platform::Ecs,
    }
}

fn platform_of_launch_type(launch_type: &str) -> Option<Platform> {
    match launch_type {
        "FARGATE" => Some(Platform::EcsFargate),
        "EC2" => Some(Platform::EcsEc2),
        _ => None,
    }
}

fn after_last_slash(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

fn moment(document: &Value, key: &str) -> Option<Timestamp> {
    json::text(document, key)?.parse().ok()
}

/// A positive number of MiB, in bytes.
fn mebibytes(value: &Value) -> Option<u64> {
    let bytes = value.as_f64().filter(|mebibytes| *mebibytes > 0.0)? * MEBIBYTE;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and a cast saturates"
    )]
    Some(bytes as u64)
}

fn set<Known>(field: &mut Option<Known>, value: Option<Known>) {
    if value.is_some() {
        *field = value;
    }
}

/// Of several limits the least binds.
fn lower<Amount: PartialOrd>(limit: &mut Option<Amount>, other: Option<Amount>) {
    if other.is_some() && (limit.is_none() || other < *limit) {
        *limit = other;
    }
}
