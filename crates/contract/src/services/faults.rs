//! What a schema cannot say about services: rules that contradict each other, schedules that are never due, texts that
//! are no address.

use preflight_schedule::{Schedule, Zone};
use url::Url;

use super::lists::check_dependencies;
use super::{RestartPolicy, SentinelSection, ServiceItem};
use crate::checks::CommandLine;
use crate::endpoint::read_host_port;
use crate::faults::Fault;
use crate::meaning::{check_name, check_pattern};
use crate::nearest::nearest;
use crate::render::RenderItem;
use crate::tree::{Content, Entry, Node};

/// Checks all services, each with its entry in the section. Those that could not be read are in the section alone.
pub(crate) fn check_services(
    services: &[(ServiceItem, &Entry)],
    section: &Node,
    rendered: &[RenderItem],
    faults: &mut Vec<Fault>,
) {
    for (service, entry) in services {
        check_own_name(entry, faults);
        check_service(service, &entry.value, rendered, faults);
    }
    let nodes: Vec<(ServiceItem, &Node)> =
        services.iter().map(|(service, entry)| (service.clone(), &entry.value)).collect();
    let Content::Map(entries) = &section.content else { return };
    let names: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
    check_dependencies(&nodes, &names, faults);
}

/// Checks the patterns that stand for missing values.
pub(crate) fn check_sentinels(sentinels: &SentinelSection, node: &Node, faults: &mut Vec<Fault>) {
    for (key, patterns) in [("keys", &sentinels.keys), ("services", &sentinels.services)] {
        for (pattern, place) in patterns.iter().zip(node.items(key)) {
            let inner = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
            if pattern.is_empty() || inner == Some("") {
                faults.push(place.span.fault("an empty text stands in every file"));
            } else {
                check_pattern(inner, place, key, faults);
            }
        }
    }
}

/// A name is a folder's and a metric's as well.
fn check_own_name(entry: &Entry, faults: &mut Vec<Fault>) {
    let usable = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | ':');
    if entry.key.is_empty() || entry.key.starts_with('.') || !entry.key.chars().all(usable) {
        let mut fault = entry.span.fault(format!("{:?} is no name for a service", entry.key));
        fault.hint = Some("letters, digits, - and _ make a name".to_owned());
        faults.push(fault);
    }
}

fn check_service(service: &ServiceItem, node: &Node, rendered: &[RenderItem], faults: &mut Vec<Fault>) {
    check_words(&service.command, node, "command", faults);
    if let Some(finish) = &service.finish {
        check_words(finish, node, "finish", faults);
    }
    for (key, names) in [
        ("enabled_if", service.enabled_if.keys().collect::<Vec<_>>()),
        ("environment", service.environment.keys().collect()),
    ] {
        let Some(section) = node.entry(key) else { continue };
        names.into_iter().for_each(|name| check_variable(name, &section.value, faults));
    }
    check_probes(service, node, faults);
    check_reload(service, node, rendered, faults);
    check_exit_codes(service, node, faults);
    check_schedule(service, node, faults);
    check_kind(service, node, faults);
}

fn check_words(command: &CommandLine, node: &Node, key: &str, faults: &mut Vec<Fault>) {
    let program = match command {
        CommandLine::Words(words) => words.first().map_or("", String::as_str),
        CommandLine::Shell(line) => line.as_str(),
    };
    if program.trim().is_empty() {
        faults.push(node.place(key).fault(format!("`{key}` names no program")));
    }
}

fn check_variable(name: &str, section: &Node, faults: &mut Vec<Fault>) {
    let before = faults.len();
    check_name(name, section, name, faults);
    if let (Some(fault), Some(entry)) = (faults.get_mut(before), section.entry(name)) {
        (fault.line, fault.column, fault.width) = (entry.span.line, entry.span.column, entry.span.width);
    }
}

fn check_probes(service: &ServiceItem, node: &Node, faults: &mut Vec<Fault>) {
    for (key, ways) in [
        ("ready", &["http", "tcp", "command", "notify", "sd_notify", "file"][..]),
        ("health", &["http", "tcp", "command"]),
    ] {
        let Some(section) = node.entry(key).map(|entry| &entry.value) else { continue };
        let mut given = ways.iter().filter_map(|way| section.entry(way));
        match (given.next(), given.next()) {
            (None, _) => {
                let mut fault = section.span.fault(format!("`{key}` says nothing that is tried"));
                fault.hint = Some(format!("one of {} is needed", ways.join(", ")));
                faults.push(fault);
            }
            (Some(first), Some(second)) => {
                let message = format!("`{}` is a second way; `{}` is the first", second.key, first.key);
                faults.push(second.span.fault(message));
            }
            _ => {}
        }
        for zero in ["interval", "timeout"] {
            if section.entry(zero).is_some()
                && duration(service, key, zero).is_some_and(|time| time.is_zero())
            {
                faults.push(section.place(zero).fault(format!("`{zero}` must be longer than nothing")));
            }
        }
        let (http, tcp) = match key {
            "ready" => service.ready.as_ref().map(|ready| (&ready.http, &ready.tcp)),
            _ => service.health.as_ref().map(|health| (&health.http, &health.tcp)),
        }
        .unwrap_or((&None, &None));
        check_url(http.as_deref(), section, faults);
        check_address(tcp.as_deref(), section, faults);
    }
}

fn duration(service: &ServiceItem, section: &str, key: &str) -> Option<std::time::Duration> {
    match (section, key) {
        ("ready", "interval") => service.ready.as_ref()?.interval,
        ("ready", _) => service.ready.as_ref()?.timeout,
        (_, "interval") => service.health.as_ref()?.interval,
        _ => service.health.as_ref()?.timeout,
    }
}

fn check_url(url: Option<&str>, section: &Node, faults: &mut Vec<Fault>) {
    let Some(text) = url.filter(|text| !text.contains("${")) else { return };
    let (message, hint) = match Url::parse(text) {
        Ok(url) if url.scheme() == "http" && url.has_host() => return,
        Ok(url) if url.scheme() == "https" => (
            "a probe speaks plain http".to_owned(),
            "the probe stays in the container, so http is enough; else use `tcp`",
        ),
        _ => (format!("{text:?} is no URL"), "write it like http://127.0.0.1:3031/health"),
    };
    let mut fault = section.place("http").fault(message);
    fault.hint = Some(hint.to_owned());
    faults.push(fault);
}

fn check_address(address: Option<&str>, section: &Node, faults: &mut Vec<Fault>) {
    let Some(text) = address.filter(|text| !text.contains("${")) else { return };
    if !matches!(read_host_port("tcp", text), Ok((_, Some(_)))) {
        let mut fault = section.place("tcp").fault(format!("{text:?} is no host:port"));
        fault.hint = Some("write it like 127.0.0.1:3031".to_owned());
        faults.push(fault);
    }
}

fn check_reload(service: &ServiceItem, node: &Node, rendered: &[RenderItem], faults: &mut Vec<Fault>) {
    let (Some(reload), Some(section)) = (&service.reload, node.entry("reload")) else { return };
    match (&reload.signal, reload.restart) {
        (Some(_), true) => {
            faults.push(
                section.value.place("restart").fault("a service is told by a signal or restarted, not both"),
            );
        }
        (None, false) => {
            let mut fault = section.span.fault("`reload` does not say how");
            fault.hint = Some("`signal: HUP` tells the service, `restart: true` restarts it".to_owned());
            faults.push(fault);
        }
        _ => {}
    }
    // Files may be rendered by consul-template's configuration as well, so only a near miss is a fault.
    let is_file = |name: &str| {
        rendered
            .iter()
            .any(|item| item.destination == name || item.destination.ends_with(&format!("/{name}")))
    };
    let names: Vec<&str> = rendered
        .iter()
        .flat_map(|item| [item.destination.as_str(), item.destination.rsplit('/').next().unwrap_or_default()])
        .collect();
    for (name, place) in reload.on.iter().zip(section.value.items("on")) {
        if let (false, Some(meant)) = (is_file(name), nearest(name, names.iter().copied())) {
            let mut fault = place.span.fault(format!("no file {name:?} is rendered"));
            fault.hint = Some(format!("did you mean `{meant}`?"));
            faults.push(fault);
        }
    }
}

fn check_exit_codes(service: &ServiceItem, node: &Node, faults: &mut Vec<Fault>) {
    let Some(section) = node.entry("exit_codes") else { return };
    for code in service.exit_codes.keys().filter(|code| code.parse::<u8>().is_err()) {
        let place = section.value.entry(code).map_or(section.span, |entry| entry.span);
        faults.push(place.fault(format!("{code:?} is no exit code from 0 to 255")));
    }
}

fn check_schedule(service: &ServiceItem, node: &Node, faults: &mut Vec<Fault>) {
    let plain = |text: &&String| !text.contains("${");
    if let Some(text) = service.schedule.as_ref().filter(plain)
        && let Err(error) = text.parse::<Schedule>()
    {
        let mut fault = node.place("schedule").fault(format!("{text:?} is no schedule: {error}"));
        fault.hint =
            Some("minute hour day month weekday, like 30 4 * * mon-fri, or a word like @daily".to_owned());
        faults.push(fault);
    }
    if let Some(name) = service.timezone.as_ref().filter(plain)
        && !Zone::is_known(name)
    {
        let mut fault = node.place("timezone").fault(format!("{name:?} is no time zone"));
        fault.hint = Some("write it like UTC or Europe/Paris".to_owned());
        faults.push(fault);
    }
}

/// A server, a task that runs once, and a job with a schedule have different rules.
fn check_kind(service: &ServiceItem, node: &Node, faults: &mut Vec<Fault>) {
    let mut refuse = |keys: &[&str], why: &str| {
        for key in keys {
            if let Some(entry) = node.entry(key) {
                faults.push(entry.span.fault(format!("`{key}` {why}")));
            }
        }
    };
    if service.schedule.is_some() {
        refuse(&["ready", "health"], "is for a service that stays; this one runs on a schedule and ends");
        refuse(
            &["restart", "reload"],
            "is for a service that stays; a scheduled job runs again when it is due",
        );
        refuse(&["once"], "and `schedule` exclude each other");
        if service.critical {
            refuse(&["critical"], "would end the container with every run of the job");
        }
        return;
    }
    refuse(&["timezone", "overlap", "jitter"], "needs a `schedule`");
    if service.once {
        refuse(
            &["ready", "health"],
            "is for a service that stays; this one runs once, and is ready when it has ended well",
        );
        if service.restart.as_ref().is_some_and(|restart| restart.policy == RestartPolicy::Always) {
            refuse(
                &["restart"],
                "restarts it always, although it runs once; on-failure and never go with `once`",
            );
        }
    } else {
        refuse(
            &["timeout"],
            "needs a `schedule` or `once: true`; a service that stays has no time to end by",
        );
    }
}
