//! Certificates: what of PEM text is what, and until when it serves. Pure.
//!
//! A certificate that lies in the template's own destination is used again while it is good, so that a restart does not
//! ask for a new one; it is replaced after `lease_renewal_threshold` of its life.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::pem::{Certificate, blocks};
use super::secret::Secret;

/// How far the renewal is moved for one client or another, in parts of the certificate's life, either way.
const STAGGER: f64 = 0.03;
/// The members of Vault's answer that hold PEM, in the order that they are read in.
const FIRST_READ: [&str; 4] = ["certificate", "private_key", "issuing_ca", "ca_chain"];

/// A certificate with its key and its authorities, each as PEM with a line end at its end.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PemBundle {
    /// The certificate.
    pub certificate: Arc<str>,
    /// Its private key; empty where it was not given.
    pub key: Arc<str>,
    /// The authority that signed it.
    pub authority: Arc<str>,
    /// All authorities, each once.
    pub chain: Vec<Arc<str>>,
}

/// The key stays unsaid.
impl fmt::Debug for PemBundle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PemBundle").field("chain", &self.chain.len()).finish_non_exhaustive()
    }
}

/// What was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) bundle: PemBundle,
    leaf: Option<Certificate>,
}

impl Found {
    /// Sorts the blocks of a text by what they are.
    pub(super) fn within(text: &str) -> Self {
        let mut found = Self { bundle: PemBundle::default(), leaf: None };
        for block in blocks(text) {
            let pem: Arc<str> = block.to_text().into();
            match block.certificate() {
                _ if block.is_private_key() => found.bundle.key = pem,
                Some(certificate) if certificate.is_authority => found.add_authority(pem),
                Some(certificate) => {
                    found.leaf = Some(certificate);
                    found.bundle.certificate = pem;
                }
                None => {}
            }
        }
        found
    }

    /// How long it is used from now on; `None` when it is over or there is no certificate. `chance` is between 0 and 1.
    pub(super) fn good_for(&self, now: SystemTime, threshold: f64, chance: f64) -> Option<Duration> {
        let leaf = self.leaf.as_ref()?;
        let life = leaf.not_after.duration_since(leaf.not_before).ok()?;
        let part = (threshold + (chance * 2.0 - 1.0) * STAGGER).clamp(0.01, 0.99);
        let left = (leaf.not_before + life.mul_f64(part)).duration_since(now).ok()?;
        (!left.is_zero()).then_some(left)
    }

    /// How long it is valid from now on.
    pub(super) fn valid_for(&self, now: SystemTime) -> Option<Duration> {
        self.leaf.as_ref()?.not_after.duration_since(now).ok().filter(|left| !left.is_zero())
    }

    /// Whether it is for that name. Two templates' functions may share one destination, and have a certificate each.
    pub(super) fn is_for(&self, name: &str) -> bool {
        let names = self.leaf.iter().flat_map(|leaf| &leaf.names);
        names.into_iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    fn add_authority(&mut self, pem: Arc<str>) {
        if self.bundle.authority.is_empty() {
            self.bundle.authority = Arc::clone(&pem);
        }
        if !self.bundle.chain.contains(&pem) {
            self.bundle.chain.push(pem);
        }
    }
}

/// The PEM in Vault's answer: certificate, key, the one that issued it, the chain, then whatever else has some.
pub(super) fn pem_of(answer: &Secret) -> String {
    let Some(data) = &answer.data else { return String::new() };
    let mut text = String::new();
    let others = data.keys().map(AsRef::as_ref).filter(|name| !FIRST_READ.contains(name));
    for value in FIRST_READ.into_iter().chain(others).filter_map(|name| data.get(name)) {
        value.each_text(&mut |part| {
            text.push_str(part);
            text.push('\n');
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
    use std::time::UNIX_EPOCH;

    struct Made {
        leaf: String,
        key: String,
        root: String,
        other: String,
    }

    fn make() -> Made {
        let authority = |name: &str| {
            let mut parameters = CertificateParams::default();
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.distinguished_name.push(DnType::CommonName, name);
            parameters
        };
        let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut leaf = CertificateParams::new(vec!["app.local".to_owned()]).unwrap();
        leaf.not_before = date_time_ymd(2026, 1, 1);
        leaf.not_after = date_time_ymd(2026, 1, 11);
        let root = authority("root");
        let pem = root.clone().self_signed(&root_key).unwrap().pem();
        let issuer = Issuer::new(root, root_key);
        Made {
            leaf: leaf.signed_by(&key, &issuer).unwrap().pem().replace("\r\n", "\n"),
            key: key.serialize_pem().replace("\r\n", "\n"),
            root: pem.replace("\r\n", "\n"),
            other: authority("other")
                .self_signed(&KeyPair::generate().unwrap())
                .unwrap()
                .pem()
                .replace("\r\n", "\n"),
        }
    }

    /// 2026-01-01 and a number of days.
    fn day(count: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_767_225_600 + count * 86_400)
    }

    #[test]
    fn each_block_is_what_it_is_wherever_it_stands() {
        let made = make();
        let expected = PemBundle {
            certificate: made.leaf.as_str().into(),
            key: made.key.as_str().into(),
            authority: made.root.as_str().into(),
            chain: vec![made.root.as_str().into(), made.other.as_str().into()],
        };
        let in_order = format!("{}{}{}{}{}", made.leaf, made.key, made.root, made.other, made.root);
        assert_eq!(Found::within(&in_order).bundle, expected);
        let mixed = format!("key: |\n{}\nca:{}{}\n{}", made.key, made.root, made.other, made.leaf);
        assert_eq!(Found::within(&mixed).bundle, expected);
    }

    #[test]
    fn it_is_used_until_about_the_threshold_of_its_life() {
        let found = Found::within(&make().leaf);
        let days = |good: Option<Duration>| good.map(|good| (good.as_secs_f64() / 8640.0).round() / 10.0);
        assert_eq!(days(found.good_for(day(0), 0.9, 0.5)), Some(9.0));
        assert_eq!(days(found.good_for(day(4), 0.9, 0.0)), Some(4.7));
        assert_eq!(days(found.good_for(day(4), 0.9, 1.0)), Some(5.3));
        assert_eq!(found.good_for(day(9), 0.9, 0.5), None);
        assert_eq!(found.good_for(day(20), 0.9, 0.5), None);
        assert!(found.valid_for(day(9)).is_some());
        assert!(found.valid_for(day(10)).is_none());
    }

    #[test]
    fn without_a_certificate_nothing_is_good() {
        assert_eq!(Found::within("").good_for(day(0), 0.9, 0.5), None);
        assert_eq!(Found::within(&make().root).good_for(day(0), 0.9, 0.5), None);
    }

    #[test]
    fn it_is_for_the_names_that_it_has() {
        let found = Found::within(&make().leaf);
        assert!(found.is_for("app.local") && found.is_for("APP.local"));
        assert!(!found.is_for("other.local") && !Found::within("").is_for("app.local"));
    }

    #[test]
    fn vaults_answer_is_read_with_the_one_that_issued_it_first() {
        let made = make();
        let escape = |text: &str| text.replace('\n', "\\n");
        let body = format!(
            r#"{{"data":{{"ca_chain":["{}","{}"],"certificate":"{}","expiration":1,"issuing_ca":"{}","private_key":"{}","serial_number":"7"}}}}"#,
            escape(&made.other),
            escape(&made.root),
            escape(&made.leaf),
            escape(&made.root),
            escape(&made.key)
        );
        let found = Found::within(&pem_of(&Secret::parse(body.as_bytes()).unwrap().unwrap()));
        assert_eq!(&*found.bundle.authority, made.root);
        assert_eq!(found.bundle.chain.len(), 2);
        assert_eq!((&*found.bundle.certificate, &*found.bundle.key), (made.leaf.as_str(), made.key.as_str()));
    }
}
