//! When a job is to be run, read from what a service says.

use std::time::Duration;

use preflight_schedule::{Schedule, ScheduleError, UnknownZone, Zone};

use crate::Overlap;

/// When a job is to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Times {
    /// Its schedule.
    pub schedule: Schedule,
    /// The zone of the schedule's clock.
    pub zone: Zone,
    /// What becomes of a run that is due while the one before still runs.
    pub overlap: Overlap,
    /// Each run begins after a random part of this time.
    pub jitter: Duration,
}

/// A service's schedule cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimesError {
    /// Its expression is none.
    #[error("{expression:?} is no schedule")]
    Expression {
        /// As it is written.
        expression: String,
        /// What is wrong with it.
        #[source]
        source: ScheduleError,
    },
    /// Its time zone is not known.
    #[error("the schedule's time zone is not known")]
    Zone(#[from] UnknownZone),
}

impl Times {
    /// Reads a service's schedule. Without a time zone it is the container's.
    ///
    /// # Errors
    /// When the expression or the zone is none.
    pub fn of(schedule: &crate::Schedule) -> Result<Self, TimesError> {
        let crate::Schedule { expression, timezone, overlap, jitter } = schedule;
        let read = expression.parse();
        let read =
            read.map_err(|source| TimesError::Expression { expression: expression.clone(), source })?;
        let zone = timezone.as_deref().map_or_else(|| Ok(Zone::system()), Zone::named)?;
        Ok(Self { schedule: read, zone, overlap: *overlap, jitter: *jitter })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_services_schedule_is_read_or_refused() {
        let schedule = |expression: &str, zone: &str| crate::Schedule {
            expression: expression.to_owned(),
            timezone: Some(zone.to_owned()),
            overlap: Overlap::Queue,
            jitter: Duration::from_secs(3),
        };
        let times = Times::of(&schedule("@daily", "Europe/Paris")).unwrap();
        assert_eq!((times.zone.name(), times.overlap), (Some("Europe/Paris"), Overlap::Queue));
        let error = Times::of(&schedule("@never", "UTC")).unwrap_err();
        assert_eq!(error.to_string(), "\"@never\" is no schedule");
        assert!(matches!(Times::of(&schedule("@daily", "Mars")), Err(TimesError::Zone(_))));
    }
}
