//! Exit codes: every one of them, and every signal that ends a program.

use libtest_mimic::Trial;

use crate::plan::Plan;
use crate::test;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("codes: each of 0 to 255 is that of the command", every_code),
        test("codes: each signal that ends a program is 128 and its number", every_signal),
        test("codes: a sample of them through a container's own first process", a_sample),
    ]
}

/// Each one is process 1 of a name space of its own, all in one container; those that differ are listed.
fn all_of(commands: &str, said: &str) {
    let script = format!(
        "first() {{ unshare --pid --fork --mount-proc /preflight run -- \"$@\" >/dev/null 2>&1; }}
        {commands}
        echo {said}"
    );
    let plan = Plan::of(&["bash", "-c", &script]).machine(|machine| machine.powerful = true);
    let mut container = plan.start();
    assert_eq!(container.ends(), 0, "{}", container.said());
    assert_eq!(container.said(), format!("{said}\n"));
}

fn every_code() {
    all_of(
        "look() { first sh -c \"exit $1\"; code=$?; [ $code = $1 ] || echo $1 became $code; }
        for code in $(seq 0 2 254); do look $code; done & for code in $(seq 1 2 255); do look $code; done; wait",
        "all-codes-seen",
    );
}

/// Those of `signal(7)` whose default is to end the program, and those for real time.
fn every_signal() {
    all_of(
        "for number in $(seq 1 16) $(seq 24 27) 29 30 31 $(seq 34 64); do
            first perl -e '$SIG{$_} = \"DEFAULT\" for qw(PIPE FPE); kill shift, $$; sleep 60' $number; code=$?
            [ $code = $((128 + number)) ] || echo signal $number became $code
        done",
        "all-signals-seen",
    );
}

fn a_sample() {
    for (script, code) in [("exit 0", 0), ("exit 255", 255), ("kill -KILL $$", 137), ("kill -SEGV $$", 139)] {
        let mut container = Plan::preflight(&["run", "--", "sh", "-c", script]).start();
        assert_eq!(container.ends(), code, "{script}: {}", container.said());
    }
}
