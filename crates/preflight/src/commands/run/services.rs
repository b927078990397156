//! The services of a contract, as they are run here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use preflight_contract as contract;
use preflight_contract::{
    CommandLine, Contract, HealthSection, OnChange, ReadySection, ServiceItem, SignalName,
};
use preflight_processes::{Environment, Program, Signal};
use preflight_supervise::output::Format;
use preflight_supervise::{
    Backoff, Enabled, Finish, Fleet, FleetError, GiveUp, Health, Overlap, Policy, Probe, Readiness, Reload,
    Reloading, Restart, Schedule, Service, Stop, Wanted, WhenIdle,
};

use super::accounts::{Accounts, Ourselves};
use crate::environment;

/// A single command as a service, by the name of its program.
pub(super) fn of_command(command: &[OsString], stop: Stop) -> Service {
    let name = command.first().map(Path::new).and_then(Path::file_name);
    let name = name.map_or_else(|| "command".to_owned(), |name| name.to_string_lossy().into_owned());
    Service { stop, ..Service::new(name, Program::Direct(command.to_vec())) }
}

const UNSET: &str = " — hint: set it, or write ${NAME:-default}";
const NONE: &str =
    "no service is for this container — hint: compare `enabled_if` with the container's variables";

/// How a single command hears of changes: by this signal, of the files whose `on_change` is `reload`.
pub(super) fn reload_of_command(contract: &Contract, signal: Signal) -> Option<Reload> {
    let environment = environment::of_process();
    let lookup = |name: &str| environment.lookup(name).ok().flatten().map(|found| found.value);
    let items =
        contract.render.iter().filter(|item| item.on_change.as_ref().is_some_and(OnChange::is_reload));
    // What cannot be filled in is told by the rendering.
    let on: Vec<_> =
        items.filter_map(|item| item.interpolated(lookup).ok()).map(|item| own(&item.destination)).collect();
    (!on.is_empty()).then_some(Reload { on, how: Reloading::Signal(signal), splay: Duration::ZERO })
}

/// Files are told by whole paths.
fn own(file: &str) -> PathBuf {
    file.strip_prefix("./").unwrap_or(file).into()
}

type Lookup<'run> = &'run dyn Fn(&str) -> Option<String>;

/// All services of a contract; those that are not for this container are there and say why.
///
/// # Errors
/// Everything that is wrong here and now, a line each.
pub(super) fn fleet(
    contract: &Contract,
    lookup: Lookup<'_>,
    accounts: &Accounts,
    stop: Stop,
) -> Result<Fleet, Vec<String>> {
    let mut services = Vec::new();
    let mut faults = Vec::new();
    for item in &contract.services {
        match service(item, lookup, accounts, stop) {
            Ok(service) => services.push(service),
            Err(fault) => faults.push(format!("service {} (line {}): {fault}", item.name, item.line)),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let told = |errors: Vec<FleetError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut fleet = Fleet::new(services).map_err(told)?;
    fleet.when_idle = WhenIdle::End;
    Ok(fleet)
}

/// Why no service is for this container; `None` when one is.
pub(super) fn why_none(fleet: &Fleet) -> Option<Vec<String>> {
    let reasons = fleet.services().iter().map(not_here).collect::<Option<Vec<_>>>()?;
    Some(reasons.into_iter().chain([NONE.to_owned()]).collect())
}

fn not_here(service: &Service) -> Option<String> {
    let Enabled::Disabled { reason } = &service.enabled else { return None };
    Some(format!("service {} is not run here: {reason}", service.name))
}

fn service(
    item: &ServiceItem,
    lookup: Lookup<'_>,
    accounts: &Accounts,
    stop: Stop,
) -> Result<Service, String> {
    // What is not run here may need variables that are not set here.
    if let Err(contract::Disabled { reason }) = item.enabled(lookup) {
        let plain = Service::new(item.name.as_str(), program(&item.command));
        return Ok(Service { enabled: Enabled::Disabled { reason }, ..plain });
    }
    let item = item.interpolated(lookup).map_err(|unset| format!("{unset}{UNSET}"))?;
    let user = accounts.find(item.user.as_deref(), item.group.as_deref())?;
    let user = user.map(|user| Ourselves::now().become_user(user)).transpose()?.flatten();
    let custom = item.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let codes = item.exit_codes.iter().map(|(code, text)| {
        code.parse().map(|code| (code, text.clone())).map_err(|_| format!("{code:?} is no exit code"))
    });
    Ok(Service {
        environment: Environment { custom, ..Environment::default() },
        user,
        folder: item.folder.as_ref().map(Into::into),
        restart: restart(&item),
        stop: asked(&item, stop)?,
        ready: item.ready.as_ref().map(readiness).transpose()?,
        health: item.health.as_ref().map(health).transpose()?,
        depends_on: item.depends_on.iter().map(|name| name.as_str().into()).collect(),
        critical: item.critical,
        once: item.once || item.schedule.is_some(),
        finish: item.finish.as_ref().map(|finish| Finish { program: program(finish), timeout: None }),
        output: item.output.map(form),
        exit_codes: codes.collect::<Result<_, _>>()?,
        reload: item.reload.as_ref().map(reload).transpose()?,
        wanted: if item.schedule.is_some() { Wanted::Down } else { Wanted::Up },
        schedule: schedule(&item),
        limit: item.timeout,
        ..Service::new(item.name.as_str(), program(&item.command))
    })
}

fn form(form: contract::OutputForm) -> Format {
    match form {
        contract::OutputForm::Text => Format::Text,
        contract::OutputForm::Json => Format::Json,
        contract::OutputForm::Raw => Format::Raw,
    }
}

fn program(command: &CommandLine) -> Program {
    match command {
        CommandLine::Words(words) => Program::Direct(words.iter().map(Into::into).collect()),
        CommandLine::Shell(line) => Program::Shell(line.into()),
    }
}

fn signal(name: &SignalName) -> Result<Signal, String> {
    name.0.parse().map_err(|_| format!("{name} is no signal"))
}

fn asked(item: &ServiceItem, default: Stop) -> Result<Stop, String> {
    let Some(section) = &item.stop else { return Ok(default) };
    let named = section.signal.as_ref().map(signal).transpose()?;
    Ok(Stop { signal: named.unwrap_or(default.signal), grace: section.grace.unwrap_or(default.grace) })
}

fn restart(item: &ServiceItem) -> Restart {
    if item.schedule.is_some() {
        return Restart::never();
    }
    let Some(section) = &item.restart else {
        // Where nothing else is said, the death of a critical one is the end of the container, not a restart for ever.
        return if item.critical { Restart::never() } else { Restart::default() };
    };
    let policy = match section.policy {
        contract::RestartPolicy::Always => Policy::Always,
        contract::RestartPolicy::OnFailure => Policy::OnFailure,
        contract::RestartPolicy::Never => Policy::Never,
    };
    let backoff = section.backoff.map(|range| Backoff { min: range.first, max: range.longest });
    let give_up =
        section.give_up.map(|budget| GiveUp { times: budget.times, within: budget.within, ends_all: true });
    Restart { policy, backoff, give_up, ..Restart::default() }
}

fn readiness(section: &ReadySection) -> Result<Readiness, String> {
    let heard = match section {
        ReadySection { notify: Some(number), .. } => Some(Probe::NotificationDescriptor(i32::from(*number))),
        ReadySection { sd_notify: true, .. } => Some(Probe::NotifySocket),
        ReadySection { file: Some(path), .. } => Some(Probe::File(path.into())),
        _ => None,
    };
    let tried = || tried(section.http.as_deref(), section.tcp.as_deref(), section.command.as_ref());
    let default = Readiness::new(heard.map_or_else(tried, Ok)?);
    Ok(Readiness {
        timeout: section.timeout.unwrap_or(default.timeout),
        interval: section.interval.unwrap_or(default.interval),
        ..default
    })
}

fn health(section: &HealthSection) -> Result<Health, String> {
    let probe = tried(section.http.as_deref(), section.tcp.as_deref(), section.command.as_ref())?;
    let default = Health::new(probe);
    Ok(Health {
        interval: section.interval.unwrap_or(default.interval),
        timeout: section.timeout.unwrap_or(default.timeout),
        failures: section.failures.unwrap_or(default.failures),
        ..default
    })
}

fn tried(http: Option<&str>, tcp: Option<&str>, command: Option<&CommandLine>) -> Result<Probe, String> {
    match (http, tcp, command) {
        (Some(url), _, _) => web(url),
        (_, Some(address), _) => Ok(Probe::Tcp { address: address.to_owned() }),
        (_, _, Some(command)) => Ok(Probe::Command(program(command))),
        (None, None, None) => Err("nothing is said of how it is tried".to_owned()),
    }
}

/// `http://HOST[:PORT][/PATH]`.
fn web(url: &str) -> Result<Probe, String> {
    let rest = url.strip_prefix("http://").ok_or_else(|| format!("{url:?} does not begin with http://"))?;
    let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if host.contains('@') {
        let hint = "try a path that needs none, or a command such as curl";
        return Err(format!("the URL of a probe names a user, and a probe sends none — hint: {hint}"));
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port { host.to_owned() } else { format!("{host}:80") };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    if host.is_empty() { Err(format!("{url:?} has no host")) } else { Ok(Probe::Http { address, path }) }
}

fn reload(section: &contract::ReloadSection) -> Result<Reload, String> {
    let how = match &section.signal {
        Some(name) => Reloading::Signal(signal(name)?),
        None => Reloading::Restart,
    };
    let on = section.on.iter().map(|on| own(on)).collect();
    Ok(Reload { on, how, splay: section.splay.unwrap_or(Duration::ZERO) })
}

fn schedule(item: &ServiceItem) -> Option<Schedule> {
    let overlap = match item.overlap.unwrap_or_default() {
        contract::OverlapRule::Skip => Overlap::Skip,
        contract::OverlapRule::Queue => Overlap::Queue,
        contract::OverlapRule::Replace => Overlap::Replace,
    };
    let (timezone, jitter) = (item.timezone.clone(), item.jitter.unwrap_or(Duration::ZERO));
    item.schedule.clone().map(|expression| Schedule { expression, timezone, overlap, jitter })
}

#[cfg(test)]
mod tests {
    use preflight_checks::registry;

    use super::*;

    fn read(services: &str) -> Result<Fleet, Vec<String>> {
        let text = format!("organization: A\nteam: B\nservices:\n{services}");
        let contract =
            contract::parse("preflight.yaml", &text, &registry::vocabulary()).expect("a good contract");
        let lookup = |name: &str| (name == "PLACE").then(|| "here".to_owned());
        fleet(&contract, &lookup, &Accounts::of_system(), Stop::default())
    }

    #[test]
    fn what_the_contract_says_is_what_is_run() {
        let fleet = read(
            "  web:\n    command: [serve, \"${PLACE}\"]\n    depends_on: [migrate]\n    ready: { http: 'http://h:81/x?y', timeout: 3s }\n    restart: { backoff: 500ms..30s, give_up: 5 in 60s }\n    stop: { signal: QUIT, grace: 30s }\n    critical: true\n    environment: { A: b }\n    exit_codes: { 15: no template }\n  migrate: { command: ./migrate now, restart: { policy: never }, once: true }\n",
        )
        .expect("it holds together");
        let web = fleet.service("web").expect("there");
        assert_eq!(web.program.to_string(), "serve here");
        let probe = Probe::Http { address: "h:81".to_owned(), path: "/x?y".to_owned() };
        let readiness = Readiness { timeout: Duration::from_secs(3), ..Readiness::new(probe) };
        assert_eq!(web.ready, Some(readiness));
        assert_eq!(web.stop, Stop { signal: Signal::QUIT, grace: Duration::from_secs(30) });
        assert_eq!((web.environment.custom.as_slice(), web.critical), (&["A=b".to_owned()][..], true));
        assert_eq!(web.exit_codes.get(&15).map(String::as_str), Some("no template"));
        let migrate = fleet.service("migrate").expect("there");
        assert_eq!((migrate.once, migrate.restart.policy), (true, Policy::Never));
        assert!(matches!(migrate.program, Program::Shell(_)));
        assert_eq!(fleet.when_idle, WhenIdle::End);
    }

    #[test]
    fn a_job_is_down_until_it_is_due() {
        let fleet = read(
            "  job: { command: [dump], schedule: '@daily', timeout: 6h, overlap: queue, output: json }\n",
        )
        .expect("good");
        let job = fleet.service("job").expect("there");
        assert_eq!(
            (job.wanted, job.once, job.limit),
            (Wanted::Down, true, Some(Duration::from_secs(21_600)))
        );
        assert_eq!(job.output, Some(Format::Json));
        assert_eq!(job.schedule.as_ref().map(|schedule| schedule.overlap), Some(Overlap::Queue));
    }

    #[test]
    fn what_is_not_for_this_container_needs_no_variables() {
        let fleet = read("  web: { command: ['${UNSET}'], enabled_if: { PLACE: there } }\n").expect("good");
        assert!(!fleet.services()[0].is_enabled());
        let faults =
            read("  web: { command: ['${UNSET}'] }\n  b: { command: [b], user: nobody-here }\n").unwrap_err();
        assert!(faults[0].contains("UNSET") && faults[1].contains("nobody-here"), "{faults:?}");
    }

    #[test]
    fn urls_have_a_port_and_a_path() {
        let http = |address: &str, path: &str| Ok(Probe::Http { address: address.into(), path: path.into() });
        assert_eq!(web("http://a"), http("a:80", "/"));
        assert_eq!(web("http://[::1]:8/b"), http("[::1]:8", "/b"));
        assert_eq!(web("http://a?b"), http("a:80", "/?b"));
        assert!(web("https://a").is_err() && web("http:///x").is_err());
        assert!(web("http://pat:secret@a/x").is_err_and(|fault| !fault.contains("secret")));
        assert_eq!(web("http://a/pat@b"), http("a:80", "/pat@b"));
    }
}
