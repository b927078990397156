//! Every state a status can tell, and every command: both programs print, send and exit the same.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use preflight_supervise::directories::status::{State, Want};

use super::{
    Said, Sv, alone, is_installed,
    place::{Case, Place},
};

/// Those that wait for different things.
const WAITING: &[&str] = &[
    "up",
    "down",
    "once",
    "pause",
    "cont",
    "term",
    "exit",
    "check",
    "reload",
    "restart",
    "try-restart",
    "force-stop",
    "force-reload",
    "force-restart",
];
const ALL: &[&str] = &[
    "status",
    "up",
    "down",
    "once",
    "pause",
    "cont",
    "hup",
    "alarm",
    "interrupt",
    "quit",
    "1",
    "2",
    "term",
    "kill",
    "exit",
    "x",
    "c",
    "s",
    "t",
];
/// Most of the time is spent in waiting.
const AT_ONCE: usize = 96;

#[test]
fn both_agree_on_every_state_they_can_wait_for() {
    let waiting = |case: Case| WAITING.iter().map(move |command| (case, vec!["-w", "0", command]));
    let plain = cases(&[None]).into_iter().flat_map(waiting);
    let checked = cases(&[Some(0), Some(1)])
        .into_iter()
        .filter(|case| !case.paused && !case.termed && !case.down_file)
        .flat_map(|case| ["up", "term", "check", "restart"].map(|command| (case, vec!["-w", "0", command])));
    compare(plain.chain(checked).collect());
}

#[test]
fn both_agree_on_every_command_that_does_not_wait() {
    let plain = |case: Case| ALL.iter().map(move |command| (case, vec![*command]));
    compare(cases(&[None]).into_iter().flat_map(plain).collect());
}

fn cases(checks: &[Option<i32>]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &check in checks {
        for state in [State::Down, State::Run, State::Finish] {
            for flags in 0..32_u32 {
                let is_set = |bit: u32| flags & (1 << bit) != 0;
                // A `down` file changes nothing but the text: half of the flags are enough with it.
                if is_set(4) && is_set(0) {
                    continue;
                }
                cases.push(Case {
                    state,
                    want: if is_set(1) { Want::Up } else { Want::Down },
                    paused: is_set(2),
                    termed: is_set(3),
                    is_new: is_set(0),
                    down_file: is_set(4),
                    check,
                });
            }
        }
    }
    cases
}

fn compare(work: Vec<(Case, Vec<&str>)>) {
    if !is_installed() {
        return;
    }
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let (next, differences) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((case, words)) = work.get(at) else { return };
                    let outcomes = [Sv::Runit, Sv::Ours].map(|whose| {
                        let place = Place::new(folder.path().join(format!("{at}-{whose:?}")), case);
                        outcome(whose, place, words)
                    });
                    if outcomes[0] != outcomes[1] {
                        differences.lock().unwrap().push(format!("{case:?} {words:?}: {outcomes:?}"));
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(
        differences.is_empty(),
        "{} of {} differ:\n{}",
        differences.len(),
        work.len(),
        differences.join("\n")
    );
}

fn outcome(whose: Sv, mut place: Place, words: &[&str]) -> (Said, String) {
    let folder = place.folder().to_str().unwrap().to_owned();
    let words: Vec<&str> = words.iter().copied().chain([folder.as_str()]).collect();
    let (text, code) = whose.say(&words);
    ((text.replace(&folder, "S"), code), place.letters())
}
