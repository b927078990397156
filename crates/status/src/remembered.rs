//! What is remembered of a service beyond its snapshot.

use std::collections::BTreeMap;
use std::time::Instant;

use preflight_supervise::cron::Times;
use preflight_supervise::{Happened, Schedule, Service};

/// Of one service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remembered {
    /// What its exit codes mean.
    pub(crate) exit_codes: BTreeMap<i32, String>,
    /// When it is run.
    pub(crate) schedule: Option<(Schedule, Option<Times>)>,
    /// When its program was started the last time.
    pub(crate) started: Option<Instant>,
    /// Why it could not be started the last time.
    pub(crate) not_started: Option<String>,
}

impl Remembered {
    /// How it is run from now on.
    pub(crate) fn define(&mut self, service: &Service) {
        if self.exit_codes != service.exit_codes {
            self.exit_codes.clone_from(&service.exit_codes);
        }
        if self.schedule.as_ref().map(|(schedule, _)| schedule) != service.schedule.as_ref() {
            // One that cannot be followed is shown as it is written; who follows schedules has told of it.
            self.schedule =
                service.schedule.clone().map(|schedule| (schedule.clone(), Times::of(&schedule).ok()));
        }
    }

    /// What happened to it.
    pub(crate) fn hear(&mut self, happened: &Happened) {
        match happened {
            Happened::Started { .. } => {
                self.started = Some(Instant::now());
                self.not_started = None;
            }
            Happened::NotStarted { reason, .. } => self.not_started = Some(reason.clone()),
            _ => {}
        }
    }
}
