//! Plain TCP: a connection to every address.

use async_trait::async_trait;

use crate::{Checker, Failure, Item, Probe};

/// Proves that connections are accepted.
pub(crate) struct Tcp;

#[async_trait]
impl Checker for Tcp {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let reached = probe.reach(&item.endpoint()?).await?;
        if reached.addresses.len() > 1 {
            let addresses: Vec<String> = reached.addresses.iter().map(ToString::to_string).collect();
            probe.fact("addresses", addresses.join(", "));
        }
        Ok(())
    }
}
