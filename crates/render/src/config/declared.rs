//! What a contract declares to be rendered, in plain values: the lowest layer, under configuration files, variables
//! and flags. Whoever reads the contract fills this in; texts are final by then.

use std::time::Duration;

use super::faults::Place;
use super::layer::{
    AppRoleLayer, AuthLayer, AwsLayer, ConsulLayer, ExecLayer, Layer, Mode, Owner, SslLayer, TemplateLayer,
    VaultLayer, WaitLayer,
};
use super::settings::{Command, MissingAction, Secret};

/// Everything that is declared. What is absent is left to later layers, variables and defaults.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Declared {
    /// The templates, before all others.
    pub templates: Vec<DeclaredTemplate>,
    /// How Consul is reached.
    pub consul: DeclaredConsul,
    /// How Vault is reached.
    pub vault: DeclaredVault,
    /// How long to keep quiet about something missing.
    pub missing_after: Option<Duration>,
    /// What to do about it then.
    pub missing_action: Option<MissingAction>,
}

/// One template.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeclaredTemplate {
    /// Where it is declared, for messages: `preflight.yaml:12`.
    pub place: String,
    /// The template's file.
    pub source: Option<String>,
    /// The template itself.
    pub contents: Option<String>,
    /// The file that it becomes.
    pub destination: String,
    /// The file's mode.
    pub perms: Option<u32>,
    /// The file's owner by name or number.
    pub user: Option<String>,
    /// The file's group by name or number.
    pub group: Option<String>,
    /// Whether the file before it is kept.
    pub backup: bool,
    /// Whether a destination that is a symbolic link stays one.
    pub keep_symlink: bool,
    /// What must succeed with the staged file before it goes live.
    pub check: Option<Command>,
    /// What is run when the file has changed.
    pub on_change: Option<Command>,
    /// How long that may run; zero is without end.
    pub on_change_timeout: Option<Duration>,
    /// Whether a missing field or map key is an error.
    pub error_on_missing_key: bool,
    /// Whether service lists that fall to nothing are refused.
    pub protect_empty: bool,
    /// What begins an action.
    pub left_delimiter: Option<String>,
    /// What ends an action.
    pub right_delimiter: Option<String>,
    /// How long the data must rest before the file is written.
    pub wait: Option<Duration>,
}

/// How Consul is reached.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeclaredConsul {
    /// `host:port`, or a URL.
    pub address: Option<String>,
    /// The Enterprise namespace.
    pub namespace: Option<String>,
    /// The ACL token.
    pub token: Option<Secret>,
    /// A file with the ACL token.
    pub token_file: Option<String>,
    /// The user of HTTP basic authentication.
    pub username: Option<String>,
    /// The password of HTTP basic authentication.
    pub password: Option<Secret>,
    /// How old the answer of a follower may be.
    pub max_stale: Option<Duration>,
    /// TLS.
    pub tls: Option<DeclaredTls>,
}

/// How Vault is reached.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeclaredVault {
    /// A URL.
    pub address: Option<String>,
    /// The Enterprise namespace.
    pub namespace: Option<String>,
    /// The token.
    pub token: Option<Secret>,
    /// A file with the token, read again when it changes.
    pub token_file: Option<String>,
    /// Whether the token is a wrapping one.
    pub unwrap_token: bool,
    /// Whether the token is renewed.
    pub renew_token: Option<bool>,
    /// Login by AppRole: the role's id.
    pub approle_role_id: Option<String>,
    /// Login by AppRole: the role's secret.
    pub approle_secret_id: Option<Secret>,
    /// Login by AppRole: a file with the role's secret.
    pub approle_secret_id_file: Option<String>,
    /// Login by AppRole: where it is mounted.
    pub approle_mount: Option<String>,
    /// Login by Kubernetes: Vault's role.
    pub kubernetes_role: Option<String>,
    /// Login by Kubernetes: the file with the account's token.
    pub kubernetes_token_path: Option<String>,
    /// Login by Kubernetes: where it is mounted.
    pub kubernetes_mount: Option<String>,
    /// Login by AWS: Vault's role.
    pub aws_role: Option<String>,
    /// Login by AWS: the region whose STS is named.
    pub aws_region: Option<String>,
    /// Login by AWS: the server's own header.
    pub aws_server_id: Option<String>,
    /// Login by AWS: where it is mounted.
    pub aws_mount: Option<String>,
    /// TLS.
    pub tls: Option<DeclaredTls>,
}

/// TLS with one server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeclaredTls {
    /// A file of authorities in PEM.
    pub ca: Option<String>,
    /// Our certificate in PEM.
    pub cert: Option<String>,
    /// Our key in PEM.
    pub key: Option<String>,
    /// The name that the server's certificate must have.
    pub server_name: Option<String>,
    /// Whether the server's certificate is taken unseen.
    pub insecure: bool,
}

impl Declared {
    pub(super) fn layer(&self) -> Layer {
        let mut layer = Layer::default();
        layer.templates.0.extend(self.templates.iter().map(DeclaredTemplate::layer));
        layer.consul = self.consul.layer();
        layer.vault = self.vault.layer();
        layer.max_stale = self.consul.max_stale;
        layer.missing.after = self.missing_after;
        layer.missing.action = self.missing_action;
        layer
    }
}

impl DeclaredTemplate {
    fn layer(&self) -> (Place, TemplateLayer) {
        let template = TemplateLayer {
            source: self.source.clone(),
            contents: self.contents.clone(),
            destination: Some(self.destination.clone()),
            perms: self.perms.map(Mode),
            user: self.user.clone().map(Owner),
            group: self.group.clone().map(Owner),
            backup: Some(self.backup),
            keep_symlink: Some(self.keep_symlink),
            check: self.check.clone(),
            exec: ExecLayer {
                command: self.on_change.clone(),
                timeout: self.on_change_timeout,
                ..ExecLayer::default()
            },
            error_on_missing_key: Some(self.error_on_missing_key),
            left_delimiter: self.left_delimiter.clone(),
            right_delimiter: self.right_delimiter.clone(),
            wait: WaitLayer { min: self.wait, ..WaitLayer::default() },
            // What is not asked for here may still be asked for by a flag for all.
            protect_empty: Some(true).filter(|_| self.protect_empty),
            ..TemplateLayer::default()
        };
        (Place::whole(&self.place), template)
    }
}

impl DeclaredConsul {
    fn layer(&self) -> ConsulLayer {
        ConsulLayer {
            address: self.address.clone(),
            namespace: self.namespace.clone(),
            auth: AuthLayer {
                enabled: None,
                username: self.username.clone(),
                password: self.password.clone(),
            },
            token: self.token.clone(),
            token_file: self.token_file.clone(),
            ssl: ssl(self.tls.as_ref()),
            ..ConsulLayer::default()
        }
    }
}

impl DeclaredVault {
    fn layer(&self) -> VaultLayer {
        VaultLayer {
            address: self.address.clone(),
            namespace: self.namespace.clone(),
            token: self.token.clone(),
            agent_token_file: self.token_file.clone(),
            unwrap_token: Some(true).filter(|_| self.unwrap_token),
            renew_token: self.renew_token,
            approle: AppRoleLayer {
                role_id: self.approle_role_id.clone(),
                secret_id: self.approle_secret_id.clone(),
                secret_id_file: self.approle_secret_id_file.clone(),
                mount: self.approle_mount.clone(),
            },
            k8s_role: self.kubernetes_role.clone(),
            k8s_token_path: self.kubernetes_token_path.clone(),
            k8s_mount: self.kubernetes_mount.clone(),
            aws: AwsLayer {
                role: self.aws_role.clone(),
                region: self.aws_region.clone(),
                server_id: self.aws_server_id.clone(),
                mount: self.aws_mount.clone(),
            },
            ssl: ssl(self.tls.as_ref()),
            ..VaultLayer::default()
        }
    }
}

fn ssl(tls: Option<&DeclaredTls>) -> SslLayer {
    let Some(tls) = tls else { return SslLayer::default() };
    SslLayer {
        enabled: Some(true),
        verify: Some(false).filter(|_| tls.insecure),
        ca_cert: tls.ca.clone(),
        cert: tls.cert.clone(),
        key: tls.key.clone(),
        server_name: tls.server_name.clone(),
        ..SslLayer::default()
    }
}
