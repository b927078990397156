//! Cassandra: one node with accounts, permissions and optional TLS on the same port, set up over its own protocol.

use super::java::{self, Jars};
use super::{Need, Process, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

/// Cassandra from Maven's repository.
pub(super) struct Cassandra;

const VERSION: &str = "5.0.4";
const JARS: Jars =
    Jars { name: "cassandra-5.0.4", artifacts: &["org.apache.cassandra:cassandra-all:5.0.4"], archive: None };
const HEAP: u16 = 512;
const LIMIT: Duration = Duration::from_secs(90);
/// The first account there is, with its documented password.
const FIRST: (&str, &str) = ("cassandra", "cassandra");
const LOGGING: &str = "<configuration><appender name=\"out\" class=\"ch.qos.logback.core.ConsoleAppender\">\
    <encoder><pattern>%d %level %logger{0}: %msg%n%ex{3}</pattern></encoder></appender>\
    <root level=\"INFO\"><appender-ref ref=\"out\"/></root></configuration>";
/// What Cassandra's own `jvm17-server.options` opens of the Java runtime.
const OPENED: &[&str] = &[
    "java.base/java.io",
    "java.base/java.lang",
    "java.base/java.lang.module",
    "java.base/java.lang.reflect",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.loader",
    "java.base/jdk.internal.math",
    "java.base/jdk.internal.misc",
    "java.base/jdk.internal.module",
    "java.base/jdk.internal.ref",
    "java.base/jdk.internal.reflect",
    "java.base/jdk.internal.util.jar",
    "java.base/sun.nio.ch",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.rmi/sun.rmi.transport.tcp",
    "jdk.management/com.sun.management.internal",
    "jdk.management.jfr/jdk.management.jfr",
];

impl Server for Cassandra {
    fn name(&self) -> &'static str {
        "cassandra"
    }

    fn purpose(&self) -> &'static str {
        "tests of the cassandra checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[
            java::RUNTIME,
            java::MAVEN,
            Need::Fetched {
                what: "cassandra 5.0.4, as jars with Maven",
                present: |store| JARS.present(store),
                fetch: |store| JARS.fetch(store),
            },
        ]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let (password, denied_password) = (workspace.hostile_password(), workspace.password());
        let port = workspace.port()?;
        let process = launch(workspace, port)?;
        workspace.until_ready(&process, LIMIT, || Session::open(port, FIRST).map(drop))?;
        let mut session = Session::open(port, FIRST)?;
        for statement in statements(&password, &denied_password) {
            session.query(&statement)?;
        }
        Ok(json!({
            "host": "127.0.0.1", "version": VERSION, "port": port, "tls_port": port,
            "ca": workspace.certificates().authority(), "datacenter": "datacenter1",
            "admin_username": FIRST.0, "admin_password": FIRST.1,
            "username": "pat", "password": password, "keyspace": "pickles", "table": "jars",
            "missing_keyspace": "sauerkraut",
            "denied_username": "stranger", "denied_password": denied_password,
            "no_login_username": "ghost", "no_login_password": denied_password,
        }))
    }
}

fn statements(password: &str, denied_password: &str) -> Vec<String> {
    let quoted = password.replace('\'', "''");
    vec![
        "CREATE KEYSPACE pickles WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
            .into(),
        "CREATE TABLE pickles.jars (name text PRIMARY KEY, hot boolean)".into(),
        "INSERT INTO pickles.jars (name, hot) VALUES ('first', true)".into(),
        format!("CREATE ROLE pat WITH PASSWORD = '{quoted}' AND LOGIN = true"),
        "GRANT ALL PERMISSIONS ON KEYSPACE pickles TO pat".into(),
        format!("CREATE ROLE stranger WITH PASSWORD = '{denied_password}' AND LOGIN = true"),
        format!("CREATE ROLE ghost WITH PASSWORD = '{denied_password}' AND LOGIN = false"),
    ]
}

fn launch(workspace: &Workspace, port: u16) -> Result<Process, Failure> {
    let config = workspace.write("cassandra.yaml", &configuration(workspace, port)?)?;
    let logging = workspace.write("logback.xml", LOGGING)?;
    let mut options = vec![
        format!("-Dcassandra.config=file://{}", config.display()),
        format!("-Dcassandra.storagedir={}", workspace.folder().display()),
        format!("-Dlogback.configurationFile={}", logging.display()),
        "-Dcassandra-foreground=true".to_owned(),
        // A single node has nobody to wait for.
        "-Dcassandra.superuser_setup_delay_ms=0".to_owned(),
        "-Dcassandra.skip_wait_for_gossip_to_settle=0".to_owned(),
        "-Dcassandra.ring_delay_ms=1".to_owned(),
        "-Djdk.attach.allowAttachSelf=true".to_owned(),
        "--add-exports=jdk.attach/sun.tools.attach=ALL-UNNAMED".to_owned(),
    ];
    for package in OPENED {
        options.push(format!("--add-opens={package}=ALL-UNNAMED"));
        options.push(format!("--add-exports={package}=ALL-UNNAMED"));
    }
    let class_path = JARS.class_path(workspace.store());
    let class = "org.apache.cassandra.service.CassandraDaemon";
    java::launch(workspace, "cassandra", HEAP, &options, (&class_path, class))?.spawn()
}

/// See the reference of `cassandra.yaml` in Cassandra's documentation.
fn configuration(workspace: &Workspace, port: u16) -> Result<String, Failure> {
    let (storage_port, folder) = (workspace.port()?, workspace.folder().display());
    let config = json!({
        "cluster_name": "preflight", "num_tokens": 1,
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "seed_provider": [{
            "class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
            "parameters": [{ "seeds": format!("127.0.0.1:{storage_port}") }],
        }],
        "listen_address": "127.0.0.1", "rpc_address": "127.0.0.1", "native_transport_port": port,
        "storage_port": storage_port, "ssl_storage_port": workspace.port()?,
        "endpoint_snitch": "SimpleSnitch",
        "commitlog_sync": "periodic", "commitlog_sync_period": "10s",
        "commitlog_segment_size": "4MiB", "commitlog_total_space": "32MiB",
        "memtable_heap_space": "32MiB", "file_cache_size": "16MiB",
        "data_file_directories": [format!("{folder}/data")],
        "commitlog_directory": format!("{folder}/commitlog"), "hints_directory": format!("{folder}/hints"),
        "saved_caches_directory": format!("{folder}/caches"), "cdc_raw_directory": format!("{folder}/changes"),
        "authenticator": "PasswordAuthenticator", "authorizer": "CassandraAuthorizer",
        "role_manager": "CassandraRoleManager",
        "client_encryption_options": {
            "enabled": true, "optional": true, "keystore": keystore(workspace)?,
            "ssl_context_factory": { "class_name": "org.apache.cassandra.security.PEMBasedSslContextFactory" },
        },
    });
    // JSON is YAML as well.
    Ok(config.to_string())
}

/// Key and certificate in one file, as Cassandra wants them.
fn keystore(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let pair = workspace.certificates().server();
    let read = |path: &PathBuf| fs::read_to_string(path).map_err(Failure::io("read", path.display()));
    workspace.write("keystore.pem", &format!("{}{}", read(&pair.key)?, read(&pair.certificate)?))
}

/// A connection that speaks as much of Cassandra's binary protocol, version 4, as the set-up needs; see
/// `native_protocol_v4.spec` in Cassandra's sources.
struct Session(TcpStream);

const STARTUP: u8 = 0x01;
const QUERY: u8 = 0x07;
const AUTH_RESPONSE: u8 = 0x0f;
const AUTHENTICATE: u8 = 0x03;
const RESULT: u8 = 0x08;
const AUTH_SUCCESS: u8 = 0x10;

impl Session {
    fn open(port: u16, (user, password): (&str, &str)) -> Result<Self, Failure> {
        let mut session = Self(probe::connect(port)?);
        // A schema change waits for the disk, so it may take longer than a probe.
        session.0.set_read_timeout(Some(LIMIT)).map_err(failed)?;
        let options = [&[0, 1][..], &short("CQL_VERSION"), &short("3.0.0")].concat();
        session.exchange(STARTUP, &options, AUTHENTICATE)?;
        let token = format!("\0{user}\0{password}");
        session.exchange(AUTH_RESPONSE, &long(&token), AUTH_SUCCESS)?;
        Ok(session)
    }

    fn query(&mut self, statement: &str) -> Result<(), Failure> {
        // Consistency ONE, no flags.
        let body = [&long(statement)[..], &[0, 1, 0]].concat();
        self.exchange(QUERY, &body, RESULT)
    }

    fn exchange(&mut self, operation: u8, body: &[u8], expected: u8) -> Result<(), Failure> {
        let header = [&[4, 0, 0, 0, operation][..], &length(body.len())].concat();
        self.0.write_all(&[&header, body].concat()).map_err(failed)?;
        let mut header = [0; 9];
        self.0.read_exact(&mut header).map_err(failed)?;
        let [.., operation, a, b, c, d] = header;
        let mut answer = Vec::new();
        let limit = u64::from(u32::from_be_bytes([a, b, c, d]));
        Read::by_ref(&mut self.0).take(limit).read_to_end(&mut answer).map_err(failed)?;
        if operation == expected {
            return Ok(());
        }
        let answer = String::from_utf8_lossy(&answer).into_owned();
        Err(Failure::Answer { peer: "cassandra".to_owned(), answer })
    }
}

fn failed(source: std::io::Error) -> Failure {
    Failure::Io { action: "talk to", subject: "cassandra".to_owned(), source }
}

/// A text behind its length in two bytes.
fn short(text: &str) -> Vec<u8> {
    let [.., high, low] = length(text.len());
    [&[high, low], text.as_bytes()].concat()
}

/// A text behind its length in four bytes.
fn long(text: &str) -> Vec<u8> {
    [&length(text.len()), text.as_bytes()].concat()
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}
