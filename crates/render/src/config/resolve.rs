//! From what was said to what it means: environment variables and defaults fill the gaps, blocks that have no
//! settings are off, values that exclude each other are faults.

mod connections;
mod templates;

use std::path::PathBuf;
use std::time::Duration;

use super::faults::{Fault, FaultKind, Faults, Place};
use super::layer::{EnvironmentLayer, ExecLayer, Layer, LogFileLayer, SyslogLayer, WaitLayer};
use super::load::given_path;
use super::settings::{
    EnvironmentFilter, Exec, Log, LogFile, LogLevel, Missing, Settings, Signal, Syslog, Wait,
};
use super::surroundings::{Environment, Files};

/// The names of syslog's facilities.
const FACILITIES: [&str; 20] = [
    "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP",
    "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7",
];

/// Settles a layer in which everything is laid over everything.
///
/// # Errors
/// The faults that the resolver brought along, and what only shows now.
pub(super) fn settings(mut layer: Layer, dry: bool, mut resolver: Resolver<'_>) -> Result<Settings, Faults> {
    let once = layer.once.unwrap_or(false);
    let parse_only = layer.parse_only.unwrap_or(false);
    let templates = resolver.templates(&mut layer, dry);
    let settings = Settings {
        templates,
        consul: resolver.consul(layer.consul),
        vault: resolver.vault(layer.vault),
        nomad: resolver.nomad(layer.nomad),
        exec: resolver.exec(layer.exec, "exec", None),
        wait: resolver.wait(&layer.wait).filter(|_| !once),
        once,
        dry,
        parse_only,
        kill_signal: layer.kill_signal.map_or(Some(Signal::INT), |choice| choice.0),
        reload_signal: layer.reload_signal.map_or(Some(Signal::HUP), |choice| choice.0),
        log: resolver.log(layer.log_level, layer.log_file, layer.syslog),
        max_stale: layer.max_stale.unwrap_or(Duration::from_secs(2)),
        block_query_wait: layer.block_query_wait.unwrap_or(Duration::from_secs(60)),
        pid_file: given_path(layer.pid_file),
        error_on_failed_lookup: layer.err_on_failed_lookup.unwrap_or(false),
        missing: Missing {
            after: layer.missing.after.unwrap_or(Missing::default().after),
            action: layer.missing.action.unwrap_or_default(),
        },
        last_good: given_path(layer.last_good),
        interrupt_exit_code: layer.interrupt_exit_code.unwrap_or(false),
        variables: Vec::new(),
        notes: Vec::new(),
    };
    let dedup = &layer.deduplicate;
    if dedup.enabled.unwrap_or(dedup.prefix.is_some() || dedup.ttl.is_some()) {
        resolver
            .notes
            .push("deduplicate is accepted and has no effect: many instances need few connections".into());
    }
    resolver.finish(settings)
}

/// What is needed to settle a layer, and what was found to be wrong or odd so far.
pub(super) struct Resolver<'a> {
    pub(super) environment: &'a dyn Environment,
    pub(super) files: &'a dyn Files,
    pub(super) faults: Vec<Fault>,
    pub(super) notes: Vec<String>,
}

impl Resolver<'_> {
    fn finish(self, settings: Settings) -> Result<Settings, Faults> {
        if self.faults.is_empty() {
            Ok(Settings { notes: self.notes, ..settings })
        } else {
            Err(Faults(self.faults))
        }
    }

    fn fault(&mut self, kind: FaultKind, place: Place, message: String) {
        self.faults.push(Fault { kind, place, message, hint: None });
    }

    /// The first of these variables that has a value, without the space around it.
    fn variable(&self, names: &[&str]) -> Option<String> {
        let values = names.iter().filter_map(|name| self.environment.variable(name));
        values.map(|value| value.trim().to_owned()).find(|value| !value.is_empty())
    }

    /// The first of these variables that is a boolean.
    fn switch(&self, names: &[&str]) -> Option<bool> {
        let values = names.iter().filter_map(|name| self.environment.variable(name));
        values.filter_map(|value| super::go_text::boolean(&value).ok()).next()
    }

    /// A number that cannot be below zero; below it, it is zero.
    fn count(number: Option<i64>, default: u32) -> u32 {
        number.map_or(default, |number| u32::try_from(number.max(0)).unwrap_or(u32::MAX))
    }

    /// A command and how it is run; none when there is none, or it is switched off.
    fn exec(&mut self, layer: ExecLayer, what: &str, default_timeout: Option<Duration>) -> Option<Exec> {
        let command = layer.command.filter(|command| !command.is_empty())?;
        if layer.enabled == Some(false) {
            self.notes.push(format!("{what} is switched off by enabled = false: its command is not run"));
            return None;
        }
        Some(Exec {
            command,
            environment: environment_filter(layer.env),
            kill_signal: layer.kill_signal.map_or(Some(Signal::INT), |choice| choice.0),
            kill_timeout: layer.kill_timeout.unwrap_or(Duration::from_secs(30)),
            reload_signal: layer.reload_signal.and_then(|choice| choice.0),
            splay: layer.splay.unwrap_or_default(),
            timeout: layer.timeout.or(default_timeout).filter(|timeout| !timeout.is_zero()),
        })
    }

    fn wait(&mut self, layer: &WaitLayer) -> Option<Wait> {
        let min = layer.min.unwrap_or_default();
        if !layer.enabled.unwrap_or(!min.is_zero()) {
            return None;
        }
        let max = layer.max.unwrap_or(min.saturating_mul(4));
        if max < min {
            self.notes.push("wait: max is less than min, so min counts for both".to_owned());
        }
        Some(Wait { min, max: max.max(min) })
    }

    fn log(&mut self, level: Option<LogLevel>, file: LogFileLayer, syslog: SyslogLayer) -> Log {
        Log {
            level: level.unwrap_or_else(|| self.log_level()),
            file: given_path(file.path.clone()).map(|path| log_file(path, &file)),
            syslog: self.syslog(syslog),
        }
    }

    fn log_level(&mut self) -> LogLevel {
        let text = self.variable(&["CT_LOG", "CONSUL_TEMPLATE_LOG", "CONSUL_TEMPLATE_LOG_LEVEL"]);
        text.map_or(LogLevel::default(), |text| {
            LogLevel::parse(&text).unwrap_or_else(|message| {
                self.fault(FaultKind::Configuration, Place::whole("CT_LOG"), message);
                LogLevel::default()
            })
        })
    }

    fn syslog(&mut self, layer: SyslogLayer) -> Option<Syslog> {
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        if !layer.enabled.unwrap_or(given(&layer.facility) || given(&layer.name)) {
            return None;
        }
        let facility = layer.facility.unwrap_or_else(|| "LOCAL0".to_owned()).to_uppercase();
        if !FACILITIES.contains(&facility.as_str()) {
            self.fault(
                FaultKind::Configuration,
                Place::whole("syslog"),
                format!("invalid syslog facility: {facility}"),
            );
        }
        Some(Syslog { facility, name: layer.name.unwrap_or_else(|| "consul-template".to_owned()) })
    }
}

fn environment_filter(layer: EnvironmentLayer) -> EnvironmentFilter {
    EnvironmentFilter {
        pristine: layer.pristine.unwrap_or(false),
        allowlist: layer.allowlist.0,
        denylist: layer.denylist.0,
        custom: layer.custom.0,
    }
}

fn log_file(path: PathBuf, layer: &LogFileLayer) -> LogFile {
    let day = Duration::from_secs(24 * 60 * 60);
    LogFile {
        path,
        rotate_bytes: layer
            .rotate_bytes
            .and_then(|bytes| u64::try_from(bytes).ok())
            .filter(|bytes| *bytes > 0),
        rotate_after: layer.rotate_after.filter(|age| !age.is_zero()).unwrap_or(day),
        keep: match layer.max_files.unwrap_or(0) {
            0 => None,
            number => Some(u32::try_from(number.max(0)).unwrap_or(u32::MAX)),
        },
    }
}
