//! What a machine wants done, done.

use std::{
    io,
    os::{
        fd::{OwnedFd, RawFd},
        linux::net::SocketAddrExt,
        unix::net as std_net,
    },
    sync::Arc,
};

use preflight_processes::{ControlGroup, ExitStatus, Input, Process, Program, Signal, SpawnError, Spec};
use tokio::net::unix::pipe;

use super::{
    Supervisor, Told,
    children::{Acting, Listens},
    probes,
};
use crate::{Action, Event, Happened, Hook, Name, Probe, Purpose, Recipient, Service};

/// A descriptor, and its number in the process.
type Extra = Option<(RawFd, OwnedFd)>;

impl Supervisor {
    /// What follows at once, if anything does.
    pub(super) fn act(&mut self, name: &Name, action: Action) -> Option<Event> {
        match action {
            Action::Spawn => return Some(self.spawn(name)),
            Action::Finish { code, status } => return self.finish(name, code, status),
            Action::Reload { signal, when_minded } => return self.reload(name, signal, when_minded),
            Action::Hook(hook) => return self.hook(name, hook),
            Action::Signal { signal, to } => self.signal(name, signal, to),
            Action::Kill => self.kill(name),
            Action::SignalFinish(signal) => {
                let finish = self.children.get(name).and_then(|children| children.finish.clone());
                let sent = finish.map_or(Ok(()), |finish| finish.signal(signal));
                self.trouble(name, "signal the finish program", sent);
            }
            Action::SignalHook(signal) => {
                let hook = self.children.get(name).and_then(|children| children.hook.as_ref());
                let sent = hook.map_or(Ok(()), |hook| hook.0.signal(signal));
                self.trouble(name, "signal the hook", sent);
            }
            Action::AwaitReady => self.probe(name, false),
            Action::WatchHealth => self.probe(name, true),
            Action::StopProbes => {
                if let Some(children) = self.children.get_mut(name) {
                    children.probes.end();
                    children.listens = None;
                }
            }
            Action::Tell(happened) => self.tell(name, &happened),
        }
        None
    }

    fn service(&self, name: &str) -> Option<Service> {
        self.machine.machine(name).map(|machine| machine.service().clone())
    }

    fn tell(&mut self, name: &str, happened: &Happened) {
        if let Some(machine) = self.machine.machine(name) {
            self.listener.hear(machine.service(), happened);
        }
    }

    fn trouble(&mut self, name: &str, what: &str, result: io::Result<()>) {
        if let Err(error) = result {
            self.tell(name, &Happened::Trouble { what: what.into(), reason: error.to_string() });
        }
    }

    fn spawn(&mut self, name: &Name) -> Event {
        let Some(service) = self.service(name) else { return not_started("the service is gone", 126) };
        let children = self.children.entry(Name::clone(name)).or_default();
        children.life += 1;
        children.waits.end();
        children.probes.end();
        let life = children.life;
        match self.start(&service) {
            Ok((process, listens)) => {
                let process = Arc::new(process);
                let group = self
                    .control_group
                    .make(name)
                    .ok()
                    .filter(|group| group.add_with_all_below(process.pid()).is_ok());
                let memory_kills = self.control_group.memory_kills();
                let pid = process.pid();
                let task = tokio::spawn(watch(
                    Arc::clone(&process),
                    self.told.clone(),
                    Name::clone(name),
                    life,
                    self.control_group.clone(),
                    memory_kills,
                ));
                let children = self.children.entry(Name::clone(name)).or_default();
                children.waits.add(task.abort_handle());
                children.process = Some(process);
                children.group = group.map(Arc::new);
                children.memory_kills = memory_kills;
                children.listens = listens;
                Event::Started { pid }
            }
            Err(error) => {
                if let Some(children) = self.children.get_mut(name) {
                    children.process = None;
                }
                refused(&service, &error)
            }
        }
    }

    fn start(&mut self, service: &Service) -> Result<(Process, Option<Listens>), SpawnError> {
        let refused = |source| SpawnError::Refused { program: service.program.to_string(), source };
        let streams = self.plumbing.connect(service, Purpose::Run).map_err(refused)?;
        let mut spec = spec_of(service, service.program.clone());
        let (listens, extra) = listen(service, &mut spec).map_err(refused)?;
        let process = self.processes.spawn_with(&spec, streams, extra);
        Ok((process.map_err(|error| error.within(service.folder.as_deref()))?, listens))
    }

    fn finish(&mut self, name: &Name, code: i32, status: i32) -> Option<Event> {
        let service = self.service(name)?;
        let Some(finish) = &service.finish else { return Some(Event::Finished) };
        let program = with_arguments(&finish.program, &[code.to_string(), status.to_string()]);
        match self.start_beside(&service, program, Purpose::Finish) {
            Ok(process) => {
                let process = Arc::new(process);
                let (told, name, pid) = (self.told.clone(), Name::clone(name), process.pid());
                let children = self.children.entry(Name::clone(&name)).or_default();
                let life = children.life;
                children.finish = Some(Arc::clone(&process));
                let task = tokio::spawn(async move {
                    process.exited().await;
                    // What it leaves in its group would hold on to what the next process needs.
                    let _ = process.signal(Signal::KILL);
                    let _ = told.send(Told { name, life, event: Event::Finished });
                });
                children.waits.add(task.abort_handle());
                Some(Event::FinishStarted { pid })
            }
            Err(error) => {
                let trouble =
                    Happened::Trouble { what: "run the finish program".into(), reason: describe(&error) };
                self.tell(name, &trouble);
                Some(Event::Finished)
            }
        }
    }

    fn start_beside(
        &mut self,
        service: &Service,
        program: Program,
        purpose: Purpose,
    ) -> Result<Process, SpawnError> {
        let refused = |source| SpawnError::Refused { program: program.to_string(), source };
        let streams = self.plumbing.connect(service, purpose).map_err(refused)?;
        let process = self.processes.spawn_with(&spec_of(service, program), streams, None);
        process.map_err(|error| error.within(service.folder.as_deref()))
    }

    fn reload(&mut self, name: &Name, signal: Signal, when_minded: bool) -> Option<Event> {
        let process = Arc::clone(self.children.get(name)?.process.as_ref()?);
        if when_minded && process.has_default_action(signal) {
            return Some(Event::Deaf);
        }
        match process.signal_alone(signal) {
            Ok(()) => self.tell(name, &Happened::Reloaded(signal)),
            failed => self.trouble(name, "tell it of changed files", failed),
        }
        None
    }

    fn signal(&mut self, name: &Name, signal: Signal, to: Recipient) {
        let Some(process) = self.children.get(name).and_then(|children| children.process.clone()) else {
            return;
        };
        let sent = send(&process, signal, to);
        self.trouble(name, &format!("send {signal}"), sent);
    }

    fn hook(&mut self, name: &Name, hook: Hook) -> Option<Event> {
        let service = self.service(name)?;
        // The service may have lost it in the meantime.
        let Some(path) = service.hooks.get(&hook) else { return Some(Event::HookEnded { success: false }) };
        let program = Program::Direct(vec![path.clone().into()]);
        match self.start_beside(&service, program, Purpose::Hook) {
            Ok(acting) => {
                let acting = Arc::new(acting);
                let (told, name) = (self.told.clone(), Name::clone(name));
                let children = self.children.entry(Name::clone(&name)).or_default();
                let life = children.life;
                children.hook = Some(Acting(Arc::clone(&acting)));
                let task = tokio::spawn(async move {
                    let success = acting.exited().await.is_success();
                    let _ = told.send(Told { name, life, event: Event::HookEnded { success } });
                });
                children.waits.add(task.abort_handle());
                None
            }
            Err(error) => {
                let trouble =
                    Happened::Trouble { what: format!("run {}", path.display()), reason: describe(&error) };
                self.tell(name, &trouble);
                Some(Event::HookEnded { success: false })
            }
        }
    }

    fn kill(&mut self, name: &Name) {
        let Some(children) = self.children.get(name) else { return };
        let mut sent = Ok(());
        if let Some(process) = &children.process {
            process.follow_escaped();
            sent = process.signal_all(Signal::KILL);
        }
        if let Some(group) = &children.group {
            // An older kernel: the process group was killed.
            let _ = group.kill();
        }
        self.trouble(name, "kill it", sent);
    }

    fn probe(&mut self, name: &Name, is_health: bool) {
        let Some(service) = self.service(name) else { return };
        let means = probes::Means { processes: self.processes.clone(), names: Arc::clone(&self.names) };
        let Some(children) = self.children.get_mut(name) else { return };
        let teller = probes::Teller { told: self.told.clone(), name: Name::clone(name), life: children.life };
        let task = match (is_health, children.listens.take()) {
            (false, Some(listens)) => {
                let outlasts_its_stop = matches!(listens, Listens::Socket(_));
                let task = tokio::spawn(probes::listen(listens, teller));
                if outlasts_its_stop {
                    return children.waits.add(task.abort_handle());
                }
                task
            }
            (true, _) => {
                let Some(health) = service.health.clone() else { return };
                tokio::spawn(probes::watch(service, health, means, teller))
            }
            (false, None) => {
                let Some(ready) = service.ready.clone() else { return };
                tokio::spawn(probes::await_ready(service, ready, means, teller))
            }
        };
        children.probes.add(task.abort_handle());
    }
}

/// To the group means a stop or a pause: what has left the group is meant as well.
fn send(process: &Process, signal: Signal, to: Recipient) -> io::Result<()> {
    match to {
        Recipient::Process => process.signal_alone(signal),
        Recipient::Group => {
            process.follow_escaped();
            process.signal_all(signal)
        }
    }
}

/// Tells how a process ended, and when nothing of it is left.
async fn watch(
    process: Arc<Process>,
    told: tokio::sync::mpsc::UnboundedSender<Told>,
    name: Name,
    life: u64,
    group: ControlGroup,
    kills_before: Option<u64>,
) {
    let status = process.exited().await;
    let may_be_memory = matches!(status, ExitStatus::Signal { signal: Signal::KILL, .. });
    let out_of_memory = may_be_memory
        && kills_before.is_some_and(|before| group.memory_kills().is_some_and(|kills| kills > before));
    let leftovers = process.has_leftovers();
    let event = Event::Exited { status, out_of_memory, leftovers };
    // The supervisor has ended: nobody wants to know.
    let _ = told.send(Told { name: Name::clone(&name), life, event });
    if leftovers {
        process.gone().await;
        let _ = told.send(Told { name, life, event: Event::Gone });
    }
}

pub(super) fn spec_of(service: &Service, program: Program) -> Spec {
    let user = service.user.as_ref();
    Spec {
        environment: service.environment.clone(),
        by_own_path: true,
        folder: service.folder.clone(),
        user: user.map(|user| user.user),
        group: user.map(|user| user.group),
        groups: user.map(|user| user.groups.clone()),
        input: Input::Inherited,
        ..Spec::new(program)
    }
}

/// Opens what the service will say on that it is ready.
fn listen(service: &Service, spec: &mut Spec) -> io::Result<(Option<Listens>, Extra)> {
    match service.ready.as_ref().filter(|_| !service.once).map(|ready| &ready.probe) {
        Some(Probe::NotificationDescriptor(number)) => {
            let (reader, writer) = io::pipe()?;
            let reader = pipe::Receiver::from_owned_fd(reader.into())?;
            Ok((Some(Listens::Pipe(reader)), Some((*number, writer.into()))))
        }
        Some(Probe::NotifySocket) => {
            // In the abstract name space: it needs no folder that can be written to, and is gone with us.
            let name = format!("preflight/{}/{:x}", std::process::id(), fastrand::u64(..));
            let socket = std_net::UnixDatagram::bind_addr(&std_net::SocketAddr::from_abstract_name(&name)?)?;
            socket.set_nonblocking(true)?;
            spec.environment.custom.push(format!("NOTIFY_SOCKET=@{name}"));
            Ok((Some(Listens::Socket(tokio::net::UnixDatagram::from_std(socket)?)), None))
        }
        _ => Ok((None, None)),
    }
}

fn with_arguments(program: &Program, more: &[String]) -> Program {
    match program {
        Program::Direct(words) => {
            Program::Direct(words.iter().cloned().chain(more.iter().map(Into::into)).collect())
        }
        Program::Shell(line) => {
            let mut words = vec!["sh".into(), "-c".into(), line.clone(), "finish".into()];
            words.extend(more.iter().map(Into::into));
            Program::Direct(words)
        }
    }
}

fn not_started(reason: &str, code: i32) -> Event {
    Event::NotStarted { reason: reason.into(), code }
}

/// The code is that of a shell: 127 for a program that is not there, 126 for one that cannot be run.
fn refused(service: &Service, error: &SpawnError) -> Event {
    if let Some(folder) = service.folder.as_ref().filter(|folder| !folder.is_dir()) {
        let hint = "it must be in the image, or be made by what it depends on";
        return not_started(&format!("its folder {} is not there — hint: {hint}", folder.display()), 126);
    }
    not_started(&describe(error), error.shell_code().into())
}

/// With its cause, and what to try.
fn describe(error: &SpawnError) -> String {
    let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    let hint = error.hint().map(|hint| format!(" — hint: {hint}")).unwrap_or_default();
    format!("{error}{cause}{hint}")
}
