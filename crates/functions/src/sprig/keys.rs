//! Private keys in PEM: made, read and brought from one form into another.
//!
//! Forms are those of RFC 5208 (PKCS#8), RFC 5915 (`EC PRIVATE KEY`), RFC 8017 (`RSA PRIVATE KEY`), and OpenSSL's
//! `DSA PRIVATE KEY`.

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};

use super::der::{FIRST, INTEGER, NULL, OBJECT, OCTETS, SECOND, SEQUENCE, count_of_numbers, element, take};
use super::{dsa, rsa};
use crate::codec::{Alphabet, decode_base64, encode_base64};
use crate::text::find;

/// `1.2.840.10045.2.1`, elliptic curves in general.
const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// `1.2.840.113549.1.1.1`
const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
/// `1.3.101.112`
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];

/// A private key ready to sign, and its PEM as it was given or made.
pub(super) struct PrivateKey {
    pub(super) pair: KeyPair,
    pub(super) pem: String,
}

/// Makes a key of the P-256 curve.
pub(super) fn make_ecdsa() -> Result<PrivateKey, String> {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let der = sec1(pair.serialized_der()).ok_or("failed to generate private key: unknown form")?;
    Ok(PrivateKey { pair, pem: pem("EC PRIVATE KEY", &der) })
}

/// Makes an Ed25519 key.
pub(super) fn make_ed25519() -> Result<PrivateKey, String> {
    let pair = KeyPair::generate_for(&PKCS_ED25519).map_err(failed)?;
    let der = first_version(pair.serialized_der()).ok_or("failed to generate private key: unknown form")?;
    Ok(PrivateKey { pair, pem: pem("PRIVATE KEY", &der) })
}

/// Makes an RSA key with a modulus of so many bits, 2,048 to 4,096.
pub(super) fn make_rsa(bits: u32) -> Result<PrivateKey, String> {
    let key = rsa::make(bits)?;
    let pair = KeyPair::try_from(wrapped(&algorithm(RSA, &[NULL, 0]), &key).as_slice()).map_err(failed)?;
    Ok(PrivateKey { pair, pem: pem("RSA PRIVATE KEY", &key) })
}

/// Makes a DSA key in PEM. No certificate can be made with one.
pub(super) fn make_dsa() -> Result<String, String> {
    Ok(pem("DSA PRIVATE KEY", &dsa::make()?))
}

fn failed(fault: rcgen::Error) -> String {
    format!("failed to generate private key: {fault}")
}

/// Whether a text is a DSA key, with which nothing can be signed here.
pub(super) fn is_dsa(text: &[u8]) -> bool {
    read_pem(text).is_some_and(|(label, der)| {
        label == "DSA PRIVATE KEY" && count_of_numbers(&der) == Some(dsa::NUMBERS)
    })
}

/// Reads a key.
pub(super) fn read(text: &[u8]) -> Result<PrivateKey, String> {
    let (label, der) = read_pem(text).ok_or("no PEM data in input")?;
    let pkcs8 = match label.as_str() {
        "PRIVATE KEY" => der,
        "EC PRIVATE KEY" => {
            from_sec1(&der).ok_or("parsing EC private key from PEM: no curve or no public key")?
        }
        "RSA PRIVATE KEY" => wrapped(&algorithm(RSA, &[NULL, 0]), &der),
        // Whoever can do with a whole one has looked for it before.
        "DSA PRIVATE KEY" => {
            return Err("parsing DSA private key from PEM: asn1: syntax error: sequence truncated".to_owned());
        }
        other => {
            let Some(kind) = other.strip_suffix(" PRIVATE KEY") else {
                return Err(format!("no private key data in PEM block of type {other}"));
            };
            return Err(format!("invalid private key type {kind}"));
        }
    };
    let pair =
        KeyPair::try_from(pkcs8.as_slice()).map_err(|fault| format!("decoding PEM as PKCS#8: {fault}"))?;
    // Certificates come with the key in the form that Go would write, which is the given one.
    Ok(PrivateKey { pair, pem: pem(&label, &read_pem(text).map(|(_, der)| der).unwrap_or_default()) })
}

/// A block of PEM with lines of 64 characters.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in encode_base64(Alphabet::Standard, der).chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

/// The first block of PEM in a text: its label and content.
pub(super) fn read_pem(text: &[u8]) -> Option<(String, Vec<u8>)> {
    let start = find(text, b"-----BEGIN ")? + 11;
    let label_length = find(&text[start..], b"-----")?;
    let label = &text[start..start + label_length];
    let body = &text[start + label_length + 5..];
    let end = find(body, &[b"-----END ", label, b"-----"].concat())?;
    let digits: Vec<u8> = body[..end].iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    Some((String::from_utf8_lossy(label).into_owned(), decode_base64(Alphabet::Standard, &digits).ok()?))
}

fn algorithm(object: &[u8], parameters: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[&element(OBJECT, object)[..], parameters].concat())
}

/// PKCS#8 of version 0 around a key.
fn wrapped(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[&element(INTEGER, &[0])[..], algorithm, &element(OCTETS, key)].concat())
}

/// The parameters of the algorithm and the key of PKCS#8.
fn parts(pkcs8: &[u8]) -> Option<(&[u8], &[u8])> {
    let (body, _) = take(SEQUENCE, pkcs8)?;
    let (_, rest) = take(INTEGER, body)?;
    let (algorithm, rest) = take(SEQUENCE, rest)?;
    let (_, parameters) = take(OBJECT, algorithm)?;
    let (key, _) = take(OCTETS, rest)?;
    Some((parameters, key))
}

/// `EC PRIVATE KEY` out of PKCS#8, with the curve and the public key as Go writes it.
fn sec1(pkcs8: &[u8]) -> Option<Vec<u8>> {
    let (curve, key) = parts(pkcs8)?;
    let (body, _) = take(SEQUENCE, key)?;
    let (version, rest) = take(INTEGER, body)?;
    let (secret, rest) = take(OCTETS, rest)?;
    let rest = take(FIRST, rest).map_or(rest, |(_, after)| after);
    let (public, _) = take(SECOND, rest)?;
    let parts =
        [element(INTEGER, version), element(OCTETS, secret), element(FIRST, curve), element(SECOND, public)];
    Some(element(SEQUENCE, &parts.concat()))
}

/// PKCS#8 out of `EC PRIVATE KEY`, which must name its curve and have its public key.
fn from_sec1(key: &[u8]) -> Option<Vec<u8>> {
    let (body, _) = take(SEQUENCE, key)?;
    let (version, rest) = take(INTEGER, body)?;
    let (secret, rest) = take(OCTETS, rest)?;
    let (curve, rest) = take(FIRST, rest)?;
    let (public, _) = take(SECOND, rest)?;
    let inner = [element(INTEGER, version), element(OCTETS, secret), element(SECOND, public)].concat();
    Some(wrapped(&algorithm(EC, curve), &element(SEQUENCE, &inner)))
}

/// PKCS#8 of version 0 out of a later one, which has the public key too.
fn first_version(pkcs8: &[u8]) -> Option<Vec<u8>> {
    let (_, key) = parts(pkcs8)?;
    Some(wrapped(&algorithm(ED25519, &[]), key))
}
