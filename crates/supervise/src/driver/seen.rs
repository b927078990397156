//! What others see of the machines.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use crate::{
    LastExit, ServiceSnapshot, Snapshot,
    fleet::FleetMachine,
    service::{Machine, View},
};

/// What is to be seen now; what has not changed is the same object as before.
pub(super) fn look(machine: &FleetMachine, before: &Snapshot) -> Snapshot {
    let services = machine.machines().map(|machine| {
        let name = &machine.service().name;
        let old = before.services.iter().find(|service| service.name == *name);
        let new = of(machine, old.map(|old| &**old));
        old.filter(|old| ***old == new).cloned().unwrap_or_else(|| Arc::new(new))
    });
    Snapshot {
        services: services.collect(),
        began: before.began,
        ready: machine.is_ready(),
        shutting_down: machine.is_shutting_down(),
    }
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
