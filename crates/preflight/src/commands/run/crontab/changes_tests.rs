//! Which job is which when a crontab changes.

use preflight_supervise::Name;
use preflight_supervise::cron::{CrontabKind, parse_crontab};

use super::super::accounts::Accounts;
use super::changes::{Change, Line, Standing, settle};
use super::job::Job;
use super::words;

fn jobs(text: &str) -> Vec<Job> {
    let crontab = parse_crontab("jobs", text.as_bytes(), CrontabKind::User, &|_| true).expect("good");
    let accounts = Accounts::new(String::new(), String::new());
    Job::all_of("jobs".as_ref(), crontab, &accounts).expect("good")
}

/// A crontab that changes, and who runs.
struct Story {
    lines: Vec<Line>,
    running: Vec<&'static str>,
}

impl Story {
    fn new(text: &str, running: &[&'static str]) -> Self {
        let (lines, _) = settle(Vec::new(), jobs(text), &|_| false, &|_| false);
        let lines = lines.into_iter().map(|line| Line { standing: Standing::Kept, ..line }).collect();
        Self { lines, running: running.to_vec() }
    }

    fn becomes(&mut self, text: &str) -> Vec<Change> {
        let is_running = |name: &Name| self.running.contains(&&**name);
        let (lines, changes) = settle(std::mem::take(&mut self.lines), jobs(text), &is_running, &|_| false);
        self.lines = lines;
        changes
    }

    fn said(&mut self, text: &str) -> String {
        words::changes(&self.becomes(text)).unwrap_or_default()
    }
}

fn moved(from: &str, to: &str) -> Change {
    Change::Moved { from: from.into(), to: to.into() }
}

#[test]
fn what_stays_the_same_is_left_alone() {
    let text = "1 * * * * a\n2 * * * * b\n";
    let mut story = Story::new(text, &["jobs:1"]);
    assert_eq!(story.becomes(text), []);
    assert_eq!(story.becomes("1 * * * *   a\n2 * * * * b\n# a comment\n"), []);
}

#[test]
fn new_gone_and_changed_are_told_apart() {
    let mut story = Story::new("1 * * * * a\n2 * * * * b\n3 * * * * c\n", &[]);
    let changes = story.becomes("9 * * * * a\n2 * * * * other\n\n4 * * * * d\n");
    assert_eq!(
        changes,
        [
            Change::Removed("jobs:3".into()),
            Change::Altered("jobs:1".into()),
            Change::Altered("jobs:2".into()),
            Change::Added("jobs:4".into())
        ]
    );
    let said = "crontabs have changed, jobs: 1 new (jobs:4); 2 changed (jobs:1, jobs:2); 1 gone (jobs:3)";
    assert_eq!(words::changes(&changes).as_deref(), Some(said));
}

#[test]
fn a_line_above_moves_all_that_follow() {
    let mut story = Story::new("1 * * * * a\n2 * * * * b\n", &[]);
    assert_eq!(
        story.becomes("0 * * * * first\n1 * * * * a\n2 * * * * b\n"),
        [Change::Added("jobs:1".into()), moved("jobs:1", "jobs:2"), moved("jobs:2", "jobs:3")]
    );
}

#[test]
fn who_runs_keeps_its_name_until_it_has_ended() {
    let mut story = Story::new("1 * * * * a\n2 * * * * b\n", &["jobs:1"]);
    let text = "0 * * * * first\n1 * * * * a\n2 * * * * b\n";
    assert_eq!(story.becomes(text), [Change::Added("jobs:1#2".into()), moved("jobs:2", "jobs:3")]);
    assert!(story.lines.iter().any(Line::waits));
    assert_eq!(story.becomes(text), []);
    story.running.clear();
    assert_eq!(story.becomes(text), [moved("jobs:1#2", "jobs:1"), moved("jobs:1", "jobs:2")]);
    assert!(!story.lines.iter().any(Line::waits));
}

#[test]
fn who_runs_and_is_gone_ends_by_itself() {
    let mut story = Story::new("1 * * * * a\n", &["jobs:1"]);
    assert_eq!(
        story.said("5 * * * * b\n"),
        "crontabs have changed, jobs: 1 new (jobs:1#2); 1 gone (jobs:1, whose run goes on)"
    );
    assert_eq!(story.becomes("5 * * * * b\n"), []);
    story.running.clear();
    let ended = [Change::Removed("jobs:1".into()), moved("jobs:1#2", "jobs:1")];
    assert_eq!(story.becomes("5 * * * * b\n"), ended);
}

#[test]
fn who_runs_is_the_same_job_at_other_times_and_when_it_comes_back() {
    let mut story = Story::new("1 * * * * a\n", &["jobs:1"]);
    assert_eq!(story.becomes("\n7 * * * * a\n"), [Change::Altered("jobs:1".into())]);
    assert_eq!(story.becomes("\n"), [Change::Left("jobs:1".into())]);
    assert_eq!(story.becomes("7 * * * * a\n"), [Change::Altered("jobs:1".into())]);
}

#[test]
fn a_job_for_the_start_is_not_run_for_coming_later_nor_again_for_moving() {
    let mut story = Story::new("@reboot old\n", &[]);
    let text = "@reboot new\n@reboot old\n";
    assert_eq!(story.becomes(text), [Change::AddedForStart("jobs:1#2".into())]);
    assert_eq!(story.becomes(text), []);
    assert_eq!(story.becomes("@reboot old\n"), [Change::Removed("jobs:1#2".into())]);
    assert_eq!(story.becomes("1 * * * * old\n").len(), 2, "it has run, and will run at its times");
}

#[test]
fn many_are_counted() {
    let lines = |count: usize| (0..count).fold(String::new(), |text, _| text + "1 * * * * a\n");
    let said = Story::new("", &[]).said(&lines(7));
    assert_eq!(
        said,
        "crontabs have changed, jobs: 7 new (jobs:1, jobs:2, jobs:3, jobs:4, jobs:5 and 2 more)"
    );
}
