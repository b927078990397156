//! Result codes, and the codes that Active Directory hides in its messages.

use std::fmt;

use crate::Class;
use crate::kinds::ldap as kind;

/// A result code with the server's words.
#[derive(Debug)]
pub(super) struct Code<'answer> {
    pub(super) number: u32,
    pub(super) words: &'answer str,
}

impl Code<'_> {
    /// `anonymous` when no user was given, `encrypted` when the connection is.
    pub(super) fn class(&self, anonymous: bool, encrypted: bool) -> &'static Class {
        match self.number {
            // Active Directory answers reads of nobody with an operations error, OpenLDAP with unwillingness.
            1 | 8 | 48 | 50 | 53 if anonymous => &kind::PASSWORD_REQUIRED,
            8 | 13 if !encrypted => &kind::TLS_REQUIRED,
            10 => &kind::ELSEWHERE,
            32 => &kind::NO_SUCH_BASE,
            34 => &kind::BAD_NAME,
            48 | 49 => self.active_directory().unwrap_or(&kind::BAD_PASSWORD),
            50 => &kind::NOT_PERMITTED,
            51 | 52 => &kind::UNAVAILABLE,
            _ => &kind::ERROR,
        }
    }

    /// `80090308: LdapErr: DSID-0C09050F, comment: AcceptSecurityContext error, data 52e, v4563`.
    fn active_directory(&self) -> Option<&'static Class> {
        let (_, rest) = self.words.split_once(", data ")?;
        let code = rest.split([',', ' ']).next()?;
        Some(match code {
            "532" | "773" => &kind::PASSWORD_EXPIRED,
            "530" | "531" | "533" | "701" => &kind::ACCOUNT_DISABLED,
            "775" => &kind::ACCOUNT_LOCKED,
            _ => return None,
        })
    }

    /// The code's name in RFC 4511.
    fn name(&self) -> &'static str {
        match self.number {
            1 => "operationsError",
            2 => "protocolError",
            8 => "strongerAuthRequired",
            10 => "referral",
            13 => "confidentialityRequired",
            32 => "noSuchObject",
            34 => "invalidDNSyntax",
            48 => "inappropriateAuthentication",
            49 => "invalidCredentials",
            50 => "insufficientAccessRights",
            51 => "busy",
            52 => "unavailable",
            53 => "unwillingToPerform",
            _ => "",
        }
    }
}

impl fmt::Display for Code<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Active Directory ends its messages with a zero byte.
        let words = self.words.trim_matches(|end: char| end == '\0' || end.is_whitespace());
        let name = self.name();
        let name = if name.is_empty() { String::new() } else { format!(" {name}") };
        let words = if words.is_empty() { String::new() } else { format!(", {words}") };
        write!(formatter, "result {}{name}{words}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_class() {
        let table = [
            (8, true, true, "ldap.password_required"),
            (48, true, false, "ldap.password_required"),
            (1, true, false, "ldap.password_required"),
            (8, false, false, "ldap.tls_required"),
            (13, false, false, "ldap.tls_required"),
            (10, false, true, "ldap.elsewhere"),
            (32, false, true, "ldap.no_such_base"),
            (34, false, true, "ldap.bad_name"),
            (49, false, true, "ldap.bad_password"),
            (50, false, true, "ldap.not_permitted"),
            (51, false, true, "ldap.unavailable"),
            (52, false, true, "ldap.unavailable"),
            (53, false, true, "ldap.error"),
        ];
        for (number, anonymous, encrypted, name) in table {
            assert_eq!(Code { number, words: "" }.class(anonymous, encrypted).name, name, "{number}");
        }
    }

    #[test]
    fn active_directory_says_more_than_invalid_credentials() {
        let table = [
            ("525", "ldap.bad_password"),
            ("52e", "ldap.bad_password"),
            ("530", "ldap.account_disabled"),
            ("532", "ldap.password_expired"),
            ("533", "ldap.account_disabled"),
            ("701", "ldap.account_disabled"),
            ("773", "ldap.password_expired"),
            ("775", "ldap.account_locked"),
        ];
        for (data, name) in table {
            let words = format!(
                "80090308: LdapErr: DSID-0C09050F, comment: AcceptSecurityContext error, data {data}, v4563\0"
            );
            assert_eq!(Code { number: 49, words: &words }.class(false, true).name, name, "{data}");
        }
    }
}
