//! The rules of exec mode: the machine with a clock of ours.

mod properties;

use std::time::{Duration, Instant};

use preflight_processes::{Environment, ExitStatus, Program, Signal};

use super::{Action, Event, Machine, Settings, machine::End};

const CHANGED: Event = Event::Rendered { changed: true };
const SAME: Event = Event::Rendered { changed: false };
const TIMEOUT: Duration = Duration::from_secs(30);

fn settings() -> Settings {
    Settings::new(Program::Shell("serve --now".into()))
}

fn reloading() -> Settings {
    Settings { reload_signal: Some(Signal::USR1), ..settings() }
}

fn splaying() -> Settings {
    Settings { splay: Duration::from_secs(10), ..reloading() }
}

fn exited(code: i32) -> Event {
    Event::Exited { status: ExitStatus::Code(code), leftovers: false }
}

fn ask(signal: Signal, to_restart: bool) -> Vec<Action> {
    vec![Action::Ask { signal, to_restart }]
}

fn child(code: i32) -> Vec<Action> {
    vec![Action::End(End::Child(ExitStatus::Code(code)))]
}

/// A machine and its clock.
struct Story {
    machine: Machine,
    now: Instant,
}

impl Story {
    /// With a child that runs.
    fn running(settings: Settings) -> Self {
        let mut story = Self { machine: Machine::new(settings, 7), now: Instant::now() };
        assert_eq!(story.tell(SAME), [Action::Spawn]);
        story
    }

    fn tell(&mut self, event: Event) -> Vec<Action> {
        self.machine.step(event, self.now)
    }

    /// Goes on to when something is due, and says how long that took.
    fn wait(&mut self) -> (Duration, Vec<Action>) {
        let due = self.machine.due().expect("something is due");
        let waited = due.duration_since(self.now);
        self.now = due;
        (waited, self.tell(Event::Due))
    }
}

#[test]
fn the_child_starts_when_everything_is_rendered_whether_or_not_that_changed_a_file() {
    for first in [CHANGED, SAME] {
        let mut machine = Machine::new(settings(), 1);
        assert_eq!((machine.due(), machine.step(first, Instant::now())), (None, vec![Action::Spawn]));
    }
}

#[test]
fn nothing_changed_does_nothing() {
    assert!(Story::running(settings()).tell(SAME).is_empty());
    assert!(Story::running(splaying()).tell(SAME).is_empty());
}

#[test]
fn a_change_is_a_reload_signal_or_a_restart() {
    assert_eq!(
        Story::running(reloading()).tell(CHANGED),
        [Action::Reload { signal: Signal::USR1, when_ready: true }]
    );
    let null = Settings { reload_signal: Some(Signal::NULL), ..settings() };
    for settings in [settings(), null] {
        let mut story = Story::running(settings);
        assert_eq!(story.tell(CHANGED), ask(Signal::INT, true));
        assert_eq!(story.tell(exited(0)), [Action::Spawn]);
    }
}

#[test]
fn a_restart_waits_for_the_whole_group_and_kills_what_is_late() {
    let mut story = Story::running(settings());
    story.tell(CHANGED);
    let leader = Event::Exited { status: ExitStatus::Code(0), leftovers: true };
    assert_eq!(story.tell(leader), [Action::Forward(Signal::TERM)], "the port is still taken");
    assert!(story.tell(CHANGED).is_empty(), "the new child will read it anyway");
    assert_eq!(story.wait(), (TIMEOUT, vec![Action::Kill]));
    assert_eq!(story.machine.due(), None, "never two children at once, whatever it takes");
    assert_eq!(story.tell(Event::Gone), [Action::Spawn]);
}

#[test]
fn changes_within_the_splay_join_it() {
    let mut story = Story::running(splaying());
    let first = story.tell(CHANGED);
    assert!(matches!(first[..], [Action::Wait(time)] if time <= Duration::from_secs(10)), "{first:?}");
    let due = story.machine.due();
    story.now += Duration::from_millis(1);
    assert!(story.tell(CHANGED).is_empty());
    assert_eq!(story.machine.due(), due);
    assert_eq!(story.wait().1, [Action::Reload { signal: Signal::USR1, when_ready: true }]);
    assert_eq!(story.machine.due(), None);
}

#[test]
fn a_child_that_would_die_of_its_reload_signal_gets_time_to_set_itself_up() {
    let mut story = Story::running(reloading());
    let reload = |when_ready| vec![Action::Reload { signal: Signal::USR1, when_ready }];
    assert_eq!(story.tell(CHANGED), reload(true));
    let mut tries = 0;
    loop {
        assert!(story.tell(Event::NotReady).is_empty());
        assert!(story.tell(CHANGED).is_empty(), "joins");
        let (_, actions) = story.wait();
        tries += 1;
        if actions == reload(false) {
            break;
        }
        assert_eq!(actions, reload(true));
    }
    assert!(tries > 100, "ten seconds, and then it is as it was configured: {tries}");
    assert_eq!(story.tell(Event::Signal(Signal::TERM)), ask(Signal::TERM, false));
}

#[test]
fn splays_differ() {
    let waits: std::collections::HashSet<_> = (0..20)
        .map(|seed| {
            let mut machine = Machine::new(splaying(), seed);
            machine.step(SAME, Instant::now());
            format!("{:?}", machine.step(CHANGED, Instant::now()))
        })
        .collect();
    assert!(waits.len() > 15, "{waits:?}");
}

#[test]
fn a_stop_is_obeyed_at_once_in_every_state() {
    let stopped = |signal, child| vec![Action::End(End::Stopped { signal, child, killed: false })];
    let mut waiting = Machine::new(settings(), 1);
    assert_eq!(waiting.step(Event::Signal(Signal::TERM), Instant::now()), stopped(Some(Signal::TERM), None));
    for mut story in [Story::running(splaying()), Story::running(settings())] {
        assert_eq!(story.tell(Event::Signal(Signal::TERM)), ask(Signal::TERM, false));
        assert_eq!(story.tell(exited(5)), child(5));
    }
    let mut story = Story::running(splaying());
    story.tell(CHANGED);
    assert_eq!(story.tell(Event::Signal(Signal::TERM)), ask(Signal::TERM, false), "in the splay");
    assert_eq!(story.tell(exited(0)), child(0));
    let mut story = Story::running(settings());
    story.tell(CHANGED);
    story.now += Duration::from_secs(20);
    assert_eq!(story.tell(Event::Signal(Signal::TERM)), ask(Signal::TERM, false), "in the wait of a restart");
    assert_eq!(story.wait(), (Duration::from_secs(10), vec![Action::Kill]), "with what is left of its time");
    assert_eq!(
        story.tell(Event::Exited {
            status: ExitStatus::Signal { signal: Signal::KILL, core: false },
            leftovers: false
        }),
        [Action::End(End::Child(ExitStatus::Signal { signal: Signal::KILL, core: false }))]
    );
}

#[test]
fn the_programs_own_kill_signal_sends_the_childs_and_is_a_clean_stop() {
    let settings = Settings { kill_signal: Signal::QUIT, ..settings() };
    let mut story = Story::running(settings);
    assert_eq!(story.tell(Event::Signal(Signal::INT)), ask(Signal::QUIT, false));
    let end = End::Stopped { signal: Some(Signal::INT), child: Some(ExitStatus::Code(3)), killed: false };
    assert_eq!(story.tell(exited(3)), [Action::End(end)]);
    assert!(story.tell(Event::Signal(Signal::TERM)).is_empty(), "it is over");
}

#[test]
fn a_second_stop_hurries() {
    for (first, second) in
        [(Signal::TERM, Signal::TERM), (Signal::INT, Signal::TERM), (Signal::TERM, Signal::INT)]
    {
        let mut story = Story::running(settings());
        story.tell(Event::Signal(first));
        assert_eq!(story.tell(Event::Signal(second)), [Action::Kill]);
        assert!(story.tell(Event::Signal(second)).is_empty(), "more than a kill there is not");
    }
}

#[test]
fn a_child_that_even_a_kill_does_not_end_is_given_up() {
    let mut story = Story::running(settings());
    story.tell(Event::Signal(Signal::TERM));
    assert_eq!(story.wait(), (TIMEOUT, vec![Action::Kill]));
    assert_eq!(story.wait().1, [Action::End(End::Child(ExitStatus::Lost))]);
}

#[test]
fn a_child_that_ends_by_itself_ends_the_program_as_it_did() {
    assert_eq!(Story::running(settings()).tell(exited(42)), child(42));
    let mut story = Story::running(splaying());
    story.tell(CHANGED);
    assert_eq!(story.tell(exited(42)), child(42), "in the splay");
}

#[test]
fn what_a_child_leaves_in_its_group_is_ended_before_the_program_is() {
    let mut story = Story::running(settings());
    let leader = Event::Exited { status: ExitStatus::Code(6), leftovers: true };
    assert_eq!(story.tell(leader), ask(Signal::TERM, false));
    assert_eq!(story.wait().1, [Action::Kill]);
    assert_eq!(story.tell(Event::Gone), child(6));
}

#[test]
fn a_child_that_ends_in_time_is_no_killed_child_though_its_leftovers_are() {
    let mut story = Story::running(settings());
    story.tell(Event::Signal(Signal::INT));
    let leader = Event::Exited { status: ExitStatus::Code(0), leftovers: true };
    assert_eq!(story.tell(leader), [Action::Forward(Signal::TERM)]);
    assert_eq!(story.wait().1, [Action::Kill]);
    let end = End::Stopped { signal: Some(Signal::INT), child: Some(ExitStatus::Code(0)), killed: false };
    assert_eq!(story.tell(Event::Gone), [Action::End(end)]);
}

#[test]
fn other_signals_are_passed_on() {
    let mut story = Story::running(reloading());
    for signal in [Signal::USR2, Signal::WINCH, Signal::QUIT, Signal::CONT, Signal::ALRM] {
        assert_eq!(story.tell(Event::Signal(signal)), [Action::Forward(signal)]);
    }
    story.tell(Event::Signal(Signal::TERM));
    assert_eq!(
        story.tell(Event::Signal(Signal::WINCH)),
        [Action::Forward(Signal::WINCH)],
        "while it ends, too"
    );
}

#[test]
fn the_childs_own_signals_do_what_they_do_for_it() {
    let mut story = Story::running(splaying());
    assert!(
        matches!(story.tell(Event::Signal(Signal::USR1))[..], [Action::Wait(_)]),
        "a reload, with its splay"
    );
    let quit = Settings { kill_signal: Signal::QUIT, ..settings() };
    let mut story = Story::running(quit);
    assert_eq!(story.tell(Event::Signal(Signal::QUIT)), ask(Signal::QUIT, false));
    assert_eq!(story.tell(exited(9)), child(9));
}

#[test]
fn before_there_is_a_child_signals_mean_the_program() {
    for (signal, ends) in
        [(Signal::QUIT, true), (Signal::INT, true), (Signal::USR1, false), (Signal::WINCH, false)]
    {
        let mut machine = Machine::new(Settings { own_kill_signal: Signal::NULL, ..settings() }, 1);
        assert_eq!(machine.step(Event::Signal(signal), Instant::now()).is_empty(), !ends, "{signal}");
    }
}

#[test]
fn a_disabled_own_signal_is_passed_on() {
    let own = Settings {
        own_kill_signal: Signal::NULL,
        own_reload_signal: Signal::NULL,
        kill_signal: Signal::TERM,
        ..settings()
    };
    let mut story = Story::running(own);
    for signal in [Signal::INT, Signal::HUP] {
        assert_eq!(story.tell(Event::Signal(signal)), [Action::Forward(signal)]);
    }
}

#[test]
fn a_new_configuration_restarts_only_a_child_that_it_changes() {
    let hang_up = Event::Signal(Signal::HUP);
    let mut story = Story::running(settings());
    assert_eq!(story.tell(hang_up.clone()), [Action::ReadConfiguration]);
    let other_signal = Settings { kill_signal: Signal::QUIT, ..settings() };
    assert!(story.tell(Event::Reconfigured(Box::new(other_signal.clone()))).is_empty());
    let environment = Environment { pristine: true, ..Environment::default() };
    let other_child = Settings { environment, kill_signal: Signal::USR2, ..settings() };
    let asked = story.tell(Event::Reconfigured(Box::new(other_child.clone())));
    assert_eq!(asked, ask(Signal::QUIT, true), "as the child that runs was configured");
    assert_eq!(story.tell(hang_up), [Action::ReadConfiguration]);
    assert_eq!(story.tell(exited(0)), [Action::Spawn]);
    assert_eq!(story.machine.settings(), &other_child);
}

#[test]
fn a_child_that_cannot_be_started_ends_the_program() {
    assert_eq!(Story::running(settings()).tell(Event::NotStarted), [Action::End(End::NotStarted)]);
}

#[test]
fn the_caller_can_stop_it_in_every_state() {
    let mut story = Story::running(settings());
    assert_eq!(story.tell(Event::Stop), ask(Signal::INT, false));
    assert_eq!(story.tell(Event::Stop), [Action::Kill]);
    let mut story = Story::running(settings());
    story.tell(CHANGED);
    assert!(story.tell(Event::Stop).is_empty(), "it was asked to end already");
    let end = End::Stopped { signal: None, child: Some(ExitStatus::Code(0)), killed: false };
    assert_eq!(story.tell(exited(0)), [Action::End(end)]);
}

#[test]
fn endless_times_are_no_trouble() {
    let endless = Settings { splay: Duration::MAX, kill_timeout: Duration::MAX, ..settings() };
    let mut story = Story::running(endless);
    story.tell(CHANGED);
    assert!(story.machine.due().is_some());
    assert_eq!(story.wait().1, ask(Signal::INT, true));
    assert!(story.machine.due().is_some());
}
