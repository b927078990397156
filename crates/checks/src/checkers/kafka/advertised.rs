//! Whether the addresses that brokers advertise lead anywhere from here: clients go on there after the first answer.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::wire::{Advertised, Metadata};
use crate::kinds::kafka as kind;
use crate::net::{Network, Reached, tcp};
use crate::probe::Layer;
use crate::{Endpoint, Failure, Item, Probe};

/// How long one broker may take to accept, at most; less when the attempt itself is shorter.
const PATIENCE: Duration = Duration::from_secs(2);

/// A broker and why it cannot be reached.
type Lost<'a> = (&'a Advertised, String);

/// Connects to every advertised address. None that leads somewhere, or one that leads a part of the topic and does
/// not, is a failure; any other is a warning.
pub(super) async fn reach(
    item: &Item,
    probe: &mut Probe,
    reached: &Reached,
    metadata: &Metadata,
) -> Result<(), Failure> {
    probe.enter(Layer::Read);
    let patience = PATIENCE.min(item.timeout.mul_f64(0.4));
    let network = std::sync::Arc::clone(probe.network());
    let looks = metadata.brokers.iter().map(|broker| look(&network, reached, broker, patience));
    let lost: Vec<Lost<'_>> = join_all(looks).await.into_iter().flatten().collect();
    let leaders: Vec<i32> = metadata
        .topics
        .iter()
        .flat_map(|topic| &topic.partitions)
        .map(|partition| partition.leader)
        .collect();
    let all = !lost.is_empty() && lost.len() == metadata.brokers.len();
    if let Some(fatal) = lost.iter().find(|(broker, _)| all || leaders.contains(&broker.id)) {
        return Err(failure(reached, fatal));
    }
    for lost in &lost {
        probe.warn(&kind::ADVERTISED_LISTENER, failure(reached, lost).evidence);
    }
    probe.leave();
    Ok(())
}

async fn look<'a>(
    network: &Network,
    reached: &Reached,
    broker: &'a Advertised,
    patience: Duration,
) -> Option<Lost<'a>> {
    let Some(port) = u16::try_from(broker.port).ok().filter(|port| *port > 0) else {
        return Some((broker, "its port is impossible".to_owned()));
    };
    let endpoint = Endpoint { host: broker.host.clone(), port };
    if endpoint == reached.endpoint {
        return None;
    }
    let connect = async {
        let addresses = network.resolver.resolve(&endpoint.host).await?;
        tcp::connect_to_all(&addresses, &endpoint).await
    };
    match timeout(patience, connect).await {
        Ok(Ok(_)) => None,
        Ok(Err(failure)) => Some((broker, failure.to_string())),
        Err(_) => {
            Some((broker, format!("{endpoint} did not accept a connection in {} ms", patience.as_millis())))
        }
    }
}

fn failure(reached: &Reached, (broker, why): &Lost<'_>) -> Failure {
    let Advertised { id, host, port } = broker;
    let evidence = format!(
        "{reached} answers, but tells clients to go on at {host}:{port} (broker {id}), which leads nowhere from here: {why}"
    );
    let hint = format!(
        "set advertised.listeners of broker {id} to an address that this container can reach, or make {host}:{port} reachable"
    );
    Failure::new(&kind::ADVERTISED_LISTENER, evidence).with_hint(hint)
}
