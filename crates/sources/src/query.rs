//! What can be asked for: one query of one backend, in consul-template's notation.

use std::fmt;

use crate::aws::AwsQuery;
use crate::consul::ConsulQuery;
use crate::file::FileQuery;
use crate::nomad::NomadQuery;
use crate::vault::VaultQuery;

/// One thing that a template depends on. Two templates that ask the same share one query; its order is that of the
/// backends, then that of their own queries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Query {
    /// From Consul.
    Consul(ConsulQuery),
    /// From Vault.
    Vault(VaultQuery),
    /// From Nomad.
    Nomad(NomadQuery),
    /// From AWS: Systems Manager's parameters, Secrets Manager.
    Aws(AwsQuery),
    /// From the local disk.
    File(FileQuery),
}

impl Query {
    /// Who is asked.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self {
            Self::Consul(_) => Backend::Consul,
            Self::Vault(_) => Backend::Vault,
            Self::Nomad(_) => Backend::Nomad,
            Self::Aws(_) => Backend::Aws,
            Self::File(_) => Backend::File,
        }
    }
}

/// consul-template's notation, such as `kv.block(app/port)` or `health.service(web|passing)`.
impl fmt::Display for Query {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Consul(query) => query.fmt(formatter),
            Self::Vault(query) => query.fmt(formatter),
            Self::Nomad(query) => query.fmt(formatter),
            Self::Aws(query) => query.fmt(formatter),
            Self::File(query) => query.fmt(formatter),
        }
    }
}

/// Where values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// HashiCorp Consul.
    Consul,
    /// HashiCorp Vault.
    Vault,
    /// HashiCorp Nomad.
    Nomad,
    /// Amazon's Systems Manager and Secrets Manager.
    Aws,
    /// The local disk.
    File,
    /// A server that no query asks, see [`crate::web`].
    Web,
}

impl Backend {
    /// All that queries ask, in their order.
    pub const ALL: [Self; 5] = [Self::Consul, Self::Vault, Self::Nomad, Self::Aws, Self::File];

    /// The name that people know it by.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Consul => "Consul",
            Self::Vault => "Vault",
            Self::Nomad => "Nomad",
            Self::Aws => "AWS",
            Self::File => "file",
            Self::Web => "web server",
        }
    }

    /// The name in error classes and configuration, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Consul => "consul",
            Self::Vault => "vault",
            Self::Nomad => "nomad",
            Self::Aws => "aws",
            Self::File => "file",
            Self::Web => "web",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.title())
    }
}
