//! The pump sleeps while nobody says anything. Alone in its program, so that every thread named `output` is this test's.
#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::{
    fs::{self, File},
    io::Write,
    thread,
    time::Duration,
};

use preflight_processes::Program;
use preflight_supervise::{
    Plumbing, Purpose, Service,
    output::{Destinations, Output, Settings},
};

#[test]
fn an_idle_pump_sleeps() {
    let nowhere = || File::options().write(true).open("/dev/null").unwrap().into();
    let output =
        Output::start(Settings::default(), Destinations { output: nowhere(), error: nowhere() }).unwrap();
    let mut tap = output.tap();
    let services: Vec<_> = (0..20)
        .map(|at| {
            let service = Service::new(format!("service-{at}"), Program::Direct(vec!["true".into()]));
            tap.connect(&service, Purpose::Run).unwrap()
        })
        .collect();
    let talks = services[7].output.as_ref().unwrap().try_clone().unwrap();
    File::from(talks).write_all(b"a line\nand a beginning").unwrap();
    // The beginning is written after its pause; from then on nothing is due.
    thread::sleep(Duration::from_millis(1500));
    let before = sleeps();
    assert!(before > 0);
    thread::sleep(Duration::from_secs(2));
    assert_eq!(sleeps(), before);
}

/// How often the pump has begun to sleep.
fn sleeps() -> u64 {
    fs::read_dir("/proc/self/task")
        .unwrap()
        .map(|task| task.unwrap().path())
        .filter(|task| fs::read_to_string(task.join("comm")).unwrap().trim() == "output")
        .map(|task| {
            let status = fs::read_to_string(task.join("status")).unwrap();
            let count =
                status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
            count.trim().parse::<u64>().unwrap()
        })
        .sum()
}
