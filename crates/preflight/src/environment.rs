//! The process's environment, and which of its values must never be shown.

use std::path::Path;

use preflight_checks::plan;
use preflight_contract::{Contract, Environment, is_secret, secrets_of};

/// A file that holds more is no secret of a variable.
const LONGEST: u64 = 64 * 1024;

/// Variables of clients that name the file of a key and do not hold it: a refusal must be able to say which file.
const PATHS: [&str; 3] = ["CONSUL_CLIENT_KEY", "VAULT_CLIENT_KEY", "NOMAD_CLIENT_KEY"];

/// The process's environment. What is not UTF-8 is read with replacement characters: it is wrong in any case, and
/// shown as such.
pub(crate) fn of_process() -> Environment {
    Environment::new(readable(), |path| std::fs::read(path))
}

/// The process's variables, read so.
pub(crate) fn readable() -> impl Iterator<Item = (String, String)> {
    let variables = std::env::vars_os();
    variables.map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

/// The secrets of a contract in that environment.
pub(crate) fn secrets(contract: &Contract, environment: &Environment) -> Vec<String> {
    let mut found = plan::secrets(contract, environment, &plan::plan(contract, environment));
    let ready = contract.services.iter().filter_map(|service| service.ready.as_ref()?.http.as_deref());
    let health = contract.services.iter().filter_map(|service| service.health.as_ref()?.http.as_deref());
    found.extend(ready.chain(health).flat_map(|url| secrets_of("", None, url)));
    found
}

/// The secrets among variables of which no contract speaks: by their names, as passwords in URLs, and in the files that
/// variables such as `DB_PASSWORD_FILE` name.
pub(crate) fn secrets_among(variables: impl IntoIterator<Item = (String, String)>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in variables {
        if PATHS.contains(&name.as_str()) && value.starts_with('/') {
            continue;
        }
        found.extend(secrets_of(&name, None, &value));
        if name.strip_suffix("_FILE").is_some_and(|stem| is_secret(stem, None)) {
            found.extend(read_small(Path::new(&value)));
        }
    }
    found.retain(|secret| !secret.trim().is_empty());
    found
}

/// Nobody waits for a pipe or a device that a variable happens to name.
fn read_small(path: &Path) -> Option<String> {
    let about = std::fs::metadata(path).ok().filter(|about| about.is_file() && about.len() <= LONGEST);
    let text = about.and_then(|_| std::fs::read_to_string(path).ok())?;
    Some(text.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_without_a_contract() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "from-a-file\n").unwrap();
        let variables = [
            ("DB_PASSWORD", "in-a-variable"),
            ("MQ_URL", "amqp://u:in-a-url@h"),
            ("LOG_LEVEL", "debug"),
            ("CONSUL_CLIENT_KEY", "/etc/consul/key.pem"),
            ("MQ_PASSWORD_FILE", file.to_str().unwrap()),
            ("OTHER_PASSWORD_FILE", "/dev/zero"),
        ];
        let found = secrets_among(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        for secret in ["in-a-variable", "in-a-url", "from-a-file"] {
            assert!(found.iter().any(|one| one == secret), "{secret}: {found:?}");
        }
        let harmless = ["debug", "/etc/consul/key.pem"];
        assert!(!found.iter().any(|one| harmless.contains(&one.as_str())), "{found:?}");
    }
}
