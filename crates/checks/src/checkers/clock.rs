//! The clock: one question to an NTP server.

mod sntp;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use preflight_contract::{CheckSpec, format_duration};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use crate::kinds::{clock as kind, general};
use crate::probe::Layer;
use crate::{Checker, Endpoint, Failure, Item, Probe};
use sntp::{Answer, Question, Unusable};

/// How far the clock may be off when nothing is said.
const MAX_OFFSET: Duration = Duration::from_secs(1);

/// How long to wait before the question is sent once more: datagrams get lost.
const AGAIN: Duration = Duration::from_secs(1);

/// How much earlier than the attempt's own end it is given up, so that the failure can still be told.
const MARGIN: Duration = Duration::from_millis(20);

/// Proves that the clock is right.
pub(crate) struct Clock;

#[async_trait]
impl Checker for Clock {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let Some(CheckSpec::Clock(spec)) = &item.spec else {
            return Err(Failure::new(&general::BAD_PARAMETER, "a clock check needs a server"));
        };
        let Some(server) = &spec.server else {
            let failure = Failure::new(
                &general::BAD_PARAMETER,
                "server is not set, so there is no clock to compare with",
            );
            return Err(failure.with_hint("name an NTP server, on AWS 169.254.169.123"));
        };
        let deadline = Instant::now() + item.timeout.saturating_sub(MARGIN).max(item.timeout / 2);
        let endpoint = Endpoint::parse("server", server, item.kind.default_port)?;
        probe.enter(Layer::Dns);
        let addresses = probe.network().resolver.resolve(&endpoint.host).await?;
        probe.leave();
        let address = addresses.first().copied().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        probe.enter(Layer::Look);
        let answer = ask(&endpoint, SocketAddr::new(address, endpoint.port), deadline).await?;
        judge(&endpoint, &answer, spec.max_offset.unwrap_or(MAX_OFFSET))?;
        probe.leave();
        probe.fact("offset", answer.offset.to_string());
        probe.fact("stratum", answer.stratum.to_string());
        Ok(())
    }
}

fn judge(endpoint: &Endpoint, answer: &Answer, allowed: Duration) -> Result<(), Failure> {
    // Half of the way there and back is what the answer cannot know.
    let certain = answer.offset.distance.saturating_sub(answer.round_trip / 2);
    if certain <= allowed {
        return Ok(());
    }
    let evidence = format!(
        "the clock is {} that of {endpoint} (stratum {}), more than {}",
        answer.offset,
        answer.stratum,
        format_duration(allowed)
    );
    Err(Failure::new(&kind::OFFSET, evidence))
}

async fn ask(endpoint: &Endpoint, server: SocketAddr, deadline: Instant) -> Result<Answer, Failure> {
    let local: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let no_answer = |why: &str| Failure::new(&kind::NO_ANSWER, format!("{endpoint} ({}) {why}", server.ip()));
    let unreachable = |error: std::io::Error| no_answer(&format!("cannot be asked: {error}"));
    let socket = UdpSocket::bind((local, 0)).await.map_err(unreachable)?;
    socket.connect(server).await.map_err(unreachable)?;
    let mut buffer = [0; 512];
    while Instant::now() < deadline {
        let question = Question::new(SystemTime::now(), fastrand::u64(..));
        socket.send(&question.bytes()).await.map_err(unreachable)?;
        let until = deadline.min(Instant::now() + AGAIN);
        while let Ok(received) = timeout_at(until, socket.recv(&mut buffer)).await {
            let count = received.map_err(unreachable)?;
            match question.read(&buffer[..count], SystemTime::now()) {
                Ok(answer) => return Ok(answer),
                // The answer to an earlier question, or somebody else's.
                Err(Unusable::NotMine) => {}
                Err(unusable) => return Err(unusable.failure(endpoint)),
            }
        }
    }
    Err(no_answer("does not answer over UDP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint { host: "time.example".to_owned(), port: 123 }
    }

    #[test]
    fn an_offset_is_judged_less_what_cannot_be_known() {
        let answer = |distance, round_trip| Answer {
            offset: sntp::Offset { distance: Duration::from_millis(distance), ahead: true },
            round_trip: Duration::from_millis(round_trip),
            stratum: 2,
        };
        assert!(judge(&endpoint(), &answer(1000, 0), MAX_OFFSET).is_ok());
        assert!(judge(&endpoint(), &answer(1200, 500), MAX_OFFSET).is_ok());
        let failure = judge(&endpoint(), &answer(1200, 100), MAX_OFFSET).expect_err("too far off");
        assert_eq!(failure.class.name, "clock.offset");
        assert!(failure.evidence.contains("1.2 s ahead of that of time.example:123"), "{failure}");
    }
}
