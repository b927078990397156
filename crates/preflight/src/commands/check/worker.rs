//! The thread on which everything is tried, and the main thread's patience with it.
//!
//! A driver that computes without end would hold an event loop beyond any timer. So the loop runs on a thread of its
//! own, and the main thread waits for it only as long as the deadline allows.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use preflight_checks::net::Network;
use preflight_checks::report::{CheckResult, Document};
use preflight_checks::run::{Bounds, Observer, run as run_checks};
use preflight_checks::{Failure, Item};
use preflight_identity::{Identity, Sources, discover};
use preflight_logging::Tag;

use super::{Board, Session};
use crate::cli::Format;
use crate::interrupt::{Caught, Interrupt};
use crate::limits;
use crate::output::{Screen, Tell, print_error};

/// How long it may take to learn where we are.
pub(super) const IDENTITY_BUDGET: Duration = Duration::from_secs(1);

/// What a run found out.
#[derive(Default)]
pub(super) struct Found {
    pub(super) identity: Identity,
    pub(super) results: Vec<CheckResult>,
    pub(super) caught: Option<Caught>,
}

/// Tries everything; none when it is not done within `patience`.
pub(super) fn run(session: &Arc<Session>, board: &Arc<Board>, patience: Duration) -> Option<Found> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let (session, board) = (Arc::clone(session), Arc::clone(board));
    let worker = std::thread::Builder::new().name("checks".to_owned()).spawn(move || {
        if let Some(found) = work(&session, &board) {
            // The main thread may have lost its patience.
            let _ = sender.send(found);
        }
    });
    if let Err(error) = worker {
        print_error(&format!("preflight: the system gives no thread: {error}"));
        return None;
    }
    receiver.recv_timeout(patience).ok()
}

fn work(session: &Session, board: &Board) -> Option<Found> {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            print_error(&format!("preflight: the system gives no event queue: {error}"));
            return None;
        }
    };
    let found = runtime.block_on(session.run(board));
    // A driver's blocked thread must not hold the process beyond its deadline.
    runtime.shutdown_background();
    Some(found)
}

impl Session {
    async fn run(&self, board: &Board) -> Found {
        let tag = Tag::new(&self.contract.organization, &self.contract.team);
        let mut interrupt = Interrupt::listen();
        let screen = Screen::new(&tag, &self.redactor, self.contract.wait, self.tell(), &self.plan.items);
        let (identity, results) = self.try_all(&screen, board, &mut interrupt).await;
        screen.progress.clear();
        Found { identity, results, caught: interrupt.caught() }
    }

    /// Learns who we are and tries everything, both at once; the first line is printed as soon as it is known.
    async fn try_all(
        &self,
        screen: &Screen<'_>,
        board: &Board,
        interrupt: &mut Interrupt,
    ) -> (Identity, Vec<CheckResult>) {
        let network = Arc::new(Network::new(self.arguments.dns_server.clone()));
        let bounds = Bounds { wait: self.contract.wait, concurrency: limits::concurrency() };
        let sources = Sources::system();
        let identify = async {
            let identity = discover(&sources, self.deadline().min(IDENTITY_BUDGET)).await;
            screen.begin(self.first_line(&identity, screen.tag));
            identity
        };
        let watch = Watch { screen, board };
        let checks = run_checks(&self.plan.items, &network, bounds, &watch, interrupt.wait());
        tokio::select! {
            both = async { tokio::join!(identify, checks) } => both,
            never = screen.progress.draw() => match never {},
        }
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
}

/// Shows what goes on and writes down what is done.
struct Watch<'run> {
    screen: &'run Screen<'run>,
    board: &'run Board,
}

impl Observer for Watch<'_> {
    fn waiting(&self, item: &Item, failure: &Failure) {
        self.screen.waiting(item, failure);
    }

    fn finished(&self, result: &CheckResult) {
        self.board.note(result);
        self.screen.finished(result);
    }
}
