//! A container image's reference, taken apart.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::text;

/// An image reference: `[registry/]path[:tag][@digest]`, the grammar of the OCI distribution specification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Image {
    /// Registry and path, without tag and digest.
    pub name: String,
    /// The tag; none if the reference names none (a runtime then takes `latest`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// `sha256:` and 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

impl Image {
    /// Takes a reference apart; nothing if it is empty. Never refuses a strange one: it only shows what it was told.
    #[must_use]
    pub fn parse(reference: &str) -> Option<Self> {
        let reference = text(reference)?;
        let (reference, digest) = match reference.split_once('@') {
            Some((name, digest)) => (name, text(digest)),
            None => (reference.as_str(), None),
        };
        let path_start = reference.rfind('/').map_or(0, |slash| slash + 1);
        // A colon before the last slash belongs to the registry's port.
        let (name, tag) = match reference[path_start..].split_once(':') {
            Some((last, tag)) => (&reference[..path_start + last.len()], text(tag)),
            None => (reference, None),
        };
        Some(Self { name: name.to_owned(), tag, digest })
    }

    /// The name without its registry's host, and the tag, or else the digest's first 12 digits: `team/pickles:1.4.2`.
    #[must_use]
    pub fn short(&self) -> String {
        let name = match self.name.split_once('/') {
            Some((host, path)) if is_registry(host) && !path.is_empty() => path,
            _ => &self.name,
        };
        match (&self.tag, &self.digest) {
            (Some(tag), _) => format!("{name}:{tag}"),
            (None, Some(digest)) => format!("{name}@{}", short_digest(digest)),
            (None, None) => name.to_owned(),
        }
    }
}

/// The first part of a reference is a host if it could not be a part of a path: it has a dot or a port, or is localhost.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost"
}

fn short_digest(digest: &str) -> String {
    let (algorithm, hash) = digest.split_once(':').unwrap_or(("", digest));
    let hash: String = hash.chars().take(12).collect();
    if algorithm.is_empty() { hash } else { format!("{algorithm}:{hash}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(reference: &str) -> (String, Option<String>, Option<String>) {
        let image = Image::parse(reference).unwrap();
        (image.name, image.tag, image.digest)
    }

    #[test]
    fn a_reference_is_taken_apart() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parts("pickles"), ("pickles".into(), None, None));
        assert_eq!(parts("pickles:1.4.2"), ("pickles".into(), some("1.4.2"), None));
        assert_eq!(parts("localhost:5000/pickles"), ("localhost:5000/pickles".into(), None, None));
        assert_eq!(
            parts("registry.test:5000/a/b:c@sha256:ab"),
            ("registry.test:5000/a/b".into(), some("c"), some("sha256:ab"))
        );
    }

    #[test]
    fn a_strange_reference_is_shown_and_never_a_panic() {
        for strange in ["/", ":", "@", "a:", "é:ü@", "//:@@::", "\u{202e}/x:y"] {
            let image = Image::parse(strange).unwrap();
            let _ = image.short();
        }
        assert_eq!(Image::parse("  \n"), None);
    }

    #[test]
    fn the_short_form_leaves_the_registry_out() {
        let short = |reference: &str| Image::parse(reference).unwrap().short();
        assert_eq!(
            short("111122223333.dkr.ecr.us-west-2.amazonaws.com/team/pickles:1.4.2"),
            "team/pickles:1.4.2"
        );
        assert_eq!(short("library/pickles"), "library/pickles");
        assert_eq!(short("localhost/pickles@sha256:0123456789abcdef"), "pickles@sha256:0123456789ab");
    }
}
