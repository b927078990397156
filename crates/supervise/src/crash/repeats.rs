//! The same death again and again is sent once in a while. Pure.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// So many fingerprints are remembered; services and their codes are few.
const MOST: usize = 256;

/// Which fingerprints were sent when.
#[derive(Debug)]
pub(super) struct Repeats {
    window: Duration,
    sent: BTreeMap<String, Sent>,
}

#[derive(Debug)]
struct Sent {
    at: Instant,
    repeated: u64,
}

impl Repeats {
    pub(super) fn new(window: Duration) -> Self {
        Self { window, sent: BTreeMap::new() }
    }

    /// `None`: it is counted and not sent. Else how often it was counted since it was sent the last time.
    pub(super) fn admit(&mut self, fingerprint: &str, now: Instant) -> Option<u64> {
        if let Some(sent) = self.sent.get_mut(fingerprint) {
            if now.saturating_duration_since(sent.at) < self.window {
                sent.repeated += 1;
                return None;
            }
            sent.at = now;
            return Some(std::mem::take(&mut sent.repeated));
        }
        self.make_room();
        self.sent.insert(fingerprint.to_owned(), Sent { at: now, repeated: 0 });
        Some(0)
    }

    fn make_room(&mut self) {
        if self.sent.len() < MOST {
            return;
        }
        let oldest =
            self.sent.iter().min_by_key(|(_, sent)| sent.at).map(|(fingerprint, _)| fingerprint.clone());
        if let Some(oldest) = oldest {
            self.sent.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_counted_and_told_with_the_next_one() {
        let began = Instant::now();
        let after = |seconds| began + Duration::from_secs(seconds);
        let mut repeats = Repeats::new(Duration::from_secs(300));
        assert_eq!(repeats.admit("web code-1", began), Some(0));
        assert_eq!(repeats.admit("web code-1", after(1)), None);
        assert_eq!(repeats.admit("web code-1", after(299)), None);
        assert_eq!(repeats.admit("web code-2", after(299)), Some(0));
        assert_eq!(repeats.admit("web code-1", after(300)), Some(2));
        assert_eq!(repeats.admit("web code-1", after(301)), None);
        assert_eq!(repeats.admit("web code-1", after(601)), Some(1));
    }

    #[test]
    fn not_more_are_remembered_than_there_is_room_for() {
        let mut repeats = Repeats::new(Duration::from_secs(300));
        for at in 0..10 * MOST {
            repeats.admit(&at.to_string(), Instant::now());
        }
        assert_eq!(repeats.sent.len(), MOST);
    }
}
