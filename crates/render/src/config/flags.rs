//! Every flag of consul-template 0.40, and ours: one line a flag.

use std::time::Duration;

use super::command_line::CommandLine;
use super::layer::{Layer, TemplateLayer};
use super::settings::{Command, LogLevel, MissingAction, Secret};
use super::signals::{self, SignalChoice};
use super::{faults::Place, go_text, shorthand};

/// One flag: how it is called, what it takes, where that goes, what it is for.
pub(crate) struct Flag {
    /// Without the dash.
    pub(crate) name: &'static str,
    /// What stands for its value in the help; empty for a switch.
    pub(crate) value: &'static str,
    /// Where the value goes.
    pub(crate) sets: Sets,
    /// A fragment for the help.
    pub(crate) help: &'static str,
}

/// Where a flag's value goes, and so what it must look like.
pub(crate) enum Sets {
    Text(fn(&mut Layer) -> &mut Option<String>),
    Secret(fn(&mut Layer) -> &mut Option<Secret>),
    Switch(fn(&mut Layer) -> &mut Option<bool>),
    Integer(fn(&mut Layer) -> &mut Option<i64>),
    Duration(fn(&mut Layer) -> &mut Option<Duration>),
    Signal(fn(&mut Layer) -> &mut Option<SignalChoice>),
    /// Repeated, it adds to a list.
    Texts(fn(&mut Layer) -> &mut Vec<String>),
    /// A switch of this one run, no setting.
    RunSwitch(fn(&mut CommandLine) -> &mut bool),
    /// Anything else.
    Parsed(fn(&mut CommandLine, &str) -> Result<(), String>),
}

impl Sets {
    /// Whether the flag can stand without a value.
    pub(crate) fn is_switch(&self) -> bool {
        matches!(self, Self::Switch(_) | Self::RunSwitch(_))
    }

    /// Takes `text` as the flag's value.
    ///
    /// # Errors
    /// The words of Go's `flag`, or of consul-template, for what is wrong with it.
    pub(crate) fn set(&self, line: &mut CommandLine, text: &str) -> Result<(), String> {
        let layer = &mut line.layer;
        match self {
            Self::Text(field) => *field(layer) = Some(text.to_owned()),
            Self::Secret(field) => *field(layer) = Some(Secret::new(text)),
            Self::Switch(field) => *field(layer) = Some(go_text::boolean(text)?),
            Self::Integer(field) => *field(layer) = Some(go_text::integer(text)?),
            Self::Duration(field) => *field(layer) = Some(go_text::duration(text)?),
            Self::Signal(field) => *field(layer) = Some(signals::parse(text)?),
            Self::Texts(field) => field(layer).push(text.to_owned()),
            // Go's own switches say no more than this.
            Self::RunSwitch(field) => {
                *field(line) = go_text::boolean(text).map_err(|_| "parse error".to_owned())?;
            }
            Self::Parsed(set) => set(line, text)?,
        }
        Ok(())
    }
}

const fn flag(name: &'static str, value: &'static str, sets: Sets, help: &'static str) -> Flag {
    Flag { name, value, sets, help }
}

use Sets::{
    Duration as Time, Integer as Int, Parsed, RunSwitch, Secret as Hidden, Signal, Switch, Text, Texts,
};

#[rustfmt::skip]
/// In the order of the help.
pub(crate) const FLAGS: &[Flag] = &[
    flag("config", "<path>", Parsed(config), "a configuration file, or a folder of them; repeated, the later wins"),
    flag("template", "<in:out:command>", Parsed(template), "a template, its file and a command to run when that has changed; can be repeated"),
    flag("once", "", Switch(|l| &mut l.once), "render everything once, then end"),
    flag("dry", "", RunSwitch(|c| &mut c.dry), "print what would be written, and write nothing"),
    flag("parse-only", "", Switch(|l| &mut l.parse_only), "only check that the templates can be parsed"),
    flag("wait", "<min:max>", Parsed(wait), "how long the data must rest before it is written, and how long at most to wait for that"),
    flag("max-stale", "<duration>", Time(|l| &mut l.max_stale), "how old the answer of a Consul follower may be; 0 asks the leader only"),
    flag("template-error-fatal", "", Switch(|l| &mut l.template_error_fatal), "whether an error of a template ends the run, whatever the templates say"),
    flag("default-left-delimiter", "<text>", Text(|l| &mut l.default_delimiters.left), "what begins an action, {{ if nothing is said"),
    flag("default-right-delimiter", "<text>", Text(|l| &mut l.default_delimiters.right), "what ends an action, }} if nothing is said"),
    flag("dedup", "", Switch(|l| &mut l.deduplicate.enabled), "accepted without effect: many instances need few connections here"),
    flag("kill-signal", "<signal>", Signal(|l| &mut l.kill_signal), "the signal that stops the run, SIGINT if nothing is said"),
    flag("reload-signal", "<signal>", Signal(|l| &mut l.reload_signal), "the signal that reads the configuration again, SIGHUP if nothing is said"),
    flag("pid-file", "<path>", Text(|l| &mut l.pid_file), "where the number of this process is written"),
    flag("exec", "<command>", Parsed(exec), "a child to start when everything is rendered, and to tell of changes"),
    flag("exec-kill-signal", "<signal>", Signal(|l| &mut l.exec.kill_signal), "the signal that asks the child to end"),
    flag("exec-kill-timeout", "<duration>", Time(|l| &mut l.exec.kill_timeout), "how long the child may take for that"),
    flag("exec-reload-signal", "<signal>", Signal(|l| &mut l.exec.reload_signal), "the signal that tells the child of a change; without one it is restarted"),
    flag("exec-splay", "<duration>", Time(|l| &mut l.exec.splay), "the longest random pause before the child is told or stopped"),
    flag("exec-env-pristine", "", Switch(|l| &mut l.exec.env.pristine), "the child gets none of our variables"),
    flag("exec-env-custom", "<NAME=value>", Texts(|l| &mut l.exec.env.custom.0), "a variable for the child in any case; can be repeated"),
    flag("exec-env-allowlist", "<pattern>", Texts(|l| &mut l.exec.env.allowlist.0), "which variables the child may have; can be repeated"),
    flag("exec-env-denylist", "<pattern>", Texts(|l| &mut l.exec.env.denylist.0), "which variables it may not have, even if allowed; can be repeated"),
    flag("log-level", "<level>", Parsed(log_level), "the least level that is logged: trace, debug, info, warn, err"),
    flag("log-file", "<path>", Text(|l| &mut l.log_file.path), "a file for the log, besides standard error"),
    flag("log-rotate-bytes", "<int>", Int(|l| &mut l.log_file.rotate_bytes), "the size in bytes at which a new log file begins"),
    flag("log-rotate-duration", "<duration>", Time(|l| &mut l.log_file.rotate_after), "the age at which a new log file begins"),
    flag("log-rotate-max-files", "<int>", Int(|l| &mut l.log_file.max_files), "how many older log files are kept; 0 keeps all, -1 none"),
    flag("syslog", "", Switch(|l| &mut l.syslog.enabled), "send the log to syslog too, if there is one"),
    flag("syslog-facility", "<facility>", Text(|l| &mut l.syslog.facility), "syslog's facility, LOCAL0 if nothing is said"),
    flag("syslog-name", "<name>", Text(|l| &mut l.syslog.name), "our name in syslog"),
    flag("consul-addr", "<address>", Text(|l| &mut l.consul.address), "where Consul is"),
    flag("consul-auth", "<user:password>", Parsed(consul_auth), "HTTP basic authentication for Consul"),
    flag("consul-token", "<token>", Hidden(|l| &mut l.consul.token), "Consul's token"),
    flag("consul-token-file", "<path>", Text(|l| &mut l.consul.token_file), "a file with Consul's token"),
    flag("consul-retry", "", Switch(|l| &mut l.consul.retry.enabled), "whether to try Consul again after a failure"),
    flag("consul-retry-attempts", "<int>", Int(|l| &mut l.consul.retry.attempts), "how many times; 0 is without end"),
    flag("consul-retry-backoff", "<duration>", Time(|l| &mut l.consul.retry.backoff), "the first pause before that, doubled each time"),
    flag("consul-retry-max-backoff", "<duration>", Time(|l| &mut l.consul.retry.max_backoff), "the longest pause; 0 is no limit"),
    flag("retry", "<duration>", Time(|l| &mut l.consul.retry.backoff), "the same as -consul-retry-backoff"),
    flag("consul-ssl", "", Switch(|l| &mut l.consul.ssl.enabled), "speak TLS with Consul"),
    flag("consul-ssl-ca-cert", "<path>", Text(|l| &mut l.consul.ssl.ca_cert), "the authorities for Consul's certificate"),
    flag("consul-ssl-ca-path", "<path>", Text(|l| &mut l.consul.ssl.ca_path), "a folder of authorities for it"),
    flag("consul-ssl-cert", "<path>", Text(|l| &mut l.consul.ssl.cert), "our certificate for Consul"),
    flag("consul-ssl-key", "<path>", Text(|l| &mut l.consul.ssl.key), "the key of that certificate"),
    flag("consul-ssl-server-name", "<name>", Text(|l| &mut l.consul.ssl.server_name), "the name that Consul's certificate must have"),
    flag("consul-ssl-verify", "", Switch(|l| &mut l.consul.ssl.verify), "whether Consul's certificate is verified"),
    flag("consul-transport-dial-keep-alive", "<duration>", Time(|l| &mut l.consul.transport.dial_keep_alive), "the pause between keep-alive probes to Consul"),
    flag("consul-transport-dial-timeout", "<duration>", Time(|l| &mut l.consul.transport.dial_timeout), "how long a connection to Consul may take to come about"),
    flag("consul-transport-disable-keep-alives", "", Switch(|l| &mut l.consul.transport.disable_keep_alives), "a new connection to Consul for each request"),
    flag("consul-transport-max-idle-conns-per-host", "<int>", Int(|l| &mut l.consul.transport.max_idle_conns_per_host), "how many idle connections to Consul are kept"),
    flag("consul-transport-tls-handshake-timeout", "<duration>", Time(|l| &mut l.consul.transport.tls_handshake_timeout), "how long the TLS handshake with Consul may take"),
    flag("vault-addr", "<address>", Text(|l| &mut l.vault.address), "where Vault is"),
    flag("vault-token", "<token>", Hidden(|l| &mut l.vault.token), "Vault's token"),
    flag("vault-agent-token-file", "<path>", Text(|l| &mut l.vault.agent_token_file), "a file with Vault's token, read again when it changes"),
    flag("vault-renew-token", "", Switch(|l| &mut l.vault.renew_token), "whether the token is renewed"),
    flag("vault-unwrap-token", "", Switch(|l| &mut l.vault.unwrap_token), "the token is a wrapping one"),
    flag("vault-default-lease-duration", "<duration>", Time(|l| &mut l.vault.default_lease_duration), "how long a secret without a lease is good for"),
    flag("vault-client-user-agent", "<text>", Text(|l| &mut l.vault.client_user_agent), "the User-Agent that Vault sees"),
    flag("vault-retry", "", Switch(|l| &mut l.vault.retry.enabled), "whether to try Vault again after a failure"),
    flag("vault-retry-attempts", "<int>", Int(|l| &mut l.vault.retry.attempts), "how many times; 0 is without end"),
    flag("vault-retry-backoff", "<duration>", Time(|l| &mut l.vault.retry.backoff), "the first pause before that, doubled each time"),
    flag("vault-retry-max-backoff", "<duration>", Time(|l| &mut l.vault.retry.max_backoff), "the longest pause; 0 is no limit"),
    flag("vault-ssl", "", Switch(|l| &mut l.vault.ssl.enabled), "whether the settings for TLS with Vault are used"),
    flag("vault-ssl-ca-cert", "<path>", Text(|l| &mut l.vault.ssl.ca_cert), "the authorities for Vault's certificate"),
    flag("vault-ssl-ca-path", "<path>", Text(|l| &mut l.vault.ssl.ca_path), "a folder of authorities for it"),
    flag("vault-ssl-cert", "<path>", Text(|l| &mut l.vault.ssl.cert), "our certificate for Vault"),
    flag("vault-ssl-key", "<path>", Text(|l| &mut l.vault.ssl.key), "the key of that certificate"),
    flag("vault-ssl-server-name", "<name>", Text(|l| &mut l.vault.ssl.server_name), "the name that Vault's certificate must have"),
    flag("vault-ssl-verify", "", Switch(|l| &mut l.vault.ssl.verify), "whether Vault's certificate is verified"),
    flag("vault-transport-dial-keep-alive", "<duration>", Time(|l| &mut l.vault.transport.dial_keep_alive), "the pause between keep-alive probes to Vault"),
    flag("vault-transport-dial-timeout", "<duration>", Time(|l| &mut l.vault.transport.dial_timeout), "how long a connection to Vault may take to come about"),
    flag("vault-transport-disable-keep-alives", "", Switch(|l| &mut l.vault.transport.disable_keep_alives), "a new connection to Vault for each request"),
    flag("vault-transport-max-idle-conns-per-host", "<int>", Int(|l| &mut l.vault.transport.max_idle_conns_per_host), "how many idle connections to Vault are kept"),
    flag("vault-transport-max-conns-per-host", "<int>", Int(|l| &mut l.vault.transport.max_conns_per_host), "how many connections to Vault there may be; 0 is no limit"),
    flag("vault-transport-tls-handshake-timeout", "<duration>", Time(|l| &mut l.vault.transport.tls_handshake_timeout), "how long the TLS handshake with Vault may take"),
    flag("missing-after", "<duration>", Time(|l| &mut l.missing.after), "how long to keep quiet about a missing key or service; not consul-template's"),
    flag("missing-action", "<warn|fail>", Parsed(missing_action), "what to do then; not consul-template's"),
    flag("interrupt-exit-code", "", Switch(|l| &mut l.interrupt_exit_code), "end with 12 instead of 0 when stopped by the kill signal, as consul-template does"),
    flag("protect-empty", "", Switch(|l| &mut l.protect_empty), "refuse service lists that fall to nothing; not consul-template's"),
    flag("last-good", "<folder>", Text(|l| &mut l.last_good), "keep the last good answers here, to start without Consul; not consul-template's"),
    flag("explain", "", RunSwitch(|c| &mut c.explain), "list every dependency with its state, and end; not consul-template's"),
    flag("v", "", RunSwitch(|c| &mut c.version), "the version"),
    flag("version", "", RunSwitch(|c| &mut c.version), "the version"),
];

fn config(line: &mut CommandLine, text: &str) -> Result<(), String> {
    line.config_paths.push(text.into());
    Ok(())
}

fn template(line: &mut CommandLine, text: &str) -> Result<(), String> {
    let (source, destination, command) = shorthand::template(text)?;
    let template = TemplateLayer {
        source: Some(source.to_owned()),
        destination: destination.map(str::to_owned),
        command: command.map(|command| Command::Text(command.to_owned())),
        ..TemplateLayer::default()
    };
    line.layer.templates.0.push((Place::whole("command line"), template));
    Ok(())
}

fn wait(line: &mut CommandLine, text: &str) -> Result<(), String> {
    let (min, max) = shorthand::wait(text)?;
    let wait = &mut line.layer.wait;
    (wait.enabled, wait.min, wait.max) = (Some(!min.is_zero()), Some(min), Some(max));
    Ok(())
}

fn exec(line: &mut CommandLine, text: &str) -> Result<(), String> {
    line.layer.exec.enabled = Some(true);
    line.layer.exec.command = Some(Command::Text(text.to_owned()));
    Ok(())
}

fn consul_auth(line: &mut CommandLine, text: &str) -> Result<(), String> {
    let (user, password) = shorthand::auth(text)?;
    let auth = &mut line.layer.consul.auth;
    auth.enabled = Some(!text.trim_matches(':').is_empty());
    auth.username = Some(user.to_owned());
    auth.password = password.map(Secret::new);
    Ok(())
}

/// A wrong level is no fault of the flag for consul-template, but of the configuration: another exit code.
fn log_level(line: &mut CommandLine, text: &str) -> Result<(), String> {
    match LogLevel::parse(text) {
        Ok(level) => line.layer.log_level = Some(level),
        Err(message) => line.wrong_log_level = Some(message),
    }
    Ok(())
}

fn missing_action(line: &mut CommandLine, text: &str) -> Result<(), String> {
    line.layer.missing.action = Some(match text {
        "warn" => MissingAction::Warn,
        "fail" => MissingAction::Fail,
        _ => return Err("expected warn or fail".to_owned()),
    });
    Ok(())
}
