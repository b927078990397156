//! The one connection that tonic gets: ours, which has passed the layers below. It makes no other.

use std::future::{Ready, ready};
use std::io;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tonic::codegen::Service;

use crate::net::bounded::Duplex;

/// Hands the connection out, once.
pub(super) struct Carrier {
    stream: Option<Box<dyn Duplex>>,
}

impl Carrier {
    /// Will hand out this connection.
    pub(super) fn new(stream: Box<dyn Duplex>) -> Self {
        Self { stream: Some(stream) }
    }
}

impl Service<Uri> for Carrier {
    type Response = TokioIo<Box<dyn Duplex>>;
    type Error = io::Error;
    type Future = Ready<Result<Self::Response, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let over = || io::Error::new(io::ErrorKind::NotConnected, "the connection is over");
        ready(self.stream.take().map(TokioIo::new).ok_or_else(over))
    }
}
