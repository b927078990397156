//! What becomes of jobs when crontabs change: which is the same one, which is new, which is gone. Pure.

use std::collections::BTreeSet;

use preflight_supervise::Name;

use super::job::Job;

/// A job by its name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) name: Name,
    pub(super) job: Job,
    pub(super) standing: Standing,
}

impl Line {
    /// When its run has ended, more is to be done.
    pub(super) fn waits(&self) -> bool {
        let is_misnamed = || self.job.names().next().is_some_and(|best| best != self.name);
        self.standing == Standing::Leaving || (!self.job.is_at_start() && is_misnamed())
    }
}

/// What becomes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It runs when it is due.
    Kept,
    /// It is in no crontab any more, and a run of it goes on.
    Leaving,
    /// It came later and is for the start: it is not run before the next one.
    NextStart,
}

/// Something that has become of a job, which has this name now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Change {
    /// It is new.
    Added(Name),
    /// It is new, and for the start.
    AddedForStart(Name),
    /// It is gone.
    Removed(Name),
    /// It is gone, and a run of it goes on.
    Left(Name),
    /// It runs at other times, or in another way.
    Altered(Name),
    /// It has another name: its line is another.
    Moved {
        /// The name that it had.
        from: Name,
        /// And has now.
        to: Name,
    },
}

/// Nobody touches a run: who is running keeps its name until it has ended. `is_foreign`: somebody else has that name.
pub(super) fn settle(
    lines: Vec<Line>,
    wanted: Vec<Job>,
    is_running: &dyn Fn(&Name) -> bool,
    is_foreign: &dyn Fn(&Name) -> bool,
) -> (Vec<Line>, Vec<Change>) {
    let (pairs, left) = pair(lines, wanted, is_running);
    let (mut changes, mut settled) = (Vec::new(), Vec::new());
    let mut taken = BTreeSet::new();
    for line in left {
        if line.standing == Standing::NextStart || !is_running(&line.name) {
            changes.push(Change::Removed(line.name));
            continue;
        }
        if line.standing == Standing::Kept {
            changes.push(Change::Left(line.name.clone()));
        }
        taken.insert(line.name.clone());
        settled.push(Line { standing: Standing::Leaving, ..line });
    }
    let stays = |line: &Line| line.job.is_at_start() || is_running(&line.name);
    let staying = pairs.iter().filter_map(|(_, line)| line.as_ref()).filter(|line| stays(line));
    taken.extend(staying.map(|line| line.name.clone()));
    for (job, before) in pairs {
        let free = |name: &Name| !taken.contains(name) && !is_foreign(name);
        let name = match &before {
            Some(line) if stays(line) => line.name.clone(),
            _ => job.names().find(free).unwrap_or_else(|| job.place().into()),
        };
        taken.insert(name.clone());
        let (change, standing) = become_of(&job, before.as_ref(), &name);
        changes.extend(change);
        settled.push(Line { name, job, standing });
    }
    (settled, changes)
}

fn become_of(job: &Job, before: Option<&Line>, name: &Name) -> (Vec<Change>, Standing) {
    let name = name.clone();
    let Some(line) = before else {
        return if job.is_at_start() {
            (vec![Change::AddedForStart(name)], Standing::NextStart)
        } else {
            (vec![Change::Added(name)], Standing::Kept)
        };
    };
    let mut changes = Vec::new();
    if line.name != name {
        changes.push(Change::Moved { from: line.name.clone(), to: name.clone() });
    }
    if !job.is_as(&line.job) || line.standing == Standing::Leaving {
        changes.push(Change::Altered(name));
    }
    let standing = if line.standing == Standing::NextStart { Standing::NextStart } else { Standing::Kept };
    (changes, standing)
}

/// Whether a job is what a line was.
type Rule<'a> = &'a dyn Fn(&Job, &Line) -> bool;

type Pairs = Vec<(Job, Option<Line>)>;

/// What is wanted with what there was of it, and what is left of that.
fn pair(lines: Vec<Line>, wanted: Vec<Job>, is_running: &dyn Fn(&Name) -> bool) -> (Pairs, Vec<Line>) {
    let mut left: Vec<Option<Line>> = lines.into_iter().map(Some).collect();
    let mut pairs: Pairs = wanted.into_iter().map(|job| (job, None)).collect();
    let is_timed = |job: &Job, line: &Line| !job.is_at_start() && !line.job.is_at_start();
    let rules: [Rule<'_>; 4] = [
        &|job, line| job.is_as(&line.job) && job.is_in_place_of(&line.job),
        &|job, line| job.is_as(&line.job),
        // Two runs of it must not go on at once, though its times are others.
        &|job, line| is_timed(job, line) && job.does_as(&line.job),
        &|job, line| is_timed(job, line) && job.is_in_place_of(&line.job) && !is_running(&line.name),
    ];
    for rule in rules {
        for (job, before) in pairs.iter_mut().filter(|(_, before)| before.is_none()) {
            let same = left.iter_mut().find(|line| line.as_ref().is_some_and(|line| rule(job, line)));
            *before = same.and_then(Option::take);
        }
    }
    (pairs, left.into_iter().flatten().collect())
}
