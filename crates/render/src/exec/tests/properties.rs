//! Any order of events.

use proptest::prelude::*;

use super::*;

/// A child as the machine sees it, and what must never happen to it.
struct World {
    machine: Machine,
    now: Instant,
    /// Neither, the leader, what it left.
    child: Life,
    was_killed: bool,
    is_over: bool,
    next_start_fails: bool,
    is_deaf: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    None,
    Whole,
    Leftovers,
}

#[derive(Debug, Clone)]
enum Happening {
    Rendered(bool),
    Signal(i32),
    Reconfigured {
        other_command: bool,
        splay: bool,
    },
    Due,
    LeaderExits {
        leftovers: bool,
    },
    GroupGoes,
    Stop,
    StartFails,
    IsDeaf,
    /// Events that cannot happen now must do no harm.
    Nonsense(bool),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => any::<bool>().prop_map(Happening::Rendered),
        3 => (1..=31).prop_map(Happening::Signal),
        2 => prop_oneof![Just(Signal::TERM), Just(Signal::INT), Just(Signal::HUP)].prop_map(|signal| Happening::Signal(signal.number())),
        1 => (any::<bool>(), any::<bool>())
            .prop_map(|(other_command, splay)| Happening::Reconfigured { other_command, splay }),
        4 => Just(Happening::Due),
        3 => any::<bool>().prop_map(|leftovers| Happening::LeaderExits { leftovers }),
        3 => Just(Happening::GroupGoes),
        1 => Just(Happening::Stop),
        1 => Just(Happening::StartFails),
        2 => Just(Happening::IsDeaf),
        1 => any::<bool>().prop_map(Happening::Nonsense),
    ]
}

impl World {
    fn new(settings: Settings, seed: u64) -> Self {
        let machine = Machine::new(settings, seed);
        Self {
            machine,
            now: Instant::now(),
            child: Life::None,
            was_killed: false,
            is_over: false,
            next_start_fails: false,
            is_deaf: false,
        }
    }

    fn happens(&mut self, what: &Happening) {
        let event = match (what, self.child) {
            (Happening::Rendered(changed), _) => Event::Rendered { changed: *changed },
            (Happening::Signal(number), _) => Event::Signal(Signal::from_number(*number).unwrap()),
            (Happening::Reconfigured { other_command, splay }, _) => {
                let command = if *other_command { "other command" } else { "serve --now" };
                let splay = if *splay { Duration::from_secs(3) } else { Duration::ZERO };
                Event::Reconfigured(Box::new(Settings {
                    splay,
                    ..Settings::new(Program::Shell(command.into()))
                }))
            }
            (Happening::Due, _) => match self.machine.due() {
                Some(due) => {
                    self.now = due;
                    Event::Due
                }
                None => return,
            },
            (Happening::LeaderExits { leftovers }, Life::Whole) => {
                self.child = if *leftovers { Life::Leftovers } else { Life::None };
                Event::Exited { status: ExitStatus::Code(0), leftovers: *leftovers }
            }
            (Happening::GroupGoes, Life::Leftovers) => {
                self.child = Life::None;
                Event::Gone
            }
            (Happening::Stop, _) => Event::Stop,
            (Happening::StartFails, _) => {
                self.next_start_fails = true;
                return;
            }
            (Happening::IsDeaf, _) => {
                self.is_deaf = !self.is_deaf;
                return;
            }
            (Happening::Nonsense(true), Life::Whole) => Event::Gone,
            (Happening::Nonsense(false), _) => Event::Due,
            _ => return,
        };
        self.tell(event);
    }

    fn tell(&mut self, event: Event) {
        let mut answer = None;
        for action in self.machine.step(event, self.now) {
            assert!(!self.is_over, "{action:?} after the end");
            match action {
                Action::Spawn => {
                    assert_eq!(self.child, Life::None, "two children at once");
                    (self.child, self.was_killed) = (Life::Whole, false);
                    if std::mem::take(&mut self.next_start_fails) {
                        self.child = Life::None;
                        answer = Some(Event::NotStarted);
                    }
                }
                Action::Kill => self.was_killed = true,
                Action::End(_) => {
                    assert!(self.child == Life::None || self.was_killed, "an orphan is left");
                    self.is_over = true;
                }
                Action::Reload { when_ready: true, .. } if self.is_deaf => answer = Some(Event::NotReady),
                Action::Ask { .. } | Action::Reload { .. } | Action::Forward(_) => {
                    assert_ne!(self.child, Life::None, "{action:?} to nobody");
                }
                Action::Wait(_) | Action::ReadConfiguration => {}
            }
        }
        if let Some(event) = answer {
            self.tell(event);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// Whatever happens in whatever order: never two children, never an orphan; and a `TERM`, whenever it comes, leads
    /// to the end within the child's time and that of a kill.
    #[test]
    fn never_two_children_never_an_orphan_and_a_stop_always_ends(
        seed in any::<u64>(),
        reload in any::<bool>(),
        splay in any::<bool>(),
        happenings in prop::collection::vec(happening(), 0..60),
        is_stubborn in any::<bool>(),
        is_unkillable in any::<bool>(),
    ) {
        let base = if splay { splaying() } else { settings() };
        let reload_signal = reload.then_some(Signal::USR1);
        let mut world = World::new(Settings { reload_signal, ..base }, seed);
        for one in &happenings {
            world.happens(one);
        }
        let term_at = world.now;
        world.tell(Event::Signal(Signal::TERM));
        for _ in 0..4 {
            if world.is_over {
                break;
            }
            let obeys = if world.was_killed { !is_unkillable } else { !is_stubborn };
            if obeys {
                world.happens(&Happening::LeaderExits { leftovers: false });
                world.happens(&Happening::GroupGoes);
            } else {
                world.happens(&Happening::Due);
            }
        }
        prop_assert!(world.is_over, "{:?}", world.machine);
        prop_assert!(world.now.duration_since(term_at) <= TIMEOUT + Duration::from_secs(5));
    }
}
