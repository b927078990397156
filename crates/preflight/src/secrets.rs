//! The secrets that are known by now: those of the contract, and those that sources give while something runs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use preflight_contract::secrets_of;
use preflight_logging::Redactor;

/// A longer value of a key is a document and no secret, in bytes.
const LONGEST: usize = 64 * 1024;
/// What is shorter, in bytes, is a switch or a number. To take it out of all texts would tell more than it hides.
const SHORTEST: usize = 4;
/// A number with fewer digits than this is a setting.
const FEW_DIGITS: usize = 6;
/// Values of switches.
const WORDS: [&str; 6] = ["true", "false", "none", "null", "enabled", "disabled"];

/// Grows; whoever prints something asks it each time.
#[derive(Debug)]
pub(crate) struct Secrets(Mutex<State>);

#[derive(Debug)]
struct State {
    known: BTreeSet<String>,
    redactor: Option<Arc<Redactor>>,
}

impl Secrets {
    /// These are known from the beginning.
    pub(crate) fn new(known: Vec<String>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { known: known.into_iter().collect(), redactor: None })))
    }

    /// From now on, this one must not be shown either.
    pub(crate) fn learn(&self, secret: &str) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !secret.is_empty() && !state.known.contains(secret) {
            state.known.insert(secret.to_owned());
            state.redactor = None;
        }
    }

    /// Takes out all that are known now.
    pub(crate) fn redactor(&self) -> Arc<Redactor> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { known, redactor } = &mut *state;
        Arc::clone(redactor.get_or_insert_with(|| Arc::new(Redactor::new(&*known))))
    }
}

/// The secrets in the value of a key such as `app/db/password`: all of it where the last part of its name says so, and
/// passwords in URLs and in lists of `key=value`.
pub(crate) fn secrets_of_key(key: &str, value: &str) -> Vec<String> {
    if value.len() > LONGEST {
        return Vec::new();
    }
    let name = key.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    // A key in a store of keys: unlike elsewhere the bare word says nothing.
    let says_nothing = |part: &str| part.eq_ignore_ascii_case("key") || part.eq_ignore_ascii_case("keys");
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) || says_nothing(part);
    let name = if name.split(['_', '-', '.']).all(is_plain) { "" } else { name };
    let mut found = secrets_of(name, None, value.trim());
    found.retain(|secret| is_worth_hiding(secret));
    found
}

fn is_worth_hiding(secret: &str) -> bool {
    let is_number = secret.bytes().all(|byte| byte.is_ascii_digit());
    secret.len() >= if is_number { FEW_DIGITS } else { SHORTEST }
        && !WORDS.iter().any(|word| secret.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_secret_by_its_last_part() {
        for (key, value, secret) in [
            ("app/db/password", "hunter2\n", Some("hunter2")),
            ("app/API_KEY", "abcdef", Some("abcdef")),
            ("app/db/dsn", "host=db", Some("host=db")),
            ("app/db/url", "postgres://u:hidden@db/x", Some("hidden")),
            ("tokens/github/", "abcdef", None),
            ("app/key", "abcdef", None),
            ("bench/key-17", "abcdef", None),
            ("app/max_tokens", "4096", None),
            ("app/use_token", "true", None),
            ("app/password_file", "/run/secrets/password", None),
            ("app/pin", "1", None),
            ("app/pin", "123456", Some("123456")),
        ] {
            assert_eq!(secrets_of_key(key, value), secret.into_iter().collect::<Vec<_>>(), "{key}={value}");
        }
        assert!(secrets_of_key("app/password", &"x".repeat(LONGEST + 1)).is_empty());
    }

    #[test]
    fn what_was_learned_is_taken_out_from_then_on() {
        let secrets = Secrets::new(vec!["first-secret".to_owned()]);
        assert_eq!(secrets.redactor().redact("first-secret second-secret"), "[redacted] second-secret");
        secrets.learn("second-secret");
        secrets.learn("");
        assert_eq!(secrets.redactor().redact("first-secret second-secret"), "[redacted] [redacted]");
    }
}
