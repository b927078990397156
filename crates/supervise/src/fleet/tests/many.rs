//! What is done for one event does not grow with the number of services.

use proptest::prelude::*;

use super::*;
use crate::service::Machine;

const MANY: usize = 1_000;
/// Looks at one of the services for one event, on average.
const FEW: usize = 64;

/// All depend on the first, and each tenth on the one before it.
fn many() -> Vec<Service> {
    let ready = Some(Readiness::new(Probe::NotifySocket));
    let first = Service { ready, ..service("0", &[]) };
    let others = (1..MANY).map(|number| {
        let before = (number - 1).to_string();
        let depends_on: &[&str] = if number % 10 == 0 { &["0", &before] } else { &["0"] };
        service(&number.to_string(), depends_on)
    });
    std::iter::once(first).chain(others).collect()
}

/// How often it has looked at a service until now.
fn looks(story: &Story) -> usize {
    story.machine.members.looks()
}

#[test]
fn a_start_a_crash_and_a_stop_look_at_each_service_a_few_times() {
    let mut story = Story::of(many());
    story.tell("0", Event::Ready);
    assert_eq!(story.spawned.len(), MANY);
    assert!(looks(&story) < FEW * MANY, "start: {}", looks(&story));
    story.now += DEADLINE;
    let before = looks(&story);
    for number in 1..MANY {
        story.exit(&number.to_string(), ExitStatus::Code(1));
    }
    assert!(looks(&story) - before < FEW * MANY, "crash: {}", looks(&story) - before);
    while story.machine.due().is_some() {
        story.wait();
    }
    let before = looks(&story);
    story.shutdown();
    for number in (0..MANY).rev() {
        assert_eq!(story.code(), None);
        story.exit(&number.to_string(), TERMED);
    }
    assert_eq!((story.code(), story.asked.len()), (Some(0), MANY));
    assert!(looks(&story) - before < FEW * MANY, "stop: {}", looks(&story) - before);
}

#[test]
fn what_many_wait_for_by_many_ways_is_counted_once() {
    // Three in each layer, each of which depends on all of the layer below: 3^40 ways to the ground.
    let name = |layer: usize, number: usize| format!("{layer}-{number}");
    let layer = |at: usize| {
        let below: Vec<String> =
            if at == 0 { Vec::new() } else { (0..3).map(|number| name(at - 1, number)).collect() };
        let below: Vec<&str> = below.iter().map(String::as_str).collect();
        (0..3).map(|number| service(&name(at, number), &below)).collect::<Vec<_>>()
    };
    let mut story = Story::of((0..40).flat_map(layer).collect());
    story.shutdown();
    assert_eq!(story.asked.len(), 3, "the uppermost");
    for at in (0..40).rev() {
        for number in 0..3 {
            story.exit(&name(at, number), TERMED);
        }
    }
    assert_eq!(story.code(), Some(0));
}

#[test]
fn only_what_has_changed_is_looked_at_to_be_shown() {
    let mut story = Story::of(many());
    story.machine.take_unseen();
    story.tell("0", Event::Unready { evidence: "not yet".to_owned() });
    let unseen = story.machine.take_unseen();
    assert_eq!((unseen.places.into_iter().collect::<Vec<_>>(), unseen.order), (vec![0], false));
    story.request(Request::Remove("5".into()));
    assert!(story.machine.take_unseen().order, "places have changed");
}

/// What is known of all without a look at each is what a look at each finds.
fn assert_known(story: &Story) {
    let fleet = &story.machine;
    let members = &fleet.members;
    assert_eq!(members.all_over(), fleet.machines().all(Machine::is_over));
    assert_eq!(members.all_idle(), fleet.machines().all(Machine::is_idle));
    assert_eq!(members.all_settled(), fleet.machines().all(|one| one.is_ready() || one.is_unwanted()));
    assert_eq!(members.due(), fleet.machines().filter_map(Machine::due).min());
    for (at, machine) in fleet.machines().enumerate() {
        let name = &machine.service().name;
        assert_eq!(members.place(name), Some(at));
        let depends = |other: &Machine| !other.is_over() && other.service().depends_on.contains(name);
        assert_eq!(members.is_needed(name), fleet.machines().any(depends), "{name}");
        if story.machine.is_shutting_down() {
            let may_leave = !machine.has_process() || !members.is_needed(name);
            assert!(machine.is_leaving_everything() || !may_leave, "{name} was forgotten");
        } else if machine.is_waiting() && machine.blocked_by().is_none() {
            assert!(!fleet.missing(at).is_empty(), "{name} was forgotten");
        }
    }
}

fn said() -> impl Strategy<Value = Event> {
    let code =
        |code| Event::Exited { status: ExitStatus::Code(code), out_of_memory: false, leftovers: false };
    prop_oneof![
        2 => (0..2).prop_map(code),
        2 => Just(Event::Ready),
        1 => Just(Event::Command(Command::Up)),
        1 => Just(Event::Command(Command::Down)),
        1 => Just(Event::Command(Command::Exit)),
    ]
}

/// Some services, each of which may depend on those before it.
fn some() -> impl Strategy<Value = Vec<Service>> {
    prop::collection::vec((any::<[bool; 6]>(), any::<[bool; 2]>()), 1..6).prop_map(|drawn| {
        let services = drawn.into_iter().enumerate().map(|(at, (depends, [once, ready]))| {
            let before: Vec<String> =
                (0..at).filter(|other| depends[*other]).map(|at| at.to_string()).collect();
            let before: Vec<&str> = before.iter().map(String::as_str).collect();
            let kind = if once { super::once("") } else { service("", &[]) };
            let ready = ready.then(|| Readiness::new(Probe::NotifySocket));
            let Service { name, depends_on, .. } = service(&at.to_string(), &before);
            Service { name, depends_on, ready, ..kind }
        });
        services.collect()
    })
}

proptest! {
    #[test]
    fn what_is_known_of_all_is_true_whatever_happens(
        services in some(),
        others in some(),
        events in prop::collection::vec((0..6_usize, said(), any::<bool>()), 0..40),
        change in 0..40_usize,
    ) {
        let mut story = Story::of(services);
        assert_known(&story);
        for (at, (service, event, waits)) in events.into_iter().enumerate() {
            if at == change {
                story.request(Request::Replace(Box::new(Fleet::new(others.clone()).unwrap())));
                assert_known(&story);
            }
            if waits && story.machine.due().is_some() {
                story.wait();
                assert_known(&story);
            }
            story.tell(&service.to_string(), event);
            assert_known(&story);
        }
        story.shutdown();
        assert_known(&story);
        for looks in 0.. {
            assert!(looks < 1_000, "it does not end");
            if story.ending.is_some() {
                break;
            }
            story.wait();
            assert_known(&story);
        }
    }
}
