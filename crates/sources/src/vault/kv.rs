//! The key-value engine's two versions: where a path of the first is found in the second. Pure.
//!
//! Version 2 keeps the values below `data/` and the names below `metadata/` of its mount; see "KV secrets engine,
//! version 2 (API)" in Vault's documentation. People write the path that `vault kv get` takes, without either.

use super::Secret;

/// Where an engine is mounted and which version it is, as `sys/internal/ui/mounts` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Mount {
    /// With a slash at its end, with the namespace in front where there is one.
    pub(super) path: String,
    pub(super) is_version_2: bool,
}

impl Mount {
    /// The mount that the answer tells of.
    pub(super) fn of(answer: &Secret) -> Self {
        let text = |name: &str| answer.data.as_ref()?.get(name)?.as_str();
        let version = || answer.data.as_ref()?.get("options")?.as_map()?.get("version")?.as_str();
        Self {
            path: text("path").unwrap_or_default().to_owned(),
            is_version_2: text("type") == Some("kv") && version() == Some("2"),
        }
    }

    /// Whether a path is in this engine.
    pub(super) fn holds(&self, path: &str, namespace: &str) -> bool {
        let mount = self.path_within(namespace);
        path.starts_with(mount) || path == mount.trim_end_matches('/')
    }

    /// Where a secret is read from or written to. `namespace` is the one that requests are made in.
    pub(super) fn value_path(&self, path: &str, namespace: &str) -> String {
        if !self.is_version_2 {
            return path.to_owned();
        }
        let mount = self.path_within(namespace);
        if path == mount || path == mount.trim_end_matches('/') {
            return join(mount, "data", "");
        }
        let below = path.strip_prefix(mount).unwrap_or(path);
        let is_complete = ["data/", "metadata/", "subkeys/"].iter().any(|part| below.starts_with(part));
        if is_complete { path.to_owned() } else { join(mount, "data", below) }
    }

    /// Where the names below a path are listed.
    pub(super) fn names_path(&self, path: &str, namespace: &str) -> String {
        if !self.is_version_2 {
            return path.to_owned();
        }
        let mount = self.path_within(namespace).trim_end_matches('/');
        let below = path.strip_prefix(mount).unwrap_or(path).trim_start_matches('/');
        let is_complete = below == "metadata" || below.starts_with("metadata/");
        if is_complete { path.to_owned() } else { join(mount, "metadata", below) }
    }

    fn path_within(&self, namespace: &str) -> &str {
        let namespace = namespace.trim_matches('/');
        let inside =
            (!namespace.is_empty()).then(|| self.path.strip_prefix(namespace)?.strip_prefix('/')).flatten();
        inside.unwrap_or(&self.path)
    }
}

/// Joins parts of a path with single slashes.
fn join(mount: &str, kind: &str, below: &str) -> String {
    let parts = [mount, kind, below];
    let parts = parts.iter().flat_map(|part| part.split('/')).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(path: &str) -> Mount {
        Mount { path: path.to_owned(), is_version_2: true }
    }

    #[test]
    fn a_mount_is_read_from_the_answer() {
        let answer = |text: &str| Secret::parse(text.as_bytes()).unwrap().unwrap();
        let told = answer(r#"{"data":{"path":"secret/","type":"kv","options":{"version":"2"}}}"#);
        assert_eq!(Mount::of(&told), second("secret/"));
        for first in [
            r#"{"data":{"path":"secret/","type":"kv","options":{"version":"1"}}}"#,
            r#"{"data":{"path":"secret/","type":"kv","options":null}}"#,
            r#"{"data":{"path":"secret/","type":"pki","options":{"version":"2"}}}"#,
        ] {
            assert!(!Mount::of(&answer(first)).is_version_2, "{first}");
        }
    }

    #[test]
    fn values_of_version_2_are_below_data() {
        let mount = second("secret/");
        for (written, meant) in [
            ("secret/app", "secret/data/app"),
            ("secret/app/db", "secret/data/app/db"),
            ("secret/data/app", "secret/data/app"),
            ("secret/metadata/app", "secret/metadata/app"),
            ("secret/subkeys/app", "secret/subkeys/app"),
            ("secret/database", "secret/data/database"),
            ("secret", "secret/data"),
            ("secret/", "secret/data"),
        ] {
            assert_eq!(mount.value_path(written, ""), meant, "{written}");
        }
        assert_eq!(second("a/b/").value_path("a/b/c", ""), "a/b/data/c");
    }

    #[test]
    fn version_1_is_left_alone() {
        let mount = Mount { path: "kv/".to_owned(), is_version_2: false };
        assert_eq!(mount.value_path("kv/app", ""), "kv/app");
        assert_eq!(mount.names_path("kv/app", ""), "kv/app");
    }

    #[test]
    fn a_mount_told_with_its_namespace_is_the_same_mount() {
        assert_eq!(second("team/a/secret/").value_path("secret/app", "team/a"), "secret/data/app");
        assert_eq!(second("team/a/secret/").names_path("secret/app", "/team/a/"), "secret/metadata/app");
    }

    #[test]
    fn a_path_is_in_the_engine_that_it_begins_with() {
        let mount = second("team/a/secret/");
        assert!(mount.holds("secret/app", "team/a") && mount.holds("secret", "team/a"));
        assert!(!mount.holds("secrets/app", "team/a") && !mount.holds("other/app", "team/a"));
    }

    #[test]
    fn names_of_version_2_are_below_metadata() {
        let mount = second("secret/");
        for (written, meant) in [
            ("secret", "secret/metadata"),
            ("secret/app", "secret/metadata/app"),
            ("secret/metadata", "secret/metadata"),
            ("secret/metadata/app", "secret/metadata/app"),
            ("secret/metadatas", "secret/metadata/metadatas"),
        ] {
            assert_eq!(mount.names_path(written, ""), meant, "{written}");
        }
    }
}
