//! The node that a cluster sends its clients to, and whether it can be reached from here.

use std::time::Duration;

use redis::RedisError;

use crate::kinds::redis as kind;
use crate::net::{Reached, tcp};
use crate::{Endpoint, Failure, Probe};

/// How long the other node may take.
const ONE_NODE: Duration = Duration::from_secs(1);

/// Tries to connect to the node that `MOVED` names; one that cannot be reached is a warning, because this node works.
pub(super) async fn follow(probe: &mut Probe, reached: &Reached, error: &RedisError) -> Result<(), Failure> {
    let Some((host, port)) = error.redirect_node() else { return Ok(()) };
    // An empty host means the one that was asked: MOVED 3999 :6381.
    let host = if host.is_empty() { reached.address.ip().to_string() } else { host.to_owned() };
    let node = Endpoint { host, port };
    probe.fact("cluster_node", node.to_string());
    let why = match tokio::time::timeout(ONE_NODE, reach(probe, &node)).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(failure)) => failure.evidence,
        Err(_) => "nothing answered the connection attempt".to_owned(),
    };
    let evidence = format!("{reached} sends clients to {node}, which cannot be reached: {why}");
    probe.warn(&kind::CLUSTER_NODE_UNREACHABLE, evidence);
    Ok(())
}

async fn reach(probe: &Probe, node: &Endpoint) -> Result<(), Failure> {
    let addresses = probe.network().resolver.resolve(&node.host).await?;
    tcp::connect_to_all(&addresses, node).await.map(drop)
}
