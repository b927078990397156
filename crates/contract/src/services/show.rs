//! A service in one line, or in one row.

use super::{
    Condition, HealthSection, OutputForm, OverlapRule, ReadySection, ReloadSection, RestartPolicy,
    RestartSection, ServiceItem, StopSection,
};
use crate::checks::CommandLine;
use crate::duration::format_duration;
use crate::secret::is_secret;

/// Name, command and what is said of it, for a terminal. Secrets are taken out by the caller.
pub(crate) fn service_line(service: &ServiceItem) -> String {
    format!("{}  {}; {}", service.name, words(&service.command), rules(service).join("; "))
        .trim_end_matches([';', ' '])
        .to_owned()
}

/// Name, command, rules and what it is for, for a table.
pub(crate) fn markdown_rows(service: &ServiceItem) -> [String; 4] {
    let description = service.description.clone().unwrap_or_default();
    [service.name.clone(), words(&service.command), rules(service).join("; "), description]
}

fn words(command: &CommandLine) -> String {
    match command {
        CommandLine::Words(words) => words.join(" "),
        CommandLine::Shell(line) => line.clone(),
    }
}

fn rules(service: &ServiceItem) -> Vec<String> {
    let mut rules: Vec<String> = service.enabled_if.iter().map(enabled).collect();
    if !service.depends_on.is_empty() {
        rules.push(format!("after {}", service.depends_on.join(", ")));
    }
    rules.extend(schedule(service));
    rules.extend(service.timeout.map(|limit| format!("at most {}", format_duration(limit))));
    rules.extend(service.once.then(|| "once".to_owned()));
    rules.extend(service.critical.then(|| "critical".to_owned()));
    rules.extend(circumstances(service));
    rules.extend(service.ready.as_ref().map(ready));
    rules.extend(service.health.as_ref().map(health));
    rules.extend(service.restart.iter().flat_map(restart));
    rules.extend(service.reload.as_ref().map(reload));
    rules.extend(service.stop.as_ref().and_then(stop));
    rules.extend(service.finish.as_ref().map(|finish| format!("then {}", words(finish))));
    rules.extend(service.output.map(|form| format!("output {}", output(form))));
    rules.extend(service.exit_codes.iter().map(|(code, meaning)| format!("{code} means {meaning}")));
    rules
}

fn enabled((variable, condition): (&String, &Condition)) -> String {
    let wanted =
        if is_secret(variable, None) { "[redacted]".to_owned() } else { condition.patterns().join(" or ") };
    format!("if {variable} is {wanted}")
}

fn schedule(service: &ServiceItem) -> Vec<String> {
    let Some(schedule) = &service.schedule else { return Vec::new() };
    let zone = service.timezone.as_ref().map(|zone| format!(" {zone}")).unwrap_or_default();
    let mut rules = vec![format!("at {schedule}{zone}")];
    rules.extend(service.jitter.map(|jitter| format!("up to {} later", format_duration(jitter))));
    rules.extend(match service.overlap {
        None | Some(OverlapRule::Skip) => None,
        Some(OverlapRule::Queue) => Some("waits for the run before".to_owned()),
        Some(OverlapRule::Replace) => Some("stops the run before".to_owned()),
    });
    rules
}

/// Of its variables, the names alone.
fn circumstances(service: &ServiceItem) -> Vec<String> {
    let mut rules = Vec::new();
    match (&service.user, &service.group) {
        (Some(user), Some(group)) => rules.push(format!("as {user}:{group}")),
        (Some(user), None) => rules.push(format!("as {user}")),
        (None, Some(group)) => rules.push(format!("as group {group}")),
        (None, None) => {}
    }
    rules.extend(service.folder.as_ref().map(|folder| format!("in {folder}")));
    if !service.environment.is_empty() {
        let names: Vec<&str> = service.environment.keys().map(String::as_str).collect();
        rules.push(format!("with {}", names.join(", ")));
    }
    rules
}

fn ready(section: &ReadySection) -> String {
    let tried = tried(section.http.as_deref(), section.tcp.as_deref(), section.command.as_ref());
    let said = [
        section.notify.map(|number| format!("it writes a line to descriptor {number}")),
        section.sd_notify.then(|| "it says READY=1 to NOTIFY_SOCKET".to_owned()),
        section.file.as_ref().map(|path| format!("{path} is there")),
    ];
    let when = tried.or_else(|| said.into_iter().flatten().next()).unwrap_or_default();
    let within = section.timeout.map(|time| format!(" within {}", format_duration(time)));
    format!("ready when {when}{}", within.unwrap_or_default())
}

fn health(section: &HealthSection) -> String {
    let well = tried(section.http.as_deref(), section.tcp.as_deref(), section.command.as_ref());
    let every = section.interval.map(|time| format!(" every {}", format_duration(time)));
    format!("restarted unless {}{}", well.unwrap_or_default(), every.unwrap_or_default())
}

fn tried(http: Option<&str>, tcp: Option<&str>, command: Option<&CommandLine>) -> Option<String> {
    http.map(|url| format!("{url} answers"))
        .or_else(|| tcp.map(|address| format!("{address} accepts")))
        .or_else(|| command.map(|command| format!("{} ends with 0", words(command))))
}

fn restart(section: &RestartSection) -> Vec<String> {
    let policy = match section.policy {
        RestartPolicy::Always => "always restarted",
        RestartPolicy::OnFailure => "restarted on failure",
        RestartPolicy::Never => "never restarted",
    };
    let mut rules = vec![policy.to_owned()];
    rules.extend(section.backoff.map(|range| format!("waits {range}")));
    rules.extend(section.give_up.map(|budget| format!("gives up after {budget}")));
    rules
}

fn reload(section: &ReloadSection) -> String {
    let how = section.signal.as_ref().map_or_else(|| "restart".to_owned(), ToString::to_string);
    format!("{how} on {}", section.on.join(", "))
}

fn stop(section: &StopSection) -> Option<String> {
    let signal = section.signal.as_ref().map(|signal| format!(" with {signal}")).unwrap_or_default();
    let grace = section.grace.map(|time| format!(" within {}", format_duration(time))).unwrap_or_default();
    (section.signal.is_some() || section.grace.is_some()).then(|| format!("stopped{signal}{grace}"))
}

fn output(form: OutputForm) -> &'static str {
    match form {
        OutputForm::Text => "text",
        OutputForm::Json => "json",
        OutputForm::Raw => "raw",
    }
}
