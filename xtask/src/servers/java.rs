//! What the servers written in Java share: their jars from Maven's repository, and how they are run.

use super::process::{Launch, run};
use super::{Need, Workspace};
use crate::failure::Failure;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Java that all of them run on.
pub(super) const RUNTIME: Need = Need::Apt("openjdk-17-jre-headless");
/// What downloads their jars.
pub(super) const MAVEN: Need = Need::Apt("maven");
/// Maven's plugin that copies a project's dependencies, pinned so that its options mean the same everywhere.
const COPIER: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/// A server's jars: a folder of the store with the artifacts and all they depend on.
pub(super) struct Jars {
    /// The folder's name, which holds the version.
    pub(super) name: &'static str,
    /// The artifacts as `group:name:version`.
    pub(super) artifacts: &'static [&'static str],
    /// An archive as `group:name:version`, unpacked into the folder `archive` without its dependencies.
    pub(super) archive: Option<&'static str>,
}

impl Jars {
    /// Where they are, or will be.
    pub(super) fn folder(&self, store: &Path) -> PathBuf {
        store.join(self.name)
    }

    /// Whether the store has them.
    pub(super) fn present(&self, store: &Path) -> bool {
        self.folder(store).join("jars").is_dir()
    }

    /// Java's class path with all of them.
    pub(super) fn class_path(&self, store: &Path) -> String {
        self.folder(store).join("jars/*").display().to_string()
    }

    /// Downloads them.
    ///
    /// # Errors
    /// When Maven cannot, or the store cannot be written.
    pub(super) fn fetch(&self, store: &Path) -> Result<(), Failure> {
        let scratch =
            tempfile::tempdir_in(store).map_err(Failure::io("make a folder in", store.display()))?;
        let place = scratch.path();
        let project = place.join("pom.xml");
        fs::write(&project, self.project()).map_err(Failure::io("write", project.display()))?;
        let options = ["-DoutputDirectory=kept/jars", "-DincludeScope=runtime", "-DexcludeTypes=zip"];
        maven(place, store, "copy-dependencies", &options)?;
        if self.archive.is_some() {
            let options = ["-DoutputDirectory=kept/archive", "-DincludeTypes=zip"];
            maven(place, store, "unpack-dependencies", &options)?;
        }
        let folder = self.folder(store);
        fs::rename(place.join("kept"), &folder).map_err(Failure::io("keep", folder.display()))
    }

    /// A Maven project that depends on the artifacts, see <https://maven.apache.org/pom.html>.
    fn project(&self) -> String {
        let mut dependencies: String =
            self.artifacts.iter().map(|artifact| dependency(artifact, "")).collect();
        if let Some(archive) = self.archive {
            let alone = "<type>zip</type><exclusions><exclusion><groupId>*</groupId>\
                         <artifactId>*</artifactId></exclusion></exclusions>";
            dependencies += &dependency(archive, alone);
        }
        format!(
            "<project><modelVersion>4.0.0</modelVersion><groupId>preflight.tests</groupId>\
             <artifactId>{}</artifactId><version>1</version><dependencies>{dependencies}</dependencies></project>",
            self.name
        )
    }
}

fn dependency(artifact: &str, extra: &str) -> String {
    let tags = ["groupId", "artifactId", "version"];
    let parts: String =
        tags.iter().zip(artifact.split(':')).map(|(tag, part)| format!("<{tag}>{part}</{tag}>")).collect();
    format!("<dependency>{parts}{extra}</dependency>")
}

fn maven(place: &Path, store: &Path, goal: &str, options: &[&str]) -> Result<(), Failure> {
    let mut command = Command::new("mvn");
    command.current_dir(place).args(["--quiet", "--batch-mode"]).arg(format!("{COPIER}:{goal}"));
    command.arg(format!("-Dmaven.repo.local={}", store.join("maven").display())).args(options);
    run(&mut command, "").map(drop)
}

/// Prepares to run a main class with quick start-up and a heap of at most `heap` MiB; its arguments follow.
///
/// # Errors
/// When the Java runtime is not there.
pub(super) fn launch(
    workspace: &Workspace,
    name: &str,
    heap: u16,
    options: &[String],
    (class_path, class): (&str, &str),
) -> Result<Launch, Failure> {
    Ok(workspace
        .launch(name, runtime()?)
        .arg(format!("-Xmx{heap}m"))
        // Servers that live for a test run never repay the optimising compiler or more than one collector thread.
        .args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true"])
        .arg(format!("-Djava.io.tmpdir={}", workspace.folder().display()))
        .args(options)
        .args(["-classpath", class_path, class]))
}

/// Debian keeps one Java beside the other, so the default one may be too old or too new.
fn runtime() -> Result<PathBuf, Failure> {
    let folder = Path::new("/usr/lib/jvm");
    let all = fs::read_dir(folder).map_err(Failure::io("list", folder.display()))?;
    let mut runtimes = all
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("java-17-")))
        .map(|path| path.join("bin/java"));
    runtimes.find(|java| java.exists()).ok_or_else(|| Failure::Missing {
        what: "Java 17".to_owned(),
        hint: "its package is openjdk-17-jre-headless".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_names_each_artifact_and_takes_an_archive_alone() {
        let jars = Jars { name: "x", artifacts: &["g:a:1"], archive: Some("g:z:2") };
        let project = jars.project();
        assert!(
            project.contains("<groupId>g</groupId><artifactId>a</artifactId><version>1</version>"),
            "{project}"
        );
        assert!(project.contains("<version>2</version><type>zip</type><exclusions>"), "{project}");
    }
}
