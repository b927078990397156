//! The identity in half a line, for the first line of a run.

use jiff::Timestamp;

use crate::model::{Identity, Platform};

impl Identity {
    /// Image, place and start: `image pickles:1.4.2, task 158d1c80 (ECS us-west-2d), started 2026-11-21T11:30:00Z`.
    /// What is not known is left out. The text is as untrusted as its parts: escape it when printing.
    #[must_use]
    pub fn summary(&self) -> String {
        let image = self.image.as_ref().map(|image| format!("image {}", image.short()));
        let started = self.started_at.map(|moment| format!("started {}", whole_seconds(moment)));
        [image, Some(self.place()), started].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn place(&self) -> String {
        let zone = self.zone.as_deref().or(self.region.as_deref());
        match self.platform {
            Platform::EcsFargate | Platform::EcsEc2 | Platform::Ecs => named(
                "task",
                self.task_id.as_deref().map(|id| start(id, 8)),
                &["ECS", zone.unwrap_or_default()],
            ),
            Platform::Kubernetes => {
                let namespace = self.namespace.as_deref().map(|name| format!("namespace {name}"));
                let place =
                    ["Kubernetes", namespace.as_deref().unwrap_or_default(), zone.unwrap_or_default()];
                named("pod", self.pod.clone().or_else(|| self.hostname.clone()), &place)
            }
            Platform::Ec2 => named("instance", self.instance_id.clone(), &["EC2", zone.unwrap_or_default()]),
            Platform::Container => {
                let id = self.container_id.as_deref().map(|id| start(id, 12));
                named("container", id.or_else(|| self.hostname.clone()), &[])
            }
            Platform::Host => named("host", self.hostname.clone(), &[]),
        }
    }
}

/// `noun name (place place)`, without the parts that are empty.
fn named(noun: &str, name: Option<String>, place: &[&str]) -> String {
    let name = name.map_or_else(|| format!("unknown {noun}"), |name| format!("{noun} {name}"));
    let place: Vec<&str> = place.iter().copied().filter(|part| !part.is_empty()).collect();
    if place.is_empty() { name } else { format!("{name} ({})", place.join(" ")) }
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

fn start(id: &str, length: usize) -> String {
    id.chars().take(length).collect()
}
