//! Commands: run in a process group of their own, which does not outlive the attempt.

mod group;
mod judgement;
mod output;

use std::process::Stdio;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::future::FusedFuture;
use preflight_contract::{CheckSpec, CommandCheck, CommandLine};
use tokio::process::Command as Process;

use crate::checkers::wanted::Wanted;
use crate::kinds::{command as kind, general};
use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};
use group::Group;
use judgement::Ended;
use output::Output;

/// How much earlier than the attempt's own end the command's time is up, so that the failure can still be told.
const MARGIN: Duration = Duration::from_millis(20);

/// How long output is still read once the command has ended: what it left in the background may hold the pipe.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Proves that a command ends as it must.
pub(crate) struct Command;

#[async_trait]
impl Checker for Command {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let Some(CheckSpec::Command(spec)) = &item.spec else {
            return Err(Failure::new(&general::BAD_PARAMETER, "a command check needs a command to run"));
        };
        let wanted = spec.stdout.as_deref().map(|text| Wanted::parse("stdout", text)).transpose()?;
        let allowed = item.timeout.saturating_sub(MARGIN).max(item.timeout / 2);
        let run = async {
            let ended = run(spec, allowed).await?;
            judgement::judge(spec, wanted.as_ref(), &ended)
        };
        probe.layer(Layer::Look, run).await
    }
}

/// Runs it to its end. Dropping this kills the whole group.
async fn run(spec: &CommandCheck, allowed: Duration) -> Result<Ended, Failure> {
    let mut child =
        prepared(&spec.run)?.spawn().map_err(|error| judgement::not_started(&spec.run, &error))?;
    let mut group = Group::of(&child);
    let output = Output::default();
    let reading = output.read(child.stdout.take(), child.stderr.take()).fuse();
    tokio::pin!(reading);
    let ended = async {
        tokio::select! {
            status = child.wait() => status,
            () = &mut reading => child.wait().await,
        }
    };
    let Ok(status) = tokio::time::timeout(allowed, ended).await else {
        let within = crate::report::seconds(allowed.saturating_add(MARGIN));
        let said = output.last_words();
        let evidence = format!("{} did not end within {within}{said}", judgement::shown(&spec.run));
        return Err(Failure::new(&kind::TIMEOUT, evidence));
    };
    group.has_ended();
    let status = status.map_err(|error| Failure::new(&general::ERROR, error.to_string()))?;
    // All that is written by then counts; the rest belongs to whatever stayed in the background.
    if !reading.is_terminated() {
        let _ = tokio::time::timeout(LAST_WORDS, reading).await;
    }
    Ok(Ended { status, stdout: output.stdout(), last_words: output.last_words() })
}

fn prepared(line: &CommandLine) -> Result<Process, Failure> {
    let mut command = match line {
        CommandLine::Words(words) => {
            let Some((program, arguments)) = words.split_first() else {
                return Err(Failure::new(&general::BAD_PARAMETER, "run names no program"));
            };
            let mut command = Process::new(program);
            command.args(arguments);
            command
        }
        CommandLine::Shell(text) => {
            let mut command = Process::new("/bin/sh");
            command.args(["-c", text]);
            command
        }
    };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    Ok(command)
}

#[cfg(test)]
mod tests;
