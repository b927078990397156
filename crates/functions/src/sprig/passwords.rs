//! `bcrypt`, `htpasswd`, and `derivePassword` after the scheme of Master Password.

use std::num::NonZeroU32;

use preflight_gotemplate::{CallError, Type, UintKind};
use ring::{hmac, pbkdf2};

use super::random;
use crate::table::{Given as _, Table};

/// What bcrypt can take; it would not see further bytes.
const LONGEST: usize = 72;
/// Two to this power are the rounds of bcrypt.
const COST: u32 = 10;
/// What all derived passwords begin from.
const SEED: &[u8] = b"com.lyndir.masterpassword";

pub(super) fn register(table: &mut Table<'_>) {
    table.add("bcrypt", [Type::String], Type::String, |_, given| bcrypt(given.text(0)).map(Into::into));
    table.add("htpasswd", [Type::String, Type::String], Type::String, |_, given| {
        let user = given.text(0);
        if user.contains(&b':') {
            return Ok([b"invalid username: ", user].concat().into());
        }
        Ok([user, b":", bcrypt(given.text(1))?.as_bytes()].concat().into())
    });
    let parameters = [Type::Uint(UintKind::Uint32), Type::String, Type::String, Type::String, Type::String];
    table.add("derivePassword", parameters, Type::String, |_, given| {
        let counter =
            given.value(0).as_u64().and_then(|counter| u32::try_from(counter).ok()).unwrap_or_default();
        Ok(derive(counter, given.text(1), given.text(2), given.text(3), given.text(4)).into())
    });
}

fn bcrypt(password: &[u8]) -> Result<String, CallError> {
    if password.len() > LONGEST {
        let fault = format!("bcrypt: password length exceeds {LONGEST} bytes");
        return Ok(format!("failed to encrypt string with bcrypt: {fault}"));
    }
    let mut salt = [0; 16];
    salt.copy_from_slice(&random::bytes(16)?);
    let hash =
        bcrypt::hash_with_salt(password, COST, salt).map_err(|fault| CallError::new(fault.to_string()))?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

/// Patterns of passwords: each letter stands for a set of characters.
fn patterns(kind: &[u8]) -> Option<&'static [&'static str]> {
    Some(match kind {
        b"maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        b"long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        b"medium" => &["CvcnoCvc", "CvcCvcno"],
        b"short" => &["Cvcn"],
        b"basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        b"pin" => &["nnnn"],
        _ => return None,
    })
}

/// The characters that a letter of a pattern stands for.
fn set(letter: u8) -> &'static [u8] {
    match letter {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

fn derive(counter: u32, kind: &[u8], password: &[u8], user: &[u8], site: &[u8]) -> Vec<u8> {
    let Some(patterns) = patterns(kind) else {
        return [b"cannot find password template ", kind].concat();
    };
    let length = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    let salt = [SEED, &length(user), user].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &scrypt(password, &salt));
    let message = [SEED, &length(site), site, &counter.to_be_bytes()].concat();
    let tag = hmac::sign(&key, &message);
    let seed = tag.as_ref();
    let pattern = patterns[usize::from(seed[0]) % patterns.len()];
    pattern
        .bytes()
        .zip(&seed[1..])
        .map(|(letter, byte)| set(letter)[usize::from(*byte) % set(letter).len()])
        .collect()
}

/// scrypt with N = 32,768, r = 8, p = 2 and 64 bytes of key, RFC 7914.
fn scrypt(password: &[u8], salt: &[u8]) -> [u8; 64] {
    const ROUNDS: usize = 32_768;
    const BLOCK: usize = 128 * 8;
    let mut blocks = vec![0; BLOCK * 2];
    derive_key(password, salt, &mut blocks);
    for block in blocks.chunks_exact_mut(BLOCK) {
        mix(block, ROUNDS);
    }
    let mut key = [0; 64];
    derive_key(password, &blocks, &mut key);
    key
}

fn derive_key(password: &[u8], salt: &[u8], out: &mut [u8]) {
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, NonZeroU32::MIN, salt, password, out);
}

/// Stirs a block through memory that it fills itself.
fn mix(block: &mut [u8], rounds: usize) {
    let words = block.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    let mut state: Vec<u32> = words.collect();
    let size = state.len();
    let mut memory = Vec::with_capacity(size * rounds);
    for _ in 0..rounds {
        memory.extend_from_slice(&state);
        state = mixed(&state);
    }
    for _ in 0..rounds {
        let chosen = state[size - 16] as usize % rounds;
        for (word, other) in state.iter_mut().zip(&memory[chosen * size..]) {
            *word ^= other;
        }
        state = mixed(&state);
    }
    for (bytes, word) in block.chunks_exact_mut(4).zip(&state) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
}

/// Runs through all chunks of 16 words; the even ones come first in the result.
fn mixed(state: &[u32]) -> Vec<u32> {
    let mut last = [0; 16];
    last.copy_from_slice(&state[state.len() - 16..]);
    let (mut even, mut odd) = (Vec::with_capacity(state.len()), Vec::with_capacity(state.len() / 2));
    for (number, chunk) in state.chunks_exact(16).enumerate() {
        for (word, other) in last.iter_mut().zip(chunk) {
            *word ^= other;
        }
        salsa(&mut last);
        if number % 2 == 0 { even.extend(last) } else { odd.extend(last) }
    }
    even.extend(odd);
    even
}

/// Salsa20/8.
fn salsa(state: &mut [u32; 16]) {
    const QUARTERS: [[usize; 4]; 8] = [
        [0, 4, 8, 12],
        [5, 9, 13, 1],
        [10, 14, 2, 6],
        [15, 3, 7, 11],
        [0, 1, 2, 3],
        [5, 6, 7, 4],
        [10, 11, 8, 9],
        [15, 12, 13, 14],
    ];
    let before = *state;
    for _ in 0..4 {
        for [a, b, c, d] in QUARTERS {
            state[b] ^= state[a].wrapping_add(state[d]).rotate_left(7);
            state[c] ^= state[b].wrapping_add(state[a]).rotate_left(9);
            state[d] ^= state[c].wrapping_add(state[b]).rotate_left(13);
            state[a] ^= state[d].wrapping_add(state[c]).rotate_left(18);
        }
    }
    for (word, other) in state.iter_mut().zip(before) {
        *word = word.wrapping_add(other);
    }
}
