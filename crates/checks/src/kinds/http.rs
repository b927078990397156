//! HTTP and HTTPS. Statuses: RFC 9110, section 15, and RFC 6585 (429).

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// HTTP and HTTPS.
pub static KIND: Kind = Kind {
    name: "http",
    title: "HTTP",
    aliases: &["https"],
    default_port: Some(80),
    address: Address::Required,
    attributes: &[
        Attribute::Url,
        Attribute::Address,
        Attribute::Port,
        Attribute::Scheme,
        Attribute::Path,
        Attribute::Username,
        Attribute::Password,
        Attribute::Token,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "One request is answered with the expected status (2xx when nothing else is said), headers, JSON values and \
             body. Redirects are followed for connections from variables, and where `follow_redirects` says so; each hop \
             passes the DNS, TCP and TLS layers anew.",
    classes: &[
        &UNAUTHORIZED,
        &FORBIDDEN,
        &NOT_FOUND,
        &TOO_MANY_REQUESTS,
        &SERVER_ERROR,
        &REDIRECTED,
        &TOO_MANY_REDIRECTS,
        &STATUS,
        &HEADER,
        &JSON,
        &BODY,
        &TLS_REQUIRED,
    ],
    common: Some(&COMMON),
};

common_classes!("http", "HTTP");

/// 401.
pub static UNAUTHORIZED: Class = Class::lasting(
    "http.unauthorized",
    "The server wants to know who asks, or does not know the credentials (401).",
    &[
        "no credentials are given",
        "the token or password was rotated or has expired",
        "credentials of another environment",
    ],
    "compare the credentials with what the server has; after a rotation the container must be started anew",
    &cures::CREDENTIALS,
);
/// 403.
pub static FORBIDDEN: Class = Class::lasting(
    "http.forbidden",
    "The server knows who asks, or need not know, and refuses (403).",
    &[
        "the account lacks the right",
        "a firewall or load balancer rule refuses the address or the host name",
        "the wrong path",
    ],
    "grant the account the right, or look at the rules of what stands before the server",
    &cures::SERVER_SIDE,
);
/// 404 and 410.
pub static NOT_FOUND: Class = Class::lasting(
    "http.not_found",
    "The server answers, but has nothing at that path (404 or 410).",
    &[
        "the path is wrong, or lacks a prefix",
        "the host name leads to another service's virtual host",
        "an older version of the service is deployed",
    ],
    "check the path and the host name; for a connection from variables, PATH says what is asked",
    &cures::ADDRESS,
);
/// 429.
pub static TOO_MANY_REQUESTS: Class = Class::healing(
    "http.too_many_requests",
    "The server takes no more requests from this client for now (429).",
    &["a rate limit that many starting containers share", "a quota is used up"],
    "wait, or have the limit raised",
    &cures::SERVER_HEALTH,
);
/// 5xx.
pub static SERVER_ERROR: Class = Class::healing(
    "http.server_error",
    "The server, or the proxy before it, could not answer (5xx).",
    &[
        "502, 503, 504: a proxy has no healthy server behind it",
        "the server is starting",
        "a dependency of the server is down",
    ],
    "look at the server's log and at the health of what stands behind the proxy",
    &cures::SERVER_HEALTH,
);
/// 3xx that is not followed.
pub static REDIRECTED: Class = Class::lasting(
    "http.redirected",
    "The server sends clients to another address, and redirects are not followed or cannot be.",
    &[
        "http where https is meant",
        "a missing or superfluous slash at the end of the path",
        "a login page stands before the service",
    ],
    "use the address that it redirects to, or `follow_redirects: true`",
    &cures::ADDRESS,
);
/// Redirects without end.
pub static TOO_MANY_REDIRECTS: Class = Class::lasting(
    "http.too_many_redirects",
    "The server redirects again and again.",
    &[
        "proxy and server disagree whether the connection is https (X-Forwarded-Proto)",
        "a login page that redirects to itself",
    ],
    "follow the redirects by hand and see which two send the client to each other",
    &cures::SERVER_SIDE,
);
/// Any other status that was not expected.
pub static STATUS: Class = Class::lasting(
    "http.status",
    "The server answered with another status than the one expected.",
    &["see what the server says", "the expectation in the contract is outdated"],
    "compare the status with `expect.status` and see what the server says",
    &cures::SERVER_SIDE,
);
/// A header that is missing or different.
pub static HEADER: Class = Class::lasting(
    "http.header",
    "A header of the answer is missing or has another value than expected.",
    &["another version of the server", "a proxy takes headers away or adds them"],
    "compare the header with `expect.headers`",
    &cures::SERVER_SIDE,
);
/// A JSON value that is missing or different.
pub static JSON: Class = Class::lasting(
    "http.json",
    "The body is not JSON, or a value in it is missing or another than expected.",
    &[
        "the server says that it is not well",
        "another version of the server",
        "an error page in HTML with a good status",
    ],
    "compare the value with `expect.json` and see what the server says",
    &cures::SERVER_HEALTH,
);
/// A body without the expected text.
pub static BODY: Class = Class::lasting(
    "http.body",
    "The body of the answer does not hold what is expected.",
    &[
        "the server says that it is not well",
        "another version of the server",
        "a login or error page with a good status",
    ],
    "compare the body with `expect.body`",
    &cures::SERVER_HEALTH,
);
/// Plain where TLS is wanted.
pub static TLS_REQUIRED: Class = Class::lasting(
    "http.tls_required",
    "The port speaks HTTP inside TLS only, and was spoken to in plain.",
    &["http:// where https:// is meant", "SCHEME or SSLMODE is not set"],
    "use https://",
    &cures::VALUE,
);
