//! The certificates of the test servers: one authority and, below it, good and bad ones, all in PEM files.

use crate::failure::Failure;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, Error,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Everything a server's certificate is good for.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate and its private key (PKCS #8), both PEM.
pub struct Pair {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Where the certificates are.
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Uses the certificates in `folder`, and makes them first if they are not there.
    ///
    /// # Errors
    /// When they cannot be made or written.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let certificates = Self { folder: folder.to_owned() };
        if !certificates.authority().exists() {
            fs::create_dir_all(folder).map_err(Failure::io("make", folder.display()))?;
            certificates.make_all()?;
        }
        Ok(certificates)
    }

    /// The authority's certificate, which clients trust.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// A server certificate for `localhost`, `127.0.0.1` and `::1`.
    pub fn server(&self) -> Pair {
        self.named("server")
    }

    /// A client certificate, common name `preflight-client`.
    pub fn client(&self) -> Pair {
        self.named("client")
    }

    /// All paths, for the facts file.
    pub fn facts(&self) -> Value {
        let mut facts = json!({ "ca": self.authority(), "ca_key": self.folder.join("ca-key.pem") });
        for kind in KINDS {
            let pair = self.named(kind.name);
            facts[kind.name] = json!({ "cert": pair.certificate, "key": pair.key });
        }
        facts
    }

    /// The certificate of that kind, such as `expired`.
    pub fn named(&self, name: &str) -> Pair {
        Pair {
            certificate: self.folder.join(format!("{name}.pem")),
            key: self.folder.join(format!("{name}-key.pem")),
        }
    }

    fn make_all(&self) -> Result<(), Failure> {
        let failed = |name| move |source| Failure::Certificate { name, source };
        let authority = make_authority().map_err(failed("ca"))?;
        for kind in KINDS {
            let (certificate, key) = kind.make(&authority).map_err(failed(kind.name))?;
            self.save(kind.name, &certificate.pem(), &key)?;
        }
        // Last, because its presence says that all are there.
        self.save("ca", &authority.pem(), authority.key())
    }

    fn save(&self, name: &str, certificate: &str, key: &KeyPair) -> Result<(), Failure> {
        let pair = self.named(name);
        for (path, text) in [(&pair.key, key.serialize_pem().as_str()), (&pair.certificate, certificate)] {
            fs::write(path, text).map_err(Failure::io("write", path.display()))?;
            // Servers run as users of their own; these keys protect nothing but loopback tests.
            fs::set_permissions(path, fs::Permissions::from_mode(0o644))
                .map_err(Failure::io("set the mode of", path.display()))?;
        }
        Ok(())
    }
}

/// One kind of certificate below the authority.
struct Kind {
    name: &'static str,
    names: &'static [&'static str],
    purpose: ExtendedKeyUsagePurpose,
    /// Seconds from now at which it begins and ends.
    valid: (i64, i64),
    self_signed: bool,
}

const DAY: i64 = 86_400;

const SERVER: Kind = Kind {
    name: "server",
    names: &LOCAL_NAMES,
    purpose: ExtendedKeyUsagePurpose::ServerAuth,
    valid: (-DAY, 3650 * DAY),
    self_signed: false,
};

const KINDS: &[Kind] = &[
    SERVER,
    Kind { name: "expired", valid: (-30 * DAY, -DAY), ..SERVER },
    Kind { name: "expiring", valid: (-30 * DAY, 3 * DAY), ..SERVER },
    Kind { name: "not_yet_valid", valid: (30 * DAY, 60 * DAY), ..SERVER },
    Kind { name: "wrong_name", names: &["elsewhere.example"], ..SERVER },
    Kind { name: "self_signed", self_signed: true, ..SERVER },
    Kind {
        name: "client",
        names: &["preflight-client"],
        purpose: ExtendedKeyUsagePurpose::ClientAuth,
        ..SERVER
    },
];

impl Kind {
    fn make(&self, authority: &CertifiedIssuer<'static, KeyPair>) -> Result<(Certificate, KeyPair), Error> {
        let key = KeyPair::generate()?;
        let names: Vec<String> = self.names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, self.names.first().copied().unwrap_or_default());
        params.extended_key_usages = vec![self.purpose.clone()];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let epoch = date_time_ymd(1970, 1, 1) + Duration::from_secs(now.as_secs());
        params.not_before = shifted(epoch, self.valid.0, |at, by| at + by, |at, by| at - by);
        params.not_after = shifted(epoch, self.valid.1, |at, by| at + by, |at, by| at - by);
        params.use_authority_key_identifier_extension = !self.self_signed;
        let certificate =
            if self.self_signed { params.self_signed(&key)? } else { params.signed_by(&key, authority)? };
        Ok((certificate, key))
    }
}

/// A moment moved by a signed number of seconds; `std`'s durations have no sign.
fn shifted<T>(
    moment: T,
    seconds: i64,
    later: impl Fn(T, Duration) -> T,
    earlier: impl Fn(T, Duration) -> T,
) -> T {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { earlier(moment, distance) } else { later(moment, distance) }
}

fn make_authority() -> Result<CertifiedIssuer<'static, KeyPair>, Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "Preflight test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}
