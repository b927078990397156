//! RSA keys, made as in FIPS 186-5, A.1.3, and written as in RFC 8017, A.1.2.

use num_bigint::BigUint;

use super::der;
use super::primes::prime;

/// 2^16 + 1, which is what Go takes.
const PUBLIC_EXPONENT: u32 = 65_537;

/// Makes a key with a modulus of so many bits, an even number; the content of `RSA PRIVATE KEY`.
pub(super) fn make(bits: u32) -> Result<Vec<u8>, String> {
    loop {
        if let Some(key) = of(prime(bits / 2)?, prime(bits / 2)?) {
            return Ok(key);
        }
    }
}

/// The key of two primes; `None` where they do not make one, which next to never happens.
fn of(one: BigUint, other: BigUint) -> Option<Vec<u8>> {
    // Some readers insist on this order.
    let (p, q) = if one > other { (one, other) } else { (other, one) };
    if p == q {
        return None;
    }
    let (below_p, below_q) = (&p - 1u32, &q - 1u32);
    let public = BigUint::from(PUBLIC_EXPONENT);
    // The product is as good as the least common multiple, and needs no greatest common divisor.
    let private = public.modinv(&(&below_p * &below_q))?;
    let modulus = &p * &q;
    let (first, second) = (&private % &below_p, &private % &below_q);
    let coefficient = q.modinv(&p)?;
    Some(der::numbers(&[&modulus, &public, &private, &p, &q, &first, &second, &coefficient]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_primes_make_a_key() {
        let key = of(BigUint::from(61u32), BigUint::from(53u32)).expect("a key");
        // 3233 = 61 * 53, and 65537 * 2753 is 1 modulo 3120.
        let expected = [
            &[0x30, 31, 2, 1, 0, 2, 2, 0x0C, 0xA1, 2, 3, 1, 0, 1, 2, 2, 0x0A, 0xC1][..],
            &[2, 1, 61, 2, 1, 53, 2, 1, 53, 2, 1, 49, 2, 1, 38],
        ];
        assert_eq!(key, expected.concat());
    }

    #[test]
    fn what_makes_no_key_is_told() {
        let prime = || BigUint::from(61u32);
        assert!(of(prime(), prime()).is_none(), "the same prime twice");
        // 131075 - 1 is divisible by the public exponent.
        assert!(of(BigUint::from(131_075u32), prime()).is_none(), "the public exponent has no inverse");
    }
}
