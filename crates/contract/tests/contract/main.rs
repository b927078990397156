//! The contract crate from outside: what people write, and what comes of it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod grammar;
mod parse;
mod properties;
mod render;
mod rules;
mod services;
mod show;

use preflight_contract::{Environment, KindName};

const VOCABULARY: &[KindName] = &[
    KindName {
        name: "postgres",
        aliases: &["postgresql", "pg"],
        default_port: Some(5432),
        needs_address: true,
    },
    KindName { name: "redis", aliases: &["valkey"], default_port: Some(6379), needs_address: true },
    KindName { name: "http", aliases: &["https"], default_port: Some(80), needs_address: true },
    KindName { name: "s3", aliases: &[], default_port: None, needs_address: false },
];

fn environment(pairs: &[(&str, &str)]) -> Environment {
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Environment::new(pairs, |path| match path.to_str() {
        Some("/run/secrets/password") => Ok(b"from a file\n".to_vec()),
        Some("/run/secrets/binary") => Ok(vec![0xff, 0xfe]),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    })
}
