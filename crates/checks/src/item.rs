//! One thing to check, with everything that its checker may want to know.

use std::time::Duration;

use preflight_contract::{Attribute, CheckSpec, Connection, read_host_port};

use crate::{Failure, Kind, kinds};

/// One item of the plan.
#[derive(Debug, Clone)]
pub struct Item {
    /// What kind of check it is.
    pub kind: &'static Kind,
    /// What the report calls it: the connection's id, the given name, or the main parameter.
    pub id: String,
    /// Who must fix it, when it is not the contract's team.
    pub audience: Option<String>,
    /// The longest that one attempt may take.
    pub timeout: Duration,
    /// The attributes, from variables or from `checks:`.
    pub connection: Connection,
    /// The parameters of a kind that has its own, with all `${…}` filled in.
    pub spec: Option<CheckSpec>,
}

/// Where a server is meant to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Name or address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

impl Item {
    /// The attribute's own value; none when it is not set or empty. What a `URL` holds is not looked at: see
    /// [`Item::username`] and its like.
    #[must_use]
    pub fn attribute(&self, attribute: Attribute) -> Option<&str> {
        self.connection
            .attributes
            .get(&attribute)
            .map(|held| held.value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// What to call the attribute when speaking to a person: the variable that holds it, or the one that would.
    #[must_use]
    pub fn name_of(&self, attribute: Attribute) -> String {
        self.connection.expected_variable(attribute)
    }

    /// The user: `USERNAME`, else the URL's.
    #[must_use]
    pub fn username(&self) -> Option<String> {
        self.connection.username()
    }

    /// The password: `PASSWORD`, else the URL's.
    #[must_use]
    pub fn password(&self) -> Option<String> {
        self.connection.password()
    }

    /// The database: `DATABASE`, else the first part of the URL's path.
    #[must_use]
    pub fn database(&self) -> Option<String> {
        self.connection.database()
    }

    /// The scheme: `SCHEME`, else the URL's; in lower case.
    #[must_use]
    pub fn scheme(&self) -> Option<String> {
        let own = self.attribute(Attribute::Scheme).map(str::to_ascii_lowercase);
        own.or_else(|| self.connection.url().ok().flatten().map(|url| url.scheme().to_owned()))
    }

    /// Where the server is: `ADDRESS` and `PORT`, else the URL's, else the kind's default port.
    ///
    /// # Errors
    /// `check.bad_address` when there is no address, or the address or port cannot be understood.
    pub fn endpoint(&self) -> Result<Endpoint, Failure> {
        self.endpoint_or(self.kind.default_port)
    }

    /// As [`Item::endpoint`], with another default port, for instance that of the scheme.
    ///
    /// # Errors
    /// As [`Item::endpoint`].
    pub fn endpoint_or(&self, default_port: Option<u16>) -> Result<Endpoint, Failure> {
        let found = self
            .connection
            .endpoint(default_port)
            .map_err(|why| Failure::new(&kinds::general::BAD_ADDRESS, why.to_string()))?;
        Endpoint::with_port(found.host, found.port)
    }
}

impl Endpoint {
    /// An endpoint of a host and the port that must be there.
    fn with_port(host: String, port: Option<u16>) -> Result<Self, Failure> {
        match port {
            Some(port) => Ok(Self { host, port }),
            None => Err(Failure::new(&kinds::general::BAD_ADDRESS, format!("no port is given for {host}"))),
        }
    }

    /// Reads `host` or `host:port`, IPv6 addresses in brackets when a port follows. `parameter` is what to call the
    /// text when it cannot be read.
    ///
    /// # Errors
    /// `check.bad_address`.
    pub fn parse(parameter: &str, text: &str, default_port: Option<u16>) -> Result<Self, Failure> {
        let (host, port) = read_host_port(parameter, text)
            .map_err(|why| Failure::new(&kinds::general::BAD_ADDRESS, why.to_string()))?;
        Self::with_port(host, port.or(default_port))
    }
}
