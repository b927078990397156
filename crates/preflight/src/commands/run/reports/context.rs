//! What all reports of one container have in common. Pure.

use preflight_identity::{Identity, Image};
use preflight_logging::{Redactor, Tag};
use preflight_supervise::crash::Context;

/// So many digits of a digest are enough to find it.
const DIGITS: usize = 12;

/// Where this is, which release, in which environment: `SENTRY_RELEASE`, else the image's name and tag; `SENTRY_ENVIRONMENT`.
pub(super) fn of(
    identity: &Identity,
    tag: &Tag,
    variable: impl Fn(&str) -> Option<String>,
    redactor: &Redactor,
) -> Context {
    let release = variable("SENTRY_RELEASE").or_else(|| identity.image.as_ref().and_then(release));
    Context::new(
        identity.hostname.as_deref(),
        release.as_deref(),
        variable("SENTRY_ENVIRONMENT").as_deref(),
        tags(identity, tag),
        redactor,
    )
}

/// `pickles@1.4.2`, as Sentry writes releases; `None` for an image that says nothing of its version.
fn release(image: &Image) -> Option<String> {
    let name = image.name.rsplit('/').next()?;
    let version = image.tag.clone().filter(|tag| tag != "latest");
    let digest =
        || image.digest.as_ref()?.split_once(':').map(|(_, hash)| hash.chars().take(DIGITS).collect());
    Some(format!("{name}@{}", version.or_else(digest)?))
}

fn tags(identity: &Identity, tag: &Tag) -> Vec<(String, String)> {
    let image = identity.image.as_ref().map(Image::short);
    let known = [
        ("audience", Some(tag.to_string())),
        ("platform", Some(identity.platform.label().to_owned())),
        ("image", image),
        ("ecs.task", identity.task_id.clone()),
        ("ecs.task_arn", identity.task_arn.clone()),
        ("ecs.family", identity.family.clone()),
        ("ecs.revision", identity.revision.clone()),
        ("cluster", identity.cluster.clone()),
        ("container", identity.container_name.clone()),
        ("container.id", identity.container_id.clone()),
        ("k8s.pod", identity.pod.clone()),
        ("k8s.namespace", identity.namespace.clone()),
        ("k8s.node", identity.node.clone()),
        ("k8s.service_account", identity.service_account.clone()),
        ("ec2.instance", identity.instance_id.clone()),
        ("ec2.instance_type", identity.instance_type.clone()),
        ("region", identity.region.clone()),
        ("zone", identity.zone.clone()),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

#[cfg(test)]
mod tests {
    use preflight_identity::Platform;

    use super::*;

    #[test]
    fn a_release_is_the_images_name_and_version() {
        for (reference, expected) in [
            ("123.dkr.ecr.us-west-2.amazonaws.com/team/pickles:1.4.2", Some("pickles@1.4.2")),
            ("pickles:latest@sha256:0123456789abcdef", Some("pickles@0123456789ab")),
            ("pickles:latest", None),
            ("pickles", None),
        ] {
            let image = Image::parse(reference).expect("an image");
            assert_eq!(release(&image).as_deref(), expected, "{reference}");
        }
    }

    #[test]
    fn what_is_known_of_the_place_is_a_tag() {
        let identity = Identity {
            platform: Platform::EcsFargate,
            task_id: Some("158d1c80".to_owned()),
            zone: Some("us-west-2d".to_owned()),
            ..Identity::default()
        };
        let tags = tags(&identity, &Tag::new("MyCompanyName", "DevOps"));
        let expected = [
            ("audience", "[MyCompanyName:DevOps]"),
            ("platform", "ECS Fargate"),
            ("ecs.task", "158d1c80"),
            ("zone", "us-west-2d"),
        ];
        assert_eq!(tags, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
