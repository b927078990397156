//! SCRAM (RFC 5802, RFC 7677): a login in which the password is proven and not sent.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac, pbkdf2};

/// More rounds than any broker asks for; a hostile one must not keep the processor busy.
const MOST_ROUNDS: u32 = 100_000;

/// The hash that the mechanism's name says.
#[derive(Clone, Copy)]
pub(super) struct Hash {
    digest: &'static digest::Algorithm,
    hmac: hmac::Algorithm,
    pbkdf2: pbkdf2::Algorithm,
}

/// SCRAM-SHA-256.
pub(super) static SHA_256: Hash =
    Hash { digest: &digest::SHA256, hmac: hmac::HMAC_SHA256, pbkdf2: pbkdf2::PBKDF2_HMAC_SHA256 };

/// SCRAM-SHA-512.
pub(super) static SHA_512: Hash =
    Hash { digest: &digest::SHA512, hmac: hmac::HMAC_SHA512, pbkdf2: pbkdf2::PBKDF2_HMAC_SHA512 };

/// The client's side of one login.
pub(super) struct Client<'a> {
    hash: Hash,
    password: &'a str,
    nonce: String,
    bare: String,
}

/// What the client sends last, and what the server must say to it.
pub(super) struct Proof {
    pub(super) message: String,
    server: hmac::Key,
    spoken: String,
}

impl<'a> Client<'a> {
    /// `nonce` must be fresh, printable and without a comma.
    pub(super) fn new(hash: Hash, user: &str, password: &'a str, nonce: String) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let bare = format!("n={user},r={nonce}");
        Self { hash, password, nonce, bare }
    }

    /// The first message, without channel binding.
    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.bare)
    }

    /// The answer to the server's challenge; the part of the challenge that cannot be used otherwise.
    pub(super) fn prove(&self, challenge: &str) -> Result<Proof, &'static str> {
        let part = |name: &str| challenge.split(',').find_map(|part| part.strip_prefix(name));
        let nonce = part("r=").filter(|nonce| nonce.starts_with(&self.nonce)).ok_or("nonce")?;
        let salt = part("s=").and_then(|text| STANDARD.decode(text).ok()).ok_or("salt")?;
        let rounds = part("i=").and_then(|text| text.parse().ok()).filter(|rounds| *rounds <= MOST_ROUNDS);
        let rounds = rounds.and_then(NonZeroU32::new).ok_or("number of rounds")?;
        let mut salted = vec![0; self.hash.digest.output_len()];
        pbkdf2::derive(self.hash.pbkdf2, rounds, &salt, self.password.as_bytes(), &mut salted);
        let without_proof = format!("c=biws,r={nonce}");
        let spoken = format!("{},{challenge},{without_proof}", self.bare);
        let client_key = self.sign(&salted, b"Client Key");
        let stored = digest::digest(self.hash.digest, &client_key);
        let signature = self.sign(stored.as_ref(), spoken.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(&signature).map(|(key, sign)| key ^ sign).collect();
        let server_key = self.sign(&salted, b"Server Key");
        Ok(Proof {
            message: format!("{without_proof},p={}", STANDARD.encode(proof)),
            server: hmac::Key::new(self.hash.hmac, &server_key),
            spoken,
        })
    }

    fn sign(&self, key: &[u8], text: &[u8]) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(self.hash.hmac, key), text).as_ref().to_vec()
    }
}

impl Proof {
    /// Whether the server's last message shows that it knows the password too.
    pub(super) fn accepts(&self, last: &str) -> bool {
        let signature = last.split(',').find_map(|part| part.strip_prefix("v="));
        let signature = signature.and_then(|text| STANDARD.decode(text).ok());
        signature
            .is_some_and(|signature| hmac::verify(&self.server, self.spoken.as_bytes(), &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677 section 3.
    #[test]
    fn the_standards_example_holds() {
        let client = Client::new(SHA_256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO".to_owned());
        assert_eq!(client.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let challenge =
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let proof = client.prove(challenge).unwrap();
        assert_eq!(
            proof.message,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(proof.accepts("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        assert!(!proof.accepts("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5="));
        assert!(!proof.accepts("e=other-error"));
    }

    #[test]
    fn a_hostile_challenge_is_refused() {
        let client = Client::new(SHA_512, "a,b=c", "p", "n0".to_owned());
        assert_eq!(client.first(), "n,,n=a=2Cb=3Dc,r=n0");
        for challenge in
            ["", "r=other,s=QQ==,i=1", "r=n0x,s=?,i=1", "r=n0x,s=QQ==,i=0", "r=n0x,s=QQ==,i=4000000000"]
        {
            assert!(client.prove(challenge).is_err(), "{challenge}");
        }
    }
}
