//! Which certificate authorities are trusted: those of a file, else the system's, else built-in ones.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::{Failure, kinds};

/// The system's authorities, loaded when they are first needed, once a run.
#[derive(Debug, Default)]
pub struct Trust {
    system: OnceLock<Authorities>,
}

/// Authorities, and where they are from.
#[derive(Debug, Clone)]
pub(super) struct Authorities {
    pub(super) store: Arc<RootCertStore>,
    pub(super) origin: String,
}

impl Trust {
    /// The authorities of that file, or the system's, or the built-in ones where the system has none.
    ///
    /// # Errors
    /// `tls.bad_file` when the file holds no certificate.
    pub(super) fn authorities(&self, file: Option<&Path>) -> Result<Authorities, Failure> {
        match file {
            Some(path) => of_file(path),
            None => Ok(self.system.get_or_init(of_system).clone()),
        }
    }
}

fn of_file(path: &Path) -> Result<Authorities, Failure> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(path)? {
        store.add(certificate).map_err(|error| bad_file(path, &error.to_string()))?;
    }
    Ok(Authorities { store: Arc::new(store), origin: path.display().to_string() })
}

fn of_system() -> Authorities {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(found.certs);
    if added > 0 {
        return Authorities { store: Arc::new(store), origin: format!("the system's {added} authorities") };
    }
    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let origin =
        format!("{} built-in authorities (the image has none: ca-certificates is missing)", store.len());
    Authorities { store: Arc::new(store), origin }
}

/// All certificates of a PEM file.
///
/// # Errors
/// `tls.bad_file` when it cannot be read or holds none.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| bad_file(path, &error.to_string()))?;
    if found.is_empty() {
        return Err(bad_file(path, "it holds no PEM certificate"));
    }
    Ok(found)
}

/// The private key of a PEM file.
///
/// # Errors
/// `tls.bad_file` when it cannot be read or holds none.
pub(super) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| bad_file(path, &error.to_string()))
}

/// Whether a PEM file holds a private key.
pub(super) fn holds_key(path: &Path) -> bool {
    PrivateKeyDer::from_pem_file(path).is_ok()
}

pub(super) fn bad_file(path: &Path, why: &str) -> Failure {
    Failure::new(&kinds::tls::BAD_FILE, format!("{} cannot be used: {why}", path.display()))
}
