//! What can be seen of a service, as `supervise/status` says it.

use std::time::SystemTime;

use super::status::{State, Status, Want};
use crate::{Phase, ServiceSnapshot, Wanted};

/// The status of a service, given the one before. The time is that of the last change of what runs: a service that is
/// being stopped runs since it was started.
pub(super) fn status(seen: &ServiceSnapshot, exits: bool, before: Option<&Status>) -> Status {
    let state = match seen.phase {
        Phase::Finishing => State::Finish,
        _ if seen.runs() => State::Run,
        _ => State::Down,
    };
    let pid = seen.pid.and_then(|pid| u32::try_from(pid).ok()).filter(|_| state != State::Down);
    let want = match seen.wanted {
        _ if exits => Want::Exit,
        Wanted::Up => Want::Up,
        Wanted::Once | Wanted::Down => Want::Down,
    };
    // The time of a finish program is that of what it finishes, as with runsv.
    let finishes = |before: &Status| state == State::Finish && before.state != State::Down;
    let same = before.filter(|before| (before.state, before.pid) == (state, pid) || finishes(before));
    Status {
        since: same.map_or(seen.since_wall, |before| before.since),
        pid,
        paused: seen.paused && state == State::Run,
        want,
        termed: seen.termed && state == State::Run,
        state,
    }
}

/// The status of a service that has just been taken.
pub(super) fn begun(wanted: Wanted) -> Status {
    Status {
        since: SystemTime::now(),
        pid: None,
        paused: false,
        want: if wanted == Wanted::Up { Want::Up } else { Want::Down },
        termed: false,
        state: State::Down,
    }
}

/// The status of a service that is not looked after any more.
pub(super) fn ended(before: &Status) -> Status {
    let was_down = before.state == State::Down;
    Status {
        since: if was_down { before.since } else { SystemTime::now() },
        pid: None,
        paused: false,
        want: Want::Down,
        termed: false,
        state: State::Down,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn seen(phase: Phase, pid: Option<i32>) -> ServiceSnapshot {
        ServiceSnapshot {
            name: "web".into(),
            phase,
            pid,
            since: Instant::now(),
            since_wall: SystemTime::now(),
            restarts: 0,
            last_exit: None,
            wanted: Wanted::Up,
            normally: Wanted::Up,
            paused: false,
            termed: true,
            ready: false,
        }
    }

    #[test]
    fn one_that_is_being_stopped_runs_since_its_start() {
        let first = status(&seen(Phase::Running, Some(7)), false, None);
        let later = ServiceSnapshot {
            since_wall: first.since + Duration::from_secs(9),
            ..seen(Phase::Stopping, Some(7))
        };
        let second = status(&later, false, Some(&first));
        assert_eq!((second.since, second.state, second.termed), (first.since, State::Run, true));
        let third = status(&ServiceSnapshot { pid: Some(8), ..later.clone() }, false, Some(&second));
        assert_eq!(third.since, first.since + Duration::from_secs(9));
        let finish = ServiceSnapshot { phase: Phase::Finishing, pid: Some(9), ..later };
        let fourth = status(&finish, false, Some(&second));
        assert_eq!((fourth.since, fourth.pid, fourth.state), (first.since, Some(9), State::Finish));
    }

    #[test]
    fn what_does_not_run_has_no_number_and_no_flags() {
        let until = Instant::now();
        let down = status(&seen(Phase::BackingOff { until }, Some(7)), false, None);
        assert_eq!((down.pid, down.termed, down.state, down.want), (None, false, State::Down, Want::Up));
        assert_eq!(status(&seen(Phase::Finishing, Some(9)), true, None).stat(), "finish, want exit\n");
    }
}
