//! LDAP directories: OpenLDAP, Active Directory and their like. Result codes: RFC 4511, appendix A; the codes inside of
//! Active Directory's messages: Microsoft's "LDAP error codes", of which those of a bind are Win32 logon errors.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// LDAP.
pub static KIND: Kind = Kind {
    name: "ldap",
    title: "LDAP",
    aliases: &["ldaps", "ad", "activedirectory"],
    default_port: Some(389),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Scheme,
        Attribute::Username,
        Attribute::Password,
        Attribute::Path,
        Attribute::Database,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The bind as USERNAME (a DN; in Active Directory also user@domain) and a read of the base DN in PATH or \
             DATABASE. ldaps, or a port that ends so, is in TLS from the start; with an SSLMODE that requires it, \
             StartTLS is used.",
    classes: &[
        &BAD_PASSWORD,
        &PASSWORD_REQUIRED,
        &PASSWORD_EXPIRED,
        &ACCOUNT_DISABLED,
        &ACCOUNT_LOCKED,
        &NOT_PERMITTED,
        &NO_SUCH_BASE,
        &BAD_NAME,
        &ELSEWHERE,
        &UNAVAILABLE,
        &TLS_REQUIRED,
        &NO_STARTTLS,
    ],
    common: Some(&COMMON),
};

common_classes!("ldap", "LDAP");

/// 49, `invalidCredentials`.
pub static BAD_PASSWORD: Class = Class::lasting(
    "ldap.bad_password",
    "The directory does not know the user, or the user has another password (49, invalidCredentials).",
    &[
        "the password was rotated",
        "USERNAME is a login name where a whole DN is wanted",
        "the wrong directory",
    ],
    "compare USERNAME, usually a whole DN, and PASSWORD with the directory",
    &cures::CREDENTIALS,
);
/// Nobody may do that without a bind.
pub static PASSWORD_REQUIRED: Class = Class::lasting(
    "ldap.password_required",
    "The directory wants a user and a password; without a password a bind counts as anonymous.",
    &["USERNAME or PASSWORD is not set", "anonymous access is turned off"],
    "set USERNAME and PASSWORD",
    &cures::CREDENTIALS,
);
/// Active Directory 532 and 773.
pub static PASSWORD_EXPIRED: Class = Class::lasting(
    "ldap.password_expired",
    "The password is right but has expired or must be changed first.",
    &["a password policy applies to the service's account", "a new account whose password must be reset"],
    "set a new password, and except service accounts from expiry",
    &cures::CREDENTIALS,
);
/// Active Directory 530, 531, 533 and 701.
pub static ACCOUNT_DISABLED: Class = Class::lasting(
    "ldap.account_disabled",
    "The account is disabled or expired, or may not log on now or from here.",
    &["it was disabled when somebody left", "an expiry date", "logon hours or workstations are limited"],
    "enable the account, or lift its limits",
    &cures::SERVER_SIDE,
);
/// Active Directory 775.
pub static ACCOUNT_LOCKED: Class = Class::lasting(
    "ldap.account_locked",
    "The account is locked after too many wrong passwords.",
    &["another client still uses the old password", "retries with a wrong password"],
    "find who uses the wrong password, then unlock the account",
    &cures::SERVER_SIDE,
);
/// 50, `insufficientAccessRights`.
pub static NOT_PERMITTED: Class = Class::lasting(
    "ldap.not_permitted",
    "The user was let in but may not read the base DN (50, insufficientAccessRights, or an empty answer).",
    &["an access rule does not cover the user", "the wrong user"],
    "grant the user the right to read below the base DN",
    &cures::SERVER_SIDE,
);
/// 32, `noSuchObject`.
pub static NO_SUCH_BASE: Class = Class::lasting(
    "ldap.no_such_base",
    "The base DN does not exist, or the directory hides it from this user (32, noSuchObject).",
    &["a typing error in PATH or DATABASE", "the base of another directory", "an access rule that hides it"],
    "compare the base DN with the directory's namingContexts, and check the user's rights",
    &cures::VALUE,
);
/// 34, `invalidDNSyntax`.
pub static BAD_NAME: Class = Class::lasting(
    "ldap.bad_name",
    "The user or the base is not a distinguished name (34, invalidDNSyntax).",
    &["a login name where a DN is wanted", "a comma or quotation mark that is not escaped"],
    "write it as cn=service,ou=people,dc=example,dc=com",
    &cures::VALUE,
);
/// 10, `referral`.
pub static ELSEWHERE: Class = Class::lasting(
    "ldap.elsewhere",
    "The base DN is another server's, to which this one refers (10, referral).",
    &["the address of the wrong server", "the base of another domain of the forest"],
    "use the address that the line names",
    &cures::ADDRESS,
);
/// 51, `busy`, and 52, `unavailable`.
pub static UNAVAILABLE: Class = Class::healing(
    "ldap.unavailable",
    "The directory answers that it is busy or shutting down (51, 52).",
    &["it is starting or being stopped", "its backend is down", "too many clients"],
    "look at the directory's log and load",
    &cures::SERVER_HEALTH,
);
/// 13, `confidentialityRequired`, and 8, `strongerAuthRequired`.
pub static TLS_REQUIRED: Class = Class::lasting(
    "ldap.tls_required",
    "The directory takes passwords only over an encrypted connection (13 or 8), or speaks only TLS on that port.",
    &["the plain port without StartTLS", "Active Directory requires signing or TLS"],
    "set SSLMODE=verify-full for StartTLS, or use ldaps and port 636",
    &cures::VALUE,
);
/// `StartTLS` is refused.
pub static NO_STARTTLS: Class = Class::lasting(
    "ldap.no_starttls",
    "SSLMODE asks for StartTLS, but the directory does not offer it.",
    &["no certificate is configured on the server", "only ldaps is enabled"],
    "use ldaps and its port, or configure a certificate on the server",
    &cures::SERVER_SIDE,
);
