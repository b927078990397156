//! gRPC's standard health service. Protocol: <https://github.com/grpc/grpc/blob/master/doc/health-checking.md>; codes:
//! <https://grpc.io/docs/guides/status-codes/>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::{Class, Kind, cures};

/// gRPC.
pub static KIND: Kind = Kind {
    name: "grpc",
    title: "gRPC",
    aliases: &["grpcs"],
    default_port: Some(50051),
    address: Address::Required,
    attributes: &[
        Attribute::Address,
        Attribute::Port,
        Attribute::Url,
        Attribute::Scheme,
        Attribute::Path,
        Attribute::Token,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Sslcertpath,
        Attribute::Sslkeypath,
        Attribute::Timeout,
    ],
    proves: "The standard health service (grpc.health.v1.Health/Check) says SERVING for the service that is named (PATH, \
             for a connection from variables), or for the whole server.",
    classes: &[
        &NOT_SERVING,
        &SERVICE_UNKNOWN,
        &NO_HEALTH_SERVICE,
        &UNAUTHENTICATED,
        &PERMISSION_DENIED,
        &UNAVAILABLE,
        &TOO_MANY_REQUESTS,
        &TLS_REQUIRED,
    ],
    common: Some(&COMMON),
};

common_classes!("grpc", "gRPC");

/// `NOT_SERVING` and `UNKNOWN`.
pub static NOT_SERVING: Class = Class::healing(
    "grpc.not_serving",
    "The server answers, and says that the service is not serving (NOT_SERVING), or that it does not know yet (UNKNOWN).",
    &["the service is starting or shutting down", "a dependency of the service is down"],
    "look at the service's own log for why it is not serving",
    &cures::SERVER_HEALTH,
);
/// `SERVICE_UNKNOWN` and the code NOT_FOUND.
pub static SERVICE_UNKNOWN: Class = Class::lasting(
    "grpc.service_unknown",
    "The server's health service does not know the service that was named (NOT_FOUND or SERVICE_UNKNOWN).",
    &[
        "a typing error in the service's name",
        "the name lacks its package: `package.Service`",
        "another server",
    ],
    "use the name under which the server reports the service's health, or none for the whole server",
    &cures::VALUE,
);
/// The code UNIMPLEMENTED.
pub static NO_HEALTH_SERVICE: Class = Class::lasting(
    "grpc.no_health_service",
    "The server speaks gRPC, but has no standard health service (UNIMPLEMENTED).",
    &["the service was built without it", "a gateway does not hand the call on"],
    "add grpc.health.v1.Health to the server, or use a `tcp` check",
    &cures::SERVER_SIDE,
);
/// The code UNAUTHENTICATED.
pub static UNAUTHENTICATED: Class = Class::lasting(
    "grpc.unauthenticated",
    "The server wants to know who asks, or does not know the token (UNAUTHENTICATED).",
    &["no token is given", "the token was rotated or has expired"],
    "compare the token with what the server has",
    &cures::CREDENTIALS,
);
/// The code PERMISSION_DENIED.
pub static PERMISSION_DENIED: Class = Class::lasting(
    "grpc.permission_denied",
    "The server knows who asks and refuses (PERMISSION_DENIED).",
    &["the account lacks the right", "a mesh's or gateway's policy denies the call"],
    "grant the right, or look at the policies of what stands before the server",
    &cures::SERVER_SIDE,
);
/// The code UNAVAILABLE, from the server.
pub static UNAVAILABLE: Class = Class::healing(
    "grpc.unavailable",
    "The server, or the proxy before it, answers that it cannot serve now (UNAVAILABLE).",
    &["a proxy has no healthy server behind it", "the service is starting or shutting down"],
    "look at the health of what stands behind the proxy",
    &cures::SERVER_HEALTH,
);
/// The code RESOURCE_EXHAUSTED.
pub static TOO_MANY_REQUESTS: Class = Class::healing(
    "grpc.too_many_requests",
    "The server takes no more calls for now (RESOURCE_EXHAUSTED).",
    &["a rate limit or quota", "too many concurrent calls"],
    "wait, or have the limit raised",
    &cures::SERVER_HEALTH,
);
/// Plain where TLS is wanted.
pub static TLS_REQUIRED: Class = Class::lasting(
    "grpc.tls_required",
    "The port speaks gRPC inside TLS only, and was spoken to in plain.",
    &["TLS is on at the server", "SSLMODE or the scheme is not set"],
    "set SSLMODE=verify-full, or `tls: true`",
    &cures::VALUE,
);
