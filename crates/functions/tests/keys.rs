//! Keys and certificates that templates make: of the kinds and sizes of sprig, and such as others can read.

use std::io::Write as _;
use std::process::{Command, Stdio};

use num_bigint::BigUint;
use preflight_functions::{Scratch, Surroundings, sprig};
use preflight_gotemplate::{Functions, Options, Template, Value};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use x509_parser::oid_registry::OID_PKCS1_SHA256WITHRSA;
use x509_parser::pem::{Pem, parse_x509_pem};

#[derive(Default)]
struct Here(Scratch);

impl Surroundings for Here {
    fn scratch(&self) -> &Scratch {
        &self.0
    }
}

fn run(text: &str) -> String {
    let mut functions = Functions::new();
    sprig::register::<Here>(&mut functions);
    let template = Template::parse("keys", text, &functions, &Options::default()).expect("it parses");
    String::from_utf8(template.execute(&Value::Nil, &Here::default()).expect("it runs")).expect("text")
}

/// The blocks of a text, which is nothing else.
fn blocks(text: &str) -> Vec<Pem> {
    let (mut rest, mut found) = (text.as_bytes(), Vec::new());
    while !rest.is_empty() {
        let (after, block) = parse_x509_pem(rest).expect("a block");
        found.push(block);
        rest = after;
    }
    found
}

fn block(text: &str, label: &str) -> Vec<u8> {
    let blocks = blocks(text);
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0].label, label);
    blocks[0].contents.clone()
}

/// What OpenSSL says of a text; `None` where it is not installed.
fn openssl(arguments: &[&str], text: &str) -> Option<String> {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        eprintln!("not shown to OpenSSL, which is not here");
        return None;
    };
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{said}");
    Some(said)
}

#[test]
fn an_rsa_key_alone_has_4096_bits() {
    let pem = run("{{ sprig_genPrivateKey \"\" }}");
    let key =
        RsaKeyPair::from_der(&block(&pem, "RSA PRIVATE KEY")).expect("a key whose parts belong together");
    assert_eq!(key.public().modulus_len(), 512);
    if let Some(said) = openssl(&["rsa", "-check", "-noout", "-text"], &pem) {
        assert!(said.contains("RSA key ok") && said.contains("4096 bit"), "{said}");
    }
}

/// The whole numbers of a structure of them (X.690), each shorter than 64 KiB.
fn numbers(der: &[u8]) -> Vec<BigUint> {
    fn take(der: &[u8], tag: u8) -> (&[u8], &[u8]) {
        assert_eq!(der[0], tag);
        let (head, length) = match der[1] {
            0x81 => (3, usize::from(der[2])),
            0x82 => (4, usize::from(der[2]) << 8 | usize::from(der[3])),
            short => (2, usize::from(short)),
        };
        der[head..].split_at(length)
    }
    let (mut rest, behind) = take(der, 0x30);
    assert!(behind.is_empty());
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (digits, after) = take(rest, 2);
        assert!(digits[0] < 0x80, "none is negative");
        found.push(BigUint::from_bytes_be(digits));
        rest = after;
    }
    found
}

#[test]
fn a_dsa_key_is_one_of_2048_and_256_bits() {
    let pem = run("{{ sprig_genPrivateKey \"dsa\" }}");
    let [version, p, q, g, y, x] =
        numbers(&block(&pem, "DSA PRIVATE KEY")).try_into().expect("the six numbers of a key");
    let one = BigUint::from(1u32);
    assert_eq!(version, BigUint::ZERO);
    assert_eq!((p.bits(), q.bits()), (2_048, 256));
    assert_eq!(&p % &q, one);
    assert!(g > one && g.modpow(&q, &p) == one, "the generator's order is q");
    assert!(x >= one && x < q);
    assert_eq!(g.modpow(&x, &p), y);
    if let Some(said) = openssl(&["dsa", "-noout", "-text"], &pem) {
        assert!(said.contains("2048 bit"), "{said}");
    }
}

#[test]
fn certificates_without_a_key_of_their_own_are_made_and_signed_with_rsa() {
    let text = "{{ $ca := sprig_genCA \"ours\" 10 }}{{ $ca.Cert }}{{ $ca.Key }}\
                {{ $leaf := sprig_genSignedCert \"web\" (sprig_list \"10.0.0.1\") (sprig_list \"web.domain.com\") 5 $ca }}\
                {{ $leaf.Cert }}{{ $leaf.Key }}{{ $own := sprig_genSelfSignedCert \"own\" nil nil 5 }}{{ $own.Cert }}{{ $own.Key }}";
    let made = blocks(&run(text));
    let labels: Vec<&str> = made.iter().map(|block| block.label.as_str()).collect();
    assert_eq!(labels, ["CERTIFICATE", "RSA PRIVATE KEY"].repeat(3));
    let authority = made[0].parse_x509().expect("a certificate");
    for (certificate, key, signer) in
        [(&made[0], &made[1], &made[0]), (&made[2], &made[3], &made[0]), (&made[4], &made[5], &made[4])]
    {
        let (certificate, signer) =
            (certificate.parse_x509().expect("a certificate"), signer.parse_x509().expect("a certificate"));
        assert_eq!(certificate.signature_algorithm.algorithm, OID_PKCS1_SHA256WITHRSA);
        let signers = UnparsedPublicKey::new(
            &RSA_PKCS1_2048_8192_SHA256,
            &*signer.public_key().subject_public_key.data,
        );
        let signature = &certificate.signature_value.data;
        signers.verify(certificate.tbs_certificate.as_ref(), signature).expect("signed by it");
        let key = RsaKeyPair::from_der(&key.contents).expect("a key");
        assert_eq!(key.public().modulus_len(), 256);
        assert_eq!(key.public().as_ref(), &*certificate.public_key().subject_public_key.data);
    }
    assert!(authority.is_ca());
}

#[test]
fn openssl_takes_a_chain() {
    let text = "{{ $ca := sprig_genCA \"ours\" 10 }}{{ $leaf := sprig_genSignedCert \"web\" nil (sprig_list \"web\") 5 $ca }}\
                {{ $ca.Cert }}{{ $leaf.Cert }}";
    let chain = run(text);
    let start = chain.rfind("-----BEGIN").expect("two certificates");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let authority = folder.join(format!("authority-{}.pem", std::process::id()));
    std::fs::write(&authority, &chain[..start]).expect("written");
    let path = authority.to_str().expect("text");
    let said =
        openssl(&["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", path], &chain[start..]);
    assert!(said.is_none_or(|said| said.contains("OK")));
    std::fs::remove_file(&authority).expect("it is there");
}
