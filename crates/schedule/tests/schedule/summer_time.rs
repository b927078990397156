//! Clocks that are put forward and back. In New York 2026: forward on 8 March at 2:00, back on 1 November at 2:00.

use crate::dues;

const YORK: &str = "America/New_York";

#[test]
fn a_fixed_time_that_is_skipped_is_due_when_the_skipping_is_over() {
    assert_eq!(
        dues("30 2 * * *", YORK, "2026-03-07T12:00:00Z", 2),
        ["2026-03-08 03:00 EDT", "2026-03-09 02:30 EDT"]
    );
    // Several hours do not make it follow the clock, and several skipped times are one.
    assert_eq!(
        dues("10,40 2,14 * * *", YORK, "2026-03-08T05:00:00Z", 3),
        ["2026-03-08 03:00 EDT", "2026-03-08 14:10 EDT", "2026-03-08 14:40 EDT"]
    );
}

#[test]
fn a_fixed_time_that_comes_twice_is_due_once() {
    assert_eq!(
        dues("30 1 * * *", YORK, "2026-10-31T12:00:00Z", 2),
        ["2026-11-01 01:30 EDT", "2026-11-02 01:30 EST"]
    );
}

#[test]
fn what_follows_the_clock_skips_and_repeats_with_it() {
    assert_eq!(
        dues("30 * * * *", YORK, "2026-03-08T06:00:00Z", 2),
        ["2026-03-08 01:30 EST", "2026-03-08 03:30 EDT"]
    );
    assert_eq!(
        dues("*/30 1 * * *", YORK, "2026-11-01T04:59:00Z", 5),
        [
            "2026-11-01 01:00 EDT",
            "2026-11-01 01:30 EDT",
            "2026-11-01 01:00 EST",
            "2026-11-01 01:30 EST",
            "2026-11-02 01:00 EST"
        ]
    );
    assert_eq!(dues("*/30 2 * * *", YORK, "2026-03-08T00:00:00Z", 1), ["2026-03-09 02:00 EDT"]);
}

#[test]
fn a_clock_put_forward_at_midnight_and_a_day_that_is_left_out() {
    // Beirut, 2026-03-29: 0:00 becomes 1:00.
    assert_eq!(dues("0 0 29 3 *", "Asia/Beirut", "2026-01-01T00:00:00Z", 1), ["2026-03-29 01:00 EEST"]);
    // Samoa had no 30 December 2011.
    assert_eq!(dues("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", 1), ["2011-12-31 00:00 +14"]);
}
