//! `encryptAES` and `decryptAES`: AES-256 in CBC mode, the password padded with zeros for a key.

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use preflight_gotemplate::{CallError, Type, Value};

use super::random;
use crate::codec::{Alphabet, decode_base64, encode_base64};
use crate::table::{Given as _, Table, fail};

const BLOCK: usize = 16;

pub(super) fn register(table: &mut Table<'_>) {
    table.add("encryptAES", [Type::String, Type::String], Type::String, |_, given| {
        encrypt(given.text(0), given.text(1)).map(Into::into)
    });
    table.add("decryptAES", [Type::String, Type::String], Type::String, |_, given| match given.text(1) {
        b"" => Ok(Value::from("")),
        text => {
            let bytes =
                decode_base64(Alphabet::Standard, text).map_err(|fault| CallError::new(fault.to_string()))?;
            decrypt(given.text(0), &bytes).map(Into::into)
        }
    });
}

fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    let used = password.len().min(key.len());
    key[..used].copy_from_slice(&password[..used]);
    Aes256::new(&key.into())
}

fn encrypt(password: &[u8], plain: &[u8]) -> Result<Vec<u8>, CallError> {
    if plain.is_empty() {
        return Ok(Vec::new());
    }
    let padding = BLOCK - plain.len() % BLOCK;
    let mut text = plain.to_vec();
    text.resize(plain.len() + padding, u8::try_from(padding).unwrap_or_default());
    let cipher = cipher(password);
    let mut out = random::bytes(BLOCK)?;
    for chunk in text.chunks_exact(BLOCK) {
        let mut block = [0; BLOCK];
        let before = &out[out.len() - BLOCK..];
        for (index, byte) in block.iter_mut().enumerate() {
            *byte = chunk[index] ^ before[index];
        }
        let mut block = block.into();
        cipher.encrypt_block(&mut block);
        out.extend_from_slice(&block);
    }
    Ok(encode_base64(Alphabet::Standard, &out))
}

fn decrypt(password: &[u8], bytes: &[u8]) -> Result<Vec<u8>, CallError> {
    if bytes.len() < BLOCK {
        // Go's buffer is as long as base64 could have held.
        let capacity = bytes.len().div_ceil(3) * 3;
        return fail(format!("runtime error: slice bounds out of range [:{BLOCK}] with capacity {capacity}"));
    }
    if !bytes.len().is_multiple_of(BLOCK) {
        return fail("crypto/cipher: input not full blocks");
    }
    let cipher = cipher(password);
    let mut out = Vec::with_capacity(bytes.len());
    for (before, chunk) in bytes.chunks_exact(BLOCK).zip(bytes.chunks_exact(BLOCK).skip(1)) {
        let mut block = [0; BLOCK];
        block.copy_from_slice(chunk);
        let mut block = block.into();
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(before).map(|(one, other)| one ^ other));
    }
    let padding = out.last().copied().map(usize::from);
    match padding.map(|padding| out.len().checked_sub(padding)) {
        Some(Some(length)) => {
            out.truncate(length);
            Ok(out)
        }
        Some(None) => {
            let end = i64::try_from(out.len()).unwrap_or_default()
                - i64::from(out.last().copied().unwrap_or_default());
            fail(format!("runtime error: slice bounds out of range [:{end}]"))
        }
        None => fail("runtime error: index out of range [-1]"),
    }
}
