//! The SASL login: which mechanism, and what a refusal means.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::scram::{self, Client, Hash};
use super::wire::{Authenticated, Broker};

/// How a login ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// With that mechanism.
    In(&'static str),
    /// The broker refused, with these words; the other mechanisms that it offers and that are known here.
    Refused { code: i16, words: String, others: Vec<&'static str> },
    /// The broker knows no such mechanism: its error code and those that it offers.
    NotOffered { code: i16, offered: Vec<String> },
}

/// The mechanisms that are known here. The first ones do not give the password away.
pub(super) const MECHANISMS: [&str; 3] = ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"];

/// Tries one mechanism on a fresh connection.
pub(super) async fn attempt(
    broker: &mut Broker,
    mechanism: &'static str,
    (user, password): (&str, &str),
) -> io::Result<Outcome> {
    let (code, offered) = broker.sasl_handshake(mechanism).await?;
    if code != 0 {
        return Ok(Outcome::NotOffered { code, offered });
    }
    let answer = match mechanism {
        "SCRAM-SHA-512" => scram(broker, scram::SHA_512, user, password).await?,
        "SCRAM-SHA-256" => scram(broker, scram::SHA_256, user, password).await?,
        _ => broker.sasl_authenticate(format!("\0{user}\0{password}").as_bytes()).await?,
    };
    if answer.error == 0 {
        return Ok(Outcome::In(mechanism));
    }
    let known = MECHANISMS.into_iter().skip_while(|known| *known != mechanism).skip(1);
    let others = known.filter(|known| offered.iter().any(|name| name == known)).collect();
    Ok(Outcome::Refused { code: answer.error, words: answer.words.unwrap_or_default(), others })
}

async fn scram(broker: &mut Broker, hash: Hash, user: &str, password: &str) -> io::Result<Authenticated> {
    let mut random = [0; 18];
    SystemRandom::new().fill(&mut random).map_err(|_| io::Error::other("there are no random numbers"))?;
    let client = Client::new(hash, user, password, STANDARD.encode(random));
    let challenge = broker.sasl_authenticate(client.first().as_bytes()).await?;
    if challenge.error != 0 {
        return Ok(challenge);
    }
    let invalid =
        |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("its SCRAM {what} is not valid"));
    let text = String::from_utf8_lossy(&challenge.bytes);
    let proof = client.prove(&text).map_err(invalid)?;
    let last = broker.sasl_authenticate(proof.message.as_bytes()).await?;
    if last.error == 0 && !proof.accepts(&String::from_utf8_lossy(&last.bytes)) {
        return Err(invalid("signature"));
    }
    Ok(last)
}
