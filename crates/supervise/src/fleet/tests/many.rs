//! What is done for one event does not grow with the number of services.

use super::*;

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
