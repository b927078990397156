//! Vault: secrets, leases, certificates, logins.
//!
//! A secret is read, kept alive while its lease can be renewed, and read again when it cannot. One token serves all
//! queries; whoever logs in does it once for everybody, and again when the token has died.

mod answer;
mod api;
mod json;
mod kv;
mod lease;
mod login;
mod pem;
mod pki;
mod query;
mod secret;
mod session;
mod settings;
mod source;

pub use answer::VaultAnswer;
pub use json::{Json, NotJson};
pub use pki::PemBundle;
pub use query::{Arguments, VaultQuery};
pub use secret::{Auth, Members, Secret, WrapInfo};
pub use settings::{AppRoleLogin, AwsLogin, KubernetesLogin, Text, VaultLogin, VaultSettings};
pub(crate) use source::VaultSource;
