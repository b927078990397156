//! What is said to the fleet.

use std::{
    collections::{HashMap, VecDeque},
    path::PathBuf,
    time::Instant,
};

use preflight_processes::Signal;

use super::{Effect, FleetMachine, Member};
use crate::{Command, Event, Fleet, Name, Request, Service, service::Machine};

impl FleetMachine {
    pub(crate) fn request(&mut self, request: Request, now: Instant) -> VecDeque<Effect> {
        match request {
            Request::Shutdown { signal, deadline } => self.ask_to_end(signal, deadline, now),
            Request::Hurry => self.hurry(now),
            Request::Command(name, command) => {
                if let Some(at) = self.place(&name) {
                    self.step(at, Event::Command(command), now);
                }
            }
            Request::SignalAll(signal) => self.signal_all(signal, now),
            Request::HoldAll(reason) => self.hold_all(reason, now),
            Request::Changed(files) => self.changed(&files, now),
            // What ends is not changed any more.
            Request::Replace(_) | Request::Put(_) | Request::Remove(_) if self.shutdown.is_some() => {}
            Request::Replace(fleet) => self.replace(*fleet, now),
            Request::Put(service) => self.put(*service, now),
            Request::Remove(name) => self.remove(&name, now),
        }
        self.follow(now)
    }

    fn hold_all(&mut self, reason: Option<String>, now: Instant) {
        self.holds_new.clone_from(&reason);
        let command = reason.map_or(Command::Release, |reason| Command::Hold { reason });
        self.command_all(&command, now);
    }

    fn command_all(&mut self, command: &Command, now: Instant) {
        for at in self.all() {
            self.step(at, Event::Command(command.clone()), now);
        }
    }

    /// A job does its work to its end: what is meant for servers would be the end of it.
    fn signal_all(&mut self, signal: Signal, now: Instant) {
        for at in self.all() {
            if self.machine_at(at).service().schedule.is_none() {
                self.step(at, Event::Command(Command::Signal(signal)), now);
            }
        }
    }

    fn all(&self) -> std::ops::Range<usize> {
        0..self.members.len()
    }

    fn replace(&mut self, fleet: Fleet, now: Instant) {
        self.when_idle = fleet.when_idle;
        self.main.clone_from(&fleet.main);
        let gone = self.machines().map(|machine| machine.service().name.clone());
        let services = fleet.services().iter().enumerate();
        let order: HashMap<Name, usize> = services.map(|(at, service)| (service.name.clone(), at)).collect();
        let gone: Vec<_> = gone.filter(|name| !order.contains_key(name)).collect();
        for name in gone {
            self.remove(&name, now);
        }
        // In the order of dependence it does not matter who is told first: starts wait for the whole step.
        for service in fleet.into_services() {
            self.put(service, now);
        }
        let place = |member: &Member| order.get(&member.machine.service().name).copied();
        self.members.sort_by_key(|member| place(member).unwrap_or(usize::MAX));
    }

    fn put(&mut self, service: Service, now: Instant) {
        match self.place(&service.name) {
            Some(at) if self.machine_at(at).is_leaving() => self.members.at_mut(at).successor = Some(service),
            Some(at) if *self.machine_at(at).service() == service => {}
            Some(at) => self.step(at, Event::Reconfigured(Box::new(service)), now),
            None => {
                let held = service.held.clone().or_else(|| self.holds_new.clone());
                let service = Service { held, ..service };
                let machine = Machine::new(service, self.random.u64(..), now);
                let at = self.members.push(machine);
                let missing = self.missing(at);
                let actions = self.members.at_mut(at).machine.begin(missing, now);
                self.note(at, actions);
            }
        }
    }

    fn remove(&mut self, name: &str, now: Instant) {
        if let Some(at) = self.place(name) {
            self.members.at_mut(at).successor = None;
            self.step(at, Event::Command(Command::Exit), now);
        }
    }

    fn changed(&mut self, files: &[PathBuf], now: Instant) {
        for at in self.all() {
            let reload = self.machine_at(at).service().reload.as_ref();
            if reload.is_some_and(|reload| files.iter().any(|file| reload.reads(file))) {
                self.step(at, Event::Changed, now);
            }
        }
    }
}
