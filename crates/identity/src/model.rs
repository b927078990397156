//! What a process can know of the place it runs in.

use std::net::IpAddr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::image::Image;

/// Where this process runs, as far as it could be learned. Every text in it came from outside (a metadata service, a
/// file, a variable): it is at most [`LONGEST_TEXT`] characters long and otherwise as it was found, so escape it when printing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Identity {
    /// The kind of place.
    pub platform: Platform,
    /// The image the container was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// ECS: the last part of the task's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// ECS: the task's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_arn: Option<String>,
    /// The container runtime's id, usually 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_id: Option<String>,
    /// The container's name in the task definition or the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_name: Option<String>,
    /// ECS: the task definition's family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// ECS: the task definition's revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// ECS: the cluster's name, without the rest of its ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The cloud's region, such as `us-west-2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The availability zone, such as `us-west-2d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Kubernetes: the pod's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// Kubernetes: the pod's namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Kubernetes: the node the pod was put on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Kubernetes: the service account the pod runs as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
    /// EC2: the instance's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// EC2: the instance's type, such as `m7g.large`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// The name the kernel gives this machine or container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// The addresses others reach this process under; no loopback and no link-local ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// How much of the machine this process may use.
    pub limits: Limits,
    /// When the pull of the task's images began.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub pulled_at: Option<Timestamp>,
    /// When the container (EC2: the instance) was made.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub created_at: Option<Timestamp>,
    /// When the container started, or process 1 where nobody says; on a host that is the boot.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub started_at: Option<Timestamp>,
    /// What could not be learned, and why; for verbose output.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The kind of place a process runs in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Amazon ECS on Fargate.
    EcsFargate,
    /// Amazon ECS on EC2 instances.
    EcsEc2,
    /// Amazon ECS with a launch type that is neither, or that nobody told.
    Ecs,
    /// Kubernetes, whoever runs it.
    Kubernetes,
    /// An EC2 instance, in a plain container or straight on it.
    Ec2,
    /// A container of Docker, Podman or another runtime, without an orchestrator that makes itself known.
    Container,
    /// A machine without a container.
    #[default]
    Host,
}

impl Platform {
    /// The name people know it by.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::EcsFargate => "ECS Fargate",
            Self::EcsEc2 => "ECS EC2",
            Self::Ecs => "ECS",
            Self::Kubernetes => "Kubernetes",
            Self::Ec2 => "EC2",
            Self::Container => "container",
            Self::Host => "host",
        }
    }

    /// Whether Amazon ECS started this process.
    #[must_use]
    pub fn is_ecs(self) -> bool {
        matches!(self, Self::EcsFargate | Self::EcsEc2 | Self::Ecs)
    }
}

/// Upper bounds that somebody enforces; `None` is "no limit, or none that could be seen".
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Limits {
    /// Processor time, in cores: 0.25 is a quarter of one. Shares, which bind only under contention, are not limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// Memory, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
}

/// The most characters a text from outside keeps.
pub const LONGEST_TEXT: usize = 512;

/// A text from outside, trimmed and cut to [`LONGEST_TEXT`]; nothing if nothing is left.
pub(crate) fn text(raw: &str) -> Option<String> {
    let trimmed = raw.trim();
    (!trimmed.is_empty()).then(|| trimmed.chars().take(LONGEST_TEXT).collect())
}

/// RFC 3339 in UTC.
fn moment<S: Serializer>(moment: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match moment {
        Some(moment) => serializer.collect_str(moment),
        None => serializer.serialize_none(),
    }
}
