//! Held against looking at every minute.

use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use preflight_schedule::Zone;
use proptest::prelude::*;

use crate::schedule;

/// What crontab(5) says of the days of plain fields, one number each or a star.
fn fits(fields: &[Option<i8>; 5], reading: jiff::civil::DateTime) -> bool {
    let is = |field: Option<i8>, value: i8| field.is_none_or(|wanted| wanted == value);
    let [minute, hour, day, month, weekday] = *fields;
    let of_week = match reading.weekday() {
        Weekday::Sunday => 0,
        other => other.to_monday_one_offset(),
    };
    let days = match (day, weekday) {
        (Some(day), Some(weekday)) => day == reading.day() || weekday == of_week,
        _ => is(day, reading.day()) && is(weekday, of_week),
    };
    is(minute, reading.minute()) && is(hour, reading.hour()) && is(month, reading.month()) && days
}

fn field(numbers: std::ops::RangeInclusive<i8>) -> impl Strategy<Value = Option<i8>> {
    proptest::option::of(numbers)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_next_time_is_the_first_minute_that_fits(
        fields in (field(0..=59), field(0..=23), field(1..=28), field(1..=12), field(0..=6)),
        start in 0i64..2_000_000_000,
        zone in prop::sample::select(vec!["UTC", "Asia/Kolkata", "America/Phoenix"]),
    ) {
        let fields = [fields.0, fields.1, fields.2, fields.3, fields.4];
        let text: Vec<String> =
            fields.iter().map(|field| field.map_or_else(|| "*".to_owned(), |number| number.to_string())).collect();
        let after = Timestamp::from_second(start).unwrap();
        let due = schedule(&text.join(" ")).next(after, &Zone::named(zone).unwrap()).unwrap();
        prop_assert!(due > after);
        let clock = TimeZone::get(zone).unwrap();
        let reading = clock.to_datetime(due);
        prop_assert!(fits(&fields, reading) && reading.second() == 0);
        // No minute before it, as far as a test may look.
        let mut minute = Timestamp::from_second(start - start.rem_euclid(60) + 60).unwrap();
        for _ in 0..50_000 {
            if minute >= due {
                break;
            }
            prop_assert!(!fits(&fields, clock.to_datetime(minute)), "{minute} fits");
            minute += SignedDuration::from_mins(1);
        }
    }
}
