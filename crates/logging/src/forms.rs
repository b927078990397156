//! The forms in which a secret may turn up in text that somebody else wrote: a driver's error, a URL, a JSON body.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The userinfo percent-encode set of the WHATWG URL standard.
const USERINFO: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'=')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'|');
/// RFC 3986: everything but the unreserved characters.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What Python's `quote` escapes: it takes the text for a path.
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');
/// What JavaScript's `encodeURIComponent` escapes.
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
/// The query percent-encode set of the WHATWG URL standard.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

/// Base64 cores shorter than this are left out: they would match ordinary words.
const SHORTEST_BASE64_CORE: usize = 5;

/// Every form of one secret: as it is, trimmed, each longer line of it, percent-encoded and -decoded, escaped as in
/// JSON (also in ASCII alone), Rust, SQL, key-value connection strings and shells, and base64 at each of the three alignments.
pub(crate) fn forms_of(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for text in parts_of(secret) {
        forms.extend(percent_forms(&text));
        forms.extend(escaped_forms(&text));
        forms.extend(base64_forms(text.as_bytes()));
        forms.push(text);
    }
    forms.retain(|form| !form.trim().is_empty());
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// The secret, the secret without surrounding white space, what it decodes to, and its longer lines.
fn parts_of(secret: &str) -> Vec<String> {
    let mut parts = vec![secret.to_owned()];
    parts.push(secret.trim().to_owned());
    if let Ok(decoded) = percent_decode_str(secret).decode_utf8() {
        parts.push(decoded.into_owned());
    }
    if secret.contains('\n') {
        parts.extend(secret.lines().map(str::trim).filter(|line| line.len() >= 8).map(str::to_owned));
    }
    parts.sort_unstable();
    parts.dedup();
    parts
}

fn percent_forms(text: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for set in [USERINFO, UNRESERVED, PATH, COMPONENT, NON_ALPHANUMERIC, QUERY] {
        let encoded = utf8_percent_encode(text, set).to_string();
        forms.push(lower_case_escapes(&encoded));
        forms.push(encoded.replace("%20", "+"));
        forms.push(encoded);
    }
    forms
}

/// `%2F` as `%2f`; the rest as it is.
fn lower_case_escapes(encoded: &str) -> String {
    let mut hexadecimal = 0;
    encoded
        .chars()
        .map(|character| {
            if character == '%' {
                hexadecimal = 2;
            } else if hexadecimal > 0 {
                hexadecimal -= 1;
                return character.to_ascii_lowercase();
            }
            character
        })
        .collect()
}

fn escaped_forms(text: &str) -> Vec<String> {
    let json = serde_json::Value::from(text).to_string();
    let debug = format!("{text:?}");
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    vec![
        inner(&json).to_owned(),
        inner(&json).replace('/', "\\/"),
        ascii_json(inner(&json)),
        inner(&debug).to_owned(),
        text.escape_default().to_string(),
        text.escape_debug().to_string(),
        text.replace('\'', "''"),
        text.replace('"', "\"\""),
        text.replace('\\', "\\\\"),
        text.replace('\\', "\\\\").replace('\'', "\\'"),
        text.replace('\\', "\\\\").replace('"', "\\\""),
        text.replace('\'', "'\\''"),
        crate::escape(text).into_owned(),
        html.replace('\'', "&#x27;"),
        html.replace('\'', "&#39;"),
        html,
        String::from_utf8_lossy(&text.bytes().flat_map(std::ascii::escape_default).collect::<Vec<u8>>())
            .into_owned(),
    ]
}

/// As Python's `json.dumps` writes it: what is not ASCII as UTF-16 in `\uXXXX`.
fn ascii_json(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            let mut units = [0; 2];
            ascii.extend(character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    ascii
}

/// A quoted text without its first and last character.
fn inner(quoted: &str) -> &str {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or(quoted)
}

/// What of the secret's base64 does not depend on its neighbours, wherever it stands in the encoded bytes; for
/// `user:password` in a Basic header as well as for the secret alone.
fn base64_forms(secret: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for shift in 0..3 {
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(secret);
        // A character is six bits: the first that holds only bits of the secret, and the first that does not.
        let first = (shift * 8).div_ceil(6);
        let end = shifted.len() * 8 / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&shifted);
            if let Some(core) = encoded.get(first..end)
                && core.len() >= SHORTEST_BASE64_CORE
            {
                forms.push(core.to_owned());
            }
        }
    }
    forms
}
