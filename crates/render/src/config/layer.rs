//! What one file, `CT_LOCAL_CONFIG` or the command line says, and how a later one is laid over it: every setting may
//! be absent. A block is one table here: its keys, each with the field it fills.

mod setting;

use std::time::Duration;

use preflight_hcl::{Node, Object, Value};

use super::faults::Place;
use super::settings::{Command, LogLevel, MissingAction, Secret};
use super::shorthand;
use super::signals::SignalChoice;

use setting::Ignored;
pub(crate) use setting::{Mode, Owner, Reader, Setting, Texts};

/// Keys, each with a field of its own.
pub(crate) trait Block {
    /// Every key, other names of the same one included.
    const KEYS: &'static [&'static str];

    /// Takes over every item of a block of a file.
    fn read_items(&mut self, object: &Object, reader: &mut Reader);

    /// Lets a later layer have its way.
    fn lay_over(&mut self, later: Self);
}

macro_rules! block {
    ($(#[$attribute:meta])* $name:ident $label:literal { $($($key:literal)|+ => $field:ident: $type:ty,)* }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub(crate) struct $name { $(pub(crate) $field: $type,)* }

        impl Block for $name {
            const KEYS: &'static [&'static str] = &[$($($key,)+)*];

            fn read_items(&mut self, object: &Object, reader: &mut Reader) {
                for (key, node) in reader.known($label, Self::KEYS, object) {
                    match key {
                        $($($key)|+ => self.$field.read(key, node, reader),)*
                        _ => {}
                    }
                }
            }

            fn lay_over(&mut self, later: Self) {
                $(self.$field.overlay(later.$field);)*
            }
        }
    };
}

/// A block that begins anew every time it is written in a file.
macro_rules! plain_blocks {
    ($($name:ident)*) => {$(
        impl Setting for $name {
            fn read(&mut self, key: &str, node: &Node, reader: &mut Reader) {
                if let Some(object) = reader.object(key, node) {
                    *self = Self::default();
                    self.read_items(object, reader);
                }
            }

            fn overlay(&mut self, later: Self) {
                self.lay_over(later);
            }
        }
    )*};
}

block! {
    /// A whole file.
    Layer "" {
        "consul" => consul: ConsulLayer,
        "vault" => vault: VaultLayer,
        "nomad" => nomad: NomadLayer,
        "template" => templates: Templates,
        "exec" => exec: ExecLayer,
        "wait" => wait: WaitLayer,
        "once" => once: Option<bool>,
        "parse_only" | "parseonly" => parse_only: Option<bool>,
        "kill_signal" => kill_signal: Option<SignalChoice>,
        "reload_signal" => reload_signal: Option<SignalChoice>,
        "log_level" => log_level: Option<LogLevel>,
        "log_file" => log_file: LogFileLayer,
        "syslog" => syslog: SyslogLayer,
        "max_stale" => max_stale: Option<Duration>,
        "block_query_wait" => block_query_wait: Option<Duration>,
        "pid_file" => pid_file: Option<String>,
        "deduplicate" => deduplicate: DeduplicateLayer,
        "default_delimiters" => default_delimiters: DelimitersLayer,
        "template_error_fatal" => template_error_fatal: Option<bool>,
        "err_on_failed_lookup" => err_on_failed_lookup: Option<bool>,
        "telemetry" => telemetry: Ignored,
        "missing" => missing: MissingLayer,
        "interrupt_exit_code" => interrupt_exit_code: Option<bool>,
        "protect_empty" => protect_empty: Option<bool>,
        "last_good" => last_good: Option<String>,
    }
}

block! {
    ConsulLayer "consul" {
        "address" => address: Option<String>,
        "namespace" => namespace: Option<String>,
        "auth" => auth: AuthLayer,
        "retry" => retry: RetryLayer,
        "ssl" => ssl: SslLayer,
        "token" => token: Option<Secret>,
        "token_file" => token_file: Option<String>,
        "transport" => transport: TransportLayer,
    }
}

block! {
    VaultLayer "vault" {
        "address" => address: Option<String>,
        "enabled" => enabled: Option<bool>,
        "namespace" => namespace: Option<String>,
        "renew_token" => renew_token: Option<bool>,
        "retry" => retry: RetryLayer,
        "ssl" => ssl: SslLayer,
        "token" => token: Option<Secret>,
        "vault_agent_token_file" => agent_token_file: Option<String>,
        "transport" => transport: TransportLayer,
        "unwrap_token" => unwrap_token: Option<bool>,
        "client_user_agent" => client_user_agent: Option<String>,
        "default_lease_duration" => default_lease_duration: Option<Duration>,
        "lease_renewal_threshold" => lease_renewal_threshold: Option<f64>,
        "k8s_auth_role_name" => k8s_role: Option<String>,
        "k8s_service_account_token_path" => k8s_token_path: Option<String>,
        "k8s_service_account_token" => k8s_token: Option<Secret>,
        "k8s_service_mount_path" => k8s_mount: Option<String>,
        "approle" => approle: AppRoleLayer,
        "aws" => aws: AwsLayer,
    }
}

block! {
    NomadLayer "nomad" {
        "address" => address: Option<String>,
        "enabled" => enabled: Option<bool>,
        "namespace" => namespace: Option<String>,
        "ssl" => ssl: SslLayer,
        "token" => token: Option<Secret>,
        "auth_username" => auth_username: Option<String>,
        "auth_password" => auth_password: Option<Secret>,
        "transport" => transport: TransportLayer,
        "retry" => retry: RetryLayer,
    }
}

block! {
    TemplateLayer "template" {
        "source" => source: Option<String>,
        "contents" => contents: Option<String>,
        "destination" => destination: Option<String>,
        "create_dest_dirs" => create_dest_dirs: Option<bool>,
        "perms" => perms: Option<Mode>,
        "user" => user: Option<Owner>,
        "uid" => uid: Option<i64>,
        "group" => group: Option<Owner>,
        "gid" => gid: Option<i64>,
        "backup" => backup: Option<bool>,
        "keep_symlink" => keep_symlink: Option<bool>,
        "check" => check: Option<Command>,
        "command" => command: Option<Command>,
        "command_timeout" => command_timeout: Option<Duration>,
        "exec" => exec: ExecLayer,
        "error_on_missing_key" => error_on_missing_key: Option<bool>,
        "error_fatal" => error_fatal: Option<bool>,
        "left_delimiter" => left_delimiter: Option<String>,
        "right_delimiter" => right_delimiter: Option<String>,
        "function_denylist" | "function_blacklist" => function_denylist: Texts,
        "sandbox_path" => sandbox_path: Option<String>,
        "wait" => wait: WaitLayer,
        "protect_empty" => protect_empty: Option<bool>,
    }
}

block! {
    ExecLayer "exec" {
        "command" => command: Option<Command>,
        "enabled" => enabled: Option<bool>,
        "env" => env: EnvironmentLayer,
        "kill_signal" => kill_signal: Option<SignalChoice>,
        "kill_timeout" => kill_timeout: Option<Duration>,
        "reload_signal" => reload_signal: Option<SignalChoice>,
        "splay" => splay: Option<Duration>,
        "timeout" => timeout: Option<Duration>,
    }
}

block! {
    EnvironmentLayer "env" {
        "pristine" => pristine: Option<bool>,
        "custom" => custom: Texts,
        "allowlist" | "whitelist" => allowlist: Texts,
        "denylist" | "blacklist" => denylist: Texts,
    }
}

block! {
    AuthLayer "auth" {
        "enabled" => enabled: Option<bool>,
        "username" => username: Option<String>,
        "password" => password: Option<Secret>,
    }
}

block! {
    RetryLayer "retry" {
        "enabled" => enabled: Option<bool>,
        "attempts" => attempts: Option<i64>,
        "backoff" => backoff: Option<Duration>,
        "max_backoff" => max_backoff: Option<Duration>,
    }
}

block! {
    SslLayer "ssl" {
        "enabled" => enabled: Option<bool>,
        "verify" => verify: Option<bool>,
        "cert" => cert: Option<String>,
        "key" => key: Option<String>,
        "ca_cert" => ca_cert: Option<String>,
        "ca_cert_bytes" => ca_cert_bytes: Option<String>,
        "ca_path" => ca_path: Option<String>,
        "server_name" => server_name: Option<String>,
    }
}

block! {
    TransportLayer "transport" {
        "dial_keep_alive" => dial_keep_alive: Option<Duration>,
        "dial_timeout" => dial_timeout: Option<Duration>,
        "disable_keep_alives" => disable_keep_alives: Option<bool>,
        "idle_conn_timeout" => idle_conn_timeout: Option<Duration>,
        "max_idle_conns" => max_idle_conns: Option<i64>,
        "max_idle_conns_per_host" => max_idle_conns_per_host: Option<i64>,
        "max_conns_per_host" => max_conns_per_host: Option<i64>,
        "tls_handshake_timeout" => tls_handshake_timeout: Option<Duration>,
    }
}

block! {
    WaitLayer "wait" {
        "enabled" | "bool" => enabled: Option<bool>,
        "min" => min: Option<Duration>,
        "max" => max: Option<Duration>,
    }
}

block! {
    LogFileLayer "log_file" {
        "path" => path: Option<String>,
        "log_rotate_bytes" => rotate_bytes: Option<i64>,
        "log_rotate_duration" => rotate_after: Option<Duration>,
        "log_rotate_max_files" => max_files: Option<i64>,
    }
}

block! {
    SyslogLayer "syslog" {
        "enabled" => enabled: Option<bool>,
        "facility" => facility: Option<String>,
        "name" => name: Option<String>,
    }
}

block! {
    DeduplicateLayer "deduplicate" {
        "enabled" => enabled: Option<bool>,
        "max_stale" => max_stale: Option<Duration>,
        "prefix" => prefix: Option<String>,
        "ttl" => ttl: Option<Duration>,
        "block_query_wait" => block_query_wait: Option<Duration>,
    }
}

block! {
    DelimitersLayer "default_delimiters" {
        "left" | "left_delimiter" => left: Option<String>,
        "right" | "right_delimiter" => right: Option<String>,
    }
}

block! {
    MissingLayer "missing" {
        "after" => after: Option<Duration>,
        "action" => action: Option<MissingAction>,
    }
}

block! {
    AppRoleLayer "approle" {
        "role_id" => role_id: Option<String>,
        "secret_id" => secret_id: Option<Secret>,
        "secret_id_file" => secret_id_file: Option<String>,
        "mount" => mount: Option<String>,
    }
}

block! {
    AwsLayer "aws" {
        "role" => role: Option<String>,
        "region" => region: Option<String>,
        "server_id" => server_id: Option<String>,
        "mount" => mount: Option<String>,
    }
}

plain_blocks! {
    VaultLayer NomadLayer ExecLayer EnvironmentLayer AuthLayer RetryLayer SslLayer TransportLayer LogFileLayer
    SyslogLayer DeduplicateLayer DelimitersLayer MissingLayer AppRoleLayer AwsLayer
}

/// Every block and its keys, to say where a key that is unknown in one place belongs.
const BLOCKS: [(&str, &[&str]); 16] = [
    ("the top level", Layer::KEYS),
    ("consul", ConsulLayer::KEYS),
    ("vault", VaultLayer::KEYS),
    ("nomad", NomadLayer::KEYS),
    ("template", TemplateLayer::KEYS),
    ("exec", ExecLayer::KEYS),
    ("env", EnvironmentLayer::KEYS),
    ("auth", AuthLayer::KEYS),
    ("ssl", SslLayer::KEYS),
    ("transport", TransportLayer::KEYS),
    ("log_file", LogFileLayer::KEYS),
    ("deduplicate", DeduplicateLayer::KEYS),
    ("default_delimiters", DelimitersLayer::KEYS),
    ("missing", MissingLayer::KEYS),
    ("approle", AppRoleLayer::KEYS),
    ("aws", AwsLayer::KEYS),
];

impl Setting for ConsulLayer {
    /// The old form `consul = "address"` is still read.
    fn read(&mut self, key: &str, node: &Node, reader: &mut Reader) {
        if let Some(address) = node.as_text() {
            *self = Self { address: Some(address.to_owned()), ..Self::default() };
            reader.note(node, "consul is a block now: write consul { address = \"…\" }");
        } else if let Some(object) = reader.object(key, node) {
            *self = Self::default();
            self.read_items(object, reader);
        }
    }

    fn overlay(&mut self, later: Self) {
        self.lay_over(later);
    }
}

impl Setting for WaitLayer {
    /// The short form `wait = "min:max"` is read as well.
    fn read(&mut self, key: &str, node: &Node, reader: &mut Reader) {
        if let Some(text) = node.as_text() {
            match shorthand::wait(text) {
                Ok((min, max)) => *self = Self { enabled: None, min: Some(min), max: Some(max) },
                Err(message) => reader.fault(node, message, None),
            }
        } else if let Some(object) = reader.object(key, node) {
            *self = Self::default();
            self.read_items(object, reader);
        }
    }

    fn overlay(&mut self, later: Self) {
        self.lay_over(later);
    }
}

/// The templates of one layer, each with its place; a later layer's come behind them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Templates(pub(crate) Vec<(Place, TemplateLayer)>);

impl Setting for Templates {
    fn read(&mut self, key: &str, node: &Node, reader: &mut Reader) {
        let nodes = match &node.value {
            Value::List(list) => list.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for node in nodes {
            if let Some(object) = reader.object(key, node) {
                let mut template = TemplateLayer::default();
                template.read_items(object, reader);
                self.0.push((reader.place(node), template));
            }
        }
    }

    fn overlay(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::flags::FLAGS;

    const PAGE: &str = include_str!("../../../../docs/consul-template.md");

    #[test]
    fn the_page_names_every_key() {
        let others = [RetryLayer::KEYS, WaitLayer::KEYS, SyslogLayer::KEYS];
        for key in BLOCKS.iter().map(|(_, keys)| *keys).chain(others).flatten() {
            assert!(PAGE.contains(&format!("`{key}`")), "docs/consul-template.md does not name {key}");
        }
    }

    #[test]
    fn the_page_names_the_flags_that_are_added() {
        for flag in FLAGS.iter().filter(|flag| flag.help.ends_with("not consul-template's")) {
            assert!(
                PAGE.contains(&format!("`-{}`", flag.name)),
                "docs/consul-template.md does not name -{}",
                flag.name
            );
        }
    }

    #[test]
    fn no_key_and_no_flag_is_there_twice() {
        for (block, keys) in BLOCKS {
            let mut sorted = keys.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(sorted.len(), keys.len(), "{block}");
        }
        let mut names: Vec<&str> = FLAGS.iter().map(|flag| flag.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FLAGS.len());
    }
}
