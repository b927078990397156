//! The variables that templates' `env` and all children see besides ours: how Consul and Vault are reached, in the words
//! of their own tools.

use crate::config::{Secret, Settings};

/// `NAME=value`, as consul-template gives them.
#[must_use]
pub fn child_environment(settings: &Settings) -> Vec<String> {
    let mut variables = settings.variables.clone();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            variables.push(format!("{name}={value}"));
        }
    };
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let secret = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
    let (consul, vault) = (&settings.consul, &settings.vault);
    add("CONSUL_HTTP_ADDR", consul.address_given.then(|| consul.address.clone()));
    let auth = consul.auth.as_ref().map(|auth| match auth.password.expose() {
        "" => auth.username.clone(),
        password => format!("{}:{password}", auth.username),
    });
    add("CONSUL_HTTP_AUTH", auth);
    add("CONSUL_HTTP_TOKEN", secret(&consul.token));
    add("CONSUL_HTTP_TOKEN_FILE", path(&consul.token_file));
    add("CONSUL_HTTP_SSL", Some(consul.tls.enabled.to_string()));
    add("CONSUL_HTTP_SSL_VERIFY", Some(consul.tls.verify.to_string()));
    add("VAULT_ADDR", Some(vault.address.clone()));
    add("VAULT_SKIP_VERIFY", (!vault.tls.verify).then(|| "true".to_owned()));
    add("VAULT_CLIENT_CERT", path(&vault.tls.cert));
    add("VAULT_CLIENT_KEY", path(&vault.tls.key));
    add("VAULT_CAPATH", path(&vault.tls.ca_path));
    add("VAULT_CACERT", path(&vault.tls.ca_cert));
    add("VAULT_CACERT_BYTES", vault.tls.ca_cert_bytes.clone());
    add("VAULT_TLS_SERVER_NAME", vault.tls.server_name.clone());
    variables
}
