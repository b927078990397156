//! `cargo xtask test`: everything installed, every server started, all tests run, and one line of totals.

use crate::cargo::cargo;
use crate::failure::Failure;
use crate::interrupt::on_interrupt;
use crate::servers::commands::{Selection, install, not_started};
use crate::servers::fleet::Fleet;
use crate::servers::ledger::Ledger;
use crate::servers::process::track;
use crate::servers::{self, Server};
use crate::totals::Totals;
use clap::Args;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;
use tempfile::TempDir;

/// Between two looks whether cargo has ended, while it prints nothing.
const LOOK: Duration = Duration::from_millis(100);
/// What cargo wrote before its end is there by then.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How to test.
#[derive(Args)]
pub struct Test {
    #[command(flatten)]
    selection: Selection,
    /// Passed on to the test programs: a part of a test's name, or their options
    #[arg(last = true)]
    filter: Vec<String>,
}

/// Runs all tests; the last line on standard output is the totals, whatever happens.
///
/// # Errors
/// When a server's name is not one; all else is reported here, and in the exit code.
pub fn run(test: &Test) -> Result<ExitCode, Failure> {
    let (servers, left_out) = test.selection.split()?;
    let totals = test_with(&servers, &left_out, &test.filter).unwrap_or_else(|failure| {
        eprintln!("failed to {failure}");
        Totals { failed: failure.weight(), ..Totals::default() }
    });
    println!("{totals}");
    Ok(if totals.are_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Everything between the command line and the totals. The servers are stopped when this returns, or panics.
fn test_with(
    servers: &[&'static dyn Server],
    left_out: &[&'static str],
    filter: &[String],
) -> Result<Totals, Failure> {
    let _turn = take_turn()?;
    say_what_is_left_out(left_out);
    let unavailable = install(servers)?;
    if !unavailable.is_empty() {
        return Err(not_started(&unavailable));
    }
    let folder = new_folder()?;
    let fleet = Fleet::open(folder.path(), folder.path())?;
    let _stopped = StopAtEnd(fleet.ledger());
    let ledger = fleet.ledger();
    on_interrupt(move || {
        ledger.stop(None);
    })?;
    let outcome = fleet.start(servers).and_then(|()| run_cargo(&fleet, left_out, filter));
    if !outcome.as_ref().is_ok_and(Totals::are_good) {
        println!("the servers' logs are kept in {}", folder.keep().display());
    }
    outcome
}

fn say_what_is_left_out(left_out: &[&str]) {
    for name in left_out {
        println!("WITHOUT {name}: the tests that need it are skipped");
    }
}

/// Stops everything in the list when it goes out of scope.
struct StopAtEnd(Arc<Ledger>);

impl Drop for StopAtEnd {
    fn drop(&mut self) {
        println!("stopped {} processes", self.0.stop(None));
    }
}

/// Waits for the only turn there is, and stops what a run that was killed has left behind.
fn take_turn() -> Result<File, Failure> {
    let home = servers::home();
    fs::create_dir_all(&home).map_err(Failure::io("make", home.display()))?;
    let path = home.join("test.lock");
    let file = File::create(&path).map_err(Failure::io("open", path.display()))?;
    if file.try_lock().is_err() {
        println!("another test run is at work; waiting for it");
        file.lock().map_err(Failure::io("lock", path.display()))?;
    }
    let Ok(former) = fs::read_to_string(pointer()) else { return Ok(file) };
    let former = Path::new(&former).join("processes.json");
    if former.exists() {
        let stopped = Ledger::open(&former)?.stop(None);
        if stopped > 0 {
            println!("stopped {stopped} processes that a former run had left behind");
        }
    }
    Ok(file)
}

/// Holds the path of the last run's folder.
fn pointer() -> PathBuf {
    servers::home().join("test-folder")
}

fn new_folder() -> Result<TempDir, Failure> {
    let folder = tempfile::Builder::new()
        .prefix("preflight-test-")
        .tempdir()
        .map_err(Failure::io("make", "a temporary folder"))?;
    fs::write(pointer(), folder.path().as_os_str().as_encoded_bytes())
        .map_err(Failure::io("write", pointer().display()))?;
    Ok(folder)
}

fn run_cargo(fleet: &Fleet, left_out: &[&str], filter: &[String]) -> Result<Totals, Failure> {
    let mut child = cargo()
        .args(["test", "--workspace", "--no-fail-fast", "--"])
        .args(filter)
        .current_dir(servers::root())
        .env("PREFLIGHT_TEST_SERVERS", fleet.facts())
        .env("PREFLIGHT_TEST_WITHOUT", left_out.join(","))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // A group of its own, so that an interruption ends the test programs as well.
        .process_group(0)
        .spawn()
        .map_err(Failure::io("start", "cargo test"))?;
    fleet.ledger().add(track("cargo", "cargo", child.id(), PathBuf::new()))?;
    let lines = lines_of(&mut child);
    let mut totals = Totals::default();
    let status = loop {
        take_in(&mut totals, &lines, LOOK)?;
        if let Some(status) = child.try_wait().map_err(Failure::io("wait for", "cargo test"))? {
            break status;
        }
    };
    take_in(&mut totals, &lines, LAST_WORDS)?;
    if !status.success() && totals.failed == 0 {
        // What did not compile or crashed has no totals of its own.
        println!("cargo test ended with {status} although no test reported a failure: counted as one");
        totals.failed += 1;
    }
    Ok(totals)
}

/// The output, line by line, read beside: what a failed test has left behind may hold the pipe for longer than cargo lives.
fn lines_of(child: &mut Child) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, lines) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n') {
                let is_last = line.is_err();
                // Cargo has ended, and nobody listens any more.
                if sender.send(line).is_err() || is_last {
                    break;
                }
            }
        });
    }
    lines
}

/// Passes lines on and adds them up, until there are none for a while.
fn take_in(
    totals: &mut Totals,
    lines: &Receiver<io::Result<Vec<u8>>>,
    patience: Duration,
) -> Result<(), Failure> {
    loop {
        match lines.recv_timeout(patience) {
            Ok(line) => {
                let line = line.map_err(Failure::io("read from", "cargo test"))?;
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                totals.add_line(&line);
            }
            Err(RecvTimeoutError::Timeout) => return Ok(()),
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(LOOK);
                return Ok(());
            }
        }
    }
}
