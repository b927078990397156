//! What is said of crontabs that change.

use std::io;

use super::changes::Change;
use super::reading::Reading;

/// So many jobs are told by their names.
const MOST: usize = 5;

/// The system does not tell of changes.
pub(super) fn unwatched(error: &io::Error) -> String {
    format!("changes of crontabs are looked for every minute, because: {error}")
}

/// What is wrong now and was not before, and what is good again; a line each.
pub(super) fn faults(before: &Reading, now: &Reading) -> Vec<String> {
    let mut said = Vec::new();
    for (path, of) in now.in_order() {
        let faults_before = before.files.get(path).map(|of| of.faults.clone()).unwrap_or_default();
        if of.faults == faults_before {
            continue;
        }
        said.extend(of.faults.iter().map(|fault| format!("FAIL run {fault}")));
        let path = path.display();
        said.push(match of.jobs.len() {
            _ if of.faults.is_empty() => format!("{path} can be read again"),
            0 => format!("{path} is not taken as it is now; no job of it is run"),
            1 => format!("{path} is not taken as it is now; its job stays as it was"),
            count => format!("{path} is not taken as it is now; its {count} jobs stay as they were"),
        });
    }
    said
}

/// What is not obeyed now and was not there before.
pub(super) fn notes(before: &Reading, now: &Reading) -> Vec<String> {
    let told = before.notes();
    now.notes().into_iter().filter(|note| !told.contains(note)).collect()
}

/// One line for all of them; `None` when nothing has changed.
pub(super) fn changes(changes: &[Change]) -> Option<String> {
    let kind = |what: &str, of: &dyn Fn(&Change) -> Option<String>| {
        let names: Vec<String> = changes.iter().filter_map(of).collect();
        let more = names.len().saturating_sub(MOST);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let told = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| format!("{} {what} ({told}{more})", names.len()))
    };
    let parts = [
        kind("new", &|change| match change {
            Change::Added(name) => Some(name.to_string()),
            _ => None,
        }),
        kind("new for the next start, being @reboot", &|change| match change {
            Change::AddedForStart(name) => Some(name.to_string()),
            _ => None,
        }),
        kind("changed", &|change| match change {
            Change::Altered(name) => Some(name.to_string()),
            _ => None,
        }),
        kind("gone", &|change| match change {
            Change::Removed(name) => Some(name.to_string()),
            Change::Left(name) => Some(format!("{name}, whose run goes on")),
            _ => None,
        }),
        kind("on another line", &|change| match change {
            Change::Moved { from, to } => Some(format!("{from} is {to}")),
            _ => None,
        }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("crontabs have changed, jobs: {}", parts.join("; ")))
}
