//! AWS's signature, version 4, verified as STS would. See "Create a signed AWS API request" in the IAM user guide.

use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::Value;

pub(crate) const ACCESS_KEY: &str = "AKIASTUB";
pub(crate) const SECRET_KEY: &str = "stub/secret+key";

pub(crate) fn is_right(url: &str, headers: &Value, body: &str) -> bool {
    let header = |wanted: &str| -> String {
        let mut found =
            headers.as_object().unwrap().iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.next().map(|(_, values)| values[0].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    let authorization = header("authorization");
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(name).unwrap();
        rest.split(',').next().unwrap().to_owned()
    };
    let (credential, signed, given) = (part("Credential="), part("SignedHeaders="), part("Signature="));
    let (access_key, scope) = credential.split_once('/').unwrap();
    let canonical_headers: String =
        signed.split(';').map(|name| format!("{name}:{}\n", header(name).trim())).collect();
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    let canonical = format!(
        "POST\n/{path}\n\n{canonical_headers}\n{signed}\n{}",
        hex(digest(&SHA256, body.as_bytes()).as_ref())
    );
    let date = header("x-amz-date");
    let hashed = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}");
    let key = scope.split('/').fold(format!("AWS4{SECRET_KEY}").into_bytes(), |key, part| {
        sign(&Key::new(HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec()
    });
    let expected = hex(sign(&Key::new(HMAC_SHA256, &key), to_sign.as_bytes()).as_ref());
    access_key == ACCESS_KEY && signed.contains("host") && expected == given
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
