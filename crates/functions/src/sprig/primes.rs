//! Prime numbers by chance, of which keys are made.

use std::convert::Infallible;

use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use crypto_primes::{Flavor, sieve_and_find};
use num_bigint::BigUint;
use rand_core::{TryCryptoRng, TryRng};
use ring::rand::{SecureRandom as _, SystemRandom};

/// Random bytes of the system for whoever cannot be told that there are none: it gets zeros, and what was made of them must not
/// be used.
struct SystemBytes {
    source: SystemRandom,
    has_failed: bool,
}

impl TryRng for SystemBytes {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        if self.source.fill(bytes).is_err() {
            self.has_failed = true;
            bytes.fill(0);
        }
        Ok(())
    }
}

impl TryCryptoRng for SystemBytes {}

/// A prime of so many bits, at least 16, whose first two are ones: the product of two such has all its bits.
pub(super) fn prime(bits: u32) -> Result<BigUint, String> {
    let failed = |why: &dyn std::fmt::Display| format!("failed to generate private key: {why}");
    let sieve = SmallFactorsSieveFactory::<crypto_bigint::BoxedUint>::new(Flavor::Any, bits, SetBits::TwoMsb)
        .map_err(|error| failed(&error))?;
    let mut random = SystemBytes { source: SystemRandom::new(), has_failed: false };
    let found =
        sieve_and_find(&mut random, sieve, |_, candidate| crypto_primes::is_prime(Flavor::Any, candidate));
    match found.map_err(|error| failed(&error))? {
        Some(prime) if !random.has_failed => Ok(BigUint::from_bytes_be(&prime.to_be_bytes())),
        _ => Err(failed(&"the system gives no random bytes")),
    }
}

/// Whether a number is a prime, as far as the test of Baillie, Pomerance, Selfridge and Wagstaff can tell.
pub(super) fn is_prime(number: &BigUint) -> bool {
    /// Most numbers fail by a small factor, which is quickly found.
    const SMALL: u32 = 2_000;
    let has_small_factor = (3..SMALL).step_by(2).any(|factor| {
        let rest = number % factor;
        rest == BigUint::ZERO && *number != BigUint::from(factor)
    });
    if has_small_factor {
        return false;
    }
    let digits = crypto_bigint::BoxedUint::from_be_slice_vartime(&number.to_bytes_be());
    crypto_primes::is_prime(Flavor::Any, &digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_are_told_from_other_numbers() {
        let primes = (2..2_100u32).filter(|number| is_prime(&BigUint::from(*number))).count();
        assert_eq!(primes, 317, "as many as there are below 2100");
        // A prime of Mersenne, and its neighbours.
        let large = (BigUint::from(1u32) << 521) - 1u32;
        assert!(is_prime(&large));
        assert!(!is_prime(&(&large + 2u32)) && !is_prime(&(&large * &large)));
    }

    #[test]
    fn a_prime_has_its_size_and_its_first_two_bits() {
        for bits in [64, 512] {
            let found = prime(bits).expect("a prime");
            assert!(is_prime(&found));
            assert_eq!(&found >> (bits - 2), BigUint::from(3u32), "{found}");
        }
    }
}
