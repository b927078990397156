//! `preflight run`: the contract is proven, the service is started and looked after, and its code is ours.
//!
//! With a command, that is the service; with a directory of runit's, those in it are; else those of the contract.

mod accounts;
mod beside;
mod clock;
mod closing;
mod crontab;
mod directories;
mod incomplete;
mod names;
mod render;
mod replace;
mod reports;
mod services;
mod session;
mod signals;
mod status;
mod terminal;
mod times;
mod voice;
mod words;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use preflight_contract::Contract;
use preflight_logging::{Redactor, Tag};
use preflight_processes::{Environment, Signal, Signals};
use preflight_render::config::LogLevel;
use preflight_supervise::output::Format;
use preflight_supervise::{Fleet, Service, Stop, boot};

use self::accounts::Accounts;
use self::crontab::Crontabs;
use self::render::Rendering;
use self::session::Session;
use self::signals::{Rewriting, rewriting};
use self::status::{Status, StatusArguments};
use self::voice::Voice;
use crate::cli::{CheckArguments, duration};
use crate::commands::check;
use crate::commands::rendering::Log;
use crate::exit::Exit;
use crate::output::{print_as_json, print_error};
use crate::secrets::Secrets;
use crate::{contract_file, environment, limits};

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    check: CheckArguments,
    /// Start without a check of the contract
    #[arg(long)]
    no_check: bool,
    /// How the output of what runs is passed on [default: raw for a command, lines for services]
    #[arg(long, value_enum, value_name = "FORM")]
    log: Option<LogForm>,
    /// The time in which everything must have ended once that is asked for
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    stop_deadline: Duration,
    /// Pass on another signal than the one that comes, such as TERM=QUIT; may be given several times
    #[arg(long, value_name = "FROM=TO", value_parser = rewriting)]
    signal: Vec<Rewriting>,
    /// Become the command after the check, and leave nothing behind
    #[arg(long, conflicts_with_all = ["log", "stop_deadline", "signal"], requires = "command")]
    exec: bool,
    /// Run the services of a directory of runit's, as they are, after the boot scripts
    #[arg(long, value_name = "DIR", conflicts_with_all = ["exec", "command"])]
    services: Option<PathBuf>,
    /// Run the jobs of a crontab file, or of all files of a folder such as /etc/cron.d; may be given several times
    #[arg(long, value_name = "PATH", conflicts_with_all = ["exec", "command"])]
    crontab: Vec<PathBuf>,
    #[command(flatten)]
    boot: BootArguments,
    #[command(flatten)]
    status: StatusArguments,
    /// The program that is started, and its arguments [default: the services of the contract]
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What is run before the services of a directory.
#[derive(Debug, Args)]
struct BootArguments {
    /// Scripts that are run before services
    #[arg(long, value_name = "DIR", default_value = "/etc/my_init.d", requires = "services")]
    init_dir: PathBuf,
    /// The last of them
    #[arg(long, value_name = "FILE", default_value = "/etc/rc.local", requires = "services")]
    rc_local: PathBuf,
    /// A file for each variable of scripts and services
    #[arg(long, value_name = "DIR", default_value = "/etc/container_environment", requires = "services")]
    environment_dir: PathBuf,
    /// The time that each script has
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m", requires = "services")]
    boot_limit: Duration,
}

impl BootArguments {
    fn settings(&self, stop_deadline: Duration) -> boot::Settings {
        boot::Settings {
            folder: self.init_dir.clone(),
            last: self.rc_local.clone(),
            environment: self.environment_dir.clone(),
            limit: self.boot_limit,
            // The rest is for its kill, and for our last lines.
            grace: stop_deadline - stop_deadline / 10,
        }
    }
}

/// How output is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogForm {
    /// Line by line, with time and name
    Lines,
    /// Line by line, as JSON
    Json,
    /// Untouched
    Raw,
}

impl LogForm {
    fn format(self) -> Format {
        match self {
            Self::Lines => Format::Text,
            Self::Json => Format::Json,
            Self::Raw => Format::Raw,
        }
    }
}

/// Whose lines ours are, and what must never stand in them.
struct Readers {
    tag: Tag,
    secrets: Arc<Secrets>,
    verbose: bool,
}

impl Readers {
    fn of(contract: Option<&Contract>) -> Self {
        let Some(contract) = contract else {
            let secrets = Secrets::new(environment::secrets_among(environment::readable()));
            return Self { tag: Tag::new("preflight", "run"), secrets, verbose: false };
        };
        let secrets = Secrets::new(environment::secrets(contract, &environment::of_process()));
        Self { tag: Tag::new(&contract.organization, &contract.team), secrets, verbose: contract.verbose }
    }

    /// What is started with these variables has their secrets, and may say them.
    fn learn<'run>(&self, environments: impl IntoIterator<Item = &'run Environment>) {
        learn(&self.secrets, environments);
    }

    /// A fault, on standard error.
    fn tell(&self, fault: &str) {
        self.say(&format!("FAIL run {fault}"));
    }

    /// A line, on standard error.
    fn say(&self, text: &str) {
        print_error(&self.tag.line(&self.redactor().clean(text)));
    }

    fn redactor(&self) -> Arc<Redactor> {
        self.secrets.redactor()
    }

    /// What a rendering has to say from this level on, on standard error.
    fn log(&self, level: LogLevel) -> Log {
        Log::new(self.tag.clone(), level, Arc::clone(&self.secrets), |_, line| print_error(line))
    }

    /// The same, by the voice of a run that goes on.
    fn log_to(&self, level: LogLevel, voice: Voice) -> Log {
        let commands = voice.clone();
        let say = move |_, line: &str| voice.say_as_it_is(line);
        Log::new(self.tag.clone(), level, Arc::clone(&self.secrets), say)
            .with_streams(move || commands.streams("render"))
    }
}

fn learn<'run>(secrets: &Secrets, environments: impl IntoIterator<Item = &'run Environment>) {
    let own: BTreeSet<&str> =
        environments.into_iter().flat_map(|one| &one.custom).map(String::as_str).collect();
    let pairs = own.into_iter().filter_map(|variable| variable.split_once('='));
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    environment::secrets_among(pairs).iter().for_each(|secret| secrets.learn(secret));
}

const NOT_STARTED: &str = "run FAILED: nothing was started";

/// Checks, starts, looks after, and ends with the code of what ran.
pub(crate) fn run(arguments: &RunArguments) -> Exit {
    if arguments.log == Some(LogForm::Json) {
        print_as_json();
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refused("the system gives no event queue", &error),
    };
    // From the very beginning: as the container's first process we would not be ended by a signal that nobody hears.
    let mut signals = match runtime.block_on(async { signals::listen(&arguments.signal) }) {
        Ok(signals) => signals,
        Err(error) => return refused("signals cannot be listened to", &error),
    };
    let contract = match contract(arguments) {
        Ok(contract) => contract,
        Err(exit) => return exit,
    };
    let readers = Readers::of(contract.as_ref().map(|(_, contract)| contract));
    let work = match work(arguments, contract.as_ref().map(|(_, contract)| contract)) {
        Ok(work) => work,
        Err((faults, exit)) => {
            faults.iter().for_each(|fault| readers.tell(fault));
            also_prove(contract.filter(|_| exit == Exit::Contract), arguments, &readers);
            return exit;
        }
    };
    if let Work::Directories(_, boot) = &work {
        directories::early_faults(&arguments.crontab, boot).iter().for_each(|fault| readers.say(fault));
    }
    let status = match Status::begin(&arguments.status, contract.as_ref(), &readers) {
        Ok(status) => status,
        Err(exit) => return exit,
    };
    let rendering = Rendering::prepare(contract.as_ref(), &readers);
    // What is wrong with the rendering does not hide what else is.
    if let Some(exit) = prove(contract.map(|(_, contract)| contract), arguments, &status) {
        return exit;
    }
    let rendering = match rendering {
        Ok(rendering) => rendering,
        Err(exit) => {
            readers.say(NOT_STARTED);
            return exit;
        }
    };
    if let Some(signal) = runtime.block_on(signals::early_end(&mut signals)) {
        return signals::ended_by(signal);
    }
    if arguments.exec {
        return runtime.block_on(become_command(&arguments.command, rendering, signals, &readers));
    }
    let exit = runtime.block_on(Session::new(arguments, readers, status).run(work, rendering, signals));
    // A reader of standard input must not hold the end up.
    runtime.shutdown_background();
    exit
}

/// Renders once and becomes the command; comes back only when that is not possible.
async fn become_command(
    command: &[OsString],
    rendering: Option<Rendering>,
    mut signals: Signals,
    readers: &Readers,
) -> Exit {
    if let Some(rendering) = rendering
        && let Err(exit) = rendering.once(command, &mut signals, readers).await
    {
        return exit;
    }
    replace::by(command, readers)
}

/// The contract if there is one, and where it is. Where nothing is to be checked, a broken one does not keep a command from its start.
fn contract(arguments: &RunArguments) -> Result<Option<(PathBuf, Contract)>, Exit> {
    let config = arguments.check.config.config.as_deref();
    if arguments.no_check && (arguments.services.is_some() || !arguments.command.is_empty()) {
        return Ok(contract_file::load_if_there(config));
    }
    contract_file::load_named_or_any(config)
}

/// What is run.
enum Work {
    /// A command, or the services of the contract; the jobs of crontabs are among them.
    Fleet(Fleet, Crontabs),
    /// The services of this directory, after what is run before them.
    Directories(PathBuf, boot::Settings),
}

type Faults = (Vec<String>, Exit);

/// What is run, and the jobs beside it.
fn work(arguments: &RunArguments, contract: Option<&Contract>) -> Result<Work, Faults> {
    let accounts = Accounts::of_system();
    if let Some(folder) = &arguments.services {
        let boot = arguments.boot.settings(arguments.stop_deadline);
        if !directories::boots(&boot) {
            // Nobody mends them.
            let faults = Crontabs::faults(&arguments.crontab, &accounts);
            if !faults.is_empty() {
                return Err((faults, Exit::Contract));
            }
        }
        return Ok(Work::Directories(folder.clone(), boot));
    }
    match (fleet(arguments, contract), Crontabs::read(&arguments.crontab, &accounts)) {
        (Ok(fleet), Ok(mut crontabs)) => {
            let fleet = crontabs.join(fleet, &Environment::default());
            fleet.map(|fleet| Work::Fleet(fleet, crontabs)).map_err(|faults| (faults, Exit::Contract))
        }
        (Ok(_), Err(faults)) => Err((faults, Exit::Contract)),
        (Err((faults, exit)), crontabs) => {
            Err((faults.into_iter().chain(crontabs.err().unwrap_or_default()).collect(), exit))
        }
    }
}

/// The command, or the services of the contract.
fn fleet(arguments: &RunArguments, contract: Option<&Contract>) -> Result<Fleet, Faults> {
    let stop =
        Stop { signal: signals::rewritten(Signal::TERM, &arguments.signal), grace: arguments.stop_deadline };
    if !arguments.command.is_empty() {
        let signal = signals::rewritten(Signal::HUP, &arguments.signal);
        let reload = contract.and_then(|contract| services::reload_of_command(contract, signal));
        let command = services::of_command(&arguments.command, stop);
        return Ok(Fleet::of_command(Service { reload, ..command }));
    }
    let contract = match contract.filter(|contract| !contract.services.is_empty()) {
        Some(contract) => contract,
        None if !arguments.crontab.is_empty() => return Ok(Fleet::default()),
        None => {
            let hint = "preflight run -- COMMAND, or `services` in the contract";
            return Err((vec![format!("nothing to run — hint: {hint}")], Exit::Usage));
        }
    };
    let environment = environment::of_process();
    let lookup = |name: &str| environment.lookup(name).ok().flatten().map(|found| found.value);
    let stop = Stop { grace: Stop::default().grace, ..stop };
    let fleet = services::fleet(contract, &lookup, &Accounts::of_system(), stop)
        .map_err(|faults| (faults, Exit::Contract))?;
    match services::why_none(&fleet).filter(|_| arguments.crontab.is_empty()) {
        Some(reasons) => Err((reasons, Exit::Contract)),
        None => Ok(fleet),
    }
}

/// `None` when the service may start.
fn prove(contract: Option<Contract>, arguments: &RunArguments, status: &Status) -> Option<Exit> {
    let contract = contract.filter(|_| !arguments.no_check)?;
    status.checking();
    let tell = |report: &_| status.checked(report);
    let exit = limits::unchanged_by(|| check::prove(contract, &arguments.check, tell));
    (exit != Exit::Success).then_some(exit)
}

/// What else is wrong with this container is told as well; nothing is waited for.
fn also_prove(contract: Option<(PathBuf, Contract)>, arguments: &RunArguments, readers: &Readers) {
    let Some((_, contract)) = contract.filter(|_| !arguments.no_check) else { return };
    let check = CheckArguments { wait: Some(Duration::ZERO), ..arguments.check.clone() };
    check::prove(contract, &check, |_| ());
    readers.say(NOT_STARTED);
}

fn refused(what: &str, error: &std::io::Error) -> Exit {
    print_error(&format!("preflight: {what}: {error}"));
    Exit::CheckFailed
}
