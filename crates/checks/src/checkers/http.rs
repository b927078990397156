//! HTTP and HTTPS: one request and what its answer must be, with reqwest over our own name resolution and TLS.

mod expectation;
mod request;

use async_trait::async_trait;

use crate::probe::Layer;
use crate::{Checker, Failure, Item, Probe};
use expectation::Expectation;
use request::Request;

/// Proves that a request is answered as expected.
pub(crate) struct Http;

#[async_trait]
impl Checker for Http {
    async fn check(&self, item: &Item, probe: &mut Probe) -> Result<(), Failure> {
        let request = Request::of(item)?;
        let expectation = Expectation::of(item)?;
        let exchanged = request.exchange(item, probe).await?;
        expectation.judge_status(&exchanged)?;
        probe.leave();
        probe.enter(Layer::Read);
        expectation.judge_content(&exchanged)?;
        probe.leave();
        probe.fact("status", exchanged.answer.status.to_string());
        if let Some(server) = exchanged.header("server") {
            probe.fact("server", server);
        }
        Ok(())
    }
}
