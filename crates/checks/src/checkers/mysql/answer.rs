//! What a MySQL server's refusal means, by its error number.

use std::io;

use mysql_async::{DriverError, Error, IoError};

use crate::kinds::mysql as kind;
use crate::{Class, whole_message};

/// Why there is no session.
#[derive(Debug)]
pub(super) enum Unwelcome {
    /// The server said why.
    Refused(Refusal),
    /// The server asks for a way of logging in that the driver does not know.
    Unsupported(String),
    /// The connection broke, or is not MySQL's.
    Broken(io::Error),
    /// The driver said why.
    Other(String),
}

/// The server's own words.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) number: u16,
    pub(super) message: String,
}

/// What a driver's error means.
pub(super) fn understand(error: Error) -> Unwelcome {
    match error {
        Error::Server(answer) => Unwelcome::Refused(Refusal { number: answer.code, message: answer.message }),
        // What the driver cannot read it calls an error of some other kind.
        Error::Io(IoError::Io(error)) if error.kind() == io::ErrorKind::Other => {
            Unwelcome::Broken(io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
        }
        Error::Io(IoError::Io(error)) => Unwelcome::Broken(error),
        Error::Driver(error) => of_driver(&error),
        other => Unwelcome::Other(whole_message(&other)),
    }
}

fn of_driver(error: &DriverError) -> Unwelcome {
    match error {
        DriverError::UnknownAuthPlugin { .. }
        | DriverError::CleartextPluginDisabled
        | DriverError::MysqlOldPasswordDisabled => Unwelcome::Unsupported(error.to_string()),
        DriverError::ConnectionClosed => Unwelcome::Broken(io::ErrorKind::UnexpectedEof.into()),
        DriverError::UnexpectedPacket { .. }
        | DriverError::PacketOutOfOrder
        | DriverError::PacketTooLarge
        | DriverError::CantParseServerVersion { .. }
        | DriverError::InvalidParsecSalt => {
            Unwelcome::Broken(io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
        }
        other => Unwelcome::Other(other.to_string()),
    }
}

/// The class of an error number; MySQL 8.4 Error Reference and MariaDB's list of error codes, which share the numbers
/// below 1900 and take their own ways above.
pub(super) fn class_of(number: u16) -> &'static Class {
    match number {
        1045 | 1698 => &kind::BAD_PASSWORD,
        1820 | 1862 => &kind::PASSWORD_EXPIRED,
        3118 | 3955 | 4151 => &kind::ACCOUNT_LOCKED,
        1251 | 1275 | 1524 => &kind::UNSUPPORTED_LOGIN,
        3159 => &kind::TLS_REQUIRED,
        1049 => &kind::NO_SUCH_DATABASE,
        1044 | 1142 | 1143 | 1227 | 1370 => &kind::NOT_PERMITTED,
        1129 => &kind::HOST_BLOCKED,
        1130 => &kind::HOST_DENIED,
        1040 | 1203 | 1226 => &kind::TOO_MANY_CONNECTIONS,
        1037 | 1038 | 1041 | 1135 => &kind::NO_RESOURCES,
        1053 | 1077 | 1079 | 1927 | 3169 => &kind::SHUTTING_DOWN,
        1290 | 1792 | 1836 => &kind::READ_ONLY,
        _ => &kind::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_its_class() {
        let cases: [(u16, &str); 16] = [
            (1045, "mysql.bad_password"),
            (1698, "mysql.bad_password"),
            (1820, "mysql.password_expired"),
            (3118, "mysql.account_locked"),
            (4151, "mysql.account_locked"),
            (1251, "mysql.unsupported_login"),
            (3159, "mysql.tls_required"),
            (1049, "mysql.no_such_database"),
            (1044, "mysql.not_permitted"),
            (1129, "mysql.host_blocked"),
            (1130, "mysql.host_denied"),
            (1040, "mysql.too_many_connections"),
            (1226, "mysql.too_many_connections"),
            (1053, "mysql.shutting_down"),
            (1290, "mysql.read_only"),
            (1064, "mysql.error"),
        ];
        for (number, class) in cases {
            assert_eq!(class_of(number).name, class, "{number}");
        }
    }

    #[test]
    fn an_answer_that_the_driver_cannot_read_is_another_protocol() {
        let error = Error::Io(IoError::Io(io::Error::other("bad packet")));
        let Unwelcome::Broken(error) = understand(error) else { panic!("it is broken") };
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
