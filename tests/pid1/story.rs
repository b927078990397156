//! The form of a story, and how it is played.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde::Deserialize;

use crate::container::Container;
use crate::machine::Machine;
use crate::plan::{Plan, Reader};
use crate::processes::Seen;

/// What runs in a container, what is done to it, and how it must end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Story {
    /// The rule that it shows.
    pub(crate) name: String,
    /// What the container is allowed.
    #[serde(default)]
    pub(crate) machine: Machine,
    /// Arguments of `preflight run` before the command.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// The command.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    /// In its place, a script for `sh -c`.
    pub(crate) shell: Option<String>,
    /// In its place, the contract below its organization and team.
    pub(crate) contract: Option<String>,
    /// Files below the working folder; what begins with `#!` is a script.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// `preflight run` is not the first process: that is this script, which says `run "$@" &`, or what comes to the same.
    pub(crate) below: Option<String>,
    /// Standard output leads there.
    #[serde(default)]
    pub(crate) output: To,
    /// Standard error leads there.
    #[serde(default)]
    pub(crate) error: To,
    /// In this order.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    pub(crate) exit: i32,
    /// From the last step to the end, it takes at most so many seconds: a generous promise.
    pub(crate) within: Option<f64>,
    /// And at least so many.
    pub(crate) not_before: Option<f64>,
    /// Fragments of what is said on both streams.
    #[serde(default)]
    pub(crate) says: Vec<String>,
    /// Fragments that must not be there.
    #[serde(default)]
    pub(crate) never: Vec<String>,
    /// Fragments, and how often they are there at least and at most.
    #[serde(default)]
    pub(crate) counts: BTreeMap<String, (usize, usize)>,
    /// Files that must be there in the end, and what stands in them.
    #[serde(default)]
    pub(crate) leaves: BTreeMap<String, String>,
}

/// Where a stream leads.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum To {
    /// A reader that takes all.
    #[default]
    Reader,
    /// A reader that takes nothing.
    Nobody,
    /// A pipe that is closed at the other end.
    Closed,
    /// A disk that is full.
    FullDisk,
}

/// Something that is done, or waited for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    /// Wait until it was said.
    Says(String),
    /// Wait until it was said that often.
    SaysTimes(String, usize),
    /// Wait for a file in the working folder with a whole line.
    File(String),
    /// Wait until so many processes of this name are there at least; with 0, until none is.
    Running(String, usize),
    /// Wait until no process of this name is suspended.
    GoesOn(String),
    /// Wait until no more than so many dead processes are left unreaped.
    Dead(usize),
    /// Wait until the first process catches this signal.
    Catches(String),
    /// Send it to the first process.
    Signal(String),
    /// Let so many seconds pass.
    Pause(f64),
    /// Make an empty file in the working folder.
    Touch(String),
    /// On the terminal.
    Type(String),
}

/// A file of stories.
pub(crate) fn load(path: &Path) -> Vec<Story> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Story {
    /// Plays it; panics where it goes another way.
    pub(crate) fn play(&self) {
        let mut container = self.plan().start();
        self.steps.iter().for_each(|step| step.take(&mut container));
        let asked = Instant::now();
        let code = container.ends();
        let took = asked.elapsed();
        let said = container.said();
        assert_eq!(code, self.exit, "its code after {took:?}; it said:\n{said}");
        let is_late = self.within.is_some_and(|within| took > Duration::from_secs_f64(within));
        let is_early = self.not_before.is_some_and(|least| took < Duration::from_secs_f64(least));
        assert!(!is_late && !is_early, "it took {took:?}; it said:\n{said}");
        self.compare(&container, &said);
    }

    fn compare(&self, container: &Container, said: &str) {
        for fragment in &self.says {
            assert!(said.contains(fragment), "it did not say {fragment:?}, but:\n{said}");
        }
        for fragment in &self.never {
            assert!(!said.contains(fragment), "it said {fragment:?}:\n{said}");
        }
        for (fragment, (least, most)) in &self.counts {
            let times = said.matches(fragment.as_str()).count();
            assert!((*least..=*most).contains(&times), "{fragment:?} {times} times:\n{said}");
        }
        for (name, text) in &self.leaves {
            let left = std::fs::read_to_string(container.path(name)).unwrap_or_default();
            assert_eq!(&left, text, "in {name}; it said:\n{said}");
        }
    }

    fn plan(&self) -> Plan {
        let run: Vec<&str> = ["run"].into_iter().chain(self.words()).collect();
        let plan = match &self.below {
            None => Plan::preflight(&run),
            Some(script) => {
                let script = format!("run() {{ exec /preflight run \"$@\"; }}\n{script}");
                Plan::of(&[&["sh", "-c", &script, "sh"], &run[1..]].concat())
            }
        };
        let mut plan = plan.machine(|machine| *machine = self.machine.clone());
        (plan.output, plan.error) = (self.output.reader(), self.error.reader());
        let head = "organization: MyCompanyName\nteam: DevOps\n";
        let contract = self.contract.iter().map(|body| ("preflight.yaml", format!("{head}{body}")));
        let files = self.files.iter().map(|(name, text)| (name.as_str(), text.clone())).chain(contract);
        files.fold(plan, |plan, (name, text)| plan.file(name, &text))
    }

    fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> = self.options.iter().map(String::as_str).collect();
        if !self.command.is_empty() || self.shell.is_some() {
            words.push("--");
        }
        words.extend(self.command.iter().map(String::as_str));
        words.extend(self.shell.iter().flat_map(|script| ["sh", "-c", script]));
        words
    }
}

impl To {
    fn reader(self) -> Reader {
        match self {
            Self::Reader => Reader::Quick,
            Self::Nobody => Reader::Absent,
            Self::Closed => Reader::Gone,
            Self::FullDisk => Reader::Full,
        }
    }
}

impl Step {
    fn take(&self, container: &mut Container) {
        match self {
            Self::Says(text) => container.wait_for(text),
            Self::SaysTimes(text, times) => container.wait_for_times(text, *times),
            Self::File(name) => drop(container.wait_for_file(name)),
            Self::Running(name, wanted) => {
                let count = || container.processes().iter().filter(|seen| seen.name == *name).count();
                container.wait_until(name, || if *wanted == 0 { count() == 0 } else { count() >= *wanted });
            }
            Self::GoesOn(name) => {
                let is_suspended = |seen: &Seen| seen.name == *name && seen.is_suspended;
                container.wait_until(name, || !container.processes().iter().any(is_suspended));
            }
            Self::Dead(most) => {
                let count = || container.processes().iter().filter(|seen| seen.is_dead).count();
                container.wait_until("the dead are reaped", || count() <= *most);
            }
            Self::Catches(name) => container.wait_until_caught(signal(name)),
            Self::Signal(name) => container.signal(signal(name)),
            Self::Pause(seconds) => std::thread::sleep(Duration::from_secs_f64(*seconds)),
            Self::Touch(name) => drop(File::create(container.path(name)).expect("a new file")),
            Self::Type(text) => container.type_in(text),
        }
    }
}

/// By the name that `kill -l` has for it.
fn signal(name: &str) -> Signal {
    match name {
        "HUP" => Signal::HUP,
        "INT" => Signal::INT,
        "QUIT" => Signal::QUIT,
        "KILL" => Signal::KILL,
        "USR1" => Signal::USR1,
        "USR2" => Signal::USR2,
        "TERM" => Signal::TERM,
        "WINCH" => Signal::WINCH,
        "CONT" => Signal::CONT,
        other => panic!("stories do not send {other}"),
    }
}
