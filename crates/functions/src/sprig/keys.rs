//! Private keys in PEM: made, read and brought from one form into another.
//!
//! Forms are those of RFC 5208 (PKCS#8), RFC 5915 (`EC PRIVATE KEY`) and RFC 8017 (`RSA PRIVATE KEY`).

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};

use crate::codec::{Alphabet, decode_base64, encode_base64};
use crate::text::find;

/// `1.2.840.10045.2.1`, elliptic curves in general.
const EC: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// `1.2.840.113549.1.1.1`
const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
/// `1.3.101.112`
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[0]` and `[1]` of a structure.
const FIRST: u8 = 0xA0;
const SECOND: u8 = 0xA1;

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

fn failed(fault: rcgen::Error) -> String {
    format!("failed to generate private key: {fault}")
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

/// An element of DER.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    let bytes = length.to_be_bytes();
    let significant = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    match length {
        0..0x80 => out.push(u8::try_from(length).unwrap_or_default()),
        _ => {
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
            out.extend_from_slice(significant);
        }
    }
    out.extend_from_slice(content);
    out
}

/// The first element of DER with its tag, and what follows.
fn take(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..0x80 => (usize::from(*first), rest),
        _ => {
            let (digits, rest) =
                rest.split_at_checked(usize::from(first & 0x7F)).filter(|(digits, _)| digits.len() <= 4)?;
            (digits.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    if *found != tag {
        return None;
    }
    rest.split_at_checked(length)
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
