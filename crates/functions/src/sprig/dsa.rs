//! DSA keys with 2,048 and 256 bits, made as Go's `crypto/dsa` makes them and written as OpenSSL does.

use num_bigint::BigUint;
use preflight_gotemplate::CallError;

use super::primes::{is_prime, prime};
use super::{der, random};

/// The bits of `p` and of `q`.
const SIZES: (u32, u32) = (2_048, 256);

/// The whole numbers of a key, with its version.
pub(super) const NUMBERS: usize = 6;

/// Makes a key; the content of `DSA PRIVATE KEY`: version, p, q, g, y, x.
pub(super) fn make() -> Result<Vec<u8>, String> {
    make_of(SIZES)
}

fn make_of((bits, bits_of_group): (u32, u32)) -> Result<Vec<u8>, String> {
    let group = prime(bits_of_group)?;
    let modulus = modulus(bits, &group)?;
    let generator = generator(&modulus, &group);
    let private = exponent(&group)?;
    let public = generator.modpow(&private, &modulus);
    Ok(der::numbers(&[&modulus, &group, &generator, &public, &private]))
}

/// A prime of so many bits that is one more than a multiple of the group's size.
fn modulus(bits: u32, group: &BigUint) -> Result<BigUint, String> {
    let step = group << 1;
    loop {
        let mut candidate = random_of(bits)?;
        candidate.set_bit(u64::from(bits) - 1, true);
        let beyond = &candidate % &step;
        candidate -= beyond;
        candidate += 1u32;
        if candidate.bits() == u64::from(bits) && is_prime(&candidate) {
            return Ok(candidate);
        }
    }
}

/// A number that generates the group: the first power of 2, 3, … that is not 1.
fn generator(modulus: &BigUint, group: &BigUint) -> BigUint {
    let exponent = (modulus - 1u32) / group;
    let mut base = BigUint::from(2u32);
    loop {
        let power = base.modpow(&exponent, modulus);
        if power != BigUint::from(1u32) {
            return power;
        }
        base += 1u32;
    }
}

/// A number from 1 to one less than the group's size.
fn exponent(group: &BigUint) -> Result<BigUint, String> {
    loop {
        let number = random_of(u32::try_from(group.bits()).unwrap_or(u32::MAX))?;
        if number != BigUint::ZERO && number < *group {
            return Ok(number);
        }
    }
}

/// A number of so many bits at most, a multiple of eight.
fn random_of(bits: u32) -> Result<BigUint, String> {
    let bytes = random::bytes(bits as usize / 8).map_err(|fault: CallError| fault.to_string())?;
    Ok(BigUint::from_bytes_be(&bytes))
}
