//! A reader of our output that comes late.

use libtest_mimic::Trial;

use crate::plan::{Plan, Reader};
use crate::test;

/// More than all pipes between the service and the reader can hold.
const LINES: usize = 20_000;

pub(crate) fn trials() -> Vec<Trial> {
    vec![test("streams: nothing is lost when the reader comes late, and the order is kept", late)]
}

fn late() {
    let script = format!("#!/bin/sh\nseq -f 'line %.0f.' {LINES}; echo end >end\n");
    let contract = "organization: A\nteam: B\nservices:\n  web: { command: ./says, once: true }\n";
    let mut plan = Plan::preflight(&["run"]).file("says", &script).file("preflight.yaml", contract);
    (plan.output, plan.error) = (Reader::Absent, Reader::Absent);
    let mut container = plan.start();
    container.wait_until("it has begun", || container.processes().iter().any(|seen| seen.name == "seq"));
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(!container.path("end").exists(), "somebody holds everything that was said");
    container.read();
    assert_eq!(container.ends(), 0, "{}", container.said());
    let said = container.said();
    let numbers =
        said.split("[web] line ").skip(1).map(|rest| rest.split_once('.').expect("whole").0.parse());
    let numbers: Vec<usize> = numbers.map(|number| number.expect("a number")).collect();
    assert!(numbers.iter().copied().eq(1..=LINES), "{} lines", numbers.len());
}
