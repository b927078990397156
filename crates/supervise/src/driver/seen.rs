//! What others see of the machines.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Instant, SystemTime},
};

use crate::{
    LastExit, Name, ServiceSnapshot, Snapshot,
    fleet::FleetMachine,
    service::{Machine, View},
};

/// What is to be seen now; what has not changed is the same object as before. `None`: nothing has changed.
pub(super) fn look(machine: &mut FleetMachine, before: &Snapshot) -> Option<Snapshot> {
    let unseen = machine.take_unseen();
    let services = if unseen.order { all(machine, before) } else { some(machine, before, &unseen.places) };
    let (ready, shutting_down) = (machine.is_ready(), machine.is_shutting_down());
    let is_same = services.is_none() && (ready, shutting_down) == (before.ready, before.shutting_down);
    let services = services.unwrap_or_else(|| before.services.clone());
    (!is_same).then_some(Snapshot { services, began: before.began, ready, shutting_down })
}

/// In their order, which may be another one than before.
fn all(machine: &FleetMachine, before: &Snapshot) -> Option<Vec<Arc<ServiceSnapshot>>> {
    let known: HashMap<&Name, &Arc<ServiceSnapshot>> =
        before.services.iter().map(|service| (&service.name, service)).collect();
    let services = machine.machines().filter_map(|machine| {
        let old = known.get(&machine.service().name).copied();
        fresh(machine, old).or_else(|| old.cloned())
    });
    Some(services.collect())
}

/// Each at its place as before. A look at all of them after each event would be the most of the work with many.
fn some(
    machine: &FleetMachine,
    before: &Snapshot,
    places: &BTreeSet<usize>,
) -> Option<Vec<Arc<ServiceSnapshot>>> {
    let changed = places.iter().filter_map(|at| {
        let old = before.services.get(*at);
        Some((*at, fresh(machine.machine_at(*at), old)?))
    });
    let changed: Vec<_> = changed.collect();
    if changed.is_empty() {
        return None;
    }
    let mut services = before.services.clone();
    for (at, service) in changed {
        if let Some(place) = services.get_mut(at) {
            *place = service;
        }
    }
    Some(services)
}

/// `None` for one that looks as before.
fn fresh(machine: &Machine, old: Option<&Arc<ServiceSnapshot>>) -> Option<Arc<ServiceSnapshot>> {
    let new = of(machine, old.map(|old| &**old));
    (!old.is_some_and(|old| **old == new)).then(|| Arc::new(new))
}

fn of(machine: &Machine, old: Option<&ServiceSnapshot>) -> ServiceSnapshot {
    let View { phase, pid, since, restarts, last, wanted, paused, termed, ready } = machine.view();
    // The clock on the wall is read when something begins, and not again: it may be set meanwhile.
    let since_wall = old.filter(|old| old.since == since).map_or_else(|| wall(since), |old| old.since_wall);
    let last_exit = last.map(|last| {
        let known = old
            .and_then(|old| old.last_exit)
            .filter(|known| old.is_some_and(|old| old.restarts == restarts) && known.uptime == last.uptime);
        LastExit {
            status: last.status,
            out_of_memory: last.out_of_memory,
            at: known.map_or_else(|| wall(last.at), |known| known.at),
            uptime: last.uptime,
        }
    });
    let service = machine.service();
    ServiceSnapshot {
        name: Arc::clone(&service.name),
        phase,
        pid: pid.filter(|pid| *pid != 0),
        since,
        since_wall,
        restarts,
        last_exit,
        wanted,
        normally: service.wanted,
        paused,
        termed,
        ready,
    }
}

fn wall(at: Instant) -> SystemTime {
    let now = SystemTime::now();
    now.checked_sub(at.elapsed()).unwrap_or(now)
}
