//! Layouts of Go: the time `Mon Jan 2 15:04:05 MST 2006` written as any other time shall be.
//!
//! The elements are those of <https://pkg.go.dev/time#pkg-constants>.

/// A part of a layout that stands for a part of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekDay,
    WeekDay,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperHalf,
    LowerHalf,
    ZoneName,
    Offset(OffsetForm),
    /// Parts of a second: how many digits, whether zeros at the end are left out, and the sign before them.
    Fraction {
        digits: usize,
        trimmed: bool,
        sign: u8,
    },
}

/// How the distance from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetForm {
    /// UTC is written as `Z`.
    pub(super) zulu: bool,
    /// With colons.
    pub(super) colons: bool,
    /// 1 for hours only, 2 with minutes, 3 with seconds.
    pub(super) parts: usize,
}

/// A layout up to and with its first element.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// What stands before the element, as it is.
    pub(super) prefix: &'a [u8],
    /// The element; none if there is no further one.
    pub(super) element: Option<Element>,
    /// The element as the layout writes it.
    pub(super) text: &'a [u8],
    /// What follows.
    pub(super) rest: &'a [u8],
}

const fn offset(zulu: bool, colons: bool, parts: usize) -> Element {
    Element::Offset(OffsetForm { zulu, colons, parts })
}

/// All elements with a fixed text; of those that begin alike the one that Go tries first comes first.
const ELEMENTS: [(&[u8], Element); 33] = [
    (b"January", Element::LongMonth),
    (b"Jan", Element::Month),
    (b"Monday", Element::LongWeekDay),
    (b"Mon", Element::WeekDay),
    (b"MST", Element::ZoneName),
    (b"01", Element::ZeroMonth),
    (b"02", Element::ZeroDay),
    (b"03", Element::ZeroHour12),
    (b"04", Element::ZeroMinute),
    (b"05", Element::ZeroSecond),
    (b"06", Element::Year),
    (b"002", Element::ZeroYearDay),
    (b"15", Element::Hour),
    (b"1", Element::NumMonth),
    (b"2006", Element::LongYear),
    (b"2", Element::Day),
    (b"_2", Element::UnderDay),
    (b"__2", Element::UnderYearDay),
    (b"3", Element::Hour12),
    (b"4", Element::Minute),
    (b"5", Element::Second),
    (b"PM", Element::UpperHalf),
    (b"pm", Element::LowerHalf),
    (b"-070000", offset(false, false, 3)),
    (b"-07:00:00", offset(false, true, 3)),
    (b"-0700", offset(false, false, 2)),
    (b"-07:00", offset(false, true, 2)),
    (b"-07", offset(false, false, 1)),
    (b"Z070000", offset(true, false, 3)),
    (b"Z07:00:00", offset(true, true, 3)),
    (b"Z0700", offset(true, false, 2)),
    (b"Z07:00", offset(true, true, 2)),
    (b"Z07", offset(true, false, 1)),
];

/// Takes a layout apart at its first element.
pub(super) fn next(layout: &[u8]) -> Piece<'_> {
    for at in 0..layout.len() {
        let here = &layout[at..];
        // `_2006` is an underscore and a year.
        if here.starts_with(b"_2006") {
            continue;
        }
        let found = fixed(here).or_else(|| fraction(here));
        if let Some((element, length)) = found {
            let (prefix, text) = (&layout[..at], &here[..length]);
            return Piece { prefix, element: Some(element), text, rest: &here[length..] };
        }
    }
    Piece { prefix: layout, element: None, text: b"", rest: b"" }
}

fn fixed(here: &[u8]) -> Option<(Element, usize)> {
    let mut matching = ELEMENTS.iter().filter(|(text, _)| here.starts_with(text));
    let (text, element) = matching.find(|(text, element)| {
        // `Jan` and `Mon` within a longer word are none.
        let short_name = matches!(element, Element::Month | Element::WeekDay);
        !(short_name && here.get(text.len()).is_some_and(u8::is_ascii_lowercase))
    })?;
    Some((*element, text.len()))
}

/// `.000`, `,999`: a sign and one digit repeated, with no other digit behind.
fn fraction(here: &[u8]) -> Option<(Element, usize)> {
    let (sign, digit) = (*here.first()?, *here.get(1)?);
    if !matches!(sign, b'.' | b',') || !matches!(digit, b'0' | b'9') {
        return None;
    }
    let digits = here[1..].iter().take_while(|byte| **byte == digit).count();
    if here.get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((Element::Fraction { digits, trimmed: digit == b'9', sign }, digits + 1))
}
