//! What can be seen of a run from outside: a socket for `preflight status`, and an address when one is asked for.

mod checked;
mod door;
mod rendered;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use preflight_checks::report;
use preflight_contract::Contract;
use preflight_identity::Identity;
use preflight_status::document;
use preflight_status::server::{self, Address, Thread};
use preflight_status::{Board, Ear, Run, Stage};
use preflight_supervise::Fleet;
use preflight_supervise::output::Output;
use tokio::sync::watch;

use self::door::Door;
pub(super) use self::rendered::Rendered;
use super::Readers;
use super::beside::Beside;
use super::voice::Voice;
use crate::exit::Exit;

/// How a run can be looked at.
#[derive(Debug, Args)]
pub(super) struct StatusArguments {
    /// Serve a status page, /healthz, /readyz, /metrics and /status.json here, such as 127.0.0.1:9180 or :9180
    #[arg(long, value_name = "ADDRESS", conflicts_with = "exec")]
    listen: Option<Address>,
    /// Where `preflight status` asks [default: the first place of docs/status.md that can be written to]
    #[arg(long, value_name = "PATH", env = "PREFLIGHT_STATUS_SOCKET", hide_env_values = true)]
    status_socket: Option<OsString>,
}

/// What is seen of one run, and by whom.
pub(super) struct Status {
    board: Board,
    door: Door,
    /// Ends when this is dropped.
    _thread: Option<Thread>,
}

impl Status {
    /// From now on it is listened on the address, if one is asked for.
    ///
    /// # Errors
    /// [`Exit::CheckFailed`] when that cannot be; it has been told.
    pub(super) fn begin(
        arguments: &StatusArguments,
        contract: Option<&(PathBuf, Contract)>,
        readers: &Readers,
    ) -> Result<Self, Exit> {
        let secrets = Arc::clone(&readers.secrets);
        let board = Board::new(Run {
            contract: contract.map(|(path, contract)| whose(path, contract)),
            redactor: Box::new(move || secrets.redactor()),
        });
        let thread = match arguments.listen.map(|address| server::listen(address, &board)).transpose() {
            Ok(thread) => thread,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                readers.tell(&format!("cannot {error}{}", cause.unwrap_or_default()));
                return Err(Exit::CheckFailed);
            }
        };
        if let Some(thread) = &thread {
            readers.say(&format!("status at http://{}/", thread.address()));
        }
        let door = Door::new(arguments.status_socket.as_deref(), readers.verbose);
        Ok(Self { board, door, _thread: thread })
    }

    /// The contract is being proven.
    pub(super) fn checking(&self) {
        self.board.reach(Stage::Checking);
    }

    /// What the check has found.
    pub(super) fn checked(&self, report: &report::Document) {
        self.board.checked(checked::checks(report));
        self.board.reach(Stage::Starting);
    }

    /// Who knows where this runs.
    pub(super) fn identify(&self, identity: watch::Receiver<Option<Arc<Identity>>>) {
        self.board.identify(move || {
            let identity = identity.borrow().clone()?;
            let details = serde_json::to_value(&*identity).unwrap_or_default();
            Some(document::Identity { summary: identity.summary(), details })
        });
    }

    /// Shows the files that are rendered.
    pub(super) fn rendered(&self) -> Rendered {
        Rendered::new(self.board.clone())
    }

    /// Hears what snapshots do not hold.
    pub(super) fn ear(&self) -> Ear {
        self.board.ear()
    }

    /// Serves the socket beside a supervisor of this fleet.
    pub(super) fn stand(&self, beside: &mut Beside, fleet: &Fleet, output: &Output, voice: &Voice) {
        self.board.expect(fleet);
        let (board, output, voice) = (self.board.clone(), output.clone(), voice.clone());
        let door = self.door.for_services(fleet.main.is_none());
        beside.keeps(|handle| async move {
            board.watch(handle, output);
            door.keep(&board, &voice).await
        });
    }
}

fn whose(path: &Path, contract: &Contract) -> document::Contract {
    document::Contract {
        organization: contract.organization.clone(),
        team: contract.team.clone(),
        path: Some(path.display().to_string()),
    }
}
