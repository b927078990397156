//! How soon a change in Consul is in the file, when no `wait` is set.

use super::consul::Consul;
use super::templates::{self, Set};
use super::{PEER, Program};
use crate::bench::measure::{Sample, Summary};
use crate::bench::table::{Row, rows_of};
use crate::bench::target::Target;
use crate::failure::Failure;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// The programs take turns; this many each.
const TURNS: u32 = 5;
/// The fewest changes that a median is taken of.
const FEWEST: u32 = 50;
/// Between two changes: consul-template rests for 100 ms after each.
const REST: Duration = Duration::from_millis(200);
/// How long to sleep between two looks at the file.
const LOOK: Duration = Duration::from_micros(100);
/// How long a change may take at all.
const LIMIT: Duration = Duration::from_secs(20);

/// What one change took until it was in the file.
struct Change {
    /// From the moment before Consul was asked to take it.
    from_request: Duration,
    /// From Consul's answer that it was taken; nothing where the file was faster than the answer.
    from_answer: Duration,
}

/// Measures every program, the same number of changes each.
///
/// # Errors
/// When a program does not write what it must.
pub(super) fn measure(programs: &[Program], consul: &Consul, runs: u32) -> Result<Vec<Row>, Failure> {
    let set = Set::hundred()?;
    let each = runs.max(FEWEST).div_ceil(TURNS);
    let mut changes: Vec<Vec<Change>> = programs.iter().map(|_| Vec::new()).collect();
    for turn in 0..TURNS {
        for (program, changes) in programs.iter().zip(&mut changes) {
            let _running = program.start(&set, consul)?;
            std::thread::sleep(REST);
            let file = set.destinations(program.name).remove(0);
            for number in 0..each {
                let value = format!("{} {turn} {number}", program.name);
                changes.push(change(consul, &file, number, &value)?);
                // Not in step with anything that happens at regular intervals.
                std::thread::sleep(REST + Duration::from_micros(fastrand::u64(0..50_000)));
            }
        }
    }
    let names: Vec<&'static str> = programs.iter().map(|program| program.name).collect();
    let summaries = |duration: fn(&Change) -> Duration| -> Vec<Summary> {
        let sample = |change| Sample { elapsed: duration(change), peak: None };
        changes.iter().map(|changes| Summary::of(&changes.iter().map(sample).collect::<Vec<_>>())).collect()
    };
    let target = Target::Under(Duration::from_millis(10));
    let mut rows = rows_of(
        "a change, from Consul's answer to the file",
        target,
        &names,
        &summaries(|change| change.from_answer),
    );
    rows.extend(rows_of(
        "a change, from the request to Consul to the file",
        Target::Nothing,
        &names,
        &summaries(|change| change.from_request),
    ));
    Ok(rows)
}

/// Changes a key and waits for its value in the file.
fn change(consul: &Consul, file: &Path, number: u32, value: &str) -> Result<Change, Failure> {
    let key = templates::hundredth(number as usize % 100);
    std::thread::scope(|scope| {
        let began = Instant::now();
        let asking = scope.spawn(|| consul.put(&key, value).map(|()| Instant::now()));
        let seen = until_in_file(file, value)?;
        let panicked = Failure::Panicked { server: "consul".to_owned() };
        let answered = asking.join().unwrap_or(Err(panicked))?;
        Ok(Change { from_request: seen - began, from_answer: seen.saturating_duration_since(answered) })
    })
}

fn until_in_file(file: &Path, value: &str) -> Result<Instant, Failure> {
    let began = Instant::now();
    while began.elapsed() < LIMIT {
        let text = fs::read(file).map_err(Failure::io("read", file.display()))?;
        if text.windows(value.len()).any(|part| part == value.as_bytes()) {
            return Ok(Instant::now());
        }
        std::thread::sleep(LOOK);
    }
    let last = format!("{} is as it was", file.display());
    Err(Failure::NotReady { server: PEER.to_owned(), limit: LIMIT, last })
}
