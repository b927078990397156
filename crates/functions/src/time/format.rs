//! Writing a time as a layout says.

use super::layout::{self, Element, OffsetForm};
use super::zone::Offset;
use super::{Civil, Time};

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The English name of a month, 1 to 12.
pub(super) fn month_name(month: u32) -> &'static str {
    (month as usize).checked_sub(1).and_then(|index| MONTHS.get(index)).copied().unwrap_or("")
}

/// The English name of a day of the week, 0 being Sunday.
pub(super) fn day_name(weekday: u32) -> &'static str {
    DAYS.get(weekday as usize).copied().unwrap_or("")
}

impl Time {
    /// The time as `layout` writes Go's reference time.
    pub(crate) fn format(&self, layout: &[u8]) -> Vec<u8> {
        let (civil, offset) = (self.civil(), self.zone.offset_at(self.seconds));
        let mut out = Vec::with_capacity(layout.len() + 8);
        let mut rest = layout;
        loop {
            let piece = layout::next(rest);
            out.extend_from_slice(piece.prefix);
            let Some(element) = piece.element else { return out };
            append(&mut out, element, &civil, self.nanoseconds, &offset);
            rest = piece.rest;
        }
    }
}

fn append(out: &mut Vec<u8>, element: Element, civil: &Civil, nanoseconds: u32, offset: &Offset) {
    let hour12 = if civil.hour.is_multiple_of(12) { 12 } else { civil.hour % 12 };
    let text = match element {
        Element::Year => format!("{:02}", civil.year.abs() % 100),
        Element::LongYear => long_year(civil.year),
        Element::Month => month_name(civil.month)[..3].to_owned(),
        Element::LongMonth => month_name(civil.month).to_owned(),
        Element::NumMonth => civil.month.to_string(),
        Element::ZeroMonth => format!("{:02}", civil.month),
        Element::WeekDay => day_name(civil.weekday)[..3].to_owned(),
        Element::LongWeekDay => day_name(civil.weekday).to_owned(),
        Element::Day => civil.day.to_string(),
        Element::UnderDay => format!("{:2}", civil.day),
        Element::ZeroDay => format!("{:02}", civil.day),
        Element::UnderYearDay => format!("{:3}", civil.year_day),
        Element::ZeroYearDay => format!("{:03}", civil.year_day),
        Element::Hour => format!("{:02}", civil.hour),
        Element::Hour12 => hour12.to_string(),
        Element::ZeroHour12 => format!("{hour12:02}"),
        Element::Minute => civil.minute.to_string(),
        Element::ZeroMinute => format!("{:02}", civil.minute),
        Element::Second => civil.second.to_string(),
        Element::ZeroSecond => format!("{:02}", civil.second),
        Element::UpperHalf => if civil.hour >= 12 { "PM" } else { "AM" }.to_owned(),
        Element::LowerHalf => if civil.hour >= 12 { "pm" } else { "am" }.to_owned(),
        Element::Offset(form) => offset_text(form, offset.seconds),
        Element::ZoneName if offset.name.is_empty() => {
            offset_text(OffsetForm { zulu: false, colons: false, parts: 2 }, offset.seconds)
        }
        Element::ZoneName => offset.name.clone(),
        Element::Fraction { digits, trimmed, sign } => fraction(nanoseconds, digits, trimmed, sign),
    };
    out.extend_from_slice(text.as_bytes());
}

fn long_year(year: i64) -> String {
    if year < 0 { format!("-{:04}", year.unsigned_abs()) } else { format!("{year:04}") }
}

fn offset_text(form: OffsetForm, seconds: i32) -> String {
    if form.zulu && seconds == 0 {
        return "Z".to_owned();
    }
    let minutes = seconds / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let parts = [minutes.abs() / 60, minutes.abs() % 60, seconds.abs() % 60];
    let parts: Vec<String> = parts.iter().take(form.parts).map(|part| format!("{part:02}")).collect();
    format!("{sign}{}", parts.join(if form.colons { ":" } else { "" }))
}

fn fraction(nanoseconds: u32, digits: usize, trimmed: bool, sign: u8) -> String {
    let all = format!("{nanoseconds:09}");
    let mut shown = all.get(..digits).unwrap_or(&all);
    if trimmed {
        shown = shown.trim_end_matches('0');
        if shown.is_empty() {
            return String::new();
        }
    }
    format!("{}{shown}", char::from(sign))
}
