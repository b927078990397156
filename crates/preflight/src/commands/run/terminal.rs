//! The terminal belongs to the command while it runs, as if it had been started without us.
//!
//! The command leads a process group of its own, so that all of it can be reached; a shell above us knows only ours. So
//! what the terminal does to the command's group we do to ourselves: suspended, we are suspended, and the shell has its
//! prompt; continued, we give the terminal to the command again and continue it. Where nobody above us could continue us,
//! as in a container, the system does not let a program be suspended from the terminal; then the command goes on at once.

use std::fs::File;
use std::io::{self, stdin};
use std::os::fd::{AsFd, OwnedFd};

use nix::sys::signal::{SigSet, Signal as Blocked};
use preflight_supervise::{Happened, Listener, Plumbing, Purpose, Service, Streams};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, getpgid, getpgrp, getpid, getppid, getsid, kill_process,
    kill_process_group, waitid,
};
use rustix::termios::{tcgetpgrp, tcsetpgrp};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::AbortHandle;

/// Several services cannot share what is typed: each is in a group of its own, and would be stopped for reading. They find
/// nothing to read instead. Other inputs than a terminal are theirs as they are.
pub(super) fn keep_from(plumbing: Box<dyn Plumbing>) -> Box<dyn Plumbing> {
    if tcgetpgrp(stdin()).is_ok() { Box::new(Apart(plumbing)) } else { plumbing }
}

struct Apart(Box<dyn Plumbing>);

impl Plumbing for Apart {
    fn connect(&mut self, service: &Service, purpose: Purpose) -> io::Result<Streams> {
        let mut streams = self.0.connect(service, purpose)?;
        if streams.input.is_none() {
            streams.input = Some(File::open("/dev/null")?.into());
        }
        Ok(streams)
    }
}

/// Gives the terminal to the process group of a service when it starts, and takes it back when it is dropped. Does
/// nothing where there is no terminal, or where it is not ours to give.
#[derive(Debug, Default)]
pub(super) struct Terminal {
    following: Option<(Pid, AbortHandle)>,
}

impl Listener for Terminal {
    fn hear(&mut self, _: &Service, happened: &Happened) {
        let Happened::Started { pid, .. } = happened else { return };
        let (Some(group), Some(terminal)) = (Pid::from_raw(*pid), controlling()) else { return };
        // In a pipe line, another one may read what is typed: then only a command that asks for the terminal has it.
        if tcgetpgrp(stdin()).is_ok() && give(&terminal, group) {
            // It may have read before it was its own, and been stopped for that.
            let _ = kill_process_group(group, Signal::CONT);
        }
        self.following = Some((group, tokio::spawn(follow(group, terminal)).abort_handle()));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let Some((command, following)) = self.following.take() else { return };
        following.abort();
        let Some(terminal) = controlling() else { return };
        if !tcgetpgrp(&terminal).is_ok_and(|front| front == command) {
            return;
        }
        // To take it from behind is what this signal is for, and it would stop us.
        let mut set = SigSet::empty();
        set.add(Blocked::SIGTTOU);
        if set.thread_block().is_ok() {
            let _ = tcsetpgrp(&terminal, getpgrp());
            let _ = set.thread_unblock();
        }
    }
}

/// Our terminal; not every container has `/dev/tty`.
fn controlling() -> Option<OwnedFd> {
    let by_name = File::options().read(true).write(true).open("/dev/tty").map(OwnedFd::from);
    by_name.or_else(|_| stdin().as_fd().try_clone_to_owned()).ok().filter(|one| tcgetpgrp(one).is_ok())
}

/// True when it was ours and is the group's now.
fn give(terminal: &OwnedFd, group: Pid) -> bool {
    tcgetpgrp(terminal).is_ok_and(|front| front == getpgrp()) && tcsetpgrp(terminal, group).is_ok()
}

/// Does with us what the terminal does with the command, until the command has ended.
async fn follow(command: Pid, terminal: OwnedFd) {
    let (Ok(mut children), Ok(mut continued)) =
        (signal(SignalKind::child()), signal(SignalKind::from_raw(Signal::CONT.as_raw())))
    else {
        return;
    };
    loop {
        // Only that it was stopped is asked for, and taken; how it ends is for who has started it.
        match waitid(WaitId::Pid(command), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG) {
            Ok(Some(status)) if is_of_terminal(status.stopping_signal()) => {
                let was_suspended = status.stopping_signal() == Some(Signal::TSTP.as_raw());
                let has_it_now = !was_suspended && give(&terminal, command);
                if !has_it_now && may_be_continued() {
                    let _ = kill_process(getpid(), Signal::STOP);
                    continued.recv().await;
                    give(&terminal, command);
                } else if !has_it_now && !was_suspended {
                    // Behind a terminal that is another one's, nobody can help it.
                    return;
                }
                let _ = kill_process_group(command, Signal::CONT);
            }
            Ok(_) => {}
            Err(_) => return,
        }
        if children.recv().await.is_none() {
            return;
        }
    }
}

/// Somebody who has stopped it in another way knows why.
fn is_of_terminal(signal: Option<i32>) -> bool {
    [Signal::TSTP, Signal::TTIN, Signal::TTOU].iter().any(|one| Some(one.as_raw()) == signal)
}

/// Whether there is a shell above us that has put us in a group of our own: what POSIX calls a group that is no orphan.
fn may_be_continued() -> bool {
    let Some(parent) = getppid() else { return false };
    let is_of_session = matches!((getsid(Some(parent)), getsid(None)), (Ok(one), Ok(other)) if one == other);
    is_of_session && getpgid(Some(parent)).is_ok_and(|group| group != getpgrp())
}
