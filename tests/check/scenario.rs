//! The form of a scenario.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// One file of scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioFile {
    /// The kind that they are about.
    pub(crate) kind: String,
    pub(crate) scenarios: Vec<Scenario>,
}

/// A contract, an environment, and what the report must say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// The rule that it shows.
    pub(crate) name: String,
    /// The servers whose facts are used.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    /// The environment; `{{server.fact}}` is filled in.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// The whole contract; otherwise one that declares every name of the environment.
    pub(crate) contract: Option<String>,
    /// Files that are written into the working directory first.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// More arguments.
    #[serde(default)]
    pub(crate) arguments: Vec<String>,
    /// A server of the test's own, whose facts are called `stub`.
    pub(crate) stub: Option<Stub>,
    /// The exit code.
    pub(crate) exit: i32,
    /// The class of the one check that fails.
    pub(crate) class: Option<String>,
    /// The classes of all checks that fail, in any order.
    pub(crate) classes: Option<Vec<String>>,
    /// Fragments of the failures' evidence and hints, or of the facts when all is well.
    #[serde(default)]
    pub(crate) says: Vec<String>,
    /// The classes of warnings that must be there.
    #[serde(default)]
    pub(crate) warns: Vec<String>,
    /// Fragments that must not appear anywhere.
    #[serde(default)]
    pub(crate) never: Vec<String>,
}

/// A server that the test starts itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Stub {
    /// Canned answers over HTTP; a request that none fits gets 404.
    Http(Vec<HttpAnswer>),
    /// A hostile peer: `silent`, `closes`, `drips` or `http`.
    Peer(String),
    /// A stub written in Rust, by its name in `stubs/`.
    Named(String),
}

/// One canned answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpAnswer {
    /// The method; any when absent.
    pub(crate) method: Option<String>,
    /// The beginning of the path with its query.
    pub(crate) path: String,
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
}

impl Scenario {
    /// The classes that must fail, sorted.
    pub(crate) fn failing(&self) -> Vec<String> {
        let mut classes = self.classes.clone().unwrap_or_else(|| self.class.clone().into_iter().collect());
        classes.sort_unstable();
        classes
    }

    /// The contract's text, before facts are filled in.
    pub(crate) fn contract_text(&self) -> String {
        if let Some(contract) = &self.contract {
            return contract.clone();
        }
        let mut text = String::from("organization: Acme\nteam: DevOps\nchecked_environment_variables:\n");
        for name in self.environment.keys() {
            text.push_str(&format!("  - {name}\n"));
        }
        text
    }
}

/// All scenario files, in alphabetical order.
pub(crate) fn load_all() -> Vec<ScenarioFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/check/scenarios");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().map(|path| load(path)).collect()
}

fn load(path: &Path) -> ScenarioFile {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
