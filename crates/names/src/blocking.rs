//! One name for whoever cannot wait in the way of a future.

use std::net::IpAddr;
use std::time::Duration;

use tokio::runtime::Builder;

use crate::{Asking, Resolver, Unresolved};

/// How long one name server may take for one question.
const ONE_QUESTION: Duration = Duration::from_secs(2);

/// All addresses of a name, as the system is set up to; an address is its own answer. It holds the caller's thread up until
/// then, and may be called from within a runtime.
///
/// # Errors
/// Why there is none; [`Unresolved::Silent`] when it would have taken longer.
pub fn resolve_within(host: &str, limit: Duration) -> Result<Vec<IpAddr>, Unresolved> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    std::thread::scope(|scope| {
        // A runtime cannot wait for another on the same thread.
        let asking = std::thread::Builder::new()
            .name("name".to_owned())
            .spawn_scoped(scope, || ask(host, limit))
            .map_err(|error| Unresolved::Other(error.to_string()))?;
        asking.join().unwrap_or_else(|_| Err(Unresolved::Other("the resolver has panicked".to_owned())))
    })
}

fn ask(host: &str, limit: Duration) -> Result<Vec<IpAddr>, Unresolved> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Unresolved::Other(error.to_string()))?;
    let resolver = Resolver::new(Asking { one_question: ONE_QUESTION, ..Asking::default() });
    let resolving = async { tokio::time::timeout(limit, resolver.resolve(host)).await };
    runtime.block_on(resolving).unwrap_or(Err(Unresolved::Silent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_can_be_asked_for_within_a_runtime() {
        let limit = Duration::from_secs(60);
        let texts = |host: &str| {
            let found = resolve_within(host, limit).expect("addresses");
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(texts("10.0.0.5"), ["10.0.0.5"]);
        assert!(texts("localhost").contains(&"127.0.0.1".to_owned()));
    }
}
