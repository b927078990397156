//! What an SMTP server's replies mean.

use std::error::Error as _;
use std::io;

use lettre::transport::smtp::Error;
use preflight_contract::Attribute;

use crate::kinds::smtp as kind;
use crate::net::Reached;
use crate::{Class, Failure, Item, Probe, whole_message};

/// What was asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Greeting,
    StartTls,
    Login,
    Read,
}

/// The reply code of a refusal.
pub(super) fn code(error: &Error) -> Option<u16> {
    error.status().and_then(|code| code.to_string().parse().ok())
}

/// The failure that an error of the driver means.
pub(super) fn explain(item: &Item, probe: &Probe, reached: &Reached, stage: Stage, error: &Error) -> Failure {
    match code(error) {
        Some(code) => refusal(item, reached, stage, (code, error)),
        None => broken(item, probe, reached, error),
    }
}

fn refusal(item: &Item, reached: &Reached, stage: Stage, (code, error): (u16, &Error)) -> Failure {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let class = class_of(stage, code, &words);
    let verb = match stage {
        Stage::Greeting => "greeted with a refusal".to_owned(),
        Stage::StartTls => "refused STARTTLS".to_owned(),
        Stage::Login => format!("refused user {}", item.username().unwrap_or_default()),
        Stage::Read => "refused a sender".to_owned(),
    };
    let failure = Failure::new(class, format!("{reached} {verb}: {code} {words}"));
    if class == &kind::BAD_PASSWORD {
        return failure.with_hint(Probe::credentials_hint(item));
    }
    if class == &kind::LOGIN_REQUIRED {
        let (user, password) = (item.name_of(Attribute::Username), item.name_of(Attribute::Password));
        return failure.with_hint(format!("set {user} and {password}"));
    }
    if class == &kind::TLS_REQUIRED {
        return failure.with_hint(format!("set {} to verify-full", item.name_of(Attribute::Sslmode)));
    }
    failure
}

/// The class of a reply code. 530 is both "Must issue a STARTTLS command first" (RFC 3207 section 4) and
/// "Authentication required" (RFC 4954 section 6), with the same enhanced code: there the words must tell.
fn class_of(stage: Stage, code: u16, words: &str) -> &'static Class {
    match (code, stage) {
        (535, _) => &kind::BAD_PASSWORD,
        (530, _) if words.to_ascii_uppercase().contains("TLS") => &kind::TLS_REQUIRED,
        (530, _) => &kind::LOGIN_REQUIRED,
        (538, _) => &kind::TLS_REQUIRED,
        (454, Stage::StartTls) => &kind::TLS_NOT_AVAILABLE,
        (502..=504 | 534, Stage::Login) => &kind::LOGIN_NOT_OFFERED,
        (400..=499, _) => &kind::NOT_AVAILABLE,
        (521 | 550 | 554 | 556, Stage::Greeting | Stage::Read) => &kind::REFUSED,
        (500..=504, Stage::Greeting) => &kind::WRONG_PROTOCOL,
        _ => &kind::ERROR,
    }
}

fn broken(item: &Item, probe: &Probe, reached: &Reached, error: &Error) -> Failure {
    if let Some(io) = error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
        return probe.broken(item, io);
    }
    let message = whole_message(error);
    if message.contains("incomplete response") {
        return probe.broken(item, &io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    if error.is_response() {
        return Failure::new(&kind::WRONG_PROTOCOL, format!("{reached} did not answer as SMTP: {message}"));
    }
    Failure::new(&kind::ERROR, format!("{reached}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_codes_have_classes() {
        let table = [
            (Stage::Login, 535, "5.7.8 Incorrect authentication data", "smtp.bad_password"),
            (Stage::Login, 530, "5.7.0 Must issue a STARTTLS command first", "smtp.tls_required"),
            (Stage::Login, 538, "5.7.11 Encryption required", "smtp.tls_required"),
            (Stage::Read, 530, "5.7.0 Authentication required", "smtp.login_required"),
            (Stage::StartTls, 454, "TLS not available due to temporary reason", "smtp.tls_not_available"),
            (Stage::Login, 454, "4.7.0 Temporary authentication failure", "smtp.not_available"),
            (Stage::Login, 504, "5.5.4 Unrecognized authentication type", "smtp.login_not_offered"),
            (Stage::Greeting, 421, "4.3.2 too many connections", "smtp.not_available"),
            (Stage::Greeting, 554, "5.7.1 you are not welcome", "smtp.refused"),
            (Stage::Greeting, 502, "5.5.2 EHLO is not known", "smtp.wrong_protocol"),
            (Stage::Read, 555, "parameters are not known", "smtp.error"),
        ];
        for (stage, code, words, class) in table {
            assert_eq!(class_of(stage, code, words).name, class, "{code} {words}");
        }
    }
}
