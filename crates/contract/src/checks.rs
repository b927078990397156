//! The items of `checks:`: what each kind of check takes, as the file writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attribute::Attribute;
use crate::duration;
use crate::grammar::{AttributeValue, Connection};
use crate::interpolate::{UnsetVariables, interpolate, references};
use crate::quantity::{Amount, ByteSize, FileMode, StatusExpectation};
use crate::vocabulary::{Vocabulary, find_kind};

/// One item of `checks:`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckItem {
    /// What to call it in the report.
    pub name: Option<String>,
    /// Who must fix it, when it is not the file's team.
    pub audience: Option<String>,
    /// The longest that one attempt may take.
    #[serde(with = "duration::optional")]
    pub timeout: Option<Duration>,
    /// The line of the file that declares it, from 1.
    pub line: usize,
    /// What is checked.
    pub spec: CheckSpec,
}

/// What an item of `checks:` checks. Every text in it may hold `${VARIABLE}`; see [`CheckSpec::interpolated`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckSpec {
    /// A request to an HTTP server.
    Http(HttpCheck),
    /// The standard health check of a gRPC server.
    Grpc(GrpcCheck),
    /// A TLS handshake.
    Tls(TlsCheck),
    /// A file or a directory.
    File(FileCheck),
    /// A command that is run.
    Command(CommandCheck),
    /// Free space on a file system.
    Disk(DiskCheck),
    /// Memory that the container has.
    Memory(MemoryCheck),
    /// The system's clock.
    Clock(ClockCheck),
    /// A connection, written out rather than named by variables.
    Connection(ConnectionCheck),
}

/// An HTTP request and what its answer must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpCheck {
    /// The URL that is asked, http or https.
    pub url: String,
    /// The request's method; GET when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Headers that are sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body that is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What the answer must be; any status from 200 to 299 when absent.
    #[serde(default)]
    pub expect: HttpExpectation,
    /// The path of a PEM file with the certificate authorities that are trusted instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// Whether the server's certificate is taken unseen.
    #[serde(default)]
    pub insecure: bool,
    /// Whether redirects are followed.
    #[serde(default)]
    pub follow_redirects: bool,
    /// The name for basic authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password for basic authentication; secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The bearer token; secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// What the answer of an HTTP server must be.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpExpectation {
    /// The status: a number (200), a class (2xx), or a list of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusExpectation>,
    /// Headers that must be there, with a part of their value or a /regular expression/.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Values that the JSON body must hold, by dotted path (status.db, items.0.name).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub json: BTreeMap<String, Value>,
    /// A part of the body, or a /regular expression/.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// The standard health check of a gRPC server (`grpc.health.v1.Health/Check`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrpcCheck {
    /// The server, as host:port or as a URL.
    pub address: String,
    /// The service whose health is asked; the whole server's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Whether the connection is made with TLS.
    #[serde(default)]
    pub tls: bool,
    /// The path of a PEM file with the certificate authorities that are trusted instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// Whether the server's certificate is taken unseen.
    #[serde(default)]
    pub insecure: bool,
    /// The name that the certificate must carry, when it is not the address's host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// The bearer token; secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A TLS handshake and the certificate that it shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsCheck {
    /// The server, as host or host:port.
    pub address: String,
    /// The server's port; 443 when neither this nor the address says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// The name that the certificate must carry, when it is not the address's host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// The path of a PEM file with the certificate authorities that are trusted instead of the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// How long the certificate must still be valid.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub expires_within: Option<Duration>,
}

/// A file, a directory or a socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileCheck {
    /// Where it is.
    pub path: String,
    /// Whether it must exist; true when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// What it must be.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<FileKind>,
    /// Whether this process must be able to read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readable: Option<bool>,
    /// Whether this process must be able to write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writable: Option<bool>,
    /// Whether this process must be able to execute it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<bool>,
    /// Its permission bits, in octal as text: "0640".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<FileMode>,
    /// The user that must own it, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// A part of its content, or a /regular expression/.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
}

/// What a path must lead to, symbolic links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// An ordinary file.
    File,
    /// A directory.
    Directory,
    /// A Unix socket.
    Socket,
    /// A symbolic link, itself and not what it leads to.
    Symlink,
}

/// A command and what it must do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandCheck {
    /// The program and its arguments as a list, or one text for /bin/sh -c.
    pub run: CommandLine,
    /// The exit code that it must end with.
    #[serde(default)]
    pub exit_code: i32,
    /// How long it may run.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub timeout: Option<Duration>,
    /// A part of what it must print on standard output, or a /regular expression/.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
}

/// A command, as a list of words or as a line for the shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CommandLine {
    /// The program and its arguments, run as they are.
    Words(#[schemars(length(min = 1))] Vec<String>),
    /// One line, given to `/bin/sh -c`.
    Shell(String),
}

/// Free space on the file system of a path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiskCheck {
    /// A path on the file system.
    pub path: String,
    /// The least free space, as a size (512MiB) or a share (10%).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_free: Option<Amount>,
    /// The least number of free inodes, as a number or a share (10%).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_free_inodes: Option<Amount>,
}

/// Memory that the container has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemoryCheck {
    /// The least memory limit: the control group's, or the machine's memory where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<ByteSize>,
    /// The least available memory, as a size (512MiB) or a share (10%).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_available: Option<Amount>,
}

/// The system's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockCheck {
    /// How far the clock may be off; 1s when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "duration::DurationText")]
    pub max_offset: Option<Duration>,
    /// The NTP server that is asked, as host or host:port (default port 123). Needed: the kernel's own word on its
    /// clock is not asked for yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

/// A connection of a kind of the vocabulary, written out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionCheck {
    /// The kind's canonical name.
    pub kind: String,
    /// Its attributes, before interpolation.
    pub attributes: BTreeMap<Attribute, String>,
}

impl ConnectionCheck {
    /// The connection that this describes; `None` when the vocabulary does not know the kind.
    /// Its client is the kind in upper case, its id is `id`, and its variables are called by their attributes.
    #[must_use]
    pub fn connection(&self, id: &str, vocabulary: Vocabulary<'_>) -> Option<Connection> {
        let kind = find_kind(vocabulary, &self.kind)?;
        let named = |(attribute, value): (&Attribute, &String)| {
            (*attribute, AttributeValue { variable: attribute.lower(), value: value.clone() })
        };
        let filled = self.attributes.iter().filter(|(_, value)| !value.is_empty());
        Some(Connection {
            kind: kind.name,
            client: kind.name.to_ascii_uppercase(),
            version: None,
            id: id.to_owned(),
            attributes: filled.map(named).collect(),
            unset: BTreeMap::new(),
        })
    }
}

impl CheckSpec {
    /// The kind's name as the file writes it.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Http(_) => "http",
            Self::Grpc(_) => "grpc",
            Self::Tls(_) => "tls",
            Self::File(_) => "file",
            Self::Command(_) => "command",
            Self::Disk(_) => "disk",
            Self::Memory(_) => "memory",
            Self::Clock(_) => "clock",
            Self::Connection(connection) => &connection.kind,
        }
    }

    /// What is checked, in one word: a URL, an address, a path, a command. It may hold `${VARIABLE}` and secrets of a URL.
    #[must_use]
    pub fn target(&self) -> String {
        match self {
            Self::Http(http) => http.url.clone(),
            Self::Grpc(grpc) => grpc.address.clone(),
            Self::Tls(tls) => tls.address.clone(),
            Self::File(file) => file.path.clone(),
            Self::Command(command) => match &command.run {
                CommandLine::Words(words) => words.join(" "),
                CommandLine::Shell(line) => line.clone(),
            },
            Self::Disk(disk) => disk.path.clone(),
            Self::Memory(_) => "limit".to_owned(),
            Self::Clock(clock) => clock.server.clone().unwrap_or_else(|| "kernel".to_owned()),
            Self::Connection(connection) => {
                let named = |attribute| connection.attributes.get(&attribute).cloned();
                named(Attribute::Address).or_else(|| named(Attribute::Url)).unwrap_or_default()
            }
        }
    }

    /// This with every `${VARIABLE}` in its texts replaced.
    ///
    /// # Errors
    /// With all names that have no value.
    pub fn interpolated(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, UnsetVariables> {
        let mut names = Vec::new();
        let mut fill = |text: &mut String| match interpolate(text, &lookup) {
            Ok(filled) => *text = filled,
            Err(unset) => {
                names
                    .extend(unset.names.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
            }
        };
        let mut filled = self.clone();
        filled.each_text(&mut fill);
        if names.is_empty() { Ok(filled) } else { Err(UnsetVariables { names }) }
    }

    /// The names of all variables that its texts refer to, in alphabetical order.
    #[must_use]
    pub fn references(&self) -> Vec<String> {
        let mut names = BTreeSet::new();
        self.clone().each_text(&mut |text| names.extend(references(text).map(str::to_owned)));
        names.into_iter().collect()
    }

    fn each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        match self {
            Self::Http(http) => http.each_text(visit),
            Self::Grpc(grpc) => {
                let GrpcCheck { address, service, tls: _, ca, insecure: _, server_name, token } = grpc;
                visit(address);
                [service, ca, server_name, token].into_iter().flatten().for_each(visit);
            }
            Self::Tls(tls) => {
                let TlsCheck { address, port: _, server_name, ca, expires_within: _ } = tls;
                visit(address);
                [server_name, ca].into_iter().flatten().for_each(visit);
            }
            Self::File(file) => {
                visit(&mut file.path);
                [&mut file.owner, &mut file.contains].into_iter().flatten().for_each(visit);
            }
            Self::Command(command) => {
                match &mut command.run {
                    CommandLine::Words(words) => words.iter_mut().for_each(&mut *visit),
                    // The shell expands its own `${…}`, with the right quoting.
                    CommandLine::Shell(_) => {}
                }
                command.stdout.iter_mut().for_each(visit);
            }
            Self::Disk(disk) => visit(&mut disk.path),
            Self::Memory(_) => {}
            Self::Clock(clock) => clock.server.iter_mut().for_each(visit),
            Self::Connection(connection) => connection.attributes.values_mut().for_each(visit),
        }
    }
}

impl HttpCheck {
    fn each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        let Self { url, method, headers, body, expect, ca, username, password, token, .. } = self;
        visit(url);
        headers.values_mut().for_each(&mut *visit);
        expect.headers.values_mut().for_each(&mut *visit);
        expect.json.values_mut().for_each(|value| each_json_text(value, visit));
        [method, body, &mut expect.body, ca, username, password, token].into_iter().flatten().for_each(visit);
    }
}

fn each_json_text(value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_json_text(item, visit)),
        Value::Object(map) => map.values_mut().for_each(|item| each_json_text(item, visit)),
        _ => {}
    }
}
