//! What a backend answered. Cheap to clone: the data stand behind an `Arc`.

use std::sync::Arc;

use crate::Query;
use crate::aws::AwsAnswer;
use crate::consul::{ConsulAnswer, ConsulQuery};
use crate::nomad::NomadAnswer;
use crate::vault::VaultAnswer;

/// The data of one query. What is not there is an answer too (`Key(None)`, an empty list), never an error.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// From Consul.
    Consul(ConsulAnswer),
    /// From Vault.
    Vault(VaultAnswer),
    /// From Nomad.
    Nomad(NomadAnswer),
    /// From AWS.
    Aws(AwsAnswer),
    /// The bytes of a file.
    File(Arc<[u8]>),
}

impl Answer {
    /// Whether what is in it must never reach an output other than the rendered file.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Consul(answer) => answer.is_secret(),
            Self::Vault(_) => true,
            Self::Nomad(answer) => answer.is_secret(),
            Self::Aws(answer) => answer.is_secret(),
            Self::File(_) => false,
        }
    }

    /// Whether it says that there is nothing of what was asked for.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Consul(answer) => answer.is_absence(),
            Self::Vault(answer) => answer.is_absence(),
            Self::Nomad(answer) => answer.is_absence(),
            Self::Aws(answer) => answer.is_absence(),
            Self::File(_) => false,
        }
    }

    /// Calls `found` with every text in it that must never be shown, for whoever takes them out of all output.
    pub fn each_sensitive_text(&self, found: &mut dyn FnMut(&str)) {
        match self {
            Self::Consul(ConsulAnswer::CaLeaf(leaf)) if !leaf.private_key_pem.is_empty() => {
                found(&leaf.private_key_pem);
            }
            Self::Vault(answer) => answer.each_sensitive_text(found),
            Self::Nomad(answer) => answer.each_sensitive_text(found),
            Self::Aws(answer) => answer.each_sensitive_text(found),
            Self::Consul(_) | Self::File(_) => {}
        }
    }

    /// Calls `found` with the name and the text of every value that has a name of its own, which may tell that it is
    /// secret: the keys of Consul, with their whole paths.
    pub fn each_named_text(&self, query: &Query, found: &mut dyn FnMut(&str, &str)) {
        let mut text = |name: &str, value: &[u8]| {
            if let Ok(value) = std::str::from_utf8(value) {
                found(name, value);
            }
        };
        match (self, query) {
            (Self::Consul(ConsulAnswer::Key(Some(value))), Query::Consul(ConsulQuery::Key { key, .. })) => {
                text(key, value);
            }
            (Self::Consul(ConsulAnswer::List(pairs)), _) => {
                pairs.iter().for_each(|pair| text(&pair.path, &pair.value));
            }
            _ => {}
        }
    }
}
