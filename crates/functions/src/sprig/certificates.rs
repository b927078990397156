//! Private keys and certificates.
//!
//! Keys of RSA and DSA take their time, in the order of a second: whoever runs templates beside something else must do so on
//! a thread of their own.

use std::net::IpAddr;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use preflight_gotemplate::{CallError, Field, NamedType, Struct, Type, Value, fmt};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose, SanType, SerialNumber, date_time_ymd,
};

use super::keys::{self, PrivateKey};
use super::random;
use crate::codec::{Alphabet, decode_base64};
use crate::table::{Given as _, Table, fail};

/// The size of an RSA key that is made for itself, and of one for a certificate.
const BITS_ALONE: u32 = 4_096;
const BITS_OF_CERTIFICATE: u32 = 2_048;

/// `sprig.certificate`
static CERTIFICATE: LazyLock<Type> = LazyLock::new(|| {
    NamedType::structure("sprig.certificate", ["Cert", "Key"].map(|name| Field::new(name, Type::String)))
        .build()
});

pub(super) fn register(table: &mut Table<'_>) {
    table.add("genPrivateKey", [Type::String], Type::String, |_, given| {
        private_key(given.text(0)).map(Into::into)
    });
    table.add("buildCustomCert", [Type::String, Type::String], CERTIFICATE.clone(), |_, given| {
        custom(given.text(0), given.text(1))
    });
    register_authorities(table);
    register_leaves(table);
}

fn register_authorities(table: &mut Table<'_>) {
    let find = table.find;
    table.add("genCA", [Type::String, Type::INT], CERTIFICATE.clone(), move |call, given| {
        let request = Request { name: given.text(0), days: given.int(1), names: Vec::new(), is_ca: true };
        self_signed(&request, find(call)?.now(), rsa_key()?)
    });
    let parameters = [Type::String, Type::INT, Type::String];
    table.add("genCAWithKey", parameters, CERTIFICATE.clone(), move |call, given| {
        let key = given_key(given.text(2), NO_SIGNER)?;
        let request = Request { name: given.text(0), days: given.int(1), names: Vec::new(), is_ca: true };
        self_signed(&request, find(call)?.now(), key)
    });
}

fn register_leaves(table: &mut Table<'_>) {
    let find = table.find;
    let leaf = || [Type::String, Type::any_slice(), Type::any_slice(), Type::INT];
    table.add("genSelfSignedCert", leaf(), CERTIFICATE.clone(), move |call, given| {
        self_signed(&request(given)?, find(call)?.now(), rsa_key()?)
    });
    let [name, addresses, names, days] = leaf();
    let with_key = [name, addresses, names, days, Type::String];
    table.add("genSelfSignedCertWithKey", with_key, CERTIFICATE.clone(), move |call, given| {
        let key = given_key(given.text(4), NO_SIGNER)?;
        self_signed(&request(given)?, find(call)?.now(), key)
    });
    let [name, addresses, names, days] = leaf();
    let with_ca = [name, addresses, names, days, CERTIFICATE.clone()];
    table.add("genSignedCert", with_ca, CERTIFICATE.clone(), move |call, given| {
        signed(given, find(call)?.now(), rsa_key()?)
    });
    let [name, addresses, names, days] = leaf();
    let with_both = [name, addresses, names, days, CERTIFICATE.clone(), Type::String];
    table.add("genSignedCertWithKey", with_both, CERTIFICATE.clone(), move |call, given| {
        let key = given_key(given.text(5), NO_SUBJECT)?;
        signed(given, find(call)?.now(), key)
    });
}

fn private_key(kind: &[u8]) -> Result<String, CallError> {
    match kind {
        b"ecdsa" => Ok(keys::make_ecdsa()?.pem),
        b"ed25519" => Ok(keys::make_ed25519()?.pem),
        b"" | b"rsa" => Ok(keys::make_rsa(BITS_ALONE)?.pem),
        b"dsa" => Ok(keys::make_dsa()?),
        other => Ok(format!("Unknown type {}", String::from_utf8_lossy(other))),
    }
}

/// The key of a certificate for which none was given.
fn rsa_key() -> Result<PrivateKey, CallError> {
    Ok(keys::make_rsa(BITS_OF_CERTIFICATE)?)
}

/// What is said of a DSA key that is to sign, and of one that is to be certified.
const NO_SIGNER: &str =
    "error creating certificate: x509: certificate private key does not implement crypto.Signer";
const NO_SUBJECT: &str = "error creating certificate: x509: unsupported public key type: *dsa.PublicKey";

fn given_key(pem: &[u8], if_dsa: &str) -> Result<PrivateKey, CallError> {
    if keys::is_dsa(pem) {
        return fail(if_dsa);
    }
    keys::read(pem).map_err(|fault| CallError::new(format!("parsing private key: {fault}")))
}

/// What is to be certified.
struct Request<'a> {
    name: &'a [u8],
    days: i64,
    names: Vec<SanType>,
    is_ca: bool,
}

/// The common name, addresses, names and days that the first four arguments are.
fn request(given: &[Value]) -> Result<Request<'_>, CallError> {
    let list = |index: usize| given.list(index).map(|list| list.to_vec()).unwrap_or_default();
    let shown =
        |value: &Value| String::from_utf8_lossy(&fmt::sprint(std::slice::from_ref(value))).into_owned();
    let mut names = Vec::new();
    for address in list(1) {
        let Some(text) = address.to_text() else {
            return fail(format!("error parsing ip: {} is not a string", shown(&address)));
        };
        let Ok(address) = text.parse::<IpAddr>() else { return fail(format!("error parsing ip: {text}")) };
        names.push(SanType::IpAddress(address));
    }
    for name in list(2) {
        let Some(text) = name.to_text() else {
            return fail(format!("error processing alternate dns name: {} is not a string", shown(&name)));
        };
        let text = text
            .into_owned()
            .try_into()
            .map_err(|fault| CallError::new(format!("error creating certificate: {fault}")))?;
        names.push(SanType::DnsName(text));
    }
    Ok(Request { name: given.text(0), days: given.int(3), names, is_ca: false })
}

fn parameters(request: &Request<'_>, now: SystemTime) -> Result<CertificateParams, CallError> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CommonName, String::from_utf8_lossy(request.name).into_owned());
    parameters.subject_alt_names.clone_from(&request.names);
    let start = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    // A hundred years are as good as for ever, and within what a certificate can say.
    let days = u64::try_from(request.days).unwrap_or(0).min(36_525);
    let epoch = date_time_ymd(1970, 1, 1);
    parameters.not_before = epoch + Duration::from_secs(start.as_secs());
    parameters.not_after = epoch + Duration::from_secs(start.as_secs() + days * 86_400);
    let mut serial = random::bytes(16)?;
    serial[0] &= 0x7F;
    parameters.serial_number = Some(SerialNumber::from_slice(&serial));
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    parameters.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    parameters.is_ca = IsCa::ExplicitNoCa;
    if request.is_ca {
        parameters.key_usages.push(KeyUsagePurpose::KeyCertSign);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    Ok(parameters)
}

fn self_signed(request: &Request<'_>, now: SystemTime, key: PrivateKey) -> Result<Value, CallError> {
    let made = parameters(request, now)?.self_signed(&key.pair).map_err(not_made)?;
    Ok(certificate(keys::pem("CERTIFICATE", made.der()), key.pem))
}

/// Signed by the authority that the fifth argument is.
fn signed(given: &[Value], now: SystemTime, key: PrivateKey) -> Result<Value, CallError> {
    let (authority, authority_key) = parts(given.value(4));
    let Some((_, der)) = keys::read_pem(&authority) else { return fail("unable to decode certificate") };
    if keys::is_dsa(&authority_key) {
        return fail(NO_SIGNER);
    }
    let signer = keys::read(&authority_key)
        .map_err(|fault| CallError::new(format!("error parsing private key: {fault}")))?;
    let issuer = Issuer::from_ca_cert_der(&der.into(), signer.pair).map_err(|fault| {
        CallError::new(format!("error parsing certificate: decodedSignerCert.Bytes: {fault}"))
    })?;
    let mut parameters = parameters(&request(given)?, now)?;
    parameters.use_authority_key_identifier_extension = true;
    let made = parameters.signed_by(&key.pair, &issuer).map_err(not_made)?;
    Ok(certificate(keys::pem("CERTIFICATE", made.der()), key.pem))
}

fn not_made(fault: rcgen::Error) -> CallError {
    CallError::new(format!("error creating certificate: {fault}"))
}

/// A certificate and key of one's own, in base64.
fn custom(certificate_text: &[u8], key_text: &[u8]) -> Result<Value, CallError> {
    let Ok(pem) = decode_base64(Alphabet::Standard, certificate_text) else {
        return fail("unable to decode base64 certificate");
    };
    let Ok(key) = decode_base64(Alphabet::Standard, key_text) else {
        return fail("unable to decode base64 private key");
    };
    let Some((_, der)) = keys::read_pem(&pem) else { return fail("unable to decode certificate") };
    // What reads the certificate wants a key that can sign, and does not look whether it is the certificate's.
    let parsed = if keys::is_dsa(&key) { keys::make_ed25519() } else { keys::read(&key) };
    let parsed = parsed.map_err(|fault| CallError::new(format!("error parsing private key: {fault}")));
    Issuer::from_ca_cert_der(&der.into(), parsed?.pair)
        .map_err(|fault| CallError::new(format!("error parsing certificate: decodedCert.Bytes: {fault}")))?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(certificate(text(pem), text(key)))
}

fn certificate(pem: String, key: String) -> Value {
    Struct::new(CERTIFICATE.clone(), [Value::from(pem), Value::from(key)]).into()
}

/// Certificate and key of a `sprig.certificate`.
fn parts(value: &Value) -> (Vec<u8>, Vec<u8>) {
    let structure = value.indirect().as_struct();
    let field = |name: &str| {
        structure
            .and_then(|structure| structure.field(name))
            .and_then(Value::as_bytes)
            .unwrap_or_default()
            .to_vec()
    };
    (field("Cert"), field("Key"))
}
