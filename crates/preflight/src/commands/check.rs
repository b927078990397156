//! `preflight check`: the contract is proven before the service starts.

mod board;
mod worker;

use std::sync::Arc;
use std::time::{Duration, Instant};

use preflight_checks::report::{CheckResult, Context, Detail, Document, TextReport};
use preflight_checks::{Plan, plan};
use preflight_contract::Contract;
use preflight_identity::Sources;
use preflight_logging::Redactor;

use crate::cli::{CheckArguments, Format};
use crate::exit::Exit;
use crate::interrupt::Caught;
use crate::output::{paint, print};
use crate::{contract_file, environment};
use board::Board;
use worker::Found;

/// How long after its deadline a run may still end by itself. A driver that keeps the thread busy beyond that is
/// left behind with its thread.
const GRACE: Duration = Duration::from_millis(120);

/// Runs the check and prints its report.
pub(crate) fn run(arguments: &CheckArguments) -> Exit {
    match contract_file::load(arguments.config.config.as_deref()) {
        Ok(contract) => prove(contract, arguments, |_| {}),
        Err(exit) => exit,
    }
}

/// Checks a contract that has been read, prints the report, and tells it to whoever else wants to know.
pub(crate) fn prove(contract: Contract, arguments: &CheckArguments, tell: impl FnOnce(&Document)) -> Exit {
    let session = Arc::new(Session::new(apply(contract, arguments), arguments.clone()));
    let (started, started_at) = (Instant::now(), (Sources::system().now)());
    let board = Arc::new(Board::default());
    let found = worker::run(&session, &board, session.deadline() + GRACE);
    let found = found.unwrap_or_else(|| Found { results: board.overrun(&session.plan), ..Found::default() });
    let context = session.context(&found, started_at.to_string(), started.elapsed());
    let document =
        Document::new(&context, &session.all(found.results), &session.plan.notes, &session.redactor);
    session.write(&document);
    tell(&document);
    verdict(&document, found.caught)
}

/// What the command line overrides.
fn apply(mut contract: Contract, arguments: &CheckArguments) -> Contract {
    contract.wait = arguments.wait.unwrap_or(contract.wait);
    contract.verbose |= arguments.verbose;
    contract
}

/// Everything that one run is about.
struct Session {
    contract: Contract,
    plan: Plan,
    redactor: Redactor,
    arguments: CheckArguments,
}

impl Session {
    fn new(contract: Contract, arguments: CheckArguments) -> Self {
        let environment = environment::of_process();
        let mut plan = plan(&contract, &environment);
        if let Some(timeout) = arguments.timeout {
            plan.items.iter_mut().for_each(|item| item.timeout = timeout);
        }
        let redactor = Redactor::new(preflight_checks::plan::secrets(&contract, &environment, &plan));
        Self { contract, plan, redactor, arguments }
    }

    /// The promise: no run takes longer.
    fn deadline(&self) -> Duration {
        let longest = self.plan.items.iter().map(|item| item.timeout).max();
        let items = if self.contract.wait.is_zero() { longest } else { longest.map(|_| self.contract.wait) };
        items.unwrap_or(worker::IDENTITY_BUDGET)
    }

    fn context(&self, found: &Found, started_at: String, elapsed: Duration) -> Context {
        Context {
            organization: self.contract.organization.clone(),
            team: self.contract.team.clone(),
            identity: serde_json::to_value(&found.identity).unwrap_or_default(),
            identity_summary: found.identity.summary(),
            started_at,
            elapsed,
            variables: self.plan.variables,
            interrupted_by: found.caught.map(|signal| signal.name.to_owned()),
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
