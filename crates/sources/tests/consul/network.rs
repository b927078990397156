//! A network between the watcher and an agent that can be stopped, slowed and cut.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::{Receiver, Sender, channel};

/// What happens to what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// It arrives.
    Fine,
    /// It arrives later, each piece by that much.
    Slow(Duration),
    /// It waits until the weather changes.
    Stopped,
}

pub(crate) struct Network {
    pub(crate) address: String,
    weather: Sender<Weather>,
    cuts: Sender<usize>,
}

impl Network {
    /// Leads to that port, in fine weather.
    pub(crate) async fn start(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (weather, conditions) = channel(Weather::Fine);
        let (cuts, scissors) = channel(0);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (conditions, mut scissors) = (conditions.clone(), scissors.clone());
                scissors.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
                    let ((near_read, near_write), (far_read, far_write)) =
                        (near.into_split(), far.into_split());
                    tokio::select! {
                        () = carry(near_read, far_write, conditions.clone()) => {}
                        () = carry(far_read, near_write, conditions) => {}
                        _ = scissors.changed() => {}
                    }
                });
            }
        });
        Self { address, weather, cuts }
    }

    pub(crate) fn become_now(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Ends all connections.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut weather: Receiver<Weather>) {
    let mut piece = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let now = *weather.borrow_and_update();
        if let Weather::Slow(pause) = now {
            tokio::time::sleep(pause).await;
        }
        if weather.wait_for(|weather| *weather != Weather::Stopped).await.is_err()
            || to.write_all(&piece[..length]).await.is_err()
        {
            return;
        }
    }
}
