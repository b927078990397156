//! The driver of one query of a backend whose queries are independent of each other.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{Board, News, Patience};
use crate::{Again, Query, Source};

/// Two fetches that end at once are at least so far apart.
const LEAST_DISTANCE: Duration = Duration::from_millis(100);

/// Fetches a query and fetches it again, until it cannot change or nobody listens. With `once` the first answer that
/// says that there is something ends it.
pub(crate) async fn drive(source: Arc<dyn Source>, query: Query, board: Arc<Board>, once: bool) {
    let mut last = None;
    let mut patience = Patience::default();
    loop {
        let began = Instant::now();
        match source.fetch(&query, last.as_ref()).await {
            Ok(mut fetched) => {
                patience.reset();
                let news = News::Answer(query.clone(), fetched.answer.clone(), fetched.index);
                let heard = board.report(vec![news]).await;
                if heard.is_none() || (once && !fetched.answer.is_absence()) {
                    return;
                }
                match fetched.again {
                    Again::Never => return,
                    Again::After(wait) => sleep(wait.max(LEAST_DISTANCE)).await,
                    Again::Blocking => sleep_until(began + LEAST_DISTANCE).await,
                }
                if last.as_ref().is_some_and(|before: &crate::Fetched| fetched.index < before.index) {
                    // The server lost its history; a wait for the old index would never end.
                    fetched.index = 0;
                }
                last = Some(fetched);
            }
            Err(error) => {
                let error = patience.failed(source.retry(), error, fastrand::f64());
                let wait = error.next_try.unwrap_or(LEAST_DISTANCE);
                if board.report(vec![News::Failure(query.clone(), error)]).await.is_none() {
                    return;
                }
                tokio::select! {
                    () = sleep(wait) => {}
                    () = board.returned(query.backend()) => sleep(LEAST_DISTANCE).await,
                }
            }
        }
    }
}
