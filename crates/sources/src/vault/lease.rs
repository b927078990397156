//! When a secret is renewed or read again. Pure: the hour and the chance are passed in.
//!
//! The rules are consul-template's, whose users tune them with `default_lease_duration` and `lease_renewal_threshold`:
//! what can be renewed is first renewed early in its lease, and from then on after two thirds of what is left; what
//! cannot is read again near its end; what rotates is read just after it has rotated.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Secret;

/// How far the threshold is moved for one client or another, in parts of the lease, so that many do not ask at once.
const STAGGER: f64 = 0.1;
/// No secret is asked for more often than this, whatever its lease says.
const SHORTEST: Duration = Duration::from_millis(500);
/// The longest wait: a lease of centuries must not overflow a clock.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// What the configuration says of leases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LeaseRules {
    /// The lease of what comes without one.
    pub(super) default_duration: Duration,
    /// The part of a lease that cannot be renewed after which the secret is read again.
    pub(super) threshold: f64,
}

impl LeaseRules {
    /// How long a secret just read is left alone. `chance` is between 0 and 1.
    pub(super) fn wait(&self, secret: &Secret, now: SystemTime, chance: f64) -> Duration {
        let lease = Lease::of(secret, now);
        let whole = lease.duration().unwrap_or(self.default_duration);
        let wait = match lease {
            _ if secret.can_be_renewed() => whole.mul_f64((1.0 + chance) / 6.0),
            Lease::Rotates(_) => whole,
            Lease::Ends(_) | Lease::Unsaid => whole.mul_f64(self.staggered_threshold(chance)),
        };
        wait.clamp(SHORTEST, LONGEST)
    }

    /// The threshold moved a little; as it was written where that would leave the lease.
    fn staggered_threshold(&self, chance: f64) -> f64 {
        let moved = self.threshold + (chance - 0.5) * STAGGER;
        let within = |fraction: &f64| *fraction > 0.0 && *fraction < 1.0;
        Some(moved).filter(within).or(Some(self.threshold).filter(within)).unwrap_or(0.9)
    }
}

/// What ends the time of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lease {
    Ends(Duration),
    Rotates(Duration),
    Unsaid,
}

impl Lease {
    /// The lease itself, or what an engine without leases says in its data: a certificate's end, the time to live of
    /// an AppRole's secret id, the time until a static role's password rotates.
    fn of(secret: &Secret, now: SystemTime) -> Self {
        let mut lease = seconds(secret.granted().map_or(0, |seconds| seconds.try_into().unwrap_or(i64::MAX)));
        if !secret.lease_id.is_empty() {
            return lease.map_or(Self::Unsaid, Self::Ends);
        }
        let number = |name: &str| secret.data.as_ref()?.get(name)?.as_i64();
        let has = |name: &str| secret.data.as_ref().is_some_and(|data| data.contains_key(name));
        if has("certificate")
            && let Some(expiration) = number("expiration")
        {
            lease = seconds(expiration.saturating_sub(unix(now)));
        }
        if has("secret_id")
            && let Some(ttl) = number("secret_id_ttl").filter(|ttl| *ttl > 0)
        {
            lease = seconds(ttl.saturating_add(1));
        }
        if has("rotation_period")
            && let Some(ttl) = number("ttl")
        {
            // A second more, so that it has rotated for certain.
            return seconds(ttl.saturating_add(1)).map_or(Self::Unsaid, Self::Rotates);
        }
        lease.map_or(Self::Unsaid, Self::Ends)
    }

    fn duration(self) -> Option<Duration> {
        match self {
            Self::Ends(duration) | Self::Rotates(duration) => Some(duration),
            Self::Unsaid => None,
        }
    }
}

fn seconds(count: i64) -> Option<Duration> {
    u64::try_from(count).ok().filter(|count| *count > 0).map(|count| Duration::from_secs(count).min(LONGEST))
}

fn unix(now: SystemTime) -> i64 {
    now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX))
}

/// The renewals of one lease, until its maximum comes near and only a new one helps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Renewals {
    grace: Duration,
    prior: Duration,
}

/// What follows a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterRenewal {
    /// Renew again after this long.
    RenewAfter(Duration),
    /// The lease cannot be made longer any more: get a new one after this long.
    ReplaceAfter(Duration),
}

impl Renewals {
    pub(super) fn of(lease: Duration, chance: f64) -> Self {
        Self { grace: grace(lease, chance), prior: lease }
    }

    /// What to do after the lease has been renewed to `remaining`.
    pub(super) fn renewed(&mut self, remaining: Duration, chance: f64) -> AfterRenewal {
        let remaining = remaining.min(LONGEST);
        if remaining > self.prior {
            self.grace = grace(remaining, chance);
        }
        let pause = remaining.mul_f64(2.0 / 3.0) + self.grace / 3;
        self.prior = remaining;
        if remaining <= self.grace || remaining.saturating_sub(pause) <= self.grace {
            // Its maximum is reached: what is left of it is used but for its last tenth.
            return AfterRenewal::ReplaceAfter(remaining.mul_f64(0.5 + chance * 0.4));
        }
        AfterRenewal::RenewAfter(pause.max(SHORTEST))
    }
}

/// The last tenth to fifth of a lease, in which it is too late to renew.
fn grace(lease: Duration, chance: f64) -> Duration {
    lease.min(LONGEST).mul_f64(0.1 * (1.0 + chance))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: LeaseRules = LeaseRules { default_duration: Duration::from_secs(300), threshold: 0.9 };

    fn secret(text: &str) -> Secret {
        Secret::parse(text.as_bytes()).unwrap().unwrap()
    }

    fn wait(text: &str, chance: f64) -> f64 {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        RULES.wait(&secret(text), now, chance).as_secs_f64()
    }

    #[test]
    fn without_a_lease_the_default_counts() {
        assert!((wait(r#"{"data":{"a":"b"}}"#, 0.5) - 270.0).abs() < 0.001);
        assert!((wait(r#"{"data":{"a":"b"},"lease_duration":-4}"#, 0.5) - 270.0).abs() < 0.001);
    }

    #[test]
    fn what_can_be_renewed_is_within_a_sixth_and_a_third() {
        let text = r#"{"lease_id":"l","lease_duration":60,"renewable":true,"data":{"a":"b"}}"#;
        assert!((wait(text, 0.0) - 10.0).abs() < 0.001);
        assert!((wait(text, 1.0) - 20.0).abs() < 0.001);
    }

    #[test]
    fn what_cannot_is_read_again_about_the_threshold() {
        let text = r#"{"lease_id":"l","lease_duration":100,"data":{"a":"b"}}"#;
        assert!((wait(text, 0.0) - 85.0).abs() < 0.001);
        assert!((wait(text, 0.999) - 94.99).abs() < 0.01);
    }

    #[test]
    fn a_stagger_that_leaves_the_lease_is_not_used() {
        let rules = LeaseRules { threshold: 0.99, ..RULES };
        assert!((rules.staggered_threshold(0.9) - 0.99).abs() < f64::EPSILON);
        let absurd = LeaseRules { threshold: 7.0, ..RULES };
        assert!((absurd.staggered_threshold(0.9) - 0.9).abs() < f64::EPSILON);
    }

    #[test]
    fn a_certificate_ends_when_it_says() {
        let text = r#"{"data":{"certificate":"PEM","expiration":1001000}}"#;
        assert!((wait(text, 0.5) - 900.0).abs() < 0.001);
        let leased =
            r#"{"lease_id":"l","lease_duration":10,"data":{"certificate":"PEM","expiration":1001000}}"#;
        assert!((wait(leased, 0.5) - 9.0).abs() < 0.001);
    }

    #[test]
    fn a_secret_id_lives_for_its_ttl_unless_that_is_endless() {
        assert!((wait(r#"{"data":{"secret_id":"s","secret_id_ttl":99}}"#, 0.5) - 90.0).abs() < 0.001);
        assert!((wait(r#"{"data":{"secret_id":"s","secret_id_ttl":0}}"#, 0.5) - 270.0).abs() < 0.001);
    }

    #[test]
    fn a_rotating_secret_is_read_just_after_it_has_rotated() {
        assert!((wait(r#"{"data":{"rotation_period":3600,"ttl":30}}"#, 0.1) - 31.0).abs() < 0.001);
        assert!((wait(r#"{"data":{"rotation_period":3600,"ttl":0}}"#, 0.9) - 1.0).abs() < 0.001);
    }

    #[test]
    fn absurd_leases_neither_spin_nor_overflow() {
        assert!(wait(r#"{"lease_id":"l","lease_duration":1,"renewable":true,"data":{"a":1}}"#, 0.0) >= 0.5);
        let centuries = r#"{"lease_id":"l","lease_duration":9223372036854775807,"data":{"a":1}}"#;
        assert!(wait(centuries, 0.5) <= LONGEST.as_secs_f64());
    }

    #[test]
    fn a_lease_that_stops_growing_is_replaced() {
        let mut renewals = Renewals::of(Duration::from_secs(60), 0.0);
        let AfterRenewal::RenewAfter(pause) = renewals.renewed(Duration::from_secs(60), 0.0) else {
            panic!("a whole lease is worth renewing")
        };
        assert!((pause.as_secs_f64() - 42.0).abs() < 0.001, "{pause:?}");
        let AfterRenewal::ReplaceAfter(pause) = renewals.renewed(Duration::from_secs(10), 0.0) else {
            panic!("ten seconds of sixty are the end of it")
        };
        assert!((pause.as_secs_f64() - 5.0).abs() < 0.001, "{pause:?}");
    }

    #[test]
    fn a_longer_lease_has_a_longer_grace() {
        let mut renewals = Renewals::of(Duration::from_secs(1), 0.0);
        assert!(matches!(renewals.renewed(Duration::from_secs(600), 0.0), AfterRenewal::RenewAfter(_)));
        assert_eq!(renewals.grace, Duration::from_secs(60));
    }
}
