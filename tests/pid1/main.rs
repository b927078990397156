//! `preflight run` as process 1 of a real container: codes, signals, orphans, shutdown, small machines.
//!
//! A story is data, in `stories/*.yaml`; see [`story::Story`] for its form. What does not fit into that form is a module
//! here. Containers are started by `runc` itself: one takes less than a tenth of a second.

mod codes;
mod container;
mod crash_loop;
#[path = "../container/left_out.rs"]
mod left_out;
mod machine;
mod moments;
mod orphans;
mod plan;
mod processes;
mod readers;
mod root;
mod story;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::story::Story;

/// Stories wait most of the time.
const AT_ONCE: usize = 6;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let is_left_out = left_out::any_of(&["container"]).is_some();
    container::adopt();
    let mut trials: Vec<Trial> =
        files().into_iter().flat_map(|(kind, stories)| told(&kind, stories)).collect();
    trials.extend(codes::trials());
    trials.extend(crash_loop::trials());
    trials.extend(moments::trials());
    trials.extend(orphans::trials());
    trials.extend(readers::trials());
    let trials = if is_left_out {
        trials.into_iter().map(|trial| trial.with_ignored_flag(true)).collect()
    } else {
        trials
    };
    let conclusion = libtest_mimic::run(&arguments, trials);
    container::remove_root();
    conclusion.exit_code()
}

fn files() -> Vec<(String, Vec<Story>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/pid1/stories");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let kind = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().map(|path| (kind(path), story::load(path))).collect()
}

fn told(kind: &str, stories: Vec<Story>) -> Vec<Trial> {
    let trial = |story: Story| {
        let lacks = story.machine.lacks();
        if let Some(lacks) = lacks {
            eprintln!("skipped, for want of {lacks}: {}", story.name);
        }
        test(format!("{kind}: {}", story.name), move || story.play()).with_ignored_flag(lacks.is_some())
    };
    stories.into_iter().map(trial).collect()
}

/// A test that fails when it panics.
fn test(name: impl Into<String>, play: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || -> Result<(), Failed> {
        play();
        Ok(())
    })
}
