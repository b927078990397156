//! Plain TLS, and the classes of the TLS layer of every other kind.

use preflight_contract::Attribute;

use crate::kind::Address;
use crate::{Class, Kind, cures};

/// Plain TLS.
pub static KIND: Kind = Kind {
    name: "tls",
    title: "TLS",
    aliases: &["ssl"],
    default_port: Some(443),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The handshake succeeds with a certificate that is trusted, carries the name and does not end soon.",
    classes: CLASSES,
    common: None,
};

/// The certificate has ended.
pub static EXPIRED: Class = Class::lasting(
    "tls.expired",
    "The server's certificate has expired.",
    &[
        "renewal failed or was forgotten",
        "the server was not reloaded after the renewal",
        "this container's clock is wrong",
    ],
    "renew the server's certificate and reload the server",
    &cures::CERTIFICATE,
);
/// The certificate will end soon.
pub static EXPIRES_SOON: Class = Class::lasting(
    "tls.expires_soon",
    "The server's certificate ends within two weeks (or what `expires_within` says).",
    &["renewal has not happened yet, or has failed"],
    "renew the certificate before it ends",
    &cures::CERTIFICATE,
);
/// The certificate is not valid yet.
pub static NOT_YET_VALID: Class = Class::lasting(
    "tls.not_yet_valid",
    "The server's certificate is valid only from a later time.",
    &["this container's clock is behind", "the certificate was issued for later"],
    "compare the clocks of container and issuer",
    &cures::CERTIFICATE,
);
/// The certificate is somebody else's.
pub static HOSTNAME_MISMATCH: Class = Class::lasting(
    "tls.hostname_mismatch",
    "The server's certificate does not carry the name that was asked for.",
    &[
        "connecting by IP address or an alias",
        "a load balancer serves its default certificate",
        "the wrong server",
    ],
    "connect by a name that the certificate carries, or have it issued for this one",
    &cures::CERTIFICATE,
);
/// The issuer is not trusted.
pub static UNKNOWN_ISSUER: Class = Class::lasting(
    "tls.unknown_issuer",
    "The server's certificate was issued by an authority that this container does not trust.",
    &[
        "a private CA that the image does not carry",
        "the server sends no intermediate certificate",
        "an intercepting proxy",
    ],
    "name the authority's file with SSLROOTCERTPATH, or add it to the image's trust store",
    &cures::CERTIFICATE,
);
/// The certificate is signed by itself.
pub static SELF_SIGNED: Class = Class::lasting(
    "tls.self_signed",
    "The server's certificate is signed by itself, and it is not among the trusted ones.",
    &["a default certificate that was never replaced", "a development server"],
    "install a certificate from an authority, or name this one with SSLROOTCERTPATH",
    &cures::CERTIFICATE,
);
/// The certificate was revoked.
pub static REVOKED: Class = Class::lasting(
    "tls.revoked",
    "The server's certificate has been revoked by its issuer.",
    &["the key was lost or stolen", "it was replaced by another"],
    "install a new certificate on the server",
    &cures::CERTIFICATE,
);
/// The certificate is wrong in another way.
pub static BAD_CERTIFICATE: Class = Class::lasting(
    "tls.bad_certificate",
    "The server's certificate cannot be used, for the reason in the line.",
    &["it is not for servers", "an outdated signature or version", "it is damaged"],
    "issue the server a new certificate",
    &cures::CERTIFICATE,
);
/// The server wants to know who we are.
pub static CLIENT_CERTIFICATE: Class = Class::lasting(
    "tls.client_certificate",
    "The server wants a client certificate, or does not take the one it got.",
    &[
        "SSLCERTPATH and SSLKEYPATH are not set",
        "the client's certificate has expired or is from another authority",
    ],
    "give SSLCERTPATH and SSLKEYPATH of a certificate that the server trusts",
    &cures::CERTIFICATE,
);
/// No TLS there.
pub static NOT_TLS: Class = Class::lasting(
    "tls.not_tls",
    "The port answers, but not in TLS.",
    &[
        "the plain port instead of the TLS port",
        "TLS is not enabled on the server",
        "the protocol wants STARTTLS",
    ],
    "use the TLS port, or turn TLS on at the server, or set SSLMODE=disable if plain is meant",
    &cures::ADDRESS,
);
/// No version or cipher in common.
pub static INCOMPATIBLE: Class = Class::lasting(
    "tls.incompatible",
    "Server and client have no TLS version or cipher in common; TLS 1.2 and 1.3 are spoken here.",
    &["a server that offers only TLS 1.0 or 1.1", "only old ciphers are enabled"],
    "enable TLS 1.2 or 1.3 on the server",
    &cures::CERTIFICATE,
);
/// The handshake was broken off.
pub static CLOSED: Class = Class::healing(
    "tls.closed",
    "The server closed the connection during the TLS handshake.",
    &[
        "the port does not speak TLS",
        "a proxy without a healthy server behind it",
        "the server refuses the name (SNI)",
    ],
    "check that the port is the TLS port and that the server is well",
    &cures::ADDRESS,
);
/// The handshake took too long.
pub static TIMEOUT: Class = Class::healing(
    "tls.timeout",
    "The server accepted the connection but did not finish the TLS handshake in time.",
    &[
        "the port does not speak TLS and waits",
        "the server is overloaded",
        "large packets are lost on the way (MTU)",
    ],
    "check that the port is the TLS port and that the server is well",
    &cures::SERVER_HEALTH,
);
/// The handshake failed in another way.
pub static HANDSHAKE: Class = Class::lasting(
    "tls.handshake",
    "The TLS handshake failed, for the reason in the line.",
    &["see the words in the line"],
    "compare the TLS settings of server and client",
    &cures::CERTIFICATE,
);
/// A mode that does not exist.
pub static BAD_MODE: Class = Class::lasting(
    "tls.bad_mode",
    "SSLMODE holds a word that is no TLS mode.",
    &["a typing error"],
    "use one of disable, allow, prefer, require, verify-ca, verify-full",
    &cures::VALUE,
);
/// A certificate or key file that cannot be used.
pub static BAD_FILE: Class = Class::lasting(
    "tls.bad_file",
    "A certificate or key file that the connection names cannot be used.",
    &[
        "the file is not mounted",
        "it is not readable for this user",
        "it is not PEM",
        "key and certificate do not match",
    ],
    "check the path, the mount and the file's content",
    &cures::CONTAINER,
);

/// All of them.
pub static CLASSES: &[&Class] = &[
    &EXPIRED,
    &EXPIRES_SOON,
    &NOT_YET_VALID,
    &HOSTNAME_MISMATCH,
    &UNKNOWN_ISSUER,
    &SELF_SIGNED,
    &REVOKED,
    &BAD_CERTIFICATE,
    &CLIENT_CERTIFICATE,
    &NOT_TLS,
    &INCOMPATIBLE,
    &CLOSED,
    &TIMEOUT,
    &HANDSHAKE,
    &BAD_MODE,
    &BAD_FILE,
];
