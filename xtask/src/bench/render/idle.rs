//! What a program that waits for changes holds and does while there are none.

use super::Program;
use super::consul::Consul;
use super::templates::Set;
use crate::bench::target::Verdict;
use crate::dist::mebibytes;
use crate::failure::Failure;
use std::time::Duration;

/// After the first rendering, until all connections are made.
const SETTLING: Duration = Duration::from_secs(3);
/// How long to watch.
const WATCHED: Duration = Duration::from_secs(30);
/// The most connections to Consul for a hundred keys; a service needs one more each, for Consul tells of one at a time.
const CONNECTIONS: usize = 3;

const HEAD: &str = "\
| idle, watching | program | connections | resident | at most | processor | wake-ups | target | |
|---|---|---|---|---|---|---|---|---|
";

/// One program with one set of templates.
pub(in crate::bench) struct Idle {
    title: &'static str,
    program: &'static str,
    connections: usize,
    resident: u64,
    peak: u64,
    /// In a minute.
    processor: Duration,
    /// In a minute.
    wakeups: u64,
    target: String,
    /// Of `preflight` only.
    pub(in crate::bench) verdict: Verdict,
}

/// Watches all programs with both templates of a hundred keys, at the same time.
///
/// # Errors
/// When a program does not write what it must.
pub(super) fn measure(programs: &[Program], consul: &Consul) -> Result<Vec<Idle>, Failure> {
    let sets = [(Set::hundred()?, Some(CONNECTIONS)), (Set::service()?, None)];
    let mut daemons = Vec::new();
    for (set, limit) in &sets {
        for program in programs {
            let limit = limit.filter(|_| program.name != super::PEER);
            daemons.push((set.title, program.name, limit, program.start(set, consul)?));
        }
    }
    std::thread::sleep(SETTLING);
    let before = daemons.iter().map(|(.., daemon)| daemon.usage()).collect::<Result<Vec<_>, _>>()?;
    std::thread::sleep(WATCHED);
    let idle = daemons.iter().zip(before).map(|((title, program, limit, daemon), before)| {
        let after = daemon.usage()?;
        let connections = daemon.connections(consul.port)?;
        let (resident, peak) = daemon.memory()?;
        let judge = |limit| if connections <= limit { Verdict::Met } else { Verdict::Missed };
        Ok(Idle {
            title,
            program,
            connections,
            resident,
            peak,
            processor: after.processor.saturating_sub(before.processor) * 2,
            wakeups: after.wakeups.saturating_sub(before.wakeups) * 2,
            target: limit.map(|limit| format!("≤ {limit} connections")).unwrap_or_default(),
            verdict: limit.map_or(Verdict::None, judge),
        })
    });
    idle.collect()
}

/// The figures as a table of their own; nothing where nothing was measured.
pub(in crate::bench) fn markdown(rows: &[Idle]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let lines: String = rows.iter().map(line).collect();
    format!("\n{HEAD}{lines}")
}

fn line(idle: &Idle) -> String {
    let Idle { title, program, connections, wakeups, target, verdict, .. } = idle;
    let (resident, peak) = (mebibytes(idle.resident), mebibytes(idle.peak));
    let processor = idle.processor.as_secs_f64() * 1000.0;
    format!(
        "| {title} | {program} | {connections} | {resident:.1} MiB | {peak:.1} MiB | {processor:.1} ms/min | {wakeups}/min | {target} | {verdict} |\n"
    )
}
