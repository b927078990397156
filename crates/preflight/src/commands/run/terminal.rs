//! The terminal belongs to the command while it runs, as if it had been started without us.

use std::io::stdin;

use nix::sys::signal::{SigSet, Signal as Blocked};
use preflight_supervise::{Happened, Listener, Service};
use rustix::process::{Pid, Signal, getpgrp, kill_process_group};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

/// Gives the terminal to the process group of a service when it starts, and takes it back when it is dropped. Does
/// nothing where there is no terminal, or where it is not ours to give.
#[derive(Debug, Default)]
pub(super) struct Terminal {
    given: bool,
}

impl Listener for Terminal {
    fn hear(&mut self, _: &Service, happened: &Happened) {
        let Happened::Started { pid, .. } = happened else { return };
        let Some(group) = Pid::from_raw(*pid) else { return };
        let is_ours = tcgetpgrp(stdin()).is_ok_and(|front| front == getpgrp());
        if is_ours && tcsetpgrp(stdin(), group).is_ok() {
            self.given = true;
            // It may have read before it was its own, and been stopped for that.
            let _ = kill_process_group(group, Signal::CONT);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if !self.given {
            return;
        }
        // To take it from behind is what this signal is for, and it would stop us.
        let mut set = SigSet::empty();
        set.add(Blocked::SIGTTOU);
        if set.thread_block().is_ok() {
            let _ = tcsetpgrp(stdin(), getpgrp());
            let _ = set.thread_unblock();
        }
    }
}
