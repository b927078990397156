//! Which variables a process gets.

use std::ffi::{OsStr, OsString};

use crate::glob;

/// The rules, those of consul-template's `env` block: the inherited variables that match `allow` (all, when there is
/// none) and do not match `deny`, and then the custom ones, which nothing filters. Patterns are `*`, `?`, `[a-z]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Inherit nothing.
    pub pristine: bool,
    /// `NAME=value`; the last one of a name counts, and it counts more than an inherited one. What has no `=` is left out.
    pub custom: Vec<String>,
    /// Only these are inherited.
    pub allow: Vec<String>,
    /// These are not, even when they are allowed.
    pub deny: Vec<String>,
}

impl Environment {
    /// Exactly these, `NAME=value`.
    pub fn exactly(custom: Vec<String>) -> Self {
        Self { pristine: true, custom, ..Self::default() }
    }

    /// The variables themselves, each name once, given what could be inherited.
    pub fn variables(
        &self,
        inherited: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Vec<(OsString, OsString)> {
        let mut all: Vec<(OsString, OsString)> = Vec::new();
        if !self.pristine {
            all.extend(inherited.into_iter().filter(|(name, _)| self.inherits(name)));
        }
        for variable in &self.custom {
            let Some((name, value)) = variable.split_once('=').filter(|(name, _)| !name.is_empty()) else {
                continue;
            };
            all.retain(|(known, _)| known != name);
            all.push((name.into(), value.into()));
        }
        all
    }

    fn inherits(&self, name: &OsStr) -> bool {
        let name = name.to_string_lossy();
        let any = |patterns: &[String]| patterns.iter().any(|pattern| glob::matches(pattern, &name));
        (self.allow.is_empty() || any(&self.allow)) && !any(&self.deny)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(environment: &Environment) -> Vec<String> {
        let inherited = [("PATH", "/bin"), ("AWS_KEY", "k"), ("AWS_REGION", "r"), ("HOME", "/root")];
        environment
            .variables(inherited.map(|(name, value)| (name.into(), value.into())))
            .into_iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect()
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn everything_is_inherited_when_nothing_is_said() {
        assert_eq!(variables(&Environment::default()).len(), 4);
    }

    #[test]
    fn denied_counts_more_than_allowed_and_custom_more_than_both() {
        let environment = Environment {
            allow: texts(&["AWS_*", "PATH"]),
            deny: texts(&["*_KEY", "NEW"]),
            custom: texts(&["NEW=1", "PATH=/usr/bin", "NEW=a=b", "broken", "=x"]),
            pristine: false,
        };
        assert_eq!(variables(&environment), ["AWS_REGION=r", "PATH=/usr/bin", "NEW=a=b"]);
    }

    #[test]
    fn a_pristine_one_has_the_custom_variables_alone() {
        assert_eq!(variables(&Environment::exactly(texts(&["A=1"]))), ["A=1"]);
        assert!(variables(&Environment::exactly(Vec::new())).is_empty());
    }
}
