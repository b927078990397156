//! One field of an expression: a list of numbers, names, ranges and steps, as a set of bits.

/// Which of the five fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// Of the month, 1 to 31.
    Day,
    /// 1 to 12, or jan to dec.
    Month,
    /// 0 to 7, both ends Sunday, or sun to sat.
    Weekday,
}

/// What is wrong with one part of a field; the part itself is said by [`crate::ScheduleError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    /// Nothing stands between two commas.
    #[error("nothing stands between the commas")]
    Empty,
    /// Neither a number nor a name of the field.
    #[error("neither a number nor a name")]
    NotANumber,
    /// Outside the field's numbers.
    #[error("not within {least} to {most}")]
    OutOfRange {
        /// The least number.
        least: u8,
        /// The greatest number.
        most: u8,
    },
    /// A range that goes backwards.
    #[error("the range ends before it begins")]
    Backwards,
    /// A step without a range.
    #[error("a step needs a range: */5 or 0-30/5")]
    StepAlone,
    /// A step that is no number from 1.
    #[error("a step is a number from 1")]
    Step,
    /// What other implementations know.
    #[error("L, W, # and ? are not known here")]
    Extension,
    /// A random number of a range, which cronie and OpenBSD know.
    #[error("random numbers (~) are not known here")]
    Random,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Field {
    /// In the order in which they are written.
    pub const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::Day, Self::Month, Self::Weekday];

    /// What it is called in a message.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of month",
            Self::Month => "month",
            Self::Weekday => "weekday",
        }
    }

    const fn bounds(self) -> (u8, u8) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }

    /// The numbers that `text` stands for, each a bit; or the part that is wrong, and why. Sunday is bit 0.
    pub(crate) fn read(self, text: &str) -> Result<u64, (String, FieldFault)> {
        let mut bits = 0;
        for part in text.split(',') {
            bits |= self.part(part).map_err(|fault| (part.to_owned(), fault))?;
        }
        if self == Self::Weekday && bits & (1 << 7) != 0 {
            bits = bits & !(1 << 7) | 1;
        }
        Ok(bits)
    }

    fn part(self, text: &str) -> Result<u64, FieldFault> {
        if text.is_empty() {
            return Err(FieldFault::Empty);
        }
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => self.bounds(),
            Some((first, last)) => (self.number(first, false)?, self.number(last, true)?),
            None if step.is_some() => {
                self.number(range, false)?;
                return Err(FieldFault::StepAlone);
            }
            None => (self.number(range, false)?, self.number(range, false)?),
        };
        if first > last {
            return Err(FieldFault::Backwards);
        }
        let step = match step {
            Some(step) => step.parse::<u8>().ok().filter(|step| *step > 0).ok_or(FieldFault::Step)?,
            None => 1,
        };
        // All weekdays are seven, although Sunday has two numbers.
        let last = if range == "*" && self == Self::Weekday { 6 } else { last };
        Ok((first..=last).step_by(usize::from(step)).fold(0, |bits, number| bits | 1 << number))
    }

    /// A number or a name; Sunday at the end of a range is the week's last day.
    fn number(self, text: &str, ends: bool) -> Result<u8, FieldFault> {
        let (least, most) = self.bounds();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = text.parse().ok().filter(|number| (least..=most).contains(number));
            return number.ok_or(FieldFault::OutOfRange { least, most });
        }
        let index = |names: &[&str]| {
            let at = names.iter().position(|name| name.eq_ignore_ascii_case(text));
            at.and_then(|at| u8::try_from(at).ok())
        };
        let named = match self {
            Self::Month => index(&MONTHS).map(|at| at + 1),
            Self::Weekday => index(&WEEKDAYS).map(|at| if ends && at == 0 { 7 } else { at }),
            Self::Minute | Self::Hour | Self::Day => None,
        };
        named.ok_or_else(|| {
            if text.contains('~') {
                FieldFault::Random
            } else if matches!(self, Self::Day | Self::Weekday) && text.contains(['L', 'W', '#', '?']) {
                FieldFault::Extension
            } else {
                FieldFault::NotANumber
            }
        })
    }
}
