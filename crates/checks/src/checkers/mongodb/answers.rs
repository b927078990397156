//! What the server's codes mean.

use mongodb::error::{Error, ErrorKind};

use crate::Class;
use crate::kinds::mongodb as kind;

/// The class of a driver's error, with the server's own words; no class when what came was not MongoDB's.
pub(super) fn class(error: &Error, has_login: bool) -> (Option<&'static Class>, String) {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => {
            let name =
                if command.code_name.is_empty() { String::new() } else { format!(" {}", command.code_name) };
            (
                Some(of_code(command.code, has_login)),
                format!("{} (code {}{name})", command.message, command.code),
            )
        }
        // The code is lost on the way: the driver wraps the answer to its login.
        ErrorKind::Authentication { message, .. } => (Some(&kind::BAD_PASSWORD), message.clone()),
        ErrorKind::ServerSelection { message, .. } => (Some(&kind::TIMEOUT), message.clone()),
        ErrorKind::InvalidResponse { .. } | ErrorKind::Bson(_) | ErrorKind::Io(_) => {
            (None, error.kind.to_string())
        }
        _ => (Some(&kind::ERROR), error.kind.to_string()),
    }
}

/// Whether the server has proven that it knows the password, and the driver then misses the end of the login. It asks
/// for one exchange fewer (`skipEmptyExchange`), which FerretDB 1 does not grant; the driver has no code for that.
pub(super) fn is_proven_login(error: &Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Authentication { message, .. }
        if message.contains("expected SCRAM authentication to have completed"))
}

fn of_code(code: i32, has_login: bool) -> &'static Class {
    match code {
        13 if !has_login => &kind::PASSWORD_REQUIRED,
        13 => &kind::NOT_PERMITTED,
        11 | 18 | 8000 => &kind::BAD_PASSWORD,
        91 | 11600 | 11602 => &kind::SHUTTING_DOWN,
        189 | 10107 | 13435 | 13436 => &kind::NOT_PRIMARY,
        _ => &kind::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_class() {
        let table = [
            (13, false, "mongodb.password_required"),
            (13, true, "mongodb.not_permitted"),
            (18, true, "mongodb.bad_password"),
            (8000, true, "mongodb.bad_password"),
            (91, true, "mongodb.shutting_down"),
            (11600, true, "mongodb.shutting_down"),
            (10107, true, "mongodb.not_primary"),
            (13435, true, "mongodb.not_primary"),
            (59, true, "mongodb.error"),
        ];
        for (code, has_login, name) in table {
            assert_eq!(of_code(code, has_login).name, name, "{code}");
        }
    }
}
