//! From what the configuration says to how the sources are reached.

use std::time::Duration;

use preflight_sources::aws::AwsSettings;
use preflight_sources::consul::ConsulSettings;
use preflight_sources::nomad::NomadSettings;
use preflight_sources::vault::{self, Text, VaultSettings};
use preflight_sources::{
    BasicAuth, HttpSettings, ProxySettings, RetrySettings, SecretText, Settings as Sources, TlsSettings,
};

use crate::config::{self, Secret, Settings, Tls, Transport, VaultLogin};

/// How the sources are reached. `variable` looks an environment variable up: proxies are taken from there.
pub(crate) fn connections(settings: &Settings, variable: &dyn Fn(&str) -> Option<String>) -> Sources {
    let proxy = proxies(variable);
    Sources {
        once: settings.once,
        consul: Some(consul(settings, &proxy)),
        vault: settings.vault.enabled.then(|| vault_settings(&settings.vault, &proxy)),
        nomad: settings.nomad.enabled.then(|| nomad(settings, &proxy)),
        aws: Some(AwsSettings {
            endpoint: variable("AWS_ENDPOINT_URL"),
            http: HttpSettings { proxy: proxy.clone(), ..HttpSettings::default() },
            ..AwsSettings::default()
        }),
    }
}

/// `HTTP_PROXY` and the others, in capitals or not.
fn proxies(variable: &dyn Fn(&str) -> Option<String>) -> ProxySettings {
    let either = |name: &str| variable(&name.to_uppercase()).or_else(|| variable(name)).unwrap_or_default();
    ProxySettings { http: either("http_proxy"), https: either("https_proxy"), exceptions: either("no_proxy") }
}

fn consul(settings: &Settings, proxy: &ProxySettings) -> ConsulSettings {
    let consul = &settings.consul;
    ConsulSettings {
        http: http(&consul.address, &consul.tls, consul.auth.as_ref(), &consul.transport, proxy),
        token: text(consul.token.as_ref()),
        token_file: consul.token_file.clone(),
        namespace: consul.namespace.clone(),
        partition: consul.partition.clone(),
        retry: retry(&consul.retry),
        max_stale: settings.max_stale,
        block_query_wait: settings.block_query_wait,
        ..ConsulSettings::default()
    }
}

fn nomad(settings: &Settings, proxy: &ProxySettings) -> NomadSettings {
    let nomad = &settings.nomad;
    NomadSettings {
        http: http(
            &nomad.address,
            &as_the_address_says(&nomad.address, &nomad.tls),
            nomad.auth.as_ref(),
            &nomad.transport,
            proxy,
        ),
        retry: retry(&nomad.retry),
        namespace: nomad.namespace.clone().unwrap_or_default(),
        token: text(nomad.token.as_ref()),
        block_query_wait: settings.block_query_wait,
        ..NomadSettings::default()
    }
}

fn vault_settings(vault: &config::Vault, proxy: &ProxySettings) -> VaultSettings {
    VaultSettings {
        http: http(
            &vault.address,
            &as_the_address_says(&vault.address, &vault.tls),
            None,
            &vault.transport,
            proxy,
        ),
        retry: retry(&vault.retry),
        namespace: vault.namespace.clone().unwrap_or_default(),
        login: login(&vault.login),
        unwrap_token: vault.unwrap_token,
        renew_token: vault.renew_token,
        default_lease_duration: vault.default_lease_duration,
        lease_renewal_threshold: vault.lease_renewal_threshold,
        user_agent: vault.client_user_agent.clone(),
    }
}

fn login(login: &VaultLogin) -> vault::VaultLogin {
    match login {
        VaultLogin::Nobody => vault::VaultLogin::Nobody,
        VaultLogin::Token(token) => vault::VaultLogin::Token(text(Some(token))),
        VaultLogin::TokenFile(path) => vault::VaultLogin::TokenFile(path.clone()),
        VaultLogin::AppRole(role) => {
            let given = role.secret_id.as_ref().map(|secret| Text::Given(text(Some(secret))));
            vault::VaultLogin::AppRole(vault::AppRoleLogin {
                role_id: Text::Given(SecretText::new(role.role_id.clone())),
                secret_id: given.or_else(|| role.secret_id_file.clone().map(Text::File)),
                mount: role.mount.clone(),
            })
        }
        VaultLogin::Kubernetes(kubernetes) => vault::VaultLogin::Kubernetes(vault::KubernetesLogin {
            role: kubernetes.role.clone(),
            token: match &kubernetes.token {
                Some(token) => Text::Given(text(Some(token))),
                None => Text::File(kubernetes.token_path.clone()),
            },
            mount: kubernetes.mount.clone(),
        }),
        VaultLogin::Aws(aws) => vault::VaultLogin::Aws(vault::AwsLogin {
            role: aws.role.clone(),
            region: aws.region.clone(),
            server_id: aws.server_id.clone(),
            mount: aws.mount.clone(),
        }),
    }
}

/// TLS that is enabled makes an https of Consul's http; of Vault and Nomad the address alone decides, if it has a scheme.
fn as_the_address_says(address: &str, tls: &Tls) -> Tls {
    Tls { enabled: tls.enabled && !address.starts_with("http://"), ..tls.clone() }
}

fn http(
    address: &str,
    tls: &Tls,
    auth: Option<&config::BasicAuth>,
    transport: &Transport,
    proxy: &ProxySettings,
) -> HttpSettings {
    // Without limits a start could wait for ever; consul-template's zero means none.
    let at_least = |given: Duration, default: Duration| if given.is_zero() { default } else { given };
    let defaults = HttpSettings::default();
    HttpSettings {
        address: address.to_owned(),
        tls: TlsSettings {
            enabled: tls.enabled,
            verify: tls.verify,
            certificate: tls.cert.clone(),
            key: tls.key.clone(),
            ca_file: tls.ca_cert.clone(),
            ca_bytes: tls.ca_cert_bytes.clone(),
            ca_folder: tls.ca_path.clone(),
            server_name: tls.server_name.clone(),
        },
        auth: auth.map(|auth| BasicAuth {
            username: auth.username.clone(),
            password: auth.password.expose().to_owned(),
        }),
        max_connections: transport.max_conns_per_host as usize,
        dial_timeout: at_least(transport.dial_timeout, defaults.dial_timeout),
        tls_handshake_timeout: at_least(transport.tls_handshake_timeout, defaults.tls_handshake_timeout),
        dial_keep_alive: transport.dial_keep_alive,
        disable_keep_alives: transport.disable_keep_alives,
        proxy: proxy.clone(),
        ..defaults
    }
}

fn retry(retry: &config::Retry) -> RetrySettings {
    RetrySettings {
        enabled: retry.enabled,
        attempts: retry.attempts,
        backoff: retry.backoff,
        max_backoff: retry.max_backoff,
    }
}

fn text(secret: Option<&Secret>) -> SecretText {
    secret.map(|secret| SecretText::new(secret.expose())).unwrap_or_default()
}
