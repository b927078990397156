//! What holds whatever happens: any order of events, at any times.

use std::time::{Duration, Instant};

use preflight_processes::{ExitStatus, Program, Signal};
use proptest::prelude::*;

use super::Machine;
use crate::{
    Action, Backoff, Command, Event, Finish, GiveUp, Hook, Policy, Probe, Readiness, Reload, Reloading,
    Restart, Service, Stop,
};

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::Up),
        Just(Command::Down),
        Just(Command::Once),
        Just(Command::Restart),
        Just(Command::Signal(Signal::HUP)),
        Just(Command::Pause),
        Just(Command::Continue),
        Just(Command::Hold { reason: "keys".into() }),
        Just(Command::Release),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    let status = prop_oneof![
        (0..4).prop_map(ExitStatus::Code),
        Just(ExitStatus::Signal { signal: Signal::KILL, core: false })
    ];
    prop_oneof![
        4 => (status, any::<bool>())
            .prop_map(|(status, leftovers)| Event::Exited { status, out_of_memory: false, leftovers }),
        3 => Just(Event::Gone),
        3 => Just(Event::Due),
        2 => Just(Event::Finished),
        2 => any::<bool>().prop_map(|success| Event::HookEnded { success }),
        1 => Just(Event::Ready),
        1 => Just(Event::Changed),
        1 => Just(Event::Unhealthy { evidence: "503".into() }),
        4 => commands().prop_map(Event::Command),
        1 => services().prop_map(|service| Event::Reconfigured(Box::new(service))),
    ]
}

fn services() -> impl Strategy<Value = Service> {
    let policy = prop_oneof![Just(Policy::Always), Just(Policy::OnFailure), Just(Policy::Never)];
    let hooks = prop::sample::subsequence("utdxhpc".chars().collect::<Vec<_>>(), 0..=7);
    (policy, any::<[bool; 6]>(), hooks, prop::option::of(1..20_u64)).prop_map(
        |(policy, [backs_off, gives_up, has_finish, has_probe, once, reloads], hooks, limit)| Service {
            restart: Restart {
                policy,
                throttle: Duration::from_secs(1),
                backoff: backs_off
                    .then_some(Backoff { min: Duration::from_millis(100), max: Duration::from_secs(9) }),
                give_up: gives_up.then_some(GiveUp {
                    times: 3,
                    within: Duration::from_secs(20),
                    ends_all: true,
                }),
            },
            finish: has_finish.then(|| Finish { program: Program::Shell("x".into()), timeout: None }),
            ready: has_probe.then(|| Readiness::new(Probe::Tcp { address: "x:1".into() })),
            once,
            limit: limit.map(Duration::from_secs),
            reload: reloads.then(|| Reload {
                on: vec!["a".into()],
                how: Reloading::Restart,
                splay: Duration::from_secs(2),
            }),
            hooks: hooks.into_iter().map(|letter| (Hook(letter), "control".into())).collect(),
            stop: Stop { signal: Signal::TERM, grace: Duration::from_secs(3) },
            ..Service::new("x", Program::Shell("x".into()))
        },
    )
}

/// The system below a machine: it answers as a real one would, and says when it is asked for what cannot be.
#[derive(Default)]
struct World {
    runs: bool,
    group: bool,
    finish: bool,
    hook: bool,
    last_start: Option<Instant>,
}

impl World {
    fn may_happen(&self, event: &Event) -> bool {
        match event {
            Event::Exited { .. } => self.runs,
            Event::Gone => self.group && !self.runs,
            Event::Finished => self.finish,
            Event::HookEnded { .. } => self.hook,
            Event::Ready | Event::Unhealthy { .. } => self.runs,
            _ => true,
        }
    }

    fn tell(&mut self, machine: &mut Machine, event: Event, now: Instant) {
        match &event {
            Event::Exited { leftovers, .. } => (self.runs, self.group) = (false, *leftovers),
            Event::Gone => self.group = false,
            Event::Finished => self.finish = false,
            Event::HookEnded { .. } => self.hook = false,
            _ => {}
        }
        let actions = machine.step(event, now);
        self.act(machine, actions, now);
    }

    fn act(&mut self, machine: &mut Machine, actions: Vec<Action>, now: Instant) {
        for action in actions {
            match action {
                Action::Spawn => {
                    assert!(!self.runs && !self.group && !self.finish && !self.hook, "two at once");
                    if let Some(last) = self.last_start {
                        assert!(now.duration_since(last) >= Duration::from_secs(1), "before its throttle");
                    }
                    (self.runs, self.group, self.last_start) = (true, true, Some(now));
                    let more = machine.step(Event::Started { pid: 1 }, now);
                    self.act(machine, more, now);
                }
                Action::Finish { .. } => {
                    assert!(!self.runs && !self.group && !self.finish && !self.hook, "finish beside others");
                    self.finish = true;
                }
                Action::Hook(_) => assert!(!std::mem::replace(&mut self.hook, true), "two hooks at once"),
                _ => {}
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_due_is_done_and_not_due_again(
        service in services(),
        story in prop::collection::vec(events(), 0..60),
    ) {
        /// One thing may follow from another, all at once.
        const FOLLOW: usize = 8;
        let mut now = Instant::now();
        let mut machine = Machine::new(service, 3, now);
        let mut world = World::default();
        let actions = machine.begin(Vec::new(), now);
        world.act(&mut machine, actions, now);
        for event in story {
            if world.may_happen(&event) {
                world.tell(&mut machine, event, now);
            }
            let Some(due) = machine.due() else { continue };
            now = now.max(due);
            for _ in 0..FOLLOW {
                if machine.due().is_some_and(|due| due <= now) {
                    world.tell(&mut machine, Event::Due, now);
                }
            }
            prop_assert!(machine.due().is_none_or(|due| due > now), "due for ever: {machine:?}");
        }
    }

    #[test]
    fn never_two_at_once_never_before_the_throttle_and_a_shutdown_always_ends(
        service in services(),
        story in prop::collection::vec((events(), 0..1_500_u64), 0..60),
    ) {
        let mut now = Instant::now();
        let mut machine = Machine::new(service, 3, now);
        let mut world = World::default();
        let actions = machine.begin(Vec::new(), now);
        world.act(&mut machine, actions, now);
        for (event, pause) in story {
            now += Duration::from_millis(pause);
            if world.may_happen(&event) {
                world.tell(&mut machine, event, now);
            }
        }
        let until = now + Duration::from_secs(2);
        world.tell(&mut machine, Event::Shutdown { until }, now);
        // A service that ignores everything but a kill: what is due comes, and a kill is obeyed.
        for _ in 0..10 {
            if let Some(due) = machine.due() {
                prop_assert!(due <= until, "due after the deadline");
                now = now.max(due);
                world.tell(&mut machine, Event::Due, now);
            }
            if world.runs {
                let status = ExitStatus::Signal { signal: Signal::KILL, core: false };
                world.tell(&mut machine, Event::Exited { status, out_of_memory: false, leftovers: true }, now);
            }
            if world.group {
                world.tell(&mut machine, Event::Gone, now);
            }
            if world.hook && machine.due().is_none() {
                world.tell(&mut machine, Event::HookEnded { success: false }, now);
            }
            if world.finish && machine.due().is_none() {
                world.tell(&mut machine, Event::Finished, now);
            }
        }
        prop_assert!(machine.is_over(), "{machine:?}");
        prop_assert!(now <= until, "ended after the deadline");
    }
}
