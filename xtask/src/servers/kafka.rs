//! Kafka: one broker with a listener for each way in, and two whose advertised addresses lead nowhere.

use super::java::{self, Jars};
use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// Kafka from Maven's repository, without ZooKeeper.
pub(super) struct Kafka;

const VERSION: &str = "3.9.1";
const JARS: Jars = Jars {
    name: "kafka-3.9.1",
    artifacts: &["org.apache.kafka:kafka_2.13:3.9.1", "org.apache.kafka:kafka-tools:3.9.1"],
    archive: None,
};
const HEAP: u16 = 384;
const LIMIT: Duration = Duration::from_secs(60);
const TOPIC: &str = "pickles";
/// Advertised to whoever asks through the listener LOST; `.invalid` never resolves (RFC 6761).
const UNRESOLVABLE: &str = "kafka.unresolvable.invalid";
const LOGGING: &str = "log4j.rootLogger=INFO, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\n\
    log4j.appender.out.layout=org.apache.log4j.PatternLayout\n\
    log4j.appender.out.layout.ConversionPattern=%d %p %c: %m%n\n";

impl Server for Kafka {
    fn name(&self) -> &'static str {
        "kafka"
    }

    fn purpose(&self) -> &'static str {
        "tests of the kafka checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[
            java::RUNTIME,
            java::MAVEN,
            Need::Fetched {
                what: "kafka 3.9.1, as jars with Maven",
                present: |store| JARS.present(store),
                fetch: |store| JARS.fetch(store),
            },
        ]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let (ports, accounts) = (Ports::take(workspace)?, Accounts::invent(workspace));
        let logging = workspace.write("log4j.properties", LOGGING)?;
        let options = [format!("-Dlog4j.configuration=file:{}", logging.display())];
        let config = workspace.write("server.properties", &configuration(workspace, &ports, &accounts)?)?;
        format_storage(workspace, &config, &options, &accounts)?;
        let class_path = JARS.class_path(workspace.store());
        let process = java::launch(workspace, "kafka", HEAP, &options, (&class_path, "kafka.Kafka"))?
            .arg(&config)
            .spawn()?;
        workspace.until_ready(&process, LIMIT, || probe::connect(ports.plain).map(drop))?;
        make_topic(workspace, ports.plain, &options)?;
        Ok(facts(workspace, &ports, &accounts))
    }
}

/// One port a listener; `closed` is advertised by one of them and has none.
struct Ports {
    controller: u16,
    plain: u16,
    sasl: u16,
    tls: u16,
    sasl_tls: u16,
    mutual_tls: u16,
    lost: u16,
    dead: u16,
    closed: u16,
}

impl Ports {
    fn take(workspace: &Workspace) -> Result<Self, Failure> {
        Ok(Self {
            controller: workspace.port()?,
            plain: workspace.port()?,
            sasl: workspace.port()?,
            tls: workspace.port()?,
            sasl_tls: workspace.port()?,
            mutual_tls: workspace.port()?,
            lost: workspace.port()?,
            dead: workspace.port()?,
            closed: workspace.port()?,
        })
    }

    fn listeners(&self) -> [Listener; 7] {
        let here = |port: u16| format!("127.0.0.1:{port}");
        [
            ("PLAIN", self.plain, "PLAINTEXT", here(self.plain)),
            ("SASL", self.sasl, "SASL_PLAINTEXT", here(self.sasl)),
            ("TLS", self.tls, "SSL", here(self.tls)),
            ("SASLTLS", self.sasl_tls, "SASL_SSL", here(self.sasl_tls)),
            ("MUTUAL", self.mutual_tls, "SSL", here(self.mutual_tls)),
            ("LOST", self.lost, "PLAINTEXT", format!("{UNRESOLVABLE}:9092")),
            ("DEAD", self.dead, "PLAINTEXT", here(self.closed)),
        ]
    }
}

/// A listener's name, port, protocol, and the address it tells clients to use.
type Listener = (&'static str, u16, &'static str, String);

struct Accounts {
    plain: String,
    scram: String,
    denied: String,
}

impl Accounts {
    fn invent(workspace: &Workspace) -> Self {
        // The storage tool's own notation for a SCRAM user cannot hold a double quote.
        let scram = workspace.hostile_password().replace('"', "'");
        Self { plain: workspace.hostile_password(), scram, denied: workspace.password() }
    }
}

/// The broker's configuration, see the reference of KRaft brokers' settings in Kafka's documentation.
fn configuration(workspace: &Workspace, ports: &Ports, accounts: &Accounts) -> Result<String, Failure> {
    let listeners = ports.listeners();
    let joined =
        |entry: &dyn Fn(&Listener) -> String| listeners.iter().map(entry).collect::<Vec<_>>().join(",");
    let mut text = format!(
        "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners={bound},CONTROLLER://127.0.0.1:{controller}\nadvertised.listeners={advertised}\n\
         listener.security.protocol.map={protocols},CONTROLLER:PLAINTEXT\n\
         inter.broker.listener.name=PLAIN\ncontroller.listener.names=CONTROLLER\nlog.dirs={data}\n\
         num.partitions=1\noffsets.topic.replication.factor=1\ntransaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\ngroup.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n\
         num.network.threads=1\nnum.io.threads=2\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
         super.users=User:ANONYMOUS;User:pat;User:scram;User:CN=preflight-client\n",
        controller = ports.controller,
        bound = joined(&|(name, port, ..)| format!("{name}://127.0.0.1:{port}")),
        advertised = joined(&|(name, _, _, address)| format!("{name}://{address}")),
        protocols = joined(&|(name, _, protocol, _)| format!("{name}:{protocol}")),
        data = workspace.folder().join("data").display(),
    );
    ["sasl", "sasltls"].iter().for_each(|listener| text += &logins(listener, accounts));
    let keystore = keystore(workspace)?;
    for listener in ["tls", "sasltls", "mutual"] {
        let client = if listener == "mutual" { "required" } else { "none" };
        let prefix = format!("listener.name.{listener}.ssl");
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{prefix}.keystore.type=PEM\n{prefix}.keystore.location={}\n{prefix}.truststore.type=PEM\n\
             {prefix}.truststore.location={}\n{prefix}.client.auth={client}\n",
            keystore.display(),
            workspace.certificates().authority().display()
        );
    }
    Ok(text)
}

fn logins(listener: &str, accounts: &Accounts) -> String {
    let prefix = format!("listener.name.{listener}");
    let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
    format!(
        "{prefix}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\n\
         {prefix}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
         user_pat={} user_denied={};\n\
         {prefix}.scram-sha-256.sasl.jaas.config={scram}\n{prefix}.scram-sha-512.sasl.jaas.config={scram}\n",
        quoted(&accounts.plain),
        quoted(&accounts.denied),
    )
}

/// A value in double quotes, escaped once for the login configuration and once more for the properties file.
fn quoted(value: &str) -> String {
    let inner = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{inner}\"").replace('\\', "\\\\")
}

/// Key and certificate in one file, as Kafka wants them.
fn keystore(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let pair = workspace.certificates().server();
    let read = |path: &PathBuf| fs::read_to_string(path).map_err(Failure::io("read", path.display()));
    workspace.write("keystore.pem", &format!("{}{}", read(&pair.key)?, read(&pair.certificate)?))
}

fn format_storage(
    workspace: &Workspace,
    config: &PathBuf,
    options: &[String],
    accounts: &Accounts,
) -> Result<(), Failure> {
    let class_path = JARS.class_path(workspace.store());
    let user = |mechanism: &str| format!("{mechanism}=[name=scram,password=\"{}\"]", accounts.scram);
    java::launch(workspace, "format", HEAP, options, (&class_path, "kafka.tools.StorageTool"))?
        .args(["format", "--cluster-id", "cHJlZmxpZ2h0LXRlc3RzLQ", "--config"])
        .arg(config)
        .args(["--add-scram", &user("SCRAM-SHA-256"), "--add-scram", &user("SCRAM-SHA-512")])
        .run()
        .map(drop)
}

fn make_topic(workspace: &Workspace, port: u16, options: &[String]) -> Result<(), Failure> {
    let class_path = JARS.class_path(workspace.store());
    java::launch(workspace, "topic", HEAP, options, (&class_path, "org.apache.kafka.tools.TopicCommand"))?
        .args(["--bootstrap-server", &format!("127.0.0.1:{port}"), "--create", "--topic", TOPIC])
        .run()
        .map(drop)
}

fn facts(workspace: &Workspace, ports: &Ports, accounts: &Accounts) -> Value {
    let client = workspace.certificates().client();
    json!({
        "host": "127.0.0.1", "version": VERSION, "topic": TOPIC, "missing_topic": "sauerkraut",
        "ca": workspace.certificates().authority(),
        "client_cert": client.certificate, "client_key": client.key,
        "port": ports.plain, "sasl_port": ports.sasl, "tls_port": ports.tls, "sasl_tls_port": ports.sasl_tls,
        "mutual_tls_port": ports.mutual_tls,
        "username": "pat", "password": accounts.plain,
        "scram_username": "scram", "scram_password": accounts.scram,
        "scram_mechanisms": ["SCRAM-SHA-256", "SCRAM-SHA-512"],
        "denied_username": "denied", "denied_password": accounts.denied,
        "unresolvable_port": ports.lost, "unresolvable_advertised": format!("{UNRESOLVABLE}:9092"),
        "dead_port": ports.dead, "dead_advertised": format!("127.0.0.1:{}", ports.closed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_password_survives_both_readers() {
        assert_eq!(quoted("a\"b"), r#""a\\"b""#);
    }
}
