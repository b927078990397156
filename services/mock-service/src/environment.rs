//! The environment variables the service reads, and which of their values are secret.

use std::collections::BTreeMap;

use url::Url;

/// A snapshot of the environment. Values are read through it, so that tests can pass a map.
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// The environment of this process; variables that are not UTF-8 count as not set.
    pub(crate) fn of_this_process() -> Self {
        let text = |os: std::ffi::OsString| os.into_string().ok();
        Self::of(std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))))
    }

    /// The environment made of these variables.
    pub(crate) fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: variables.into_iter().collect() }
    }

    /// The variable's value, or what is in the file that `NAME_FILE` names (less one trailing newline). Empty is as
    /// good as not set.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let set = |name: &str| self.variables.get(name).filter(|value| !value.is_empty()).cloned();
        set(name).or_else(|| {
            let text = std::fs::read_to_string(set(&format!("{name}_FILE"))?).ok()?;
            Some(text.strip_suffix('\n').unwrap_or(&text).to_owned()).filter(|value| !value.is_empty())
        })
    }

    /// Every value that may never be shown: of variables that by name are passwords, tokens, secrets or keys, and
    /// the user information in URLs.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        for name in self.variables.keys() {
            let name = name.strip_suffix("_FILE").unwrap_or(name);
            let Some(value) = self.value(name) else { continue };
            if is_secret(name) {
                secrets.push(value);
            } else if let Ok(url) = Url::parse(&value) {
                secrets.extend(url.password().map(str::to_owned));
            }
        }
        secrets
    }
}

/// Whether a variable or a query parameter of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    const TELLTALES: [&str; 6] = ["PASSWORD", "TOKEN", "SECRET", "CREDENTIAL", "PRIVATE_KEY", "API_KEY"];
    let name = name.to_ascii_uppercase().replace('-', "_");
    TELLTALES.iter().any(|telltale| name.contains(telltale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn a_value_may_come_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "from the file\n").unwrap();
        let environment = environment(&[("A_PASSWORD_FILE", file.path().to_str().unwrap()), ("EMPTY", "")]);
        assert_eq!(environment.value("A_PASSWORD").as_deref(), Some("from the file"));
        assert_eq!(environment.value("EMPTY"), None);
        assert_eq!(environment.secrets(), ["from the file"]);
    }

    #[test]
    fn passwords_in_urls_are_secret() {
        let environment = environment(&[("HTTP_A_URL", "http://pat:hush@a.test/"), ("B_TOKEN", "t0ken")]);
        assert_eq!(environment.secrets(), ["t0ken", "hush"]);
    }
}
