//! What a health answer or a gRPC status means.

use std::error::Error;
use std::io;

use tonic::{Code, Status};
use tonic_health::pb::health_check_response::ServingStatus;

use crate::kinds::{general, grpc as kind};
use crate::net::Reached;
use crate::{Class, Failure, Item, Probe, whole_message};

/// Judges the status of a health answer. `service` is empty for the whole server.
///
/// # Errors
/// `grpc.not_serving` or `grpc.service_unknown`.
pub(super) fn judge(reached: &Reached, service: &str, status: i32) -> Result<(), Failure> {
    let whose = if service.is_empty() { "the whole server".to_owned() } else { format!("service {service}") };
    let (class, word) = match ServingStatus::try_from(status) {
        Ok(ServingStatus::Serving) => return Ok(()),
        Ok(ServingStatus::ServiceUnknown) => (&kind::SERVICE_UNKNOWN, "SERVICE_UNKNOWN".to_owned()),
        Ok(status) => (&kind::NOT_SERVING, status.as_str_name().to_owned()),
        Err(_) => (&kind::NOT_SERVING, format!("status {status}")),
    };
    Err(Failure::new(class, format!("{reached} says {word} of {whose}")))
}

/// What a call that failed means.
pub(super) fn failure(item: &Item, probe: &Probe, reached: &Reached, status: &Status) -> Failure {
    if let Some(source) = status.source() {
        return broken(item, probe, source);
    }
    let said = status.message();
    let name = name_of(status.code());
    let words = if said.is_empty() { name.clone() } else { format!("{said} ({name})") };
    let not_grpc = !is_of_grpc(status);
    match class_of(status.code()) {
        Some(class) if !not_grpc || class.heals => {
            Failure::new(class, format!("{reached} refused the health check: {words}"))
        }
        _ if not_grpc => {
            Failure::new(&kind::WRONG_PROTOCOL, format!("{reached} did not answer as gRPC: {words}"))
        }
        _ => Failure::new(&kind::ERROR, format!("{reached} refused the health check: {words}")),
    }
}

/// Whether the server let us in and only then refused.
pub(super) fn knows_us(class: &'static Class) -> bool {
    [&kind::SERVICE_UNKNOWN, &kind::NO_HEALTH_SERVICE, &kind::PERMISSION_DENIED].contains(&class)
}

/// What it means that HTTP/2 could not be begun.
pub(super) fn not_connected(item: &Item, probe: &Probe, error: &tonic::transport::Error) -> Failure {
    broken(item, probe, error)
}

/// tonic makes a status of its own from an HTTP answer that is no gRPC; it says so.
fn is_of_grpc(status: &Status) -> bool {
    let message = status.message();
    !message.contains("grpc-status header missing") && !message.contains("invalid content-type")
}

fn class_of(code: Code) -> Option<&'static Class> {
    Some(match code {
        Code::NotFound => &kind::SERVICE_UNKNOWN,
        Code::Unimplemented => &kind::NO_HEALTH_SERVICE,
        Code::Unauthenticated => &kind::UNAUTHENTICATED,
        Code::PermissionDenied => &kind::PERMISSION_DENIED,
        Code::Unavailable => &kind::UNAVAILABLE,
        Code::ResourceExhausted => &kind::TOO_MANY_REQUESTS,
        _ => return None,
    })
}

/// The connection itself failed.
fn broken(item: &Item, probe: &Probe, error: &(dyn Error + 'static)) -> Failure {
    if let Some(io) = io_error(error) {
        return probe.broken(item, io);
    }
    let words = whole_message(error);
    let kind = if words.contains("http2 error") || words.contains("protocol error") {
        io::ErrorKind::InvalidData
    } else if words.contains("closed") || words.contains("canceled") || words.contains("broken pipe") {
        io::ErrorKind::UnexpectedEof
    } else {
        return Failure::new(&general::ERROR, words);
    };
    probe.broken(item, &io::Error::new(kind, words))
}

fn io_error<'error>(error: &'error (dyn Error + 'static)) -> Option<&'error io::Error> {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(io) = current.downcast_ref::<io::Error>() {
            return Some(io);
        }
        next = current.source();
    }
    None
}

/// The code's name as gRPC writes it.
fn name_of(code: Code) -> String {
    let mut name = String::new();
    for character in format!("{code:?}").chars() {
        if character.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(character.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached() -> Reached {
        let endpoint = crate::Endpoint { host: "localhost".to_owned(), port: 1 };
        Reached { endpoint, address: ([127, 0, 0, 1], 1).into(), addresses: Vec::new() }
    }

    #[test]
    fn each_health_status_has_its_class() {
        let class = |status| judge(&reached(), "pickles", status).err().map(|failure| failure.class.name);
        assert_eq!(class(ServingStatus::Serving as i32), None);
        assert_eq!(class(ServingStatus::NotServing as i32), Some("grpc.not_serving"));
        assert_eq!(class(ServingStatus::Unknown as i32), Some("grpc.not_serving"));
        assert_eq!(class(ServingStatus::ServiceUnknown as i32), Some("grpc.service_unknown"));
        assert_eq!(class(99), Some("grpc.not_serving"));
    }

    #[test]
    fn codes_are_named_as_grpc_writes_them() {
        assert_eq!(name_of(Code::PermissionDenied), "PERMISSION_DENIED");
        assert_eq!(name_of(Code::Ok), "OK");
        assert_eq!(class_of(Code::Unavailable).map(|class| class.name), Some("grpc.unavailable"));
        assert_eq!(class_of(Code::Internal).map(|class| class.name), None);
    }
}
