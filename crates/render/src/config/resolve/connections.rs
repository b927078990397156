//! Consul, Vault and Nomad: what the configuration leaves open comes from the variables that their own tools read.

use std::path::PathBuf;
use std::time::Duration;

use super::super::faults::{FaultKind, Place};
use super::super::layer::{
    AppRoleLayer, AuthLayer, AwsLayer, ConsulLayer, NomadLayer, RetryLayer, SslLayer, TransportLayer,
    VaultLayer,
};
use super::super::load::given_path;
use super::super::settings::{
    AppRole, AwsLogin, BasicAuth, Consul, KubernetesLogin, Nomad, Retry, Secret, Tls, Transport, Vault,
    VaultLogin,
};
use super::super::shorthand;
use super::Resolver;

const KUBERNETES_TOKEN: &str = "/run/secrets/kubernetes.io/serviceaccount/token";

/// The variables of one product that settle its TLS.
struct TlsVariables {
    enabled: &'static [&'static str],
    /// Whether to verify; or, where `skips` holds, whether not to.
    verify: &'static [&'static str],
    skips: bool,
    ca_cert: &'static str,
    ca_cert_bytes: &'static str,
    ca_path: &'static str,
    cert: &'static str,
    key: &'static str,
    server_name: &'static str,
}

const CONSUL: TlsVariables = TlsVariables {
    enabled: &["CONSUL_HTTP_SSL"],
    verify: &["CONSUL_HTTP_SSL_VERIFY"],
    skips: false,
    ca_cert: "CONSUL_CACERT",
    ca_cert_bytes: "",
    ca_path: "CONSUL_CAPATH",
    cert: "CONSUL_CLIENT_CERT",
    key: "CONSUL_CLIENT_KEY",
    server_name: "CONSUL_TLS_SERVER_NAME",
};

const VAULT: TlsVariables = TlsVariables {
    enabled: &[],
    verify: &["VAULT_SKIP_VERIFY"],
    skips: true,
    ca_cert: "VAULT_CACERT",
    ca_cert_bytes: "VAULT_CACERT_BYTES",
    ca_path: "VAULT_CAPATH",
    cert: "VAULT_CLIENT_CERT",
    key: "VAULT_CLIENT_KEY",
    server_name: "VAULT_TLS_SERVER_NAME",
};

const NOMAD: TlsVariables = TlsVariables {
    enabled: &[],
    verify: &["NOMAD_SKIP_VERIFY"],
    skips: true,
    ca_cert: "NOMAD_CACERT",
    ca_cert_bytes: "",
    ca_path: "NOMAD_CAPATH",
    cert: "NOMAD_CLIENT_CERT",
    key: "NOMAD_CLIENT_KEY",
    server_name: "NOMAD_TLS_SERVER_NAME",
};

impl Resolver<'_> {
    pub(super) fn consul(&mut self, layer: ConsulLayer) -> Consul {
        let address = given(layer.address).or_else(|| self.variable(&["CONSUL_HTTP_ADDR"]));
        let auth = basic_auth(layer.auth);
        let (token, token_file) = self.consul_token(given_secret(layer.token), given_path(layer.token_file));
        let mut tls = self.tls(layer.ssl, &CONSUL);
        tls.enabled |= address.as_ref().is_some_and(|address| address.starts_with("https://"));
        Consul {
            address_given: address.is_some(),
            address: address.unwrap_or_else(|| "127.0.0.1:8500".to_owned()),
            namespace: given(layer.namespace).or_else(|| self.variable(&["CONSUL_NAMESPACE"])),
            partition: self.variable(&["CONSUL_PARTITION"]),
            auth: auth.or_else(|| self.auth_from("CONSUL_HTTP_AUTH")),
            token,
            token_file,
            retry: retry(layer.retry),
            tls,
            transport: transport(layer.transport),
        }
    }

    /// What the configuration says goes before the variables; a file before a token.
    fn consul_token(
        &self,
        token: Option<Secret>,
        file: Option<PathBuf>,
    ) -> (Option<Secret>, Option<PathBuf>) {
        if token.is_some() || file.is_some() {
            return (token, file);
        }
        let token = self.variable(&["CONSUL_TOKEN", "CONSUL_HTTP_TOKEN"]).map(Secret::new);
        (token, given_path(self.variable(&["CONSUL_TOKEN_FILE", "CONSUL_HTTP_TOKEN_FILE"])))
    }

    pub(super) fn vault(&mut self, layer: VaultLayer) -> Vault {
        let address =
            given(layer.address.clone()).or_else(|| self.variable(&["VAULT_ADDR"])).unwrap_or_default();
        let login = self.vault_login(&layer);
        let renews = !matches!(login, VaultLogin::Nobody | VaultLogin::TokenFile(_));
        let ssl_enabled = layer.ssl.enabled.unwrap_or(true);
        Vault {
            enabled: layer.enabled.unwrap_or(!address.is_empty()),
            namespace: given(layer.namespace).or_else(|| self.variable(&["VAULT_NAMESPACE"])),
            unwrap_token: layer
                .unwrap_token
                .or_else(|| self.switch(&["VAULT_UNWRAP_TOKEN"]))
                .unwrap_or(false),
            renew_token: layer.renew_token.or_else(|| self.switch(&["VAULT_RENEW_TOKEN"])).unwrap_or(renews),
            default_lease_duration: layer.default_lease_duration.unwrap_or(Duration::from_secs(300)),
            lease_renewal_threshold: layer.lease_renewal_threshold.unwrap_or(0.9),
            client_user_agent: given(layer.client_user_agent),
            retry: retry(layer.retry),
            tls: Tls { enabled: ssl_enabled, ..self.tls_over(layer.ssl, &VAULT) },
            transport: transport(layer.transport),
            login,
            address,
        }
    }

    /// Vault's agent goes first, then a token of the configuration, then a login that it describes, then what is found
    /// lying about, then the pod's account.
    fn vault_login(&mut self, layer: &VaultLayer) -> VaultLogin {
        if let Some(path) = given_path(layer.agent_token_file.clone()) {
            return VaultLogin::TokenFile(path);
        }
        if let Some(token) = given_secret(layer.token.clone()) {
            return VaultLogin::Token(token);
        }
        if layer.approle != AppRoleLayer::default() {
            return self.approle(layer.approle.clone());
        }
        if layer.aws != AwsLayer::default() {
            return self.aws(layer.aws.clone());
        }
        let token = self.variable(&["VAULT_TOKEN"]).or_else(|| self.home_token());
        if let Some(token) = token {
            return VaultLogin::Token(Secret::new(token));
        }
        self.kubernetes(layer).map_or(VaultLogin::Nobody, VaultLogin::Kubernetes)
    }

    /// The token that `vault login` leaves in the home folder.
    fn home_token(&self) -> Option<String> {
        let home = self.variable(&["HOME"])?;
        let token = self.files.read(&PathBuf::from(home).join(".vault-token")).ok()?;
        given(Some(token.trim().to_owned()))
    }

    fn approle(&mut self, layer: AppRoleLayer) -> VaultLogin {
        if given(layer.role_id.clone()).is_none() {
            let message = "approle: role_id is missing".to_owned();
            self.fault(FaultKind::Configuration, Place::whole("vault"), message);
        }
        VaultLogin::AppRole(AppRole {
            role_id: layer.role_id.unwrap_or_default(),
            secret_id: given_secret(layer.secret_id),
            secret_id_file: given_path(layer.secret_id_file),
            mount: given(layer.mount).unwrap_or_else(|| "approle".to_owned()),
        })
    }

    fn aws(&mut self, layer: AwsLayer) -> VaultLogin {
        if given(layer.role.clone()).is_none() {
            let message = "aws: role is missing".to_owned();
            self.fault(FaultKind::Configuration, Place::whole("vault"), message);
        }
        VaultLogin::Aws(AwsLogin {
            role: layer.role.unwrap_or_default(),
            region: given(layer.region),
            server_id: given(layer.server_id),
            mount: given(layer.mount).unwrap_or_else(|| "aws".to_owned()),
        })
    }

    fn kubernetes(&self, layer: &VaultLayer) -> Option<KubernetesLogin> {
        let setting = |field: &Option<String>, name| given(field.clone()).or_else(|| self.variable(&[name]));
        let token = given_secret(layer.k8s_token.clone());
        Some(KubernetesLogin {
            role: setting(&layer.k8s_role, "VAULT_K8S_AUTH_ROLE_NAME")?,
            token: token.or_else(|| self.variable(&["VAULT_K8S_SERVICE_ACCOUNT_TOKEN"]).map(Secret::new)),
            token_path: setting(&layer.k8s_token_path, "VAULT_K8S_SERVICE_ACCOUNT_TOKEN_PATH")
                .unwrap_or_else(|| KUBERNETES_TOKEN.to_owned())
                .into(),
            mount: setting(&layer.k8s_mount, "VAULT_K8S_SERVICE_MOUNT_PATH")
                .unwrap_or_else(|| "kubernetes".to_owned()),
        })
    }

    pub(super) fn nomad(&mut self, layer: NomadLayer) -> Nomad {
        let address = given(layer.address).or_else(|| self.variable(&["NOMAD_ADDR"])).unwrap_or_default();
        let auth = AuthLayer { enabled: None, username: layer.auth_username, password: layer.auth_password };
        let mut tls = self.tls(layer.ssl, &NOMAD);
        tls.enabled |= address.starts_with("https://");
        Nomad {
            enabled: layer.enabled.unwrap_or(!address.is_empty()),
            namespace: given(layer.namespace).or_else(|| self.variable(&["NOMAD_NAMESPACE"])),
            token: given_secret(layer.token).or_else(|| self.variable(&["NOMAD_TOKEN"]).map(Secret::new)),
            auth: basic_auth(auth).or_else(|| self.auth_from("NOMAD_HTTP_AUTH")),
            retry: retry(layer.retry),
            tls,
            transport: transport(layer.transport),
            address,
        }
    }

    fn auth_from(&self, name: &str) -> Option<BasicAuth> {
        let text = self.variable(&[name])?;
        let (username, password) = shorthand::auth(&text).ok()?;
        Some(BasicAuth { username: username.to_owned(), password: Secret::new(password.unwrap_or_default()) })
    }

    /// Any setting of the configuration switches TLS on, and then the variables do not count.
    fn tls(&self, ssl: SslLayer, names: &TlsVariables) -> Tls {
        if ssl_enabled(&ssl) {
            return tls(ssl, true);
        }
        Tls { enabled: self.switch(names.enabled).unwrap_or(false), ..self.tls_over(ssl, names) }
    }

    /// The settings of a file, and variables where it has none.
    fn tls_over(&self, ssl: SslLayer, names: &TlsVariables) -> Tls {
        let or = |field: Option<String>, name: &str| given(field).or_else(|| self.variable(&[name]));
        let verify = self.switch(names.verify).map(|value| value != names.skips);
        let ssl = SslLayer {
            enabled: ssl.enabled,
            verify: ssl.verify.or(verify),
            cert: or(ssl.cert, names.cert),
            key: or(ssl.key, names.key),
            ca_cert: or(ssl.ca_cert, names.ca_cert),
            ca_cert_bytes: or(ssl.ca_cert_bytes, names.ca_cert_bytes),
            ca_path: or(ssl.ca_path, names.ca_path),
            server_name: or(ssl.server_name, names.server_name),
        };
        let enabled = ssl_enabled(&ssl);
        tls(ssl, enabled)
    }
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn given_secret(secret: Option<Secret>) -> Option<Secret> {
    secret.filter(|secret| !secret.is_empty())
}

fn basic_auth(layer: AuthLayer) -> Option<BasicAuth> {
    let (username, password) = (given(layer.username), given_secret(layer.password));
    let enabled = layer.enabled.unwrap_or(username.is_some() || password.is_some());
    enabled
        .then(|| BasicAuth { username: username.unwrap_or_default(), password: password.unwrap_or_default() })
}

/// A block with any setting is on, unless it says otherwise.
fn ssl_enabled(ssl: &SslLayer) -> bool {
    let texts = [&ssl.cert, &ssl.key, &ssl.ca_cert, &ssl.ca_cert_bytes, &ssl.ca_path, &ssl.server_name];
    let any = texts.into_iter().flatten().any(|text| !text.is_empty());
    ssl.enabled.unwrap_or(any || ssl.verify.is_some())
}

fn tls(ssl: SslLayer, enabled: bool) -> Tls {
    Tls {
        enabled,
        verify: ssl.verify.unwrap_or(true),
        ca_cert: given_path(ssl.ca_cert),
        ca_cert_bytes: given(ssl.ca_cert_bytes),
        ca_path: given_path(ssl.ca_path),
        cert: given_path(ssl.cert),
        key: given_path(ssl.key),
        server_name: given(ssl.server_name),
    }
}

fn retry(layer: RetryLayer) -> Retry {
    let default = Retry::default();
    Retry {
        enabled: layer.enabled.unwrap_or(default.enabled),
        attempts: Resolver::count(layer.attempts, default.attempts),
        backoff: layer.backoff.unwrap_or(default.backoff),
        max_backoff: layer.max_backoff.unwrap_or(default.max_backoff),
    }
}

fn transport(layer: TransportLayer) -> Transport {
    let default = Transport::default();
    Transport {
        dial_keep_alive: layer.dial_keep_alive.unwrap_or(default.dial_keep_alive),
        dial_timeout: layer.dial_timeout.unwrap_or(default.dial_timeout),
        disable_keep_alives: layer.disable_keep_alives.unwrap_or(default.disable_keep_alives),
        idle_conn_timeout: layer.idle_conn_timeout.unwrap_or(default.idle_conn_timeout),
        max_idle_conns: Resolver::count(layer.max_idle_conns, default.max_idle_conns),
        max_idle_conns_per_host: Resolver::count(
            layer.max_idle_conns_per_host,
            default.max_idle_conns_per_host,
        ),
        max_conns_per_host: Resolver::count(layer.max_conns_per_host, default.max_conns_per_host),
        tls_handshake_timeout: layer.tls_handshake_timeout.unwrap_or(default.tls_handshake_timeout),
    }
}
