//! A whole expression: five fields, or a word that stands for them.

use std::fmt;
use std::str::FromStr;

use crate::field::{Field, FieldFault};

/// When something is due. Two that are written differently and mean the same are equal, but for their text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    text: String,
    pub(crate) times: Option<Times>,
}

/// The five fields as sets: bit n stands for the number n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) minutes: u64,
    pub(crate) hours: u64,
    pub(crate) days: u64,
    pub(crate) months: u64,
    pub(crate) weekdays: u64,
    /// The day of the month or the weekday begins with `*`: both must fit.
    pub(crate) both_days: bool,
    /// Hours or minutes begin with `*`: what follows the clock, whatever it does.
    pub(crate) follows_clock: bool,
}

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// There are not five fields.
    #[error("{count} fields where five belong: minute, hour, day of month, month, weekday")]
    Fields {
        /// How many there are.
        count: usize,
    },
    /// A word behind `@` that is not known.
    #[error("{word:?} is none of @reboot, @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly")]
    Word {
        /// The word with its `@`.
        word: String,
    },
    /// A field is wrong.
    #[error("{part:?} in the {}: {fault}", field.name())]
    Field {
        /// Which.
        field: Field,
        /// What stands there.
        part: String,
        /// What is wrong with it.
        #[source]
        fault: FieldFault,
    },
    /// A day that none of the months has.
    #[error("it is never due: no month that it names has such a day")]
    Never,
}

const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Schedule {
    /// Whether it is due once, when everything starts (`@reboot`), and at no time of the clock.
    #[must_use]
    pub const fn is_at_start(&self) -> bool {
        self.times.is_none()
    }

    /// Whether it follows the clock as it is, because its hours or minutes begin with `*`.
    #[must_use]
    pub fn follows_clock(&self) -> bool {
        self.times.is_some_and(|times| times.follows_clock)
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("@reboot") {
            return Ok(Self { text: text.to_owned(), times: None });
        }
        let fields = if text.starts_with('@') {
            let known = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
            known.ok_or_else(|| ScheduleError::Word { word: text.to_owned() })?.1
        } else {
            text
        };
        let times = Times::read(fields)?;
        if times.is_never() {
            return Err(ScheduleError::Never);
        }
        Ok(Self { text: text.to_owned(), times: Some(times) })
    }
}

impl fmt::Display for Schedule {
    /// As it was written.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Times {
    fn read(text: &str) -> Result<Self, ScheduleError> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let count = words.len();
        let words: [&str; 5] = words.try_into().map_err(|_| ScheduleError::Fields { count })?;
        let mut bits = [0; 5];
        for ((field, word), bits) in Field::ALL.into_iter().zip(words).zip(&mut bits) {
            *bits = field.read(word).map_err(|(part, fault)| ScheduleError::Field { field, part, fault })?;
        }
        let starred = |index: usize| words[index].starts_with('*');
        let [minutes, hours, days, months, weekdays] = bits;
        Ok(Self {
            minutes,
            hours,
            days,
            months,
            weekdays,
            both_days: starred(2) || starred(4),
            follows_clock: starred(0) || starred(1),
        })
    }

    /// A weekday comes in every month sooner or later, on any of its days; a day of the month may not.
    fn is_never(&self) -> bool {
        const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let has_a_day = |(index, longest): (usize, &u32)| {
            self.months & (2 << index) != 0 && self.days.trailing_zeros() <= *longest
        };
        self.both_days && !LONGEST.iter().enumerate().any(has_a_day)
    }
}
