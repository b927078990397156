//! What Vault answered, of each kind of query.

use std::sync::Arc;

use super::{PemBundle, Secret};

/// What Vault answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultAnswer {
    /// The secret; none when there is none.
    Secret(Option<Arc<Secret>>),
    /// What came of writing; none when Vault took it without a word.
    Written(Option<Arc<Secret>>),
    /// The names below a path, sorted; those of folders end in a slash.
    Names(Arc<[String]>),
    /// A certificate.
    Certificate(Arc<PemBundle>),
}

impl VaultAnswer {
    /// Whether it says that there is nothing.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Secret(secret) => secret.is_none(),
            Self::Names(names) => names.is_empty(),
            Self::Written(_) | Self::Certificate(_) => false,
        }
    }

    /// Calls `found` with every text that must never be shown: values, tokens, keys. Names are none.
    pub fn each_sensitive_text(&self, found: &mut dyn FnMut(&str)) {
        match self {
            Self::Secret(secret) | Self::Written(secret) => {
                secret.iter().for_each(|secret| secret.each_sensitive_text(&mut |text| found(text)));
            }
            Self::Certificate(bundle) if !bundle.key.is_empty() => found(&bundle.key),
            Self::Names(_) | Self::Certificate(_) => {}
        }
    }
}
