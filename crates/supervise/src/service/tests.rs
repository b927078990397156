//! The rules of one service, with a clock of ours.

mod hooks;

use std::time::{Duration, Instant};

use preflight_processes::{ExitStatus, Program, Signal};

use super::{Machine, Outcome};
use crate::{
    Action, Backoff, Command, Event, Failure, Finish, GiveUp, Happened, Phase, Policy, Probe, Readiness,
    Reload, Reloading, Restart, Service, Wanted,
};

const SECOND: Duration = Duration::from_secs(1);

/// A machine and its clock.
struct Story {
    machine: Machine,
    now: Instant,
}

impl Story {
    fn new(change: impl FnOnce(Service) -> Service) -> (Self, Vec<Action>) {
        let service = change(Service::new("web", Program::Direct(vec!["serve".into()])));
        let now = Instant::now();
        let mut machine = Machine::new(service, 7, now);
        let actions = machine.begin(Vec::new(), now);
        (Self { machine, now }, actions)
    }

    fn running(change: impl FnOnce(Service) -> Service) -> Self {
        let (mut story, actions) = Self::new(change);
        assert_eq!(actions, [Action::Spawn]);
        story.tell(Event::Started { pid: 42 });
        story
    }

    fn tell(&mut self, event: Event) -> Vec<Action> {
        self.machine.step(event, self.now)
    }

    fn command(&mut self, command: Command) -> Vec<Action> {
        self.tell(Event::Command(command))
    }

    fn exit(&mut self, status: ExitStatus) -> Vec<Action> {
        self.tell(Event::Exited { status, out_of_memory: false, leftovers: false })
    }

    fn wait(&mut self) -> (Duration, Vec<Action>) {
        let due = self.machine.due().expect("something is due");
        let waited = due.duration_since(self.now);
        self.now = due;
        (waited, self.tell(Event::Due))
    }
}

fn has(actions: &[Action], action: &Action) -> bool {
    actions.contains(action)
}

fn signals(actions: &[Action]) -> Vec<Signal> {
    let signal = |action: &Action| match action {
        Action::Signal { signal, .. } => Some(*signal),
        _ => None,
    };
    actions.iter().filter_map(signal).collect()
}

const FAILED: ExitStatus = ExitStatus::Code(3);

#[test]
fn one_that_lived_over_a_second_is_back_at_once_and_one_that_did_not_waits_for_its_throttle() {
    let mut story = Story::running(|service| service);
    story.now += SECOND;
    assert!(has(&story.exit(FAILED), &Action::Spawn));
    story.tell(Event::Started { pid: 43 });
    story.now += Duration::from_millis(300);
    assert!(!has(&story.exit(FAILED), &Action::Spawn));
    assert_eq!(story.wait(), (Duration::from_millis(700), vec![Action::Spawn]));
}

#[test]
fn waits_double_up_to_the_longest_and_begin_anew_after_a_good_life() {
    let backoff = Backoff { min: 2 * SECOND, max: 10 * SECOND };
    let restart = Restart { backoff: Some(backoff), ..Restart::default() };
    let mut story = Story::running(|service| Service { restart, ..service });
    let mut waits = Vec::new();
    for _ in 0..5 {
        story.exit(FAILED);
        waits.push(story.wait().0);
        story.tell(Event::Started { pid: 1 });
    }
    for (wait, least) in waits.iter().zip([2, 4, 8, 10, 10]) {
        let least = least * SECOND;
        assert!(*wait >= least && *wait <= (least * 5 / 4).min(10 * SECOND), "{waits:?}");
    }
    story.now += 2 * SECOND;
    assert!(has(&story.exit(FAILED), &Action::Spawn));
}

#[test]
fn a_budget_ends_it_and_a_command_gives_another_chance() {
    let give_up = Some(GiveUp { times: 3, within: Duration::from_secs(60), ends_all: true });
    let mut story =
        Story::running(|service| Service { restart: Restart { give_up, ..Restart::default() }, ..service });
    for _ in 0..2 {
        story.now += 2 * SECOND;
        story.exit(FAILED);
        story.tell(Event::Started { pid: 1 });
    }
    story.now += 2 * SECOND;
    let actions = story.exit(FAILED);
    assert!(matches!(actions.last(), Some(Action::Tell(Happened::GaveUp { times: 3, .. }))), "{actions:?}");
    assert_eq!(
        story.machine.outcome(),
        Some(Outcome::Failed { status: Some(FAILED), code: 3, gave_up: true })
    );
    assert!(has(&story.command(Command::Up), &Action::Spawn));
}

#[test]
fn ends_outside_of_the_time_of_the_budget_are_forgotten() {
    let give_up = Some(GiveUp { times: 2, within: 10 * SECOND, ends_all: true });
    let mut story =
        Story::running(|service| Service { restart: Restart { give_up, ..Restart::default() }, ..service });
    for _ in 0..20 {
        story.now += 10 * SECOND;
        assert!(has(&story.exit(FAILED), &Action::Spawn));
        story.tell(Event::Started { pid: 1 });
    }
}

#[test]
fn policies() {
    let ok = ExitStatus::Code(0);
    for (policy, status, again) in [
        (Policy::Always, ok, true),
        (Policy::Always, FAILED, true),
        (Policy::OnFailure, ok, false),
        (Policy::OnFailure, FAILED, true),
        (Policy::Never, ok, false),
        (Policy::Never, FAILED, false),
    ] {
        let mut story = Story::running(|service| Service {
            restart: Restart { policy, ..Restart::default() },
            ..service
        });
        story.now += 2 * SECOND;
        assert_eq!(has(&story.exit(status), &Action::Spawn), again, "{policy:?} {status}");
    }
}

#[test]
fn a_stop_asks_the_group_lets_it_go_on_and_kills_when_its_grace_is_over() {
    let mut story = Story::running(|service| service);
    assert_eq!(signals(&story.command(Command::Down)), [Signal::TERM, Signal::CONT]);
    let (waited, actions) = story.wait();
    assert_eq!((waited, &actions[0]), (10 * SECOND, &Action::Kill));
    assert_eq!(story.machine.due(), None, "never two, whatever it takes");
    story.tell(Event::Exited { status: ExitStatus::Code(0), out_of_memory: false, leftovers: true });
    assert!(story.tell(Event::Gone).is_empty());
    assert_eq!(story.machine.view().phase, Phase::Down);
}

#[test]
fn what_is_left_of_a_group_is_ended_before_the_next_start() {
    let mut story = Story::running(|service| service);
    story.now += 2 * SECOND;
    let actions = story.tell(Event::Exited { status: FAILED, out_of_memory: false, leftovers: true });
    assert_eq!(signals(&actions), [Signal::TERM, Signal::CONT]);
    assert!(!has(&actions, &Action::Spawn));
    assert!(has(&story.tell(Event::Gone), &Action::Spawn));
}

#[test]
fn the_finish_program_is_told_how_it_ended() {
    let finish = Finish { program: Program::Direct(vec!["finish".into()]), timeout: None };
    let killed = ExitStatus::Signal { signal: Signal::SEGV, core: true };
    for (status, code, low) in [(FAILED, 3, 0), (killed, -1, 139)] {
        let mut story = Story::running(|service| Service { finish: Some(finish.clone()), ..service });
        story.now += 2 * SECOND;
        let actions = story.exit(status);
        let told = |action: &Action| match action {
            Action::Tell(Happened::Exited(exited)) => exited.next,
            _ => None,
        };
        assert_eq!(actions.iter().find_map(told), Some(Duration::ZERO), "what comes then is known");
        assert!(has(&actions, &Action::Finish { code, status: low }));
        assert!(has(&story.tell(Event::Finished), &Action::Spawn));
    }
    let (mut story, _) = Story::new(|service| Service { finish: Some(finish.clone()), ..service });
    let actions = story.tell(Event::NotStarted { reason: "no".into(), code: 127 });
    assert!(has(&actions, &Action::Finish { code: 111, status: 0 }));
}

#[test]
fn a_stop_is_obeyed_while_the_finish_program_runs() {
    let finish = Finish { program: Program::Direct(vec!["finish".into()]), timeout: None };
    let mut story = Story::running(|service| Service { finish: Some(finish), ..service });
    story.exit(FAILED);
    story.tell(Event::FinishStarted { pid: 43 });
    assert_eq!(story.machine.view().pid, Some(43));
    for command in [Command::Down, Command::Signal(Signal::TERM), Command::Pause] {
        assert!(story.command(command).is_empty(), "it does its work to its end");
    }
    let kill = Command::Signal(Signal::KILL);
    assert_eq!(story.command(kill), [Action::SignalFinish(Signal::KILL)], "one that hangs can be ended");
    assert_eq!(story.command(Command::Exit), [Action::SignalFinish(Signal::TERM)]);
    let (waited, actions) = story.wait();
    assert_eq!((waited, &actions[0]), (10 * SECOND, &Action::SignalFinish(Signal::KILL)));
    assert!(story.tell(Event::Finished).is_empty());
}

#[test]
fn one_that_is_not_ready_in_time_is_stopped_and_started_again() {
    let ready = Readiness::new(Probe::Tcp { address: "localhost:1".into() });
    let mut story = Story::running(|service| Service { ready: Some(ready), ..service });
    assert!(!story.machine.is_ready());
    assert_eq!(story.tell(Event::Unready { evidence: "no answer".into() }), []);
    let (waited, actions) = story.wait();
    assert_eq!((waited, signals(&actions)), (30 * SECOND, vec![Signal::TERM, Signal::CONT]));
    let failure = Some(Failure::NotReady { timeout: 30 * SECOND, evidence: Some("no answer".into()) });
    let actions = story.exit(ExitStatus::Code(0));
    assert!(actions.iter().any(
        |action| matches!(action, Action::Tell(Happened::Exited(exited)) if exited.failure == failure && !exited.expected)
    ));
    assert!(has(&actions, &Action::Spawn));
}

#[test]
fn what_is_held_starts_when_it_is_released() {
    let mut story = Story::running(|service| service);
    story.command(Command::Hold { reason: "app/port is missing".into() });
    story.now += 2 * SECOND;
    assert!(!has(&story.exit(FAILED), &Action::Spawn));
    assert!(has(&story.command(Command::Release), &Action::Spawn));
}

#[test]
fn a_signal_that_somebody_sent_is_no_crash_and_it_comes_back() {
    let mut story = Story::running(|service| service);
    story.now += 2 * SECOND;
    story.command(Command::Signal(Signal::TERM));
    let actions = story.exit(ExitStatus::Signal { signal: Signal::TERM, core: false });
    assert!(
        actions
            .iter()
            .any(|action| matches!(action, Action::Tell(Happened::Exited(exited)) if exited.expected))
    );
    assert!(has(&actions, &Action::Spawn));
}

#[test]
fn once_is_to_its_end_and_not_again() {
    let mut story = Story::running(|service| service);
    assert!(story.command(Command::Once).is_empty());
    story.now += 2 * SECOND;
    assert!(!has(&story.exit(ExitStatus::Code(0)), &Action::Spawn));
    assert_eq!(story.machine.outcome(), Some(Outcome::Done));
}

#[test]
fn a_job_is_left_to_its_end_whatever_changes() {
    let schedule = crate::Schedule {
        expression: "@daily".into(),
        timezone: None,
        overlap: crate::Overlap::Skip,
        jitter: Duration::ZERO,
    };
    let reload = Reload { on: vec!["a".into()], how: Reloading::Restart, splay: Duration::ZERO };
    let job = Service {
        schedule: Some(schedule),
        reload: Some(reload),
        once: true,
        wanted: Wanted::Down,
        restart: Restart::never(),
        ..Service::new("job", Program::Direct(vec!["dump".into()]))
    };
    let (mut story, actions) = Story::new(|_| job.clone());
    assert_eq!(actions, []);
    assert_eq!(story.command(Command::Once), [Action::Spawn]);
    story.tell(Event::Started { pid: 42 });
    story.now += SECOND;
    assert_eq!(story.tell(Event::Changed), []);
    let other = Service { program: Program::Direct(vec!["other".into()]), ..job };
    assert_eq!(story.tell(Event::Reconfigured(Box::new(other.clone()))), []);
    assert!(!has(&story.exit(ExitStatus::Code(0)), &Action::Spawn));
    assert_eq!(story.command(Command::Once), [Action::Spawn]);
    assert_eq!(story.machine.service(), &other, "the next run is that of the new one");
}

#[test]
fn one_that_runs_on_under_new_rules_is_held_to_these_alone() {
    let ready = Some(Readiness::new(Probe::NotifySocket));
    let mut story = Story::running(|service| Service { ready, limit: Some(60 * SECOND), ..service });
    story.now += SECOND;
    let service = story.machine.service().clone();
    let sooner = Service { limit: Some(5 * SECOND), ..service.clone() };
    assert_eq!(story.tell(Event::Reconfigured(Box::new(sooner))), []);
    assert_eq!(story.machine.due(), Some(story.now + 4 * SECOND), "its limit counts from its start");
    let actions = story.tell(Event::Reconfigured(Box::new(Service { ready: None, limit: None, ..service })));
    assert_eq!(actions, [Action::Tell(Happened::Ready { after: SECOND })], "it waits for nothing any more");
    assert_eq!(story.machine.due(), None);
}
