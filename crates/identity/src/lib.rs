//! Where am I: Amazon ECS, Kubernetes, EC2, a plain container or a plain host.
//!
//! [`discover`] asks, in this order, and stops at the first that knows the process:
//!
//! 1. ECS task metadata, version 4 and then 3, if the agent left its address in the environment;
//! 2. Kubernetes: service account, downward API, environment; no request is made;
//! 3. EC2 instance metadata (version 2 only), if the firmware says the machine is Amazon's;
//! 4. the kernel: cgroups, mounts, host name, process 1.
//!
//! What a step leaves open the kernel fills in. Guarantees: it never fails and never panics, whatever the answers are; it
//! ends within its budget; requests go straight to the address, never through a proxy, and follow no redirect; and on a
//! plain host it makes no socket, no timer and no name look-up, it reads a handful of small files.
//!
//! [`usage`] reads what the container has used so far from its cgroup, version 1 or 2.

use std::time::Duration;

use tokio::time::Instant;

mod cgroup;
mod ec2;
mod ecs;
mod files;
mod http;
mod image;
mod json;
mod kernel;
mod kubernetes;
mod model;
mod sources;
mod summary;
mod usage;

pub use image::Image;
pub use model::{Identity, LONGEST_TEXT, Limits, Platform};
pub use sources::{AskInstance, Clock, Environment, Sources};
pub use usage::{Usage, usage};

/// Learns where this process runs, within `budget` (one second is plenty: a metadata service answers in milliseconds).
/// Never fails: what could not be learned is missing, and [`Identity::notes`] says why.
pub async fn discover(sources: &Sources, budget: Duration) -> Identity {
    let deadline = Instant::now() + budget;
    let mut identity = Identity::default();
    kernel::describe(sources, &mut identity);
    if ecs::is_here(sources) {
        ecs::describe(sources, deadline, &mut identity).await;
    } else if kubernetes::is_here(sources) {
        kubernetes::describe(sources, &mut identity);
    } else if ec2::is_likely(sources) {
        ec2::describe(sources, deadline, &mut identity).await;
    }
    name_image(sources, &mut identity);
    identity
}

/// Only ECS tells a container its image. Elsewhere whoever deploys it may say so in `CONTAINER_IMAGE`.
fn name_image(sources: &Sources, identity: &mut Identity) {
    if identity.image.is_none() {
        identity.image = sources.variable("CONTAINER_IMAGE").and_then(|reference| Image::parse(&reference));
    }
    let in_container =
        identity.container_id.is_some() || !matches!(identity.platform, Platform::Host | Platform::Ec2);
    if identity.image.is_none() && in_container {
        identity.notes.push("image: the platform does not tell, and CONTAINER_IMAGE is not set".to_owned());
    }
}
