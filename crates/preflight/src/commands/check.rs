//! `preflight check`: the contract is proven before the service starts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use preflight_checks::net::Network;
use preflight_checks::report::{CheckResult, Context, Detail, Document, TextReport};
use preflight_checks::run::{Bounds, run as run_checks};
use preflight_checks::{Plan, plan};
use preflight_contract::Contract;
use preflight_identity::{Identity, Sources, discover};
use preflight_logging::{Redactor, Tag};

use crate::cli::{CheckArguments, Format};
use crate::exit::Exit;
use crate::interrupt::{Caught, Interrupt};
use crate::output::{Screen, Tell, paint, print};
use crate::{contract_file, environment, limits};

/// How long it may take to learn where we are.
const IDENTITY_BUDGET: Duration = Duration::from_secs(1);

/// Runs the check and prints its report.
pub(crate) fn run(arguments: &CheckArguments) -> Exit {
    let contract = match contract_file::load(arguments.config.config.as_deref()) {
        Ok(contract) => apply(contract, arguments),
        Err(exit) => return exit,
    };
    let environment = environment::of_process();
    let mut plan = plan(&contract, &environment);
    if let Some(timeout) = arguments.timeout {
        plan.items.iter_mut().for_each(|item| item.timeout = timeout);
    }
    let redactor = Redactor::new(preflight_checks::plan::secrets(&contract, &environment, &plan));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("preflight: the system gives no event queue: {error}");
            return Exit::CheckFailed;
        }
    };
    let session = Session { contract: &contract, plan: &plan, redactor: &redactor, arguments };
    let exit = runtime.block_on(session.run());
    // A driver's blocked thread must not hold the process beyond its deadline.
    runtime.shutdown_background();
    exit
}

/// What the command line overrides.
fn apply(mut contract: Contract, arguments: &CheckArguments) -> Contract {
    contract.wait = arguments.wait.unwrap_or(contract.wait);
    contract.verbose |= arguments.verbose;
    contract
}

struct Session<'run> {
    contract: &'run Contract,
    plan: &'run Plan,
    redactor: &'run Redactor,
    arguments: &'run CheckArguments,
}

impl Session<'_> {
    async fn run(&self) -> Exit {
        let (started, sources) = (Instant::now(), Sources::system());
        let tag = Tag::new(&self.contract.organization, &self.contract.team);
        let mut interrupt = Interrupt::listen();
        let screen = Screen::new(&tag, self.redactor, self.contract.wait, self.tell(), &self.plan.items);
        let now = (sources.now)();
        let (identity, results) = self.try_all(&sources, &screen, &mut interrupt).await;
        screen.progress.clear();
        let caught = interrupt.caught();
        let context = Context {
            organization: self.contract.organization.clone(),
            team: self.contract.team.clone(),
            identity: serde_json::to_value(&identity).unwrap_or_default(),
            identity_summary: identity.summary(),
            started_at: now.to_string(),
            elapsed: started.elapsed(),
            variables: self.plan.variables,
            interrupted_by: caught.map(|signal| signal.name.to_owned()),
        };
        let all = self.all(results);
        let document = Document::new(&context, &all, &self.plan.notes, self.redactor);
        self.write(&document);
        verdict(&document, caught)
    }

    /// Learns who we are and tries everything, both at once; the first line is printed as soon as it is known.
    async fn try_all(
        &self,
        sources: &Sources,
        screen: &Screen<'_>,
        interrupt: &mut Interrupt,
    ) -> (Identity, Vec<CheckResult>) {
        let network = Arc::new(Network::new(self.arguments.dns_server.clone()));
        let bounds = Bounds { wait: self.contract.wait, concurrency: limits::concurrency() };
        let identify = async {
            let identity = discover(sources, self.identity_budget()).await;
            screen.begin(self.first_line(&identity, screen.tag));
            identity
        };
        let checks = run_checks(&self.plan.items, &network, bounds, screen, interrupt.wait());
        tokio::select! {
            both = async { tokio::join!(identify, checks) } => both,
            never = screen.progress.draw() => match never {},
        }
    }

    /// Who we are must not hold the run beyond its own deadline.
    fn identity_budget(&self) -> Duration {
        let longest = self.plan.items.iter().map(|item| item.timeout).max();
        let deadline = if self.contract.wait.is_zero() { longest } else { Some(self.contract.wait) };
        deadline.map_or(IDENTITY_BUDGET, |deadline| deadline.min(IDENTITY_BUDGET))
    }

    fn first_line(&self, identity: &Identity, tag: &Tag) -> Option<String> {
        let shown = self.arguments.format == Format::Text && !self.arguments.quiet;
        let summary = self.redactor.clean(&identity.summary());
        let connections = self.plan.total() - self.plan.variables;
        shown.then(|| Document::first_line(tag, self.plan.variables, connections, &summary))
    }

    fn tell(&self) -> Tell {
        match (self.arguments.quiet, self.arguments.format) {
            (true, _) => Tell::Nowhere,
            (false, Format::Text) => Tell::Output,
            (false, _) => Tell::Errors,
        }
    }

    /// The settled results and those that were tried: variables first.
    fn all(&self, tried: Vec<CheckResult>) -> Vec<CheckResult> {
        let mut all = self.plan.settled.clone();
        all.extend(tried);
        all.sort_by_key(|result| result.kind != "env");
        all
    }

    fn write(&self, document: &Document) {
        match self.arguments.format {
            Format::Text => self.write_text(document),
            Format::Json => print(&(document.to_json() + "\n")),
            Format::Junit => print(&document.to_junit()),
            Format::Tap => print(&document.to_tap()),
        }
    }

    fn write_text(&self, document: &Document) {
        let detail = match (self.arguments.quiet, self.contract.verbose) {
            (true, _) => Detail::Quiet,
            (false, true) => Detail::Verbose,
            (false, false) => Detail::Normal,
        };
        let report = TextReport::new(document, detail, paint(self.arguments.color));
        let mut text = String::new();
        for line in report.lines().into_iter().chain(report.verdict()) {
            text.push_str(&line);
            text.push('\n');
        }
        print(&text);
    }
}

fn verdict(document: &Document, caught: Option<Caught>) -> Exit {
    match (caught, document.summary.failed) {
        (Some(signal), _) => Exit::Signal(signal.number),
        (None, 0) => Exit::Success,
        (None, _) => Exit::CheckFailed,
    }
}
