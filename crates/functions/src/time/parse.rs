//! Reading a time that was written as a layout says.

use preflight_gotemplate::strconv::{atoi, quote};

use super::calendar::{days_before, days_in, is_leap};
use super::format::{DAYS, MONTHS};
use super::layout::{self, Element, OffsetForm};
use super::{Time, Zone};

/// A text that is not written as its layout says; its text is Go's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TimeError {
    /// A part of the text is not what stands in the layout there.
    #[error("parsing time {} as {}: cannot parse {} as {}", quote(.text), quote(.layout), quote(.part), quote(.element))]
    Mismatch { text: Vec<u8>, layout: Vec<u8>, part: Vec<u8>, element: Vec<u8> },
    /// A number is beyond what a calendar or clock shows.
    #[error("parsing time {}: {} out of range", quote(.text), .what)]
    Range { text: Vec<u8>, what: &'static str },
    /// Something follows.
    #[error("parsing time {}: extra text: {}", quote(.text), quote(.extra))]
    Extra { text: Vec<u8>, extra: Vec<u8> },
    /// Day of the year and date contradict each other.
    #[error("parsing time {}: day-of-year does not match {}", quote(.text), .what)]
    Contradiction { text: Vec<u8>, what: &'static str },
}

/// Why one element could not be read.
enum Fault {
    Mismatch,
    Range(&'static str),
}

type Read<T> = Result<T, Fault>;

/// Reads `text` as `layout` says; without a zone of its own it is in `local`.
pub(crate) fn parse_in(layout: &[u8], text: &[u8], local: &Zone) -> Result<Time, TimeError> {
    let mut parts = Parts::default();
    let (mut rest_of_layout, mut rest) = (layout, text);
    loop {
        let piece = layout::next(rest_of_layout);
        let mismatch = |part: &[u8], element: &[u8]| TimeError::Mismatch {
            text: text.to_vec(),
            layout: layout.to_vec(),
            part: part.to_vec(),
            element: element.to_vec(),
        };
        rest = skip(rest, piece.prefix).map_err(|at| mismatch(at, piece.prefix))?;
        let Some(element) = piece.element else { break };
        rest = parts.read(element, rest, piece.rest).map_err(|fault| match fault {
            Fault::Mismatch => mismatch(rest, piece.text),
            Fault::Range(what) => TimeError::Range { text: text.to_vec(), what },
        })?;
        rest_of_layout = piece.rest;
    }
    if !rest.is_empty() {
        return Err(TimeError::Extra { text: text.to_vec(), extra: rest.to_vec() });
    }
    parts.finish(text, local)
}

/// Passes over what stands in the layout as it is; a space there stands for any number of them.
fn skip<'a>(mut text: &'a [u8], mut prefix: &[u8]) -> Result<&'a [u8], &'a [u8]> {
    while let Some(first) = prefix.first() {
        if *first == b' ' {
            if text.first().is_some_and(|byte| *byte != b' ') {
                return Err(text);
            }
            prefix = prefix.without_spaces();
            text = text.without_spaces();
        } else if text.first() == Some(first) {
            (prefix, text) = (&prefix[1..], &text[1..]);
        } else {
            return Err(text);
        }
    }
    Ok(text)
}

trait Spaces {
    fn without_spaces(&self) -> &Self;
}

impl Spaces for [u8] {
    fn without_spaces(&self) -> &Self {
        let spaces = self.iter().take_while(|byte| **byte == b' ').count();
        &self[spaces..]
    }
}

/// What has been read so far.
#[derive(Default)]
struct Parts {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: u32,
    afternoon: Option<bool>,
    utc: bool,
    offset: Option<i32>,
    zone: String,
}

impl Parts {
    /// Reads one element off `text` and returns what follows.
    fn read<'a>(&mut self, element: Element, text: &'a [u8], layout: &[u8]) -> Read<&'a [u8]> {
        let (number, rest) = match element {
            Element::Year | Element::LongYear => return self.year(element == Element::LongYear, text),
            Element::Month => named(text, MONTHS.map(|name| &name[..3]))?,
            Element::LongMonth => named(text, MONTHS)?,
            Element::WeekDay => named(text, DAYS.map(|name| &name[..3]))?,
            Element::LongWeekDay => named(text, DAYS)?,
            Element::Day => digits(text, false)?,
            Element::UnderDay => digits(text.strip_prefix(b" ").unwrap_or(text), false)?,
            Element::UnderYearDay | Element::ZeroYearDay => {
                three_digits(text, element == Element::ZeroYearDay)?
            }
            Element::NumMonth | Element::Hour | Element::Hour12 | Element::Minute | Element::Second => {
                digits(text, false)?
            }
            Element::ZeroMonth
            | Element::ZeroDay
            | Element::ZeroHour12
            | Element::ZeroMinute
            | Element::ZeroSecond => digits(text, true)?,
            Element::UpperHalf => return self.half(text, [b"AM", b"PM"]),
            Element::LowerHalf => return self.half(text, [b"am", b"pm"]),
            Element::Offset(form) => return self.offset(form, text),
            Element::ZoneName => return self.zone(text),
            Element::Fraction { digits, trimmed, .. } => return self.fraction(digits, trimmed, text),
        };
        self.set(element, number)?;
        if matches!(element, Element::Second | Element::ZeroSecond) {
            return self.fraction_not_in_layout(rest, layout);
        }
        Ok(rest)
    }

    fn set(&mut self, element: Element, number: i64) -> Read<()> {
        let within = |largest: i64, what| if number > largest { Err(Fault::Range(what)) } else { Ok(number) };
        match element {
            Element::Month | Element::LongMonth => self.month = Some(number + 1),
            Element::NumMonth | Element::ZeroMonth if number < 1 => return Err(Fault::Range("month")),
            Element::NumMonth | Element::ZeroMonth => self.month = Some(within(12, "month")?),
            Element::Day | Element::UnderDay | Element::ZeroDay => self.day = Some(number),
            Element::UnderYearDay | Element::ZeroYearDay => self.year_day = Some(number),
            Element::Hour => self.hour = within(23, "hour")?,
            Element::Hour12 | Element::ZeroHour12 => self.hour = within(12, "hour")?,
            Element::Minute | Element::ZeroMinute => self.minute = within(59, "minute")?,
            Element::Second | Element::ZeroSecond => self.second = within(59, "second")?,
            // The day of the week is only checked to be one.
            _ => {}
        }
        Ok(())
    }

    fn year<'a>(&mut self, long: bool, text: &'a [u8]) -> Read<&'a [u8]> {
        let length = if long { 4 } else { 2 };
        let (digits, rest) = text.split_at_checked(length).ok_or(Fault::Mismatch)?;
        if long && !digits[0].is_ascii_digit() {
            return Err(Fault::Mismatch);
        }
        let year = atoi(digits).map_err(|_| Fault::Mismatch)?;
        self.year = match (long, year) {
            (true, year) => year,
            (false, 69..) => year + 1900,
            (false, _) => year + 2000,
        };
        Ok(rest)
    }

    fn half<'a>(&mut self, text: &'a [u8], names: [&[u8]; 2]) -> Read<&'a [u8]> {
        let (name, rest) = text.split_at_checked(2).ok_or(Fault::Mismatch)?;
        let found = names.iter().position(|known| *known == name).ok_or(Fault::Mismatch)?;
        self.afternoon = Some(found == 1);
        Ok(rest)
    }

    fn offset<'a>(&mut self, form: OffsetForm, text: &'a [u8]) -> Read<&'a [u8]> {
        if form.zulu && text.first() == Some(&b'Z') {
            self.utc = true;
            return Ok(&text[1..]);
        }
        let (sign, mut rest) = text.split_first().ok_or(Fault::Mismatch)?;
        let mut seconds = 0;
        let names = ["time zone offset hour", "time zone offset minute", "time zone offset second"];
        for (index, (largest, scale)) in
            [(24, 3600), (60, 60), (60, 1)].into_iter().enumerate().take(form.parts)
        {
            if form.colons && index > 0 {
                rest = rest.strip_prefix(b":").ok_or(Fault::Mismatch)?;
            }
            let (number, after) = digits(rest, true)?;
            if number > largest {
                return Err(Fault::Range(names[index]));
            }
            seconds += number * scale;
            rest = after;
        }
        let seconds = i32::try_from(seconds).unwrap_or_default();
        self.offset = Some(match sign {
            b'+' => seconds,
            b'-' => -seconds,
            _ => return Err(Fault::Mismatch),
        });
        Ok(rest)
    }

    fn zone<'a>(&mut self, text: &'a [u8]) -> Read<&'a [u8]> {
        if let Some(rest) = text.strip_prefix(b"UTC") {
            self.utc = true;
            return Ok(rest);
        }
        let length = zone_name(text).ok_or(Fault::Mismatch)?;
        let (name, rest) = text.split_at(length);
        self.zone = String::from_utf8_lossy(name).into_owned();
        Ok(rest)
    }

    fn fraction<'a>(&mut self, digits: usize, trimmed: bool, text: &'a [u8]) -> Read<&'a [u8]> {
        let found = fraction_digits(text);
        if trimmed && found == 0 {
            return Ok(text);
        }
        let length = if trimmed { found } else { digits };
        let shown = text.get(1..=length).filter(|_| matches!(text[0], b'.' | b','));
        let shown = shown.filter(|shown| shown.iter().all(u8::is_ascii_digit)).ok_or(Fault::Mismatch)?;
        self.nanoseconds = nanoseconds(shown);
        Ok(&text[1 + length..])
    }

    /// Parts of a second behind the seconds are read even where the layout has none.
    fn fraction_not_in_layout<'a>(&mut self, text: &'a [u8], layout: &[u8]) -> Read<&'a [u8]> {
        let found = fraction_digits(text);
        let expected = matches!(layout::next(layout).element, Some(Element::Fraction { .. }));
        if found == 0 || expected {
            return Ok(text);
        }
        self.nanoseconds = nanoseconds(&text[1..=found]);
        Ok(&text[1 + found..])
    }

    fn finish(mut self, text: &[u8], local: &Zone) -> Result<Time, TimeError> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        self.place_in_year(text)?;
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if day < 1 || day > days_in(month, self.year) {
            return Err(TimeError::Range { text: text.to_vec(), what: "day" });
        }
        let clock = (self.hour * 60 + self.minute) * 60 + self.second;
        let at = |zone: Zone| Time::at((self.year, month, day), clock, self.nanoseconds, zone);
        let utc = at(Zone::Utc);
        if self.utc {
            return Ok(utc);
        }
        if let Some(offset) = self.offset {
            let seconds = utc.seconds - i64::from(offset);
            return Ok(Time { seconds, zone: self.zone_with(offset, seconds, local), ..utc });
        }
        if self.zone.is_empty() {
            return Ok(at(local.clone()));
        }
        if let Some(offset) = local.offset_named(&self.zone, utc.seconds) {
            return Ok(Time { seconds: utc.seconds - i64::from(offset), zone: local.clone(), ..utc });
        }
        let hours = self.zone.strip_prefix("GMT").and_then(|hours| atoi(hours).ok()).unwrap_or(0);
        let zone = Zone::Fixed(self.zone.clone(), i32::try_from(hours * 3600).unwrap_or_default());
        Ok(at(zone))
    }

    /// The local zone if it has this offset then, or else a zone that is nothing but the offset.
    fn zone_with(&self, offset: i32, seconds: i64, local: &Zone) -> Zone {
        let here = local.offset_at(seconds);
        if here.seconds == offset && (self.zone.is_empty() || self.zone == here.name) {
            return local.clone();
        }
        Zone::Fixed(self.zone.clone(), offset)
    }

    /// Turns a day of the year into month and day.
    fn place_in_year(&mut self, text: &[u8]) -> Result<(), TimeError> {
        let Some(year_day) = self.year_day else { return Ok(()) };
        let leap = is_leap(self.year);
        if year_day < 1 || year_day > 365 + i64::from(leap) {
            return Err(TimeError::Range { text: text.to_vec(), what: "day-of-year" });
        }
        let first_of = |month: i64| days_before(month) + i64::from(leap && month > 2);
        let month = (1..=12).rev().find(|month| first_of(*month) < year_day).unwrap_or(1);
        let day = year_day - first_of(month);
        for (what, given, found) in [("month", self.month, month), ("day", self.day, day)] {
            if given.is_some_and(|given| given != found) {
                return Err(TimeError::Contradiction { text: text.to_vec(), what });
            }
        }
        (self.month, self.day) = (Some(month), Some(day));
        Ok(())
    }
}

/// The first of `names` that the text begins with, in any case.
fn named<'a, const N: usize>(text: &'a [u8], names: [&str; N]) -> Read<(i64, &'a [u8])> {
    let begins =
        |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()));
    let index = names.iter().position(|name| begins(name)).ok_or(Fault::Mismatch)?;
    Ok((i64::try_from(index).unwrap_or_default(), &text[names[index].len()..]))
}

/// One or two digits.
fn digits(text: &[u8], both: bool) -> Read<(i64, &[u8])> {
    let found = text.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    if found == 0 || (both && found < 2) {
        return Err(Fault::Mismatch);
    }
    Ok((number(&text[..found]), &text[found..]))
}

/// The day of the year, in place of whose first digits there may be spaces.
fn three_digits(text: &[u8], all: bool) -> Read<(i64, &[u8])> {
    let spaces = if all { 0 } else { text.iter().take(2).take_while(|byte| **byte == b' ').count() };
    let text = &text[spaces..];
    let found = text.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    if found == 0 || (all && found < 3) {
        return Err(Fault::Mismatch);
    }
    Ok((number(&text[..found]), &text[found..]))
}

fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
}

/// How many digits follow a point or comma.
fn fraction_digits(text: &[u8]) -> usize {
    match text.first() {
        Some(b'.' | b',') => text[1..].iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    }
}

fn nanoseconds(digits: &[u8]) -> u32 {
    let digits = &digits[..digits.len().min(9)];
    let scale = 10i64.pow(u32::try_from(9 - digits.len()).unwrap_or(0));
    u32::try_from(number(digits) * scale).unwrap_or_default()
}

/// The length of what looks like the abbreviation of a zone.
fn zone_name(text: &[u8]) -> Option<usize> {
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_offset(rest));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return Some(signed_offset(text)).filter(|length| *length > 0 && text.len() >= 3);
    }
    match text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count() {
        3 => Some(3),
        4 if text[3] == b'T' || text.starts_with(b"WITA") => Some(4),
        5 if text[4] == b'T' => Some(5),
        _ => None,
    }
}

/// The length of a sign and up to 23 hours; 0 if there is none.
fn signed_offset(text: &[u8]) -> usize {
    if !matches!(text.first(), Some(b'+' | b'-')) {
        return 0;
    }
    let found = text[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if found == 0 || found > 9 || number(&text[1..=found]) > 23 { 0 } else { 1 + found }
}
