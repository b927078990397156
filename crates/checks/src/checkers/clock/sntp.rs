//! The 48 bytes of a simple NTP client's question and of its answer: RFC 5905, sections 7.3 and 14.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::kinds::clock as kind;
use crate::{Endpoint, Failure};

/// Seconds from NTP's epoch (1900) to Unix' (1970).
const EPOCHS_APART: u64 = 2_208_988_800;

/// Length of a packet without extensions.
const LENGTH: usize = 48;

/// A question, and when it was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    sent: SystemTime,
    /// What the answer must repeat. Not our time, which is nobody's business.
    cookie: u64,
}

/// What the server's answer comes to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) offset: Offset,
    pub(super) round_trip: Duration,
    pub(super) stratum: u8,
}

/// How far our clock is from the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offset {
    pub(super) distance: Duration,
    /// Whether ours is ahead.
    pub(super) ahead: bool,
}

/// Why an answer says no time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It answers another question.
    NotMine,
    /// It is not NTP.
    NotNtp,
    /// A kiss-o'-death with its code.
    Kiss(String),
    /// The server has no time itself.
    Unsynchronized,
}

impl Question {
    pub(super) fn new(sent: SystemTime, cookie: u64) -> Self {
        Self { sent, cookie }
    }

    /// Version 4, mode 3 (client); nothing but the cookie, in the place of the transmit timestamp.
    pub(super) fn bytes(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[0] = 0b00_100_011;
        bytes[40..].copy_from_slice(&self.cookie.to_be_bytes());
        bytes
    }

    /// Reads an answer that came at `received`.
    pub(super) fn read(&self, packet: &[u8], received: SystemTime) -> Result<Answer, Unusable> {
        let packet: &[u8; LENGTH] = packet.first_chunk().ok_or(Unusable::NotNtp)?;
        let (leap, version, mode) = (packet[0] >> 6, packet[0] >> 3 & 7, packet[0] & 7);
        if mode != 4 || !(1..=4).contains(&version) {
            return Err(Unusable::NotNtp);
        }
        if number(packet, 24) != self.cookie {
            return Err(Unusable::NotMine);
        }
        let stratum = packet[1];
        let code: String = packet[12..16]
            .iter()
            .filter(|byte| byte.is_ascii_alphanumeric())
            .map(|byte| char::from(*byte))
            .collect();
        match (leap, stratum) {
            (_, 0) if code.len() >= 3 && code != "INIT" && code != "STEP" => {
                return Err(Unusable::Kiss(code));
            }
            (3, _) | (_, 0 | 16..) => return Err(Unusable::Unsynchronized),
            _ => {}
        }
        let (arrived, left) = (number(packet, 32), number(packet, 40));
        let (sent, back) = (timestamp(self.sent), timestamp(received));
        // Differences of timestamps are right across the end of an era (2036).
        let there = signed(arrived, sent);
        let here = signed(left, back);
        let offset = (i128::from(there) + i128::from(here)) / 2;
        let round_trip = i128::from(signed(back, sent)) - i128::from(signed(left, arrived));
        Ok(Answer {
            offset: Offset { distance: duration(offset.unsigned_abs()), ahead: offset < 0 },
            round_trip: duration(u128::try_from(round_trip).unwrap_or_default()),
            stratum,
        })
    }
}

impl Unusable {
    pub(super) fn failure(self, endpoint: &Endpoint) -> Failure {
        match self {
            Self::NotMine | Self::NotNtp => {
                Failure::new(&kind::WRONG_PROTOCOL, format!("{endpoint} answers, but not in NTP"))
            }
            Self::Kiss(code) => {
                Failure::new(&kind::REFUSED, format!("{endpoint} refuses to tell the time ({code})"))
            }
            Self::Unsynchronized => Failure::new(
                &kind::UNSYNCHRONIZED,
                format!("{endpoint} says that it is not synchronised itself"),
            ),
        }
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.ahead { "ahead of" } else { "behind" };
        if self.distance < Duration::from_millis(1) {
            return write!(formatter, "{} µs {word}", self.distance.as_micros());
        }
        write!(formatter, "{} {word}", crate::report::seconds(self.distance))
    }
}

fn number(packet: &[u8; LENGTH], at: usize) -> u64 {
    packet[at..at + 8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Seconds in the upper half, their fraction in the lower.
fn timestamp(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs().wrapping_add(EPOCHS_APART);
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    seconds << 32 | fraction
}

fn signed(later: u64, earlier: u64) -> i64 {
    later.wrapping_sub(earlier).cast_signed()
}

fn duration(units: u128) -> Duration {
    let nanos = units.saturating_mul(1_000_000_000) >> 32;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: u64 = 0x0123_4567_89ab_cdef;

    fn at(milliseconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_790_000_000) + Duration::from_millis(milliseconds)
    }

    fn answer(first: u8, stratum: u8, code: [u8; 4], arrived: SystemTime, left: SystemTime) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        (bytes[0], bytes[1]) = (first, stratum);
        bytes[12..16].copy_from_slice(&code);
        bytes[24..32].copy_from_slice(&COOKIE.to_be_bytes());
        bytes[32..40].copy_from_slice(&timestamp(arrived).to_be_bytes());
        bytes[40..].copy_from_slice(&timestamp(left).to_be_bytes());
        bytes
    }

    fn read(packet: &[u8]) -> Result<Answer, Unusable> {
        Question::new(at(0), COOKIE).read(packet, at(100))
    }

    #[test]
    fn offset_and_round_trip_are_computed_as_the_standard_says() {
        // 40 ms there, 20 ms in the server, 40 ms back; the server's clock is 5 s ahead of ours.
        let found = read(&answer(0x24, 2, [0; 4], at(5040), at(5060))).expect("an answer");
        assert!(found.offset.distance.as_micros().abs_diff(5_000_000) <= 1, "{found:?}");
        assert!(!found.offset.ahead && found.round_trip.as_millis().abs_diff(80) <= 1, "{found:?}");
        let behind = Question::new(at(9000), COOKIE).read(&answer(0x24, 2, [0; 4], at(0), at(0)), at(9000));
        let behind = behind.expect("an answer").offset;
        assert!(behind.ahead && behind.distance.as_micros().abs_diff(9_000_000) <= 1, "{behind:?}");
    }

    #[test]
    fn what_says_no_time_is_told_apart() {
        let now = at(0);
        let class = |packet: &[u8]| read(packet).err();
        assert_eq!(class(b"HTTP/1.1 400 Bad Request"), Some(Unusable::NotNtp));
        assert_eq!(class(&answer(0x23, 2, [0; 4], now, now)), Some(Unusable::NotNtp), "a question");
        assert_eq!(class(&answer(0xe4, 2, [0; 4], now, now)), Some(Unusable::Unsynchronized));
        assert_eq!(class(&answer(0xe4, 0, *b"INIT", now, now)), Some(Unusable::Unsynchronized));
        assert_eq!(class(&answer(0xe4, 0, *b"RATE", now, now)), Some(Unusable::Kiss("RATE".to_owned())));
        assert_eq!(class(&answer(0x24, 16, [0; 4], now, now)), Some(Unusable::Unsynchronized));
        let mut other = answer(0x24, 2, [0; 4], now, now);
        other[24] ^= 1;
        assert_eq!(class(&other), Some(Unusable::NotMine));
    }
}
