//! What SQL Server's refusal means, by its error number.

use std::io;

use tiberius::error::Error;

use crate::kinds::mssql as kind;
use crate::{Class, kinds};

/// Why there is no session.
#[derive(Debug)]
pub(super) enum Unwelcome {
    /// The server said why.
    Refused {
        /// The error's number.
        number: u32,
        /// The server's words.
        message: String,
    },
    /// Encryption could not be agreed on, or the certificate was refused.
    Tls(&'static Class, String),
    /// The server wants to be asked elsewhere.
    Elsewhere(String, u16),
    /// The connection broke, or is not SQL Server's.
    Broken(io::Error),
}

/// What a driver's error means. Of a handshake it hands on no more than words.
pub(super) fn understand(error: Error) -> Unwelcome {
    match error {
        Error::Server(answer) => {
            Unwelcome::Refused { number: answer.code(), message: answer.message().to_owned() }
        }
        Error::Routing { host, port } => Unwelcome::Elsewhere(host, port),
        Error::Tls(words) => Unwelcome::Tls(class_of_tls(&words), sentence(&words)),
        Error::Io { message, .. } if is_of_tls(&message) => {
            Unwelcome::Tls(class_of_tls(&message), sentence(&message))
        }
        Error::Io { kind, message } => Unwelcome::Broken(io::Error::new(kind, message)),
        Error::Protocol(words) if words.contains("encryption level") => {
            Unwelcome::Tls(&kinds::tls::NOT_TLS, "the server does not offer encryption".to_owned())
        }
        other => Unwelcome::Broken(io::Error::new(io::ErrorKind::InvalidData, other.to_string())),
    }
}

fn is_of_tls(words: &str) -> bool {
    ["certificate", "received fatal alert"].iter().any(|part| words.contains(part))
}

/// The driver adds advice for its own users after the first sentence.
fn sentence(words: &str) -> String {
    words.split(". ").next().unwrap_or(words).to_owned()
}

fn class_of_tls(words: &str) -> &'static Class {
    let cases: [(&str, &'static Class); 4] = [
        ("UnknownIssuer", &kinds::tls::UNKNOWN_ISSUER),
        ("not valid for name", &kinds::tls::HOSTNAME_MISMATCH),
        ("expired", &kinds::tls::EXPIRED),
        ("certificate", &kinds::tls::BAD_CERTIFICATE),
    ];
    cases.iter().find(|(part, _)| words.contains(part)).map_or(&kinds::tls::HANDSHAKE, |(_, class)| class)
}

/// The class of an error number.
pub(super) fn class_of(number: u32) -> &'static Class {
    match number {
        18456 => &kind::BAD_PASSWORD,
        18487 | 18488 => &kind::PASSWORD_EXPIRED,
        18470 | 18486 => &kind::LOGIN_DISABLED,
        18452 => &kind::UNTRUSTED_DOMAIN,
        911 | 4060 | 4063 | 4064 => &kind::NO_SUCH_DATABASE,
        229 | 230 | 262 | 300 | 916 => &kind::NOT_PERMITTED,
        40615 | 40914 | 47073 => &kind::HOST_DENIED,
        904 | 921 | 922 | 924 | 926 | 927 | 942 | 945 | 983 | 40197 | 40532 | 40540 | 40613 | 42108
        | 42109 => &kind::DATABASE_UNAVAILABLE,
        6005 | 17142 | 18451 | 18461 => &kind::SHUTTING_DOWN,
        10928 | 10929 | 10936 | 17809 | 17810 | 40501 | 49918..=49920 => &kind::TOO_MANY_CONNECTIONS,
        978 | 979 | 3906 => &kind::READ_ONLY,
        _ => &kind::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_its_class() {
        let cases: [(u32, &str); 12] = [
            (18456, "mssql.bad_password"),
            (18488, "mssql.password_expired"),
            (18486, "mssql.login_disabled"),
            (18452, "mssql.untrusted_domain"),
            (4060, "mssql.no_such_database"),
            (916, "mssql.not_permitted"),
            (40615, "mssql.host_denied"),
            (40613, "mssql.database_unavailable"),
            (18461, "mssql.shutting_down"),
            (10928, "mssql.too_many_connections"),
            (978, "mssql.read_only"),
            (102, "mssql.error"),
        ];
        for (number, class) in cases {
            assert_eq!(class_of(number).name, class, "{number}");
        }
    }

    #[test]
    fn a_refused_certificate_is_named_by_the_drivers_words() {
        let words = "the server's certificate was rejected during the TLS handshake: UnknownIssuer. To connect anyway";
        assert_eq!(class_of_tls(words), &kinds::tls::UNKNOWN_ISSUER);
        assert!(sentence(words).ends_with("UnknownIssuer"));
    }
}
