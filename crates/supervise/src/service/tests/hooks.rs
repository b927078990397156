//! The programs of `control/`: which, when, one after the other, and what waits for them.

use std::path::PathBuf;

use preflight_processes::{ExitStatus, Signal};

use super::{FAILED, SECOND, Story, has, signals};
use crate::{Action, Command, Event, Finish, Happened, Hook, Phase, Recipient, Service, Wanted};

/// A service with these hooks, a second after its start.
fn running(letters: &str) -> Story {
    let mut story = Story::running(|service| with(letters, service));
    story.now += SECOND;
    story
}

fn with(letters: &str, service: Service) -> Service {
    let hooks = letters.chars().map(|letter| (Hook(letter), PathBuf::from(format!("control/{letter}"))));
    Service { hooks: hooks.collect(), ..service }
}

impl Story {
    fn hook_ends(&mut self, success: bool) -> Vec<Action> {
        self.tell(Event::HookEnded { success })
    }
}

/// Only what is done, in order.
fn done(actions: &[Action]) -> Vec<Action> {
    actions.iter().filter(|action| !matches!(action, Action::Tell(_) | Action::StopProbes)).cloned().collect()
}

const fn to_group(signal: Signal) -> Action {
    Action::Signal { signal, to: Recipient::Group }
}

#[test]
fn a_stop_runs_its_hooks_one_after_the_other_with_its_signals_between() {
    let mut story = running("td");
    assert_eq!(done(&story.command(Command::Down)), [Action::Hook(Hook('t'))]);
    assert!(!story.machine.view().termed, "nothing was sent");
    let then = [to_group(Signal::TERM), to_group(Signal::CONT), Action::Hook(Hook('d'))];
    assert_eq!(done(&story.hook_ends(false)), then);
    assert!(story.machine.view().termed);
    assert_eq!(story.exit(FAILED).len(), 1, "only told: a hook still runs");
    assert_eq!(story.machine.view().phase, Phase::Stopping);
    story.hook_ends(true);
    assert_eq!(story.machine.view().phase, Phase::Down);
}

#[test]
fn a_hook_that_ends_well_replaces_the_signal_and_it_was_not_got() {
    let mut story = running("tx");
    story.command(Command::Exit);
    let then = [to_group(Signal::CONT), Action::Hook(Hook('x'))];
    assert_eq!(done(&story.hook_ends(true)), then);
    assert!(!story.machine.view().termed);
}

#[test]
fn every_signal_waits_for_the_hook_before_it() {
    let mut story = running("hp");
    assert_eq!(done(&story.command(Command::Signal(Signal::HUP))), [Action::Hook(Hook('h'))]);
    assert!(done(&story.command(Command::Signal(Signal::USR1))).is_empty());
    assert!(done(&story.command(Command::Pause)).is_empty());
    let to = Recipient::Process;
    let then = [Signal::HUP, Signal::USR1].map(|signal| Action::Signal { signal, to });
    assert_eq!(done(&story.hook_ends(false)), [&then[..], &[Action::Hook(Hook('p'))]].concat());
    assert_eq!(signals(&story.hook_ends(false)), [Signal::STOP]);
}

#[test]
fn one_that_hangs_is_killed_and_what_waits_goes_on() {
    let mut story = running("h");
    story.command(Command::Signal(Signal::HUP));
    let (waited, actions) = story.wait();
    assert_eq!(waited, 60 * SECOND);
    let killed = [Action::SignalHook(Signal::KILL), Action::Tell(Happened::HookKilled(Hook('h')))];
    assert_eq!(actions, killed);
    assert_eq!(story.machine.due(), None);
    assert_eq!(signals(&story.hook_ends(false)), [Signal::HUP]);
}

#[test]
fn a_stop_gives_one_that_hangs_half_of_its_time_and_is_obeyed() {
    let mut story = running("h");
    story.command(Command::Signal(Signal::HUP));
    story.tell(Event::Shutdown { until: story.now + 4 * SECOND });
    let (waited, actions) = story.wait();
    assert_eq!((waited, &actions[0]), (2 * SECOND, &Action::SignalHook(Signal::KILL)));
    assert_eq!(signals(&story.hook_ends(false)), [Signal::HUP, Signal::TERM, Signal::CONT]);
    story.exit(FAILED);
    assert!(story.machine.is_over());
}

#[test]
fn the_hook_of_a_stop_leaves_some_time_for_its_signal_and_all_end_with_the_stop() {
    let mut story = running("tx");
    story.tell(Event::Shutdown { until: story.now + 4 * SECOND });
    let (waited, actions) = story.wait();
    assert_eq!((waited, &actions[0]), (3 * SECOND, &Action::SignalHook(Signal::KILL)));
    let then = [to_group(Signal::TERM), to_group(Signal::CONT), Action::Hook(Hook('x'))];
    assert_eq!(done(&story.hook_ends(false)), then);
    let (waited, actions) = story.wait();
    assert_eq!(waited, SECOND);
    assert!(has(&actions, &Action::SignalHook(Signal::KILL)) && has(&actions, &Action::Kill), "{actions:?}");
    assert!(done(&story.hook_ends(false)).is_empty(), "nothing comes after it");
    story.exit(ExitStatus::Signal { signal: Signal::KILL, core: false });
    assert!(story.machine.is_over());
}

#[test]
fn a_death_waits_for_the_hook_that_runs_and_then_for_finish() {
    let finish =
        Finish { program: preflight_processes::Program::Direct(vec!["./finish".into()]), timeout: None };
    let mut story = Story::running(|service| with("h", Service { finish: Some(finish), ..service }));
    story.now += SECOND;
    story.command(Command::Signal(Signal::HUP));
    assert!(done(&story.exit(FAILED)).is_empty());
    assert!(has(&story.hook_ends(true), &Action::Finish { code: 3, status: 0 }));
}

#[test]
fn before_each_start_its_program_is_run_whatever_comes_of_it() {
    let (mut story, actions) = Story::new(|service| with("u", service));
    assert_eq!(actions, [Action::Hook(Hook('u'))]);
    let view = story.machine.view();
    assert_eq!((view.phase, view.pid), (Phase::Starting, None));
    assert_eq!(story.hook_ends(false), [Action::Spawn]);
    story.tell(Event::Started { pid: 42 });
    story.now += SECOND;
    assert_eq!(done(&story.exit(FAILED)), [Action::Hook(Hook('u'))]);
    assert!(story.command(Command::Up).is_empty() && story.command(Command::Signal(Signal::HUP)).is_empty());
    assert_eq!(story.hook_ends(true), [Action::Spawn]);
}

#[test]
fn a_start_that_is_not_wanted_any_more_is_not_made() {
    for command in [Command::Down, Command::Exit] {
        let (mut story, _) = Story::new(|service| with("u", service));
        assert_eq!(story.command(command.clone()), [Action::SignalHook(Signal::TERM)]);
        let (waited, actions) = story.wait();
        assert_eq!((waited, &actions[0]), (10 * SECOND, &Action::SignalHook(Signal::KILL)));
        assert!(story.hook_ends(false).is_empty());
        assert_eq!(story.machine.view().phase, Phase::Down);
        assert_eq!(story.machine.is_over(), command == Command::Exit);
    }
    let (mut story, _) = Story::new(|service| with("u", service));
    assert!(story.command(Command::Hold { reason: "keys".into() }).is_empty());
    assert!(!has(&story.hook_ends(true), &Action::Spawn));
    assert_eq!(story.machine.view().wanted, Wanted::Up);
}
