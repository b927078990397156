//! Mail servers. Reply codes: RFC 5321 section 4.2, RFC 3207 (STARTTLS), RFC 4954 section 6 (AUTH), RFC 7504.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// Mail servers.
pub static KIND: Kind = Kind {
    name: "smtp",
    title: "SMTP",
    aliases: &["mail", "ses", "smtps"],
    default_port: Some(25),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Username,
        Attribute::Password,
        Attribute::Scheme,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The server greets and, with a user, lets us in; without one, that it does not ask for a login. STARTTLS is \
             used where it is offered, and insisted on by an SSLMODE from require on. No mail is sent.",
    classes: CLASSES,
    common: Some(&COMMON),
};

common_classes!("smtp", "SMTP");

/// 535.
pub static BAD_PASSWORD: Class = Class::lasting(
    "smtp.bad_password",
    "The server refused the user name and password (reply code 535).",
    &[
        "the password was rotated and the container still has the old one",
        "an AWS secret key where the SMTP password that is derived from it belongs",
        "an account that demands an application password or another way to log in",
    ],
    "compare user name and password with the mail server's",
    &cures::CREDENTIALS,
);
/// No way to log in is offered.
pub static LOGIN_NOT_OFFERED: Class = Class::lasting(
    "smtp.login_not_offered",
    "There is a user name, but the server offers no way to log in that is known here (PLAIN or LOGIN).",
    &[
        "the server offers a login only inside TLS",
        "port 25, which is for other servers, instead of 587, which is for clients",
        "the server offers only mechanisms of another kind, such as NTLM",
    ],
    "use the submission port 587 with STARTTLS, or 465 with TLS",
    &cures::ADDRESS,
);
/// 530 without a user.
pub static LOGIN_REQUIRED: Class = Class::lasting(
    "smtp.login_required",
    "The server takes mail only from those who have logged in (reply code 530), and there is no user name.",
    &["USERNAME and PASSWORD are not set"],
    "set USERNAME and PASSWORD",
    &cures::VALUE,
);
/// 530 or 538 in plain.
pub static TLS_REQUIRED: Class = Class::lasting(
    "smtp.tls_required",
    "The server demands STARTTLS first (reply code 530, 534 or 538), and the connection is in plain.",
    &["SSLMODE is disable"],
    "set SSLMODE to require or verify-full",
    &cures::VALUE,
);
/// STARTTLS is wanted and not there.
pub static STARTTLS_NOT_OFFERED: Class = Class::lasting(
    "smtp.starttls_not_offered",
    "SSLMODE demands TLS, but the server does not offer STARTTLS on this port.",
    &[
        "the server has no certificate configured",
        "a firewall or proxy that takes STARTTLS out of the greeting",
        "the port is one without TLS",
    ],
    "turn TLS on at the server, use another port, or set SSLMODE=disable if plain is meant",
    &cures::ADDRESS,
);
/// 454 after STARTTLS.
pub static TLS_NOT_AVAILABLE: Class = Class::healing(
    "smtp.tls_not_available",
    "The server offers STARTTLS but cannot do it now (reply code 454).",
    &["its certificate or key file cannot be read", "it is short of entropy or memory"],
    "look at the mail server's log for its certificate and key",
    &cures::SERVER_HEALTH,
);
/// 421 and other replies that ask for another try.
pub static NOT_AVAILABLE: Class = Class::healing(
    "smtp.not_available",
    "The server does not serve at the moment and asks to try again (reply code 421 or another 4xx).",
    &[
        "too many connections from this address, or altogether",
        "the server is starting, stopping or overloaded",
        "a rate limit or greylisting",
    ],
    "see what the server says; use fewer connections, or wait",
    &cures::SERVER_HEALTH,
);
/// 5xx as the greeting.
pub static REFUSED: Class = Class::lasting(
    "smtp.refused",
    "The server refuses to talk to this client at all (reply code 554, 550, 521 or 556).",
    &[
        "the client's address is not among those that may relay",
        "the address is on a block list",
        "the host takes no mail",
    ],
    "have this address allowed at the mail server, or use the one meant for clients",
    &cures::SERVER_SIDE,
);

/// All of its own.
pub static CLASSES: &[&Class] = &[
    &BAD_PASSWORD,
    &LOGIN_NOT_OFFERED,
    &LOGIN_REQUIRED,
    &TLS_REQUIRED,
    &STARTTLS_NOT_OFFERED,
    &TLS_NOT_AVAILABLE,
    &NOT_AVAILABLE,
    &REFUSED,
];
