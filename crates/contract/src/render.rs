//! What is rendered before and while the service runs: `render:`, `consul:`, `vault:` and `missing:`. Texts may hold
//! `${VARIABLE}`, except a template's own text and what the shell expands.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::checks::CommandLine;
use crate::duration;
use crate::faults::Fault;
use crate::interpolate::{UnsetVariables, interpolate};
use crate::quantity::FileMode;
use crate::tree::Node;

/// One file that is rendered from a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenderItem {
    /// The template's file. Either this or `contents` is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The template itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contents: Option<String>,
    /// The file that it becomes.
    #[schemars(length(min = 1))]
    pub destination: String,
    /// The file's permission bits in octal; those it has, else 0644, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perms: Option<FileMode>,
    /// The file's owner by name or number; the one it has, else ours, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "crate::file::Text")]
    pub user: Option<String>,
    /// The file's group by name or number; the one it has, else ours, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "crate::file::Text")]
    pub group: Option<String>,
    /// Whether the file before it is kept as .bak.
    #[serde(default)]
    pub backup: bool,
    /// Whether a destination that is a symbolic link stays one, and the file that it leads to is written.
    #[serde(default)]
    pub keep_symlink: bool,
    /// A command that must succeed before the file goes live; {{.staged}} stands for the new file's path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CommandLine>,
    /// What is done when the file has changed: a command, or the word reload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_change: Option<OnChange>,
    /// Whether a missing field or map key is an error instead of <no value>.
    #[serde(default)]
    pub error_on_missing_key: bool,
    /// Whether service lists that fall to nothing are refused.
    #[serde(default)]
    pub protect_empty: bool,
    /// What begins an action; {{ when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_delimiter: Option<String>,
    /// What ends an action; }} when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right_delimiter: Option<String>,
    /// How long the data must rest before the file is written; at most four times that.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub wait: Option<Duration>,
    /// The line of the file that declares it, from 1.
    #[serde(skip_deserializing)]
    #[schemars(skip)]
    pub line: usize,
}

/// What is done when a file has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OnChange {
    /// A command and how long it may run.
    Rules(ChangeRules),
    /// A command; or the word reload: the child of `preflight render` is told as its exec block says, and the command of
    /// `preflight run` with HUP.
    Line(CommandLine),
}

/// A command and how long it may run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeRules {
    /// The program and its arguments as a list, or one text for the shell.
    pub command: CommandLine,
    /// How long it may run; 30s when absent, 0 is without end.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub timeout: Option<Duration>,
}

impl OnChange {
    /// Whether it is the word `reload`.
    #[must_use]
    pub fn is_reload(&self) -> bool {
        matches!(self, Self::Line(CommandLine::Shell(word)) if word == "reload")
    }

    /// The command that is run, and how long it may; `None` for `reload`.
    #[must_use]
    pub fn command(&self) -> Option<(&CommandLine, Option<Duration>)> {
        match self {
            Self::Line(_) if self.is_reload() => None,
            Self::Line(command) => Some((command, None)),
            Self::Rules(rules) => Some((&rules.command, rules.timeout)),
        }
    }
}

/// How Consul is reached. What is absent comes from Consul's own variables.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConsulSection {
    /// host:port, or a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The Enterprise namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The ACL token; secret, so write ${VARIABLE}.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// A file with the ACL token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
    /// The name for basic authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password for basic authentication; secret, so write ${VARIABLE}.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// How old the answer of a follower may be; 2s when absent, 0 asks the leader only.
    #[serde(skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub max_stale: Option<Duration>,
    /// TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsSection>,
}

/// TLS with one server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TlsSection {
    /// The path of a PEM file with the certificate authorities that are trusted instead of the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// The path of a PEM file with our certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert: Option<String>,
    /// The path of a PEM file with its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<String>,
    /// The name that the certificate must carry, when it is not the address's host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// Whether the server's certificate is taken unseen.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
}

/// How Vault is reached. What is absent comes from Vault's own variables.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VaultSection {
    /// A URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The Enterprise namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The token; secret, so write ${VARIABLE}.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// A file with the token, read again when it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
    /// Whether the token is a wrapping one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unwrap_token: bool,
    /// Whether the token is renewed; true when absent, unless it comes from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renew_token: Option<bool>,
    /// Login by a role and its secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approle: Option<AppRoleSection>,
    /// Login by the pod's service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<KubernetesSection>,
    /// Login by the AWS identity of the task or instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws: Option<AwsSection>,
    /// TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsSection>,
}

/// Login to Vault by a role and its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppRoleSection {
    /// The role's id.
    pub role_id: String,
    /// The role's secret, so write ${VARIABLE}.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<String>,
    /// A file with the role's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_id_file: Option<String>,
    /// Where the method is mounted; approle when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount: Option<String>,
}

/// Login to Vault by the pod's service account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KubernetesSection {
    /// Vault's role.
    pub role: String,
    /// The file with the account's token; where Kubernetes mounts it when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_path: Option<String>,
    /// Where the method is mounted; kubernetes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount: Option<String>,
}

/// Login to Vault by an AWS identity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsSection {
    /// Vault's role.
    pub role: String,
    /// The region whose STS is named; that of the environment when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The value of X-Vault-AWS-IAM-Server-ID, where Vault asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_id: Option<String>,
    /// Where the method is mounted; aws when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount: Option<String>,
}

/// What happens when a key or a service that a template needs is not there.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MissingSection {
    /// How long to keep quiet about it; 10s when absent.
    #[serde(skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub after: Option<Duration>,
    /// What to do then; warn when absent.
    pub action: MissingAction,
}

/// What to do about something that stays missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MissingAction {
    /// Say it, with growing pauses, and go on waiting.
    #[default]
    Warn,
    /// Say it and end with an error.
    Fail,
}

impl RenderItem {
    /// This with every `${VARIABLE}` in its paths, owners and arguments replaced.
    ///
    /// # Errors
    /// With all names that have no value.
    pub fn interpolated(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, UnsetVariables> {
        filled(self, lookup, |item, visit| {
            visit(&mut item.destination);
            [&mut item.source, &mut item.user, &mut item.group].into_iter().flatten().for_each(&mut *visit);
            each_word(item.check.as_mut(), visit);
            each_word(
                match &mut item.on_change {
                    Some(OnChange::Rules(rules)) => Some(&mut rules.command),
                    Some(OnChange::Line(command)) => Some(command),
                    None => None,
                },
                visit,
            );
        })
    }
}

impl ConsulSection {
    /// This with every `${VARIABLE}` replaced.
    ///
    /// # Errors
    /// With all names that have no value.
    pub fn interpolated(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, UnsetVariables> {
        filled(self, lookup, |section, visit| {
            let Self { address, namespace, token, token_file, username, password, max_stale: _, tls } =
                section;
            let texts = [address, namespace, token, token_file, username, password];
            texts.into_iter().flatten().for_each(&mut *visit);
            tls.iter_mut().for_each(|tls| tls.each_text(visit));
        })
    }
}

impl VaultSection {
    /// This with every `${VARIABLE}` replaced.
    ///
    /// # Errors
    /// With all names that have no value.
    pub fn interpolated(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, UnsetVariables> {
        filled(self, lookup, |section, visit| {
            let Self { address, namespace, token, token_file, approle, kubernetes, aws, tls, .. } = section;
            [address, namespace, token, token_file].into_iter().flatten().for_each(&mut *visit);
            if let Some(AppRoleSection { role_id, secret_id, secret_id_file, mount }) = approle {
                visit(role_id);
                [secret_id, secret_id_file, mount].into_iter().flatten().for_each(&mut *visit);
            }
            if let Some(KubernetesSection { role, token_path, mount }) = kubernetes {
                visit(role);
                [token_path, mount].into_iter().flatten().for_each(&mut *visit);
            }
            if let Some(AwsSection { role, region, server_id, mount }) = aws {
                visit(role);
                [region, server_id, mount].into_iter().flatten().for_each(&mut *visit);
            }
            tls.iter_mut().for_each(|tls| tls.each_text(visit));
        })
    }
}

impl TlsSection {
    fn each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        let Self { ca, cert, key_file, server_name, insecure: _ } = self;
        [ca, cert, key_file, server_name].into_iter().flatten().for_each(visit);
    }
}

/// The words of a command; the shell expands its own `${…}`, with the right quoting.
fn each_word(command: Option<&mut CommandLine>, visit: &mut dyn FnMut(&mut String)) {
    if let Some(CommandLine::Words(words)) = command {
        words.iter_mut().for_each(visit);
    }
}

fn filled<T: Clone>(
    value: &T,
    lookup: impl Fn(&str) -> Option<String>,
    each_text: impl Fn(&mut T, &mut dyn FnMut(&mut String)),
) -> Result<T, UnsetVariables> {
    let mut names: Vec<String> = Vec::new();
    let mut filled = value.clone();
    each_text(&mut filled, &mut |text| match interpolate(text, &lookup) {
        Ok(replaced) => *text = replaced,
        Err(unset) => {
            for name in unset.names {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
    });
    if names.is_empty() { Ok(filled) } else { Err(UnsetVariables { names }) }
}

/// What a schema cannot say: a template has one text, Vault is entered by one way. The parts stand at their nodes.
pub(crate) fn check_item(item: &RenderItem, node: &Node, faults: &mut Vec<Fault>) {
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let mut fault = match (given(&item.source), given(&item.contents)) {
        (true, true) => node.place("contents").fault("this item has both `source` and `contents`"),
        (false, false) => node.span.fault("this item has neither `source` nor `contents`"),
        _ => return,
    };
    fault.hint = Some("a template is a file or a text, so exactly one of the two is needed".to_owned());
    faults.push(fault);
}

/// Checks that only one way into Vault is described.
pub(crate) fn check_vault(vault: &VaultSection, node: &Node, faults: &mut Vec<Fault>) {
    let ways = [
        ("token", vault.token.is_some()),
        ("token_file", vault.token_file.is_some()),
        ("approle", vault.approle.is_some()),
        ("kubernetes", vault.kubernetes.is_some()),
        ("aws", vault.aws.is_some()),
    ];
    let mut given = ways.into_iter().filter(|(_, given)| *given).map(|(key, _)| key);
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        let place = node.entry(second).map_or(node.span, |entry| entry.span);
        faults.push(place.fault(format!("`{second}` is a second way into Vault; `{first}` is the first")));
    }
}

macro_rules! defined_elsewhere {
    ($($(#[$doc:meta])* $name:ident as $schema:tt,)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

// The definitions themselves are added only where a file needs them: making them takes time at every start.
defined_elsewhere! {
    /// A list of [`RenderItem`]s.
    RenderItems as { "type": "array", "items": { "$ref": "#/$defs/RenderItem" } },
    /// A [`ConsulSection`].
    ConsulReference as { "$ref": "#/$defs/ConsulSection" },
    /// A [`VaultSection`].
    VaultReference as { "$ref": "#/$defs/VaultSection" },
    /// A [`MissingSection`].
    MissingReference as { "$ref": "#/$defs/MissingSection" },
}

/// The keys of the file whose definitions [`define`] adds.
pub(crate) const KEYS: [&str; 4] = ["render", "consul", "vault", "missing"];

/// Adds the definitions that the references point to.
pub(crate) fn define(generator: &mut SchemaGenerator) {
    generator.subschema_for::<RenderItem>();
    generator.subschema_for::<ConsulSection>();
    generator.subschema_for::<VaultSection>();
    generator.subschema_for::<MissingSection>();
}
