//! The rules of all services together, with a clock of ours.

mod many;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use preflight_processes::{ExitStatus, Program, Signal};

use super::{Effect, FleetMachine, Rest};
use crate::{
    Action, Cause, Command, Ending, Event, Finish, Fleet, GiveUp, Name, Overlap, Phase, Probe, Readiness,
    Reload, Reloading, Request, Restart, Schedule, Service, Wanted, WhenIdle,
};

const DEADLINE: Duration = Duration::from_secs(10);
const TERMED: ExitStatus = ExitStatus::Signal { signal: Signal::TERM, core: false };

fn service(name: &str, depends_on: &[&str]) -> Service {
    let depends_on = depends_on.iter().map(|name| Name::from(*name)).collect();
    Service { depends_on, ..Service::new(name, Program::Direct(vec!["x".into()])) }
}

fn once(name: &str) -> Service {
    Service { once: true, restart: Restart::never(), ..service(name, &[]) }
}

fn job() -> Service {
    due("@daily")
}

fn due(expression: &str) -> Service {
    let (expression, overlap) = (expression.into(), Overlap::Skip);
    let schedule = Schedule { expression, timezone: None, overlap, jitter: Duration::ZERO };
    Service { schedule: Some(schedule), wanted: Wanted::Down, ..once("job") }
}

/// A fleet and its clock; programs start when they are told to.
struct Story {
    machine: FleetMachine,
    now: Instant,
    spawned: Vec<String>,
    asked: Vec<String>,
    ending: Option<Ending>,
}

impl Story {
    fn new(fleet: Fleet) -> Self {
        let now = Instant::now();
        let machine = FleetMachine::new(fleet, 5, now);
        let mut story = Self { machine, now, spawned: Vec::new(), asked: Vec::new(), ending: None };
        let effects = story.machine.begin(now);
        story.act(effects);
        story
    }

    fn of(services: Vec<Service>) -> Self {
        Self::new(Fleet::new(services).unwrap())
    }

    fn act(&mut self, mut effects: VecDeque<Effect>) {
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Of(name, Action::Spawn) => {
                    self.spawned.push(name.to_string());
                    effects.extend(self.machine.tell(&name, Event::Started { pid: 1 }, self.now));
                }
                Effect::Of(name, Action::Signal { signal: Signal::TERM, .. }) => {
                    self.asked.push(name.to_string());
                }
                Effect::End(ending) => self.ending = Some(ending),
                _ => {}
            }
        }
    }

    fn tell(&mut self, name: &str, event: Event) {
        let effects = self.machine.tell(name, event, self.now);
        self.act(effects);
    }

    fn exit(&mut self, name: &str, status: ExitStatus) {
        self.tell(name, Event::Exited { status, out_of_memory: false, leftovers: false });
    }

    fn request(&mut self, request: Request) {
        let effects = self.machine.request(request, self.now);
        self.act(effects);
    }

    /// Whether the request makes `web` hear of changed files.
    fn reloads(&mut self, request: Request) -> bool {
        let effects = self.machine.request(request, self.now);
        effects.iter().any(|effect| matches!(effect, Effect::Of(_, Action::Reload { .. })))
    }

    fn shutdown(&mut self) {
        self.request(Request::Shutdown { signal: Some(Signal::TERM), deadline: DEADLINE });
    }

    fn wait(&mut self) {
        self.now = self.machine.due().expect("something is due");
        let effects = self.machine.when_due(self.now);
        self.act(effects);
    }

    fn phase(&self, name: &str) -> Phase {
        self.machine.machine(name).unwrap().view().phase
    }

    fn code(&self) -> Option<i32> {
        self.ending.as_ref().map(|ending| ending.code)
    }
}

#[test]
fn each_starts_when_what_it_depends_on_is_ready_or_done() {
    let ready = Some(Readiness::new(Probe::NotifySocket));
    let mut story = Story::of(vec![
        service("web", &["db", "migrate"]),
        Service { ready, ..service("db", &[]) },
        once("migrate"),
    ]);
    assert_eq!(story.spawned, ["db", "migrate"]);
    story.tell("db", Event::Ready);
    assert_eq!(story.spawned.len(), 2);
    story.exit("migrate", ExitStatus::Code(0));
    assert_eq!(story.spawned, ["db", "migrate", "web"]);
    assert!(story.machine.is_ready());
}

#[test]
fn all_end_in_reverse_order_and_that_is_no_failure() {
    let mut story = Story::of(vec![service("web", &["app"]), service("app", &["db"]), service("db", &[])]);
    story.shutdown();
    assert_eq!(story.asked, ["web"]);
    story.exit("web", TERMED);
    story.exit("app", TERMED);
    assert_eq!((story.asked.len(), story.code()), (3, None));
    story.exit("db", TERMED);
    assert_eq!(story.asked, ["web", "app", "db"]);
    assert_eq!(story.code(), Some(0));
}

#[test]
fn one_that_never_started_holds_up_nothing() {
    let ready = Some(Readiness::new(Probe::NotifySocket));
    let mut story = Story::of(vec![Service { ready, ..service("db", &[]) }, service("web", &["db"])]);
    story.shutdown();
    assert_eq!((story.spawned.as_slice(), story.asked.as_slice()), (&["db".into()][..], &["db".into()][..]));
}

#[test]
fn whatever_services_do_it_ends_by_the_deadline_and_the_last_have_their_share() {
    let mut story = Story::of(vec![service("web", &["db"]), service("db", &[])]);
    let began = story.now;
    story.shutdown();
    while story.ending.is_none() {
        story.wait();
        assert!(story.now <= began + DEADLINE);
        if story.asked.len() == 1 {
            // Nothing but its kill ends it.
            assert!(story.now - began >= Duration::from_secs(7), "the first has most of the time");
            story.exit("web", ExitStatus::Signal { signal: Signal::KILL, core: false });
        }
    }
    assert_eq!(story.asked, ["web", "db"]);
    assert_eq!(story.code(), Some(137));
}

#[test]
fn a_second_request_hurries() {
    let mut story = Story::of(vec![service("web", &["db"]), service("db", &[])]);
    story.shutdown();
    story.shutdown();
    let killed = ExitStatus::Signal { signal: Signal::KILL, core: false };
    story.exit("db", killed);
    story.exit("web", killed);
    assert_eq!(story.code(), Some(137));
}

#[test]
fn what_has_escaped_has_the_rest_of_the_same_deadline() {
    let mut story = Story::of(vec![service("web", &[])]);
    story.shutdown();
    story.now += Duration::from_secs(4);
    story.exit("web", TERMED);
    let Rest { patience, limit } = story.machine.rest(story.now);
    assert_eq!((patience, limit), (Duration::from_millis(5_500), Duration::from_secs(6)));
    story.shutdown();
    assert_eq!(story.machine.rest(story.now).patience, Duration::ZERO, "hurried");
    let mut story = Story::new(Fleet::of_command(service("main", &[])));
    story.exit("main", ExitStatus::Code(0));
    let Rest { patience, limit } = story.machine.rest(story.now);
    assert!(patience < Duration::from_secs(1) && limit < Duration::from_secs(2), "nobody has asked");
}

#[test]
fn a_critical_services_last_death_ends_all_with_its_code() {
    for (status, code) in [(ExitStatus::Code(3), 3), (TERMED, 143), (ExitStatus::Code(0), 0)] {
        let critical = Service { critical: true, restart: Restart::never(), ..service("web", &[]) };
        let mut story = Story::of(vec![critical, service("side", &[])]);
        story.exit("web", status);
        assert_eq!(story.asked, ["side"]);
        story.exit("side", TERMED);
        assert_eq!(story.code(), Some(code));
    }
}

#[test]
fn a_budget_ends_all_and_never_with_0() {
    let give_up = Some(GiveUp { times: 2, within: DEADLINE, ends_all: true });
    let restart = Restart { give_up, ..Restart::default() };
    let mut story = Story::of(vec![Service { restart, ..service("web", &[]) }]);
    story.exit("web", ExitStatus::Code(0));
    story.wait();
    story.exit("web", ExitStatus::Code(0));
    assert_eq!(story.code(), Some(1));
    assert!(matches!(story.ending.unwrap().cause, Cause::Service { gave_up: true, .. }));
}

#[test]
fn who_has_failed_and_does_not_run_again_yet_gives_the_code_of_a_requested_end() {
    for (status, code) in [(ExitStatus::Code(3), 3), (ExitStatus::Code(0), 0)] {
        let mut story = Story::of(vec![service("web", &[]), service("side", &[])]);
        story.exit("web", status);
        assert!(matches!(story.phase("web"), Phase::BackingOff { .. }));
        story.shutdown();
        story.exit("side", TERMED);
        assert_eq!(story.code(), Some(code));
    }
    let mut story = Story::of(vec![service("web", &[])]);
    story.exit("web", ExitStatus::Code(3));
    story.wait();
    story.shutdown();
    story.exit("web", TERMED);
    assert_eq!(story.code(), Some(0), "it ran again");
}

#[test]
fn a_finish_program_that_had_to_be_killed_is_told_by_the_code() {
    let finish = Some(Finish { program: Program::Shell("sleep 9".into()), timeout: None });
    let mut story = Story::of(vec![Service { finish, ..service("web", &[]) }]);
    story.exit("web", ExitStatus::Code(0));
    assert_eq!(story.phase("web"), Phase::Finishing);
    story.shutdown();
    story.shutdown();
    story.tell("web", Event::Finished);
    assert_eq!(story.code(), Some(137));
}

#[test]
fn one_that_is_given_up_for_it_was_never_ready_has_not_ended_by_a_signal() {
    let give_up = Some(GiveUp { times: 1, within: DEADLINE, ends_all: true });
    let restart = Restart { give_up, ..Restart::default() };
    let ready = Some(Readiness::new(Probe::NotifySocket));
    let mut story = Story::of(vec![Service { restart, ready, ..service("web", &[]) }]);
    story.wait();
    story.exit("web", TERMED);
    assert_eq!(story.code(), Some(1));
}

#[test]
fn what_a_critical_service_waits_for_in_vain_ends_all() {
    let web = Service { critical: true, ..service("web", &["app"]) };
    let mut story = Story::of(vec![web, service("app", &["migrate"]), once("migrate")]);
    story.exit("migrate", ExitStatus::Code(4));
    assert_eq!(story.code(), Some(4));
    let mut story = Story::of(vec![service("app", &["migrate"]), once("migrate")]);
    story.exit("migrate", ExitStatus::Code(4));
    assert_eq!((story.code(), story.phase("app")), (None, Phase::Blocked { by: "migrate".into() }));
}

#[test]
fn a_single_commands_code_is_the_code() {
    for status in (0..256).map(ExitStatus::Code).chain([TERMED]) {
        let mut story = Story::new(Fleet::of_command(service("main", &[])));
        story.exit("main", status);
        assert_eq!(story.code(), Some(status.shell_code()));
        let mut story = Story::new(Fleet::of_command(service("main", &[])));
        story.shutdown();
        story.exit("main", status);
        assert_eq!(story.code(), Some(status.shell_code()), "asked to end");
    }
    let mut story = Story::new(Fleet::of_command(service("main", &[])));
    story.tell("main", Event::NotStarted { reason: "no such file".into(), code: 127 });
    assert_eq!(story.code(), Some(127));
}

#[test]
fn when_all_is_done_it_ends_if_it_shall() {
    for (status, code) in [(0, 0), (5, 5)] {
        let mut fleet = Fleet::new(vec![once("a"), once("b")]).unwrap();
        fleet.when_idle = WhenIdle::End;
        let mut story = Story::new(fleet);
        story.exit("b", ExitStatus::Code(status));
        assert_eq!(story.code(), None);
        story.exit("a", ExitStatus::Code(0));
        assert_eq!(story.code(), Some(code));
    }
}

#[test]
fn another_configuration_restarts_what_changed_and_nothing_else() {
    let mut story = Story::of(vec![service("same", &[]), service("other", &[]), service("gone", &[])]);
    let other = Service { program: Program::Direct(vec!["y".into()]), ..service("other", &[]) };
    let fleet = Fleet::new(vec![service("new", &[]), other, service("same", &[])]).unwrap();
    story.now += DEADLINE;
    story.request(Request::Replace(Box::new(fleet)));
    assert_eq!(story.asked, ["gone", "other"]);
    assert_eq!(story.spawned, ["same", "other", "gone", "new"]);
    story.exit("gone", TERMED);
    story.exit("other", TERMED);
    assert_eq!(story.spawned.last().unwrap(), "other");
    assert!(story.machine.machine("gone").is_none());
}

#[test]
fn one_that_nobody_wants_does_not_keep_the_others_from_being_ready() {
    let mut story = Story::of(vec![service("a", &[]), service("b", &[])]);
    story.request(Request::Command("b".into(), Command::Down));
    story.exit("b", TERMED);
    assert!(story.machine.is_ready());
}

#[test]
fn a_job_neither_keeps_all_from_being_ready_while_it_runs_nor_when_it_has_failed() {
    let mut story = Story::of(vec![service("web", &[]), job()]);
    story.request(Request::Command("job".into(), Command::Once));
    assert_eq!(story.spawned, ["web", "job"]);
    assert!(story.machine.is_ready());
    story.exit("job", ExitStatus::Code(3));
    assert_eq!(story.phase("job"), Phase::Failed);
    assert!(story.machine.is_ready());
}

#[test]
fn a_job_that_has_failed_is_no_failure_of_all_and_signals_for_servers_are_not_for_it() {
    let mut story = Story::of(vec![job(), service("web", &[])]);
    story.request(Request::Command("job".into(), Command::Once));
    story.request(Request::SignalAll(Signal::TERM));
    assert_eq!(story.asked, ["web"]);
    story.exit("job", ExitStatus::Code(3));
    assert_eq!(story.phase("job"), Phase::Failed);
    story.shutdown();
    story.exit("web", TERMED);
    assert_eq!(story.code(), Some(0));
}

fn reloading(on: &str) -> Service {
    let reload = Reload { on: vec![on.into()], how: Reloading::Signal(Signal::HUP), splay: Duration::ZERO };
    Service { reload: Some(reload), ..service("web", &[]) }
}

#[test]
fn one_that_is_held_from_the_beginning_starts_when_it_is_released_and_the_others_at_once() {
    let mut fleet = Fleet::new(vec![service("web", &[]), service("other", &[])]).unwrap();
    fleet.hold(|service| (&*service.name == "web").then(|| "incomplete".to_owned()));
    let mut story = Story::new(fleet);
    assert_eq!(story.spawned, ["other"]);
    assert!(matches!(story.phase("web"), Phase::Waiting { held: Some(_), .. }));
    story.request(Request::Command("web".into(), Command::Hold { reason: "still".to_owned() }));
    story.request(Request::HoldAll(None));
    assert_eq!(story.spawned, ["other", "web"]);
}

#[test]
fn when_all_are_held_those_that_come_later_are_as_well() {
    let mut fleet = Fleet::new(vec![service("a", &[])]).unwrap();
    fleet.hold_all("incomplete");
    let mut story = Story::new(fleet);
    story.request(Request::Put(Box::new(service("b", &[]))));
    assert!(story.spawned.is_empty());
    story.request(Request::HoldAll(None));
    story.request(Request::Put(Box::new(service("c", &[]))));
    assert_eq!(story.spawned, ["a", "b", "c"]);
}

#[test]
fn one_that_is_held_is_told_of_changes_when_it_is_released_and_only_then() {
    let mut story = Story::of(vec![reloading("config.py")]);
    story.request(Request::Command("web".into(), Command::Hold { reason: "incomplete".to_owned() }));
    let changed = || Request::Changed(vec!["/code/config.py".into()]);
    assert!(!story.reloads(changed()));
    assert!(!story.reloads(changed()));
    assert!(story.reloads(Request::HoldAll(None)));
    assert!(!story.reloads(Request::HoldAll(None)));
    assert!(story.reloads(changed()));
    assert!(!story.reloads(Request::Changed(vec!["/code/other.py".into()])));
}

#[test]
fn one_that_dies_while_it_is_held_comes_back_when_it_is_released() {
    let mut story = Story::of(vec![reloading("config.py")]);
    story.now += DEADLINE;
    story.request(Request::Command("web".into(), Command::Hold { reason: "incomplete".to_owned() }));
    story.request(Request::Changed(vec!["/code/config.py".into()]));
    story.exit("web", ExitStatus::Code(1));
    assert_eq!(story.spawned, ["web"]);
    story.request(Request::Command("web".into(), Command::Release));
    assert_eq!(story.spawned, ["web", "web"]);
    assert!(!story.reloads(Request::HoldAll(None)), "it has read the new files");
}

#[test]
fn a_job_for_the_start_keeps_a_run_alive_until_it_has_run() {
    let mut fleet = Fleet::new(vec![once("task"), due("@reboot")]).unwrap();
    fleet.when_idle = WhenIdle::End;
    let mut story = Story::new(fleet);
    story.exit("task", ExitStatus::Code(0));
    assert_eq!(story.code(), None, "its time has not come yet");
    story.request(Request::Command("job".into(), Command::Once));
    assert_eq!(story.code(), None, "it runs");
    story.exit("job", ExitStatus::Code(3));
    assert_eq!(story.code(), Some(0), "that of a job is told, and does not count");
}

#[test]
fn a_job_that_is_not_for_here_keeps_nothing_alive() {
    let enabled = crate::Enabled::Disabled { reason: "elsewhere".into() };
    let mut fleet = Fleet::new(vec![once("task"), Service { enabled, ..job() }]).unwrap();
    fleet.when_idle = WhenIdle::End;
    let mut story = Story::new(fleet);
    story.exit("task", ExitStatus::Code(0));
    assert_eq!(story.code(), Some(0));
}
