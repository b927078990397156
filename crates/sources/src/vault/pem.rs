//! Blocks of PEM in whatever surrounds them, and the certificates in them. Format: RFC 7468.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

const OPENING: &str = "-----BEGIN ";
const DASHES: &str = "-----";
/// Characters of base64 in a line, as everybody writes it.
const LINE: usize = 64;

/// One block.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) label: String,
    /// Lines before the data, as in an encrypted key of old.
    headers: Vec<String>,
    pub(super) content: Vec<u8>,
}

/// What matters of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) is_authority: bool,
    /// Its common names and the host names that it is for.
    pub(super) names: Vec<String>,
    pub(super) not_before: SystemTime,
    pub(super) not_after: SystemTime,
}

/// The blocks in a text, in their order. What is not whole is left out.
pub(super) fn blocks(text: &str) -> impl Iterator<Item = Block> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = &rest[rest.find(OPENING)? + OPENING.len()..];
            let (label, after) = rest.split_once(DASHES)?;
            let closing = format!("-----END {label}-----");
            let Some((inside, after)) = after.split_once(&closing) else { continue };
            if let Some(block) = Block::of(label, inside) {
                rest = after;
                return Some(block);
            }
        }
    })
}

impl Block {
    fn of(label: &str, inside: &str) -> Option<Self> {
        let lines = inside.lines().map(str::trim).filter(|line| !line.is_empty());
        let (headers, data): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.contains(':'));
        let content = STANDARD.decode(data.concat()).ok()?;
        Some(Self {
            label: label.to_owned(),
            headers: headers.into_iter().map(str::to_owned).collect(),
            content,
        })
    }

    pub(super) fn is_private_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    /// The certificate in it; `None` when it is none.
    pub(super) fn certificate(&self) -> Option<Certificate> {
        let (_, parsed) = X509Certificate::from_der(&self.content).ok()?;
        let validity = parsed.validity();
        Some(Certificate {
            is_authority: parsed.is_ca(),
            names: names(&parsed),
            not_before: time(validity.not_before.timestamp()),
            not_after: time(validity.not_after.timestamp()),
        })
    }

    /// The block with lines of the usual length and a line end at its end.
    pub(super) fn to_text(&self) -> String {
        let mut text = format!("-----BEGIN {}-----\n", self.label);
        for header in &self.headers {
            text.push_str(header);
            text.push('\n');
        }
        if !self.headers.is_empty() {
            text.push('\n');
        }
        let encoded = STANDARD.encode(&self.content);
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(LINE.min(rest.len()));
            text.push_str(line);
            text.push('\n');
            rest = after;
        }
        text.push_str("-----END ");
        text.push_str(&self.label);
        text.push_str("-----\n");
        text
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let common = certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok());
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let hosts = alternatives.iter().flat_map(|names| &names.value.general_names);
    let hosts = hosts.filter_map(|name| match name {
        GeneralName::DNSName(host) => Some(*host),
        _ => None,
    });
    common.chain(hosts).map(str::to_owned).collect()
}

fn time(seconds: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(label: &str, content: &[u8]) -> Block {
        Block { label: label.to_owned(), headers: Vec::new(), content: content.to_vec() }
    }

    #[test]
    fn blocks_are_found_in_what_surrounds_them() {
        let (first, second) = (block("CERTIFICATE", &[7; 100]), block("EC PRIVATE KEY", b"key"));
        let text = format!("certificate={}some config\n{}tail", first.to_text(), second.to_text());
        assert!(blocks(&text).collect::<Vec<_>>() == [first, second]);
    }

    #[test]
    fn lines_have_64_characters_whatever_they_had() {
        let whole = block("CERTIFICATE", &[1; 100]);
        let on_one_line =
            format!("-----BEGIN CERTIFICATE-----{}-----END CERTIFICATE-----", STANDARD.encode([1; 100]));
        let read: Vec<Block> = blocks(&on_one_line).collect();
        assert_eq!(read[0].to_text(), whole.to_text());
        assert!(whole.to_text().lines().all(|line| line.len() <= 64));
        assert_eq!(whole.to_text().lines().nth(1).unwrap().len(), 64);
    }

    #[test]
    fn what_is_not_whole_is_left_out() {
        let whole = block("CERTIFICATE", b"x");
        let text =
            format!("-----BEGIN CERTIFICATE-----\n!!\n-----BEGIN X-----\n{}-----BEGIN", whole.to_text());
        assert!(blocks(&text).all(|found| found == whole));
        assert_eq!(blocks("-----BEGIN ").count(), 0);
    }

    #[test]
    fn headers_of_an_encrypted_key_are_kept() {
        let text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,00\n\neHh4\n\
                    -----END RSA PRIVATE KEY-----\n";
        let read = blocks(text).next().unwrap();
        assert!(read.is_private_key());
        assert_eq!(read.to_text(), text);
    }

    #[test]
    fn a_certificate_says_whether_it_is_an_authority_and_how_long_it_is_good() {
        let mut parameters = rcgen::CertificateParams::new(vec!["app".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(2027, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = blocks(&parameters.self_signed(&key).unwrap().pem()).next().unwrap();
        let certificate = leaf.certificate().unwrap();
        assert!(!certificate.is_authority);
        assert!(certificate.names.iter().any(|name| name == "app"), "{certificate:?}");
        let year = certificate.not_after.duration_since(certificate.not_before).unwrap();
        assert_eq!(year, Duration::from_secs(365 * 24 * 3600));
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = blocks(&parameters.self_signed(&key).unwrap().pem()).next().unwrap();
        assert!(authority.certificate().unwrap().is_authority);
        assert_eq!(block("CERTIFICATE", b"no").certificate(), None);
    }
}
