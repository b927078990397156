//! What is understood, and what is refused.

use preflight_schedule::{Schedule, Zone};

use crate::{dues, schedule, time};

#[test]
fn fields_hold_lists_ranges_steps_and_names() {
    assert_eq!(
        dues("0 0 1,15 * *", "UTC", "2026-01-31T12:00:00Z", 3),
        ["2026-02-01 00:00 UTC", "2026-02-15 00:00 UTC", "2026-03-01 00:00 UTC"]
    );
    assert_eq!(
        dues("10-40/15,59 6 * Jan-feb MON", "UTC", "2026-01-20T00:00:00Z", 4),
        ["2026-01-26 06:10 UTC", "2026-01-26 06:25 UTC", "2026-01-26 06:40 UTC", "2026-01-26 06:59 UTC"]
    );
    assert_eq!(
        dues("0 0 * * fri-sun", "UTC", "2026-11-16T00:00:00Z", 3),
        ["2026-11-20 00:00 UTC", "2026-11-21 00:00 UTC", "2026-11-22 00:00 UTC"]
    );
    assert_eq!(dues("0 0 * * 7", "UTC", "2026-11-16T00:00:00Z", 1), ["2026-11-22 00:00 UTC"]);
}

#[test]
fn words_stand_for_fields() {
    for (word, due) in [
        ("@hourly", "2026-11-21 18:00 UTC"),
        ("@daily", "2026-11-22 00:00 UTC"),
        ("@midnight", "2026-11-22 00:00 UTC"),
        ("@Weekly", "2026-11-22 00:00 UTC"),
        ("@monthly", "2026-12-01 00:00 UTC"),
        ("@yearly", "2027-01-01 00:00 UTC"),
        ("@annually", "2027-01-01 00:00 UTC"),
    ] {
        assert_eq!(dues(word, "UTC", "2026-11-21T17:30:00Z", 1), [due], "{word}");
    }
    let at_start = schedule("@reboot");
    assert!(at_start.is_at_start());
    assert_eq!(at_start.next(time("2026-11-21T17:30:00Z"), &Zone::utc()), None);
}

#[test]
fn one_of_two_days_is_enough_unless_one_field_begins_with_a_star() {
    assert_eq!(
        dues("0 0 13 * fri", "UTC", "2026-11-08T00:00:00Z", 3),
        ["2026-11-13 00:00 UTC", "2026-11-20 00:00 UTC", "2026-11-27 00:00 UTC"]
    );
    assert_eq!(
        dues("0 0 */2 * mon", "UTC", "2026-11-02T12:00:00Z", 2),
        ["2026-11-09 00:00 UTC", "2026-11-23 00:00 UTC"]
    );
    // Neither field is a star, so the weekday alone is enough in a month without a 30th.
    assert_eq!(dues("0 0 30 2 mon", "UTC", "2026-01-01T00:00:00Z", 1), ["2026-02-02 00:00 UTC"]);
}

#[test]
fn rare_days_are_found() {
    assert_eq!(dues("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1), ["2104-02-29 00:00 UTC"]);
    assert_eq!(dues("0 0 29 2 */7", "UTC", "2088-03-01T00:00:00Z", 1), ["2128-02-29 00:00 UTC"]);
}

#[test]
fn what_is_refused_says_why() {
    for (text, why) in [
        ("", "0 fields where five belong"),
        ("* * * *", "4 fields where five belong"),
        ("0 0 0 * * *", "6 fields where five belong"),
        ("60 * * * *", "\"60\" in the minute: not within 0 to 59"),
        ("* 24 * * *", "\"24\" in the hour: not within 0 to 23"),
        ("* * 0 * *", "\"0\" in the day of month: not within 1 to 31"),
        ("* * * 13 *", "\"13\" in the month: not within 1 to 12"),
        ("* * * * 8", "\"8\" in the weekday: not within 0 to 7"),
        ("5/15 * * * *", "\"5/15\" in the minute: a step needs a range"),
        ("*/0 * * * *", "a step is a number from 1"),
        ("*/x * * * *", "a step is a number from 1"),
        ("1,,2 * * * *", "\"\" in the minute: nothing stands between the commas"),
        ("9-5 * * * *", "the range ends before it begins"),
        ("* * * * sat-mon", "the range ends before it begins"),
        ("mon * * * *", "\"mon\" in the minute: neither a number nor a name"),
        ("* * * january *", "\"january\" in the month: neither a number nor a name"),
        ("* * L * *", "L, W, # and ? are not known here"),
        ("* * * * 5#2", "L, W, # and ? are not known here"),
        ("0~59 * * * *", "\"0~59\" in the minute: random numbers (~) are not known here"),
        ("* * * * ~", "\"~\" in the weekday: random numbers (~) are not known here"),
        ("@every_minute", "\"@every_minute\" is none of @reboot"),
        ("-5 * * * *", "neither a number nor a name"),
        ("+5 * * * *", "neither a number nor a name"),
        ("@sometimes", "\"@sometimes\" is none of @reboot"),
        ("0 0 30 2 *", "it is never due"),
        ("0 0 31 4,6,9,11 *", "it is never due"),
    ] {
        let error = text.parse::<Schedule>().unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn times_between_two_are_counted_up_to_a_limit() {
    let (from, to) = (time("2026-11-21T00:00:00Z"), time("2026-11-21T03:00:00Z"));
    let hourly = schedule("@hourly");
    assert_eq!(hourly.between(from, to, &Zone::utc(), 100), (3, Some(to)));
    assert_eq!(hourly.between(from, to, &Zone::utc(), 2), (2, Some(time("2026-11-21T02:00:00Z"))));
    assert_eq!(hourly.between(to, to, &Zone::utc(), 100), (0, None));
}

#[test]
fn zones_have_names() {
    assert!(Zone::is_known("Europe/Paris") && Zone::is_known("utc") && !Zone::is_known("Europe/Pariss"));
    let error = Zone::named("Mars/Olympus").unwrap_err().to_string();
    assert_eq!(error, "\"Mars/Olympus\" is no time zone; write it like UTC or Europe/Paris");
    assert_eq!(Zone::named("America/New_York").unwrap().name(), Some("America/New_York"));
}
