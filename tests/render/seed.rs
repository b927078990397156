//! What a Consul is given before a test: keys and services, as a file of the repository says.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::consul::Consul;

/// The form of a seed file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    keys: BTreeMap<String, Content>,
    /// Bodies of `PUT /v1/catalog/register`.
    services: Vec<Value>,
}

/// A key's value: a text, or bytes that are none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Bytes { base64: String },
}

/// The folder of the whole project.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Puts everything that the file names into `consul`.
///
/// # Errors
/// The file is not as its form says; Consul refuses.
pub(crate) fn load(consul: &Consul, file: &Path) -> Result<(), String> {
    let text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let seed: Seed = serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    for (key, content) in seed.keys {
        consul.set_key(&key, &content.bytes()?)?;
    }
    seed.services.iter().try_for_each(|service| consul.register(service))
}

impl Content {
    fn bytes(self) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(text) => Ok(text.into_bytes()),
            Self::Bytes { base64 } => decoded(&base64),
        }
    }
}

/// The bytes of a text in base64, RFC 4648 section 4.
fn decoded(text: &str) -> Result<Vec<u8>, String> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let place = ALPHABET.iter().position(|known| *known == letter);
        let place = place.ok_or_else(|| format!("{text:?} is not base64"))?;
        bits = bits << 6 | u32::try_from(place).map_err(|error| error.to_string())?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Ok(bytes)
}
