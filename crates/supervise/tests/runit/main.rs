//! Held against the real runit: its `sv` and ours say the same of the same files and send the same letters; our `sv`
//! drives its `runsv`, and its `sv` drives what we look after. Numbers of processes and seconds are masked.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod boot;
mod directories;
mod live;
mod place;
mod states;
mod supervisors;

use std::{
    ffi::OsString,
    path::Path,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use preflight_supervise::directories::client::{Order, run};

/// Whose `sv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sv {
    Runit,
    Ours,
}

/// What was printed, with numbers masked, and the exit code.
type Said = (String, i32);

impl Sv {
    /// Runs one command line; `<N>` stands for any number.
    fn say(self, words: &[&str]) -> Said {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let (text, code) = match self {
            Self::Runit => {
                let output = Command::new("sv").args(&words).env_remove("SVWAIT").output().unwrap();
                (output.stdout, output.status.code().unwrap())
            }
            Self::Ours => {
                let mut text = Vec::new();
                let order = Order::parse(&words, |_| None).unwrap();
                let code = run(&order, &mut text).unwrap();
                (text, code.into())
            }
        };
        (masked(&String::from_utf8(text).unwrap()), code)
    }
}

/// `(pid 12) 3s` becomes `(pid N) Ns`.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for letter in text.chars() {
        match letter {
            '0'..='9' if masked.ends_with('N') => {}
            '0'..='9' if masked.ends_with([' ', 'N']) => masked.push('N'),
            other => masked.push(other),
        }
    }
    masked
}

/// Without runit on this machine there is nothing to be held against.
fn is_installed() -> bool {
    let is_there = Path::new("/usr/bin/runsv").exists() && Path::new("/usr/bin/sv").exists();
    if !is_there {
        let left_out = std::env::var("PREFLIGHT_TEST_WITHOUT").unwrap_or_default();
        let is_needed = std::env::var_os("PREFLIGHT_TEST_SERVERS").is_some();
        let is_left_out = left_out.split(',').any(|name| name == "runit");
        assert!(
            !is_needed || is_left_out,
            "runit is not installed: apt-get install runit, or --without runit"
        );
        eprintln!("skipped: runit is not installed");
    }
    is_there
}

/// Tests that start hundreds of processes, and those that count in tenths of a second, do not run beside each other.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}
