//! Names to addresses, and why there are none in this crate's words.

use std::net::IpAddr;
use std::time::Duration;

use preflight_names::{Asking, ResponseCode, Unresolved};

use crate::{Backend, Cause, SourceError};

/// How long one name server may take for one question, before the next is asked.
const ONE_QUESTION: Duration = Duration::from_secs(2);

/// Resolves the names of one server. Nothing is read before the first name.
#[derive(Debug)]
pub(super) struct Resolver {
    names: preflight_names::Resolver,
}

impl Resolver {
    pub(super) fn new() -> Self {
        let asking = Asking { one_question: ONE_QUESTION, ..Asking::default() };
        Self { names: preflight_names::Resolver::new(asking) }
    }

    /// All addresses of a name; an address is its own answer.
    pub(super) async fn resolve(&self, backend: Backend, host: &str) -> Result<Vec<IpAddr>, SourceError> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        self.names.resolve(host).await.map_err(|why| failure(backend, host, &why))
    }
}

fn failure(backend: Backend, host: &str, why: &Unresolved) -> SourceError {
    match why {
        Unresolved::NoNameServer(_) => SourceError::new(backend, Cause::DnsFailed, why.to_string()),
        Unresolved::NoAddress => {
            SourceError::new(backend, Cause::NoAddress, format!("{host} exists but has no A or AAAA record"))
        }
        Unresolved::Answered(ResponseCode::NXDomain) => {
            SourceError::new(backend, Cause::NxDomain, format!("{host} does not exist (NXDOMAIN)"))
        }
        Unresolved::Answered(_) => SourceError::new(backend, Cause::DnsFailed, format!("{host}: {why}")),
        Unresolved::Silent | Unresolved::Unreachable(_) | Unresolved::Other(_) => {
            SourceError::new(backend, Cause::DnsFailed, format!("{host} was not resolved: {why}"))
        }
    }
}
