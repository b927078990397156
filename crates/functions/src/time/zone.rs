//! Time zones: how far a clock is from UTC at an instant, and what that is called.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Where a time is shown.
#[derive(Clone, Debug)]
pub(crate) enum Zone {
    /// UTC.
    Utc,
    /// The zone of this machine or process, called `Local` by Go.
    Local(TimeZone),
    /// A zone of the IANA database.
    Named(TimeZone),
    /// Always so many seconds east of UTC; the name may be empty.
    Fixed(String, i32),
}

/// How a zone stands at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offset {
    /// Seconds east of UTC.
    pub(crate) seconds: i32,
    /// `CET`, `+03`; empty if unknown.
    pub(crate) name: String,
}

impl Zone {
    /// The zone of a process whose variable `TZ` is this: nothing for the machine's, empty for UTC.
    pub(crate) fn local(variable: Option<&[u8]>) -> Self {
        let Some(variable) = variable else { return Self::Local(TimeZone::system()) };
        let name = std::str::from_utf8(variable).unwrap_or_default();
        let name = name.strip_prefix(':').unwrap_or(name);
        Self::Local(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// A zone by its name; `None` if the database does not have it. `Local` is `local`.
    pub(crate) fn load(name: &[u8], local: &Self) -> Option<Self> {
        match name {
            b"" | b"UTC" => Some(Self::Utc),
            b"Local" => Some(local.clone()),
            _ => TimeZone::get(std::str::from_utf8(name).ok()?).ok().map(Self::Named),
        }
    }

    /// How it stands so many seconds after 1970.
    pub(crate) fn offset_at(&self, seconds: i64) -> Offset {
        match self {
            Self::Utc => Offset { seconds: 0, name: "UTC".to_owned() },
            Self::Fixed(name, offset) => Offset { seconds: *offset, name: name.clone() },
            Self::Local(zone) | Self::Named(zone) => {
                let nearest = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
                let at = Timestamp::from_second(nearest).unwrap_or_default();
                let info = zone.to_offset_info(at);
                Offset { seconds: info.offset().seconds(), name: info.abbreviation().to_owned() }
            }
        }
    }

    /// The offset that goes by an abbreviation in this zone around an instant.
    pub(crate) fn offset_named(&self, name: &str, seconds: i64) -> Option<i32> {
        // Half a year before or after is the other half of daylight saving time, if there is any.
        let half_a_year = 182 * 86_400;
        let around =
            [0, -half_a_year, half_a_year].map(|distance| self.offset_at(seconds.saturating_add(distance)));
        around.into_iter().find(|offset| offset.name == name).map(|offset| offset.seconds)
    }
}
