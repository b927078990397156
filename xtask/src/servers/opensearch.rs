//! OpenSearch: one node without accounts over HTTP, one with its security plugin over HTTPS.

use super::java::{self, Jars};
use super::{Need, Process, Server, Workspace, probe, process};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// OpenSearch from Maven's repository.
pub(super) struct OpenSearch;

const VERSION: &str = "2.19.1";
const JARS: Jars = Jars {
    name: "opensearch-2.19.1",
    artifacts: &[
        "org.opensearch:opensearch:2.19.1",
        "org.opensearch:opensearch-plugin-classloader:2.19.1",
        "org.opensearch.plugin:transport-netty4-client:2.19.1",
        "org.apache.logging.log4j:log4j-core:2.21.0",
    ],
    archive: Some("org.opensearch.plugin:opensearch-security:2.19.1.0"),
};
const HEAP: u16 = 384;
const LIMIT: Duration = Duration::from_secs(90);
/// It refuses to run as root, and has no package that would make a user for it.
const USER: &str = "nobody";
const INDEX: &str = "pickles";
const MAIN: &str = "org.opensearch.bootstrap.OpenSearch";
const HASHER: &str = "org.opensearch.security.tools.Hasher";
const LOGGING: &str = "appender.out.type = Console\nappender.out.name = out\n\
    appender.out.layout.type = PatternLayout\nappender.out.layout.pattern = %d %p %c{1.}: %m%n\n\
    rootLogger.level = info\nrootLogger.appenderRef.out.ref = out\n";
/// The network layer is a module of its own, which lacks these two files outside of a full distribution.
const MODULE: &str = "name=transport-netty4\ndescription=network layer\nversion=2.19.1\n\
    opensearch.version=2.19.1\njava.version=11\nclassname=org.opensearch.transport.Netty4Plugin\n";
const MODULE_RIGHTS: &str = "grant {\n  permission java.lang.RuntimePermission \"accessDeclaredMembers\";\n  \
    permission java.lang.RuntimePermission \"accessClassInPackage.sun.nio.ch\";\n  \
    permission java.lang.RuntimePermission \"getClassLoader\";\n  \
    permission java.lang.RuntimePermission \"setContextClassLoader\";\n  \
    permission java.lang.reflect.ReflectPermission \"suppressAccessChecks\";\n  \
    permission java.net.SocketPermission \"*\", \"accept,connect,resolve,listen\";\n};\n";

impl Server for OpenSearch {
    fn name(&self) -> &'static str {
        "opensearch"
    }

    fn purpose(&self) -> &'static str {
        "tests of the elasticsearch checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[
            java::RUNTIME,
            java::MAVEN,
            Need::Fetched {
                what: "opensearch 2.19.1 and its security plugin, as jars with Maven",
                present: |store| JARS.present(store),
                fetch: |store| JARS.fetch(store),
            },
        ]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let accounts = Accounts::invent(workspace)?;
        let (open, secured) = (Node::prepare(workspace, "open")?, Node::prepare(workspace, "secured")?);
        open.add_network_module(workspace)?;
        open.configure(&json!({}))?;
        secured.add_security(workspace, &accounts)?;
        secured.configure(&security())?;
        workspace.hand_to(USER)?;
        // Both at once: each needs some seconds of its own.
        let (open_process, secured_process) = (open.launch(workspace)?, secured.launch(workspace)?);
        workspace.until_ready(&open_process, LIMIT, || make_index(open.port))?;
        workspace.until_ready(&secured_process, LIMIT, || secured.says("Node 'secured' initialized"))?;
        Ok(json!({
            "host": "127.0.0.1", "version": VERSION, "port": open.port, "index": INDEX, "missing_index": "sauerkraut",
            "tls_port": secured.port, "ca": workspace.certificates().authority(),
            "username": "pat", "password": accounts.password,
            "denied_username": "stranger", "denied_password": accounts.denied_password,
        }))
    }
}

/// The users of the secured node, with what its own tool makes of their passwords.
struct Accounts {
    password: String,
    hash: String,
    denied_password: String,
    denied_hash: String,
}

impl Accounts {
    fn invent(workspace: &Workspace) -> Result<Self, Failure> {
        let (password, denied_password) = (workspace.hostile_password(), workspace.password());
        let (hash, denied_hash) = (hash(workspace, &password)?, hash(workspace, &denied_password)?);
        Ok(Self { password, hash, denied_password, denied_hash })
    }
}

fn hash(workspace: &Workspace, password: &str) -> Result<String, Failure> {
    let plugin = plugin(workspace.store()).join("*");
    let class_path = format!("{}:{}", plugin.display(), JARS.class_path(workspace.store()));
    let output =
        java::launch(workspace, "hash", 64, &[], (&class_path, HASHER))?.args(["-p", password]).run()?;
    let hash = output.lines().find(|line| line.starts_with("$2")).map(str::to_owned);
    hash.ok_or_else(|| Failure::Answer { peer: HASHER.to_owned(), answer: output })
}

fn plugin(store: &Path) -> PathBuf {
    JARS.folder(store).join("archive")
}

/// A node with a home of its own; copies, because its user may not be able to enter the store.
struct Node {
    name: &'static str,
    home: PathBuf,
    port: u16,
    transport_port: u16,
}

impl Node {
    fn prepare(workspace: &Workspace, name: &'static str) -> Result<Self, Failure> {
        let home = workspace.subfolder(name)?;
        for folder in ["config", "modules", "plugins", "data", "logs", "temporary"] {
            workspace.subfolder(&format!("{name}/{folder}"))?;
        }
        let jars = JARS.folder(workspace.store()).join("jars");
        copy(&jars, &home.join("lib"))?;
        let node = Self { name, home, port: workspace.port()?, transport_port: workspace.port()? };
        node.write("config/log4j2.properties", LOGGING)?;
        node.take_network_jars()?;
        Ok(node)
    }

    /// A module's jars may not be on the class path as well.
    fn take_network_jars(&self) -> Result<(), Failure> {
        let (lib, module) = (self.home.join("lib"), self.home.join("network"));
        fs::create_dir(&module).map_err(Failure::io("make", module.display()))?;
        for entry in fs::read_dir(&lib).map_err(Failure::io("list", lib.display()))? {
            let path = entry.map_err(Failure::io("list", lib.display()))?.path();
            let name = path.file_name().unwrap_or_default();
            let text = name.to_string_lossy();
            if text.starts_with("netty-") || text.starts_with("transport-netty4-") {
                fs::rename(&path, module.join(name)).map_err(Failure::io("move", path.display()))?;
            }
        }
        Ok(())
    }

    fn add_network_module(&self, workspace: &Workspace) -> Result<(), Failure> {
        let module = workspace.folder().join(self.name).join("modules/transport-netty4");
        fs::rename(self.home.join("network"), &module).map_err(Failure::io("move", module.display()))?;
        self.write("modules/transport-netty4/plugin-descriptor.properties", MODULE)?;
        self.write("modules/transport-netty4/plugin-security.policy", MODULE_RIGHTS)
    }

    /// The plugin brings a network layer of its own.
    fn add_security(&self, workspace: &Workspace, accounts: &Accounts) -> Result<(), Failure> {
        let plugin = plugin(workspace.store());
        copy(&plugin, &self.home.join("plugins/opensearch-security"))?;
        copy(&plugin.join("config"), &self.home.join("config/opensearch-security"))?;
        let users = json!({
            "_meta": { "type": "internalusers", "config_version": 2 },
            "pat": { "hash": accounts.hash, "backend_roles": ["admin"] },
            "stranger": { "hash": accounts.denied_hash, "backend_roles": [] },
        });
        // JSON is YAML as well.
        self.write("config/opensearch-security/internal_users.yml", &users.to_string())?;
        let pair = workspace.certificates().server();
        copy(&pair.certificate, &self.home.join("config/server.pem"))?;
        copy(&pair.key, &self.home.join("config/server-key.pem"))?;
        copy(&workspace.certificates().authority(), &self.home.join("config/ca.pem"))
    }

    fn configure(&self, extra: &Value) -> Result<(), Failure> {
        let mut config = json!({
            "cluster.name": "preflight", "node.name": self.name, "discovery.type": "single-node",
            "path.data": self.home.join("data"), "path.logs": self.home.join("logs"),
            "network.host": "127.0.0.1", "http.port": self.port, "transport.port": self.transport_port,
            // A disk that is nearly full would make every index read-only.
            "cluster.routing.allocation.disk.threshold_enabled": false,
        });
        if let (Some(config), Some(extra)) = (config.as_object_mut(), extra.as_object()) {
            config.extend(extra.clone());
        }
        self.write("config/opensearch.yml", &config.to_string())
    }

    fn launch(&self, workspace: &Workspace) -> Result<Process, Failure> {
        let options = [
            "-Djava.security.manager=allow".to_owned(),
            "-Dopensearch.distribution.type=tar".to_owned(),
            format!("-Dopensearch.path.home={}", self.home.display()),
            format!("-Dopensearch.path.conf={}", self.home.join("config").display()),
            // Overrides the one before; its security manager allows no other.
            format!("-Djava.io.tmpdir={}", self.home.join("temporary").display()),
        ];
        let class_path = self.home.join("lib/*").display().to_string();
        java::launch(workspace, self.name, HEAP, &options, (&class_path, MAIN))?.as_user(USER).spawn()
    }

    /// Over TLS the log is the only thing that tells without a client of our own.
    fn says(&self, line: &str) -> Result<(), Failure> {
        let log = self.home.with_extension("log");
        let text = fs::read_to_string(&log).map_err(Failure::io("read", log.display()))?;
        if text.contains(line) {
            return Ok(());
        }
        Err(Failure::Answer { peer: self.name.to_owned(), answer: format!("{line:?} is not in its log yet") })
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.home.join(name);
        fs::write(&path, text).map_err(Failure::io("write", path.display()))
    }
}

/// See the security plugin's documentation of `opensearch.yml`.
fn security() -> Value {
    json!({
        "plugins.security.ssl.transport.pemcert_filepath": "server.pem",
        "plugins.security.ssl.transport.pemkey_filepath": "server-key.pem",
        "plugins.security.ssl.transport.pemtrustedcas_filepath": "ca.pem",
        "plugins.security.ssl.transport.enforce_hostname_verification": false,
        "plugins.security.ssl.http.enabled": true,
        "plugins.security.ssl.http.pemcert_filepath": "server.pem",
        "plugins.security.ssl.http.pemkey_filepath": "server-key.pem",
        "plugins.security.allow_default_init_securityindex": true,
        "plugins.security.authcz.admin_dn": ["CN=nobody"],
    })
}

fn make_index(port: u16) -> Result<(), Failure> {
    let body = json!({ "settings": { "number_of_replicas": 0 } }).to_string();
    match probe::http(port, "PUT", &format!("/{INDEX}"), &["Content-Type: application/json"], &body)? {
        (200, _) => Ok(()),
        // Made by an earlier probe whose answer came too late.
        (400, answer) if answer.contains("resource_already_exists_exception") => Ok(()),
        (status, answer) => {
            Err(Failure::Answer { peer: "opensearch".to_owned(), answer: format!("{status} {answer}") })
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    process::run(Command::new("cp").arg("--recursive").arg(from).arg(to), "").map(drop)
}
