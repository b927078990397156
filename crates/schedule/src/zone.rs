//! Time zones by their names.

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(pub(crate) TimeZone);

/// No time zone has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no time zone; write it like UTC or Europe/Paris")]
pub struct UnknownZone {
    /// The name.
    pub name: String,
}

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// By the name of the IANA's database: the system's, or else the one that is built in.
    ///
    /// # Errors
    /// When neither has it.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(Self::utc());
        }
        TimeZone::get(name).map(Self).map_err(|_| UnknownZone { name: name.to_owned() })
    }

    /// Whether the database that is built in has this name. Reads no file.
    #[must_use]
    pub fn is_known(name: &str) -> bool {
        name.eq_ignore_ascii_case("UTC") || TimeZoneDatabase::bundled().get(name).is_ok()
    }

    /// That of `TZ` or of the system; UTC where neither says one.
    #[must_use]
    pub fn system() -> Self {
        TimeZone::try_system().map_or_else(|_| Self::utc(), Self)
    }

    /// Its name, where it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.iana_name()
    }
}
