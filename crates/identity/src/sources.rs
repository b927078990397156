//! The edges of discovery, injected: environment, files, clock, instance metadata.

use std::path::PathBuf;

use jiff::Timestamp;

/// Looks up one environment variable.
pub type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Tells the time.
pub type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// Everything discovery looks at. Tests pass a map and a folder; the program passes [`Sources::system`].
pub struct Sources {
    /// The environment variables.
    pub environment: Environment,
    /// The folder that stands for `/`: `proc`, `sys`, `etc`, `run` and `var` are read below it.
    pub root: PathBuf,
    /// The wall clock.
    pub now: Clock,
    /// Whether to ask EC2's instance metadata service.
    pub instance_metadata: AskInstance,
    /// Its base address if the environment names none.
    pub instance_metadata_base: String,
}

/// When EC2's instance metadata service is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskInstance {
    /// Never.
    Never,
    /// If the machine's firmware says it is Amazon's, or the environment names the service's address.
    WhenLikely,
}

impl Sources {
    /// This machine as it is.
    #[must_use]
    pub fn system() -> Self {
        Self {
            environment: Box::new(|name| std::env::var_os(name)?.into_string().ok()),
            root: PathBuf::from("/"),
            now: Box::new(Timestamp::now),
            instance_metadata: AskInstance::WhenLikely,
            instance_metadata_base: "http://169.254.169.254".to_owned(),
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name).and_then(|value| crate::model::text(&value))
    }

    /// The first of several variables that is set and not empty.
    pub(crate) fn first_variable(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.variable(name))
    }
}
