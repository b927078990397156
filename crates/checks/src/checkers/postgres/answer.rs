//! What a PostgreSQL server's refusal means, by SQLSTATE and, where one state has many causes, by the server's routine.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;

use crate::kinds::{self, postgres as kind};
use crate::{Class, whole_message};

/// Why there is no session.
#[derive(Debug)]
pub(super) enum Unwelcome {
    /// The server said why.
    Refused(Refusal),
    /// The server asks for a password that is not given.
    NoPassword,
    /// The connection broke, or is not PostgreSQL's.
    Broken(io::Error),
    /// The driver said why.
    Other(String),
}

/// The server's own words.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) class: &'static Class,
    pub(super) code: String,
    pub(super) message: String,
}

/// What a driver's error means.
pub(super) fn understand(error: &Error) -> Unwelcome {
    if let Some(answer) = error.as_db_error() {
        let code = answer.code().code();
        let message = answer.message().to_owned();
        let class = class_of(code, answer.routine(), &message);
        return Unwelcome::Refused(Refusal { class, code: code.to_owned(), message });
    }
    if error.is_closed() {
        return Unwelcome::Broken(io::ErrorKind::UnexpectedEof.into());
    }
    // The driver tells its kinds of errors apart in words only.
    let words = error.to_string();
    let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match cause {
        Some(cause) => Unwelcome::Broken(io::Error::new(peer_fault(cause.kind()), cause.to_string())),
        None if words.starts_with("invalid configuration") => Unwelcome::NoPassword,
        None if words.starts_with("unexpected message") || words.starts_with("error parsing") => {
            Unwelcome::Broken(io::Error::new(io::ErrorKind::InvalidData, whole_message(error)))
        }
        None => Unwelcome::Other(whole_message(error)),
    }
}

/// The driver calls a message that it cannot read invalid input.
fn peer_fault(kind: io::ErrorKind) -> io::ErrorKind {
    if kind == io::ErrorKind::InvalidInput { io::ErrorKind::InvalidData } else { kind }
}

/// The class of a SQLSTATE; PostgreSQL manual, appendix A, "PostgreSQL Error Codes". State 28000 covers all of the
/// access rules, the roles and the methods: there the name of the server's routine, which unlike its message is
/// never translated, tells which it was.
pub(super) fn class_of(code: &str, routine: Option<&str>, message: &str) -> &'static Class {
    match (code, routine) {
        ("28P01", _) => &kind::BAD_PASSWORD,
        ("28000", Some("ClientAuthentication")) if message.contains("client certificate") => {
            &kinds::tls::CLIENT_CERTIFICATE
        }
        ("28000", Some("ClientAuthentication")) => &kind::HBA_REJECTED,
        ("28000", Some("auth_failed")) => &kind::BAD_PASSWORD,
        ("28000", Some("InitializeSessionUserId")) if message.contains("log in") => {
            &kind::LOGIN_NOT_PERMITTED
        }
        ("28000", Some("InitializeSessionUserId")) => &kind::NO_SUCH_USER,
        ("28000", _) => &kind::REFUSED,
        ("3D000" | "57P04", _) => &kind::NO_SUCH_DATABASE,
        ("55000", Some("CheckMyDatabase")) => &kind::DATABASE_CLOSED,
        ("42501", _) => &kind::NOT_PERMITTED,
        ("57P03", _) => &kind::STARTING_UP,
        ("57P01" | "57P02", _) => &kind::SHUTTING_DOWN,
        ("53300", _) => &kind::TOO_MANY_CONNECTIONS,
        ("53000" | "53100" | "53200" | "53400", _) => &kind::NO_RESOURCES,
        ("25006", _) => &kind::READ_ONLY,
        _ => &kind::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_its_class() {
        let cases: [(&str, Option<&str>, &str, &str); 20] = [
            ("28P01", Some("auth_failed"), "password authentication failed", "postgres.bad_password"),
            ("28000", Some("auth_failed"), "PAM authentication failed for user", "postgres.bad_password"),
            ("28000", Some("ClientAuthentication"), "no pg_hba.conf entry", "postgres.hba_rejected"),
            ("28000", Some("ClientAuthentication"), "kein pg_hba.conf-Eintrag", "postgres.hba_rejected"),
            (
                "28000",
                Some("ClientAuthentication"),
                "connection requires a valid client certificate",
                "tls.client_certificate",
            ),
            ("28000", Some("InitializeSessionUserId"), "role \"x\" does not exist", "postgres.no_such_user"),
            (
                "28000",
                Some("InitializeSessionUserId"),
                "role \"x\" is not permitted to log in",
                "postgres.login_not_permitted",
            ),
            ("28000", None, "Tenant or user not found", "postgres.refused"),
            ("3D000", Some("InitPostgres"), "database does not exist", "postgres.no_such_database"),
            ("57P04", None, "database was dropped", "postgres.no_such_database"),
            ("55000", Some("CheckMyDatabase"), "not currently accepting", "postgres.database_closed"),
            ("55000", Some("Other"), "…", "postgres.error"),
            ("42501", None, "permission denied", "postgres.not_permitted"),
            ("57P03", None, "the database system is starting up", "postgres.starting_up"),
            ("57P01", None, "terminating connection", "postgres.shutting_down"),
            ("57P02", None, "crash of another server process", "postgres.shutting_down"),
            ("53300", None, "sorry, too many clients already", "postgres.too_many_connections"),
            ("53100", None, "could not extend file", "postgres.no_resources"),
            ("25006", None, "cannot execute in a read-only transaction", "postgres.read_only"),
            ("XX000", None, "internal", "postgres.error"),
        ];
        for (code, routine, message, class) in cases {
            assert_eq!(class_of(code, routine, message).name, class, "{code} {routine:?} {message}");
        }
    }
}
