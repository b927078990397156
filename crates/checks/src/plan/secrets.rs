//! Which values must never be shown. When in doubt, it is a secret.

use std::collections::HashMap;

use preflight_contract::{Attribute, CheckSpec, Contract, Environment, Variable, is_secret, secrets_of};

use super::Plan;

/// Every secret value that the run may come across: declared and undeclared variables that are secret by rule or by
/// name, what their `*_FILE` siblings hold, passwords inside URLs, and the credentials of `checks:`.
#[must_use]
pub fn secrets(contract: &Contract, environment: &Environment, plan: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    // Of several with one name the first: the last one to be inserted stays.
    let declared: HashMap<&str, (usize, &Variable)> = contract
        .variables
        .iter()
        .enumerate()
        .rev()
        .map(|(place, variable)| (variable.name.as_str(), (place, variable)))
        .collect();
    for name in environment.names() {
        let raw = environment.raw(name).unwrap_or_default();
        let stem = name.strip_suffix("_FILE").unwrap_or(name);
        let declared =
            [stem, name].iter().filter_map(|name| declared.get(name)).min_by_key(|(place, _)| *place);
        if is_secret(name, declared.map(|(_, variable)| *variable)) {
            found.push(raw.to_owned());
        }
        found.extend(passwords_in(raw));
    }
    for variable in &contract.variables {
        if is_secret(&variable.name, Some(variable)) {
            found.extend(environment.lookup(&variable.name).ok().flatten().map(|resolved| resolved.value));
        }
    }
    for item in &plan.items {
        let secret = |attribute: &Attribute| attribute.is_secret();
        let held = item.connection.attributes.iter().filter(|(attribute, _)| secret(attribute));
        found.extend(held.map(|(_, held)| held.value.clone()));
        found.extend(item.connection.attributes.values().flat_map(|held| passwords_in(&held.value)));
        found.extend(item.spec.iter().flat_map(of_spec));
    }
    found.retain(|secret| !secret.trim().is_empty());
    found.sort_unstable();
    found.dedup();
    found
}

fn of_spec(spec: &CheckSpec) -> Vec<String> {
    match spec {
        CheckSpec::Http(http) => {
            let sent = http.headers.iter().filter(|(name, _)| is_sensitive_header(name));
            let mut found: Vec<String> = sent.map(|(_, value)| value.clone()).collect();
            found.extend(http.headers.values().filter_map(|value| credentials_of(value)));
            found.extend(http.password.clone());
            found.extend(http.token.clone());
            found.extend(passwords_in(&http.url));
            found
        }
        CheckSpec::Grpc(grpc) => grpc.token.clone().into_iter().collect(),
        _ => Vec::new(),
    }
}

/// What follows the scheme in a header such as `Authorization: Bearer …`.
fn credentials_of(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once(' ')?;
    let known = ["basic", "bearer", "token"].iter().any(|name| scheme.eq_ignore_ascii_case(name));
    known.then(|| rest.to_owned())
}

fn is_sensitive_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["authorization", "token", "key", "secret", "cookie", "password"].iter().any(|part| name.contains(part))
}

/// The passwords inside a value that is not secret as a whole: a URL, a connection string.
fn passwords_in(value: &str) -> Vec<String> {
    secrets_of("", None, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_found_where_people_hide_them() {
        assert!(passwords_in("postgres://pat:p%40ss@db/x").contains(&"p%40ss".to_owned()));
        assert!(passwords_in("postgres://pat:a/b#c@db/x").contains(&"a/b#c".to_owned()));
        assert!(passwords_in("Server=db;User=sa;Pwd=s3cr3t;").contains(&"s3cr3t".to_owned()));
        assert!(passwords_in("host=db password='x y' port=1").contains(&"x y".to_owned()));
        assert!(passwords_in("https://h/?access_token=abcdef").contains(&"abcdef".to_owned()));
        assert!(passwords_in("http://plain/").is_empty());
    }
}
