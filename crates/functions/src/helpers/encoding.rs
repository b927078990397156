//! Base64 and hashes.

use md5::{Digest as _, Md5};
use preflight_gotemplate::{CallError, Type};
use ring::{digest, hmac};

use crate::codec::{Alphabet, decode_base64, encode_base64};
use crate::table::{Given as _, Table};
use crate::text::hex;

pub(super) fn register(table: &mut Table<'_>) {
    table.text("base64Encode", |text| encode_base64(Alphabet::Standard, text));
    table.text("base64URLEncode", |text| encode_base64(Alphabet::Url, text));
    for (name, alphabet) in [("base64Decode", Alphabet::Standard), ("base64URLDecode", Alphabet::Url)] {
        table.add(name, [Type::String], Type::String, move |_, given| {
            let decoded = decode_base64(alphabet, given.text(0));
            decoded.map(Into::into).map_err(|fault| CallError::new(format!("{name}: {fault}")))
        });
    }
    table.text("sha256Hex", |text| hex(digest::digest(&digest::SHA256, text).as_ref()));
    table.text("md5sum", |text| hex(&Md5::digest(text)));
    table.add("hmacSHA256Hex", [Type::String, Type::String], Type::String, |_, given| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, given.text(1));
        Ok(hex(hmac::sign(&key, given.text(0)).as_ref()).into())
    });
}
