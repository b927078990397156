//! Holds services while their files are incomplete, tells them of changes, and lets them go.

use std::path::{Path, PathBuf, absolute};
use std::time::{Duration, Instant};

use preflight_render::config::{Missing, MissingAction};
use preflight_render::{Change, Settled};
use preflight_supervise::sentinel::{Finding, Sentinels};
use preflight_supervise::{Command, Fleet, Handle, Phase, ServiceSnapshot, Snapshot, Wanted};

use super::super::status::Rendered;
use super::super::voice::Voice;
use super::files::{Files, Lack, News};
use super::verdict::Verdict;
use super::waiters::{Waiters, Whose};
use crate::commands::missing_values;

/// Stands between the rendered files and the services.
pub(in super::super) struct Gate {
    files: Files,
    sentinels: Sentinels,
    waiters: Waiters,
    has_jobs: bool,
    patience: Patience,
    /// Who still waits for files is told then.
    told_at: Option<Instant>,
    /// Nothing that is rendered can change any more.
    is_final: bool,
    voice: Voice,
    verdict: Verdict,
    rendered: Rendered,
    stop_deadline: Duration,
}

/// How long missing values are waited for, until nothing is missing for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// For ever.
    Endless,
    /// So long.
    For(Duration),
    /// Until then.
    Until(Instant, Duration),
}

impl Patience {
    fn of(missing: Missing) -> Self {
        match missing.action {
            MissingAction::Warn => Self::Endless,
            MissingAction::Fail => Self::For(missing.after),
        }
    }

    fn end(self) -> Option<Instant> {
        match self {
            Self::Endless | Self::For(_) => None,
            Self::Until(moment, _) => Some(moment),
        }
    }
}

/// What a gate needs beside the files and the services.
pub(in super::super) struct Surroundings {
    pub(in super::super) voice: Voice,
    pub(in super::super) verdict: Verdict,
    /// Shows how far the files are.
    pub(in super::super) rendered: Rendered,
    /// What is ended because of missing values has so much time.
    pub(in super::super) stop_deadline: Duration,
}

impl Gate {
    /// Holds the services of the fleet from the beginning: those that read a file, or, with `is_for_all`, all of them and
    /// those that come later.
    pub(in super::super) fn before(
        fleet: &mut Fleet,
        is_for_all: bool,
        files: Files,
        sentinels: Sentinels,
        missing: Missing,
        Surroundings { voice, verdict, rendered, stop_deadline }: Surroundings,
    ) -> Self {
        let has_jobs =
            fleet.services().iter().any(|service| service.is_enabled() && service.schedule.is_some());
        let waiters = Waiters::before(fleet, is_for_all, &files);
        let held = fleet.services().iter().filter(|service| service.held.is_some());
        for service in held.filter(|service| service.is_enabled() && service.wanted != Wanted::Down) {
            verdict.waits(&service.name);
        }
        rendered.show(&files);
        Self {
            files,
            sentinels,
            waiters,
            has_jobs,
            patience: Patience::of(missing),
            told_at: Instant::now().checked_add(missing.after),
            is_final: false,
            voice,
            verdict,
            rendered,
            stop_deadline,
        }
    }

    /// Takes in what the rendering tells.
    pub(in super::super) fn hear(&mut self, change: &Change, handle: &Handle) {
        match change {
            Change::Settled(settled) => self.settle(settled, handle),
            Change::Ready { is_final, .. } => self.is_final = *is_final,
            // Each of them was told of.
            Change::Files => {}
        }
    }

    /// When something is due without any news.
    pub(in super::super) fn due(&self) -> Option<Instant> {
        self.patience.end().into_iter().chain(self.told_at).min()
    }

    /// The time that [`Gate::due`] told has come.
    pub(in super::super) fn when_due(&mut self, handle: &Handle) {
        let is_due = |moment: Option<Instant>| moment.is_some_and(|moment| moment <= Instant::now());
        if is_due(self.told_at) {
            self.told_at = None;
            self.waiters.words().iter().for_each(|line| self.voice.say(line));
        }
        if is_due(self.patience.end()) {
            self.give_up(handle);
        }
    }

    /// Ends when something is missing that will never come, and nothing else runs or will.
    pub(in super::super) async fn is_stuck(&self, handle: &Handle) {
        let code = self.files.lack(|_| true).and_then(|lack| lack.code());
        if !self.is_final || self.has_jobs || code.is_none() {
            return std::future::pending().await;
        }
        let mut snapshots = handle.snapshots();
        loop {
            if self.all_rest(&snapshots.borrow_and_update()) {
                return;
            }
            if snapshots.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Missing values are not waited for any longer.
    pub(in super::super) fn give_up(&mut self, handle: &Handle) {
        let waited = match std::mem::replace(&mut self.patience, Patience::Endless) {
            Patience::Until(_, after) => format!("still, after {after:?}"),
            Patience::Endless | Patience::For(_) => "and nothing that could bring them is read".to_owned(),
        };
        self.is_final = false;
        let Some(lack) = self.files.lack(|_| true) else { return };
        self.voice.say(&format!("FAIL run {}, {waited}; this is the end", lack.words()));
        self.end(lack.code().unwrap_or(1), handle);
    }

    /// Ends everything with this code.
    pub(in super::super) fn end(&self, code: u8, handle: &Handle) {
        if self.verdict.fail(code) {
            handle.shutdown(None, self.stop_deadline);
        }
    }

    fn settle(&mut self, settled: &[Settled], handle: &Handle) {
        let mut changed = Vec::new();
        for Settled { destination, has_changed } in settled {
            let path = whole(destination);
            self.look(&path);
            if *has_changed {
                self.rendered.changed(&path);
            }
            changed.extend(has_changed.then_some(path));
        }
        self.rendered.show(&self.files);
        let (holds, releases): (Vec<_>, Vec<_>) =
            self.waiters.step(&self.files).into_iter().partition(|(_, lack)| lack.is_some());
        // Nobody is to be told of a change to files that are not complete.
        holds.iter().for_each(|(whose, lack)| self.hold(whose, lack.as_ref(), handle));
        if !changed.is_empty() {
            handle.changed(changed);
        }
        releases.iter().for_each(|(whose, _)| self.release(whose, handle));
        self.be_patient();
    }

    /// Looks what is missing in a file, and tells it.
    fn look(&mut self, path: &Path) {
        let findings = match std::fs::read(path) {
            Ok(bytes) => self.sentinels.scan(&bytes),
            Err(error) => {
                self.voice.say(&format!("FAIL run {} cannot be read: {error}", path.display()));
                Vec::new()
            }
        };
        let told: Vec<String> = findings.iter().map(|finding| fault(path, finding)).collect();
        match self.files.settle(path, findings) {
            News::None => {}
            News::Complete => self.voice.say(&format!("nothing is missing in {} any more", path.display())),
            News::Incomplete => told.iter().for_each(|line| self.voice.say(line)),
        }
    }

    fn hold(&self, whose: &Whose, lack: Option<&Lack>, handle: &Handle) {
        let Some(lack) = lack else { return };
        self.run_on(whose, lack, handle);
        match whose {
            Whose::All => {
                self.verdict.missing_for_all(lack.code());
                handle.hold_all(lack.words());
            }
            Whose::One(name) => {
                self.verdict.missing(name, lack.code());
                handle.command(name, Command::Hold { reason: lack.words() });
            }
        }
    }

    fn release(&self, whose: &Whose, handle: &Handle) {
        match whose {
            Whose::All => {
                self.verdict.missing_for_all(None);
                handle.release_all();
            }
            Whose::One(name) => {
                self.verdict.missing(name, None);
                handle.command(name, Command::Release);
            }
        }
    }

    /// Tells which services run on with what they have read before.
    fn run_on(&self, whose: &Whose, lack: &Lack, handle: &Handle) {
        let is_held = |service: &ServiceSnapshot| match whose {
            Whose::All => true,
            Whose::One(name) => service.name == *name,
        };
        let snapshot = handle.snapshot();
        for service in snapshot.services.iter().filter(|service| service.runs() && is_held(service)) {
            let reason = lack.words();
            self.voice.say(&format!("{} runs on with what it has read: {reason}", service.name));
        }
    }

    /// Once nothing was missing, services may run on what they have read: nothing is ended for missing values any more.
    fn be_patient(&mut self) {
        let lack = self.files.lack(|_| true);
        self.told_at = self.told_at.filter(|_| lack.is_some());
        self.patience = match (self.patience, lack) {
            (_, None) => Patience::Endless,
            (Patience::For(time), Some(Lack::Missing { .. })) => {
                let end = Instant::now().checked_add(time);
                end.map_or(Patience::Endless, |end| Patience::Until(end, time))
            }
            (patience, Some(_)) => patience,
        };
    }

    /// Nothing runs, and nothing will be started that is not held.
    fn all_rest(&self, snapshot: &Snapshot) -> bool {
        let rests = |service: &ServiceSnapshot| match &service.phase {
            Phase::Disabled { .. } | Phase::Blocked { .. } | Phase::Down => true,
            Phase::Done | Phase::Failed | Phase::GaveUp => true,
            Phase::Waiting { dependencies, held: None } => !dependencies.is_empty(),
            // One that has just been let go is not started yet.
            Phase::Waiting { held: Some(_), .. } => self.waiters.holds(&service.name),
            _ => false,
        };
        !snapshot.shutting_down && snapshot.services.iter().all(|service| rests(service))
    }
}

/// The whole path of a file; one that is relative belongs to the working folder.
pub(in super::super) fn whole(path: &Path) -> PathBuf {
    absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A line for something that is missing.
pub(in super::super) fn fault(path: &Path, finding: &Finding) -> String {
    format!("FAIL run {}", missing_values::words(path, finding))
}
