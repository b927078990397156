//! Where reports go, read from variables.

use std::{path::PathBuf, time::Duration};

use super::{Context, Dsn, DsnError};

/// Where reports go and where they wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Who takes them.
    pub dsn: Dsn,
    /// What all of them have in common.
    pub context: Context,
    /// Folders for those that wait. The first one that we may write to and nobody else is used, and made when it is not
    /// there; without any they wait in memory.
    pub spool: Vec<PathBuf>,
    /// The same death is sent once in this time. Default 5 min.
    pub window: Duration,
    /// An answer may take this long. Default 10 s.
    pub timeout: Duration,
    /// Pauses while Sentry is away: the first, and the longest. Default 1 s and 5 min.
    pub pauses: (Duration, Duration),
}

impl Settings {
    /// The defaults.
    pub fn new(dsn: Dsn, context: Context) -> Self {
        Self {
            dsn,
            context,
            spool: Vec::new(),
            window: Duration::from_secs(5 * 60),
            timeout: Duration::from_secs(10),
            pauses: (Duration::from_secs(1), Duration::from_secs(5 * 60)),
        }
    }
}

impl Dsn {
    /// The DSN of `SENTRY_SERVICE_ERROR_DSN`, which is for deaths of services alone, else that of `SENTRY_DSN`; `None` when
    /// neither is set or both are empty. The environment and release of the [`Context`] are `SENTRY_ENVIRONMENT` and
    /// `SENTRY_RELEASE`.
    ///
    /// # Errors
    /// When the one that counts is no DSN.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, DsnError> {
        ["SENTRY_SERVICE_ERROR_DSN", "SENTRY_DSN"]
            .iter()
            .find_map(|name| variable(name).filter(|value| !value.trim().is_empty()))
            .map(|text| text.parse())
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dsn_for_services_comes_first_and_empty_ones_do_not_count() {
        let read = |service: &str, general: &str| {
            Dsn::from_variables(|name| {
                Some(if name == "SENTRY_DSN" { general.to_owned() } else { service.to_owned() })
            })
            .map(|dsn| dsn.map(|dsn| dsn.to_string()))
        };
        assert_eq!(read("https://a@one/1", "https://a@two/1"), Ok(Some("https://one".into())));
        assert_eq!(read(" ", "https://a@two/1"), Ok(Some("https://two".into())));
        assert_eq!(read("", ""), Ok(None));
        assert_eq!(read("nonsense", "https://a@two/1"), Err(DsnError::Scheme));
        assert_eq!(Dsn::from_variables(|_| None), Ok(None));
    }
}
