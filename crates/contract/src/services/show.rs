//! A service in one line, or in one row.

use super::{RestartPolicy, ServiceItem};
use crate::checks::CommandLine;
use crate::duration::format_duration;
use crate::secret::is_secret;

/// Name, command and what is said of it, for a terminal. Secrets are taken out by the caller.
pub(crate) fn service_line(service: &ServiceItem) -> String {
    format!("{}  {}; {}", service.name, command(service), rules(service).join("; "))
        .trim_end_matches([';', ' '])
        .to_owned()
}

/// Name, command and rules, for a table.
pub(crate) fn markdown_rows(service: &ServiceItem) -> [String; 3] {
    [service.name.clone(), command(service), rules(service).join("; ")]
}

fn command(service: &ServiceItem) -> String {
    match &service.command {
        CommandLine::Words(words) => words.join(" "),
        CommandLine::Shell(line) => line.clone(),
    }
}

fn rules(service: &ServiceItem) -> Vec<String> {
    let mut rules = Vec::new();
    for (variable, condition) in &service.enabled_if {
        let wanted = if is_secret(variable, None) {
            "[redacted]".to_owned()
        } else {
            condition.patterns().join(" or ")
        };
        rules.push(format!("if {variable} is {wanted}"));
    }
    if !service.depends_on.is_empty() {
        rules.push(format!("after {}", service.depends_on.join(", ")));
    }
    if let Some(schedule) = &service.schedule {
        let zone = service.timezone.as_ref().map(|zone| format!(" {zone}")).unwrap_or_default();
        rules.push(format!("at {schedule}{zone}"));
    }
    rules.extend(service.timeout.map(|limit| format!("at most {}", format_duration(limit))));
    rules.extend(service.once.then(|| "once".to_owned()));
    rules.extend(service.critical.then(|| "critical".to_owned()));
    rules.extend(service.user.as_ref().map(|user| format!("as {user}")));
    if let Some(restart) = &service.restart {
        rules.push(match restart.policy {
            RestartPolicy::Always => "always restarted".to_owned(),
            RestartPolicy::OnFailure => "restarted on failure".to_owned(),
            RestartPolicy::Never => "never restarted".to_owned(),
        });
        rules.extend(restart.give_up.map(|budget| format!("gives up after {budget}")));
    }
    if let Some(reload) = &service.reload {
        let how = reload.signal.as_ref().map_or_else(|| "restart".to_owned(), ToString::to_string);
        rules.push(format!("{how} on {}", reload.on.join(", ")));
    }
    rules
}
