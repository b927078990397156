//! DNS: a name server for every kind of answer a resolver can meet, and a port where nobody ever answers.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

/// dnsmasq from the system's packages.
pub(super) struct Dns;

const PROGRAM: &str = "/usr/sbin/dnsmasq";
const LIMIT: Duration = Duration::from_secs(10);
/// A zone of its own is answered from the configuration alone, so a name in it can exist without an address.
const ZONES: &str = "local=/good.test/\n\
    host-record=one.good.test,127.0.0.1\n\
    host-record=six.good.test,::1\n\
    host-record=many.good.test,127.0.0.1\nhost-record=many.good.test,127.0.0.2\n\
    host-record=many.good.test,127.0.0.3\nhost-record=many.good.test,::1\n\
    cname=alias.good.test,one.good.test\n\
    txt-record=nodata.good.test,nothing but a text\n\
    local=/nx.test/\n";
/// The root's trust anchor (key tag 20326), without which dnsmasq validates nothing; the second one says that
/// `servfail.test` is signed, and as it is not, every answer from there is bogus: SERVFAIL.
const ANCHORS: &str = "dnssec\ndnssec-no-timecheck\n\
    trust-anchor=.,20326,8,2,E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n\
    trust-anchor=servfail.test,12345,8,2,\
    1F8188345325FBDD1C0B25B6A9C1AE1C5D2B4CF6A2A1B5E3B1CA1C1D8B5E2A33\n";
/// Holds a UDP port and a TCP port and never reads; the argument is the port of both.
const SILENCE: &str = "use Socket; my $at = sockaddr_in($ARGV[0], INADDR_LOOPBACK); \
    socket(U, PF_INET, SOCK_DGRAM, 0) && bind(U, $at) or die qq(udp: $!); \
    socket(T, PF_INET, SOCK_STREAM, 0) && bind(T, $at) && listen(T, 64) or die qq(tcp: $!); sleep";

impl Server for Dns {
    fn name(&self) -> &'static str {
        "dns"
    }

    fn purpose(&self) -> &'static str {
        "tests of name resolution"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("dnsmasq-base"), Need::Apt("perl-base")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let silent_port = silence(workspace)?;
        let unsigned_port = launch(workspace, "unsigned", "address=/servfail.test/127.0.0.1\n")?;
        let zones = format!(
            "{ZONES}{ANCHORS}server=/servfail.test/127.0.0.1#{unsigned_port}\n\
             server=/silent.test/127.0.0.1#{silent_port}\n"
        );
        let port = launch(workspace, "main", &zones)?;
        Ok(json!({
            "host": "127.0.0.1", "port": port, "silent_port": silent_port,
            "closed_port": workspace.port()?,
            "one_address": "one.good.test", "ipv6_only": "six.good.test", "alias": "alias.good.test",
            "many_addresses": "many.good.test",
            "many_addresses_are": ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"],
            "nodata": "nodata.good.test", "nxdomain": "missing.nx.test", "nxdomain_in_known_zone": "missing.good.test",
            "servfail": "any.servfail.test", "refused": "any.elsewhere.example", "never_answered": "any.silent.test",
        }))
    }
}

fn launch(workspace: &Workspace, name: &str, zones: &str) -> Result<u16, Failure> {
    let port = workspace.port()?;
    let text = format!(
        "port={port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nno-poll\nuser=\ngroup=\n\
         pid-file=\nkeep-in-foreground\nlog-facility=-\nlog-queries\n{zones}"
    );
    let config = workspace.write(&format!("{name}.conf"), &text)?;
    let process = workspace.launch(name, PROGRAM).arg(format!("--conf-file={}", config.display())).spawn()?;
    workspace.until_ready(&process, LIMIT, || answers(port))?;
    Ok(port)
}

fn silence(workspace: &Workspace) -> Result<u16, Failure> {
    let port = workspace.port()?;
    let process =
        workspace.launch("silent", "/usr/bin/perl").args(["-e", SILENCE, &port.to_string()]).spawn()?;
    workspace.until_ready(&process, LIMIT, || probe::connect(port).map(drop))?;
    Ok(port)
}

/// Asks for the address of `localhost` (RFC 1035, section 4.1); any answer to that question will do.
fn answers(port: u16) -> Result<(), Failure> {
    const QUESTION: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x09localhost\x00\x00\x01\x00\x01";
    let failed = |source| Failure::Io { action: "ask", subject: format!("127.0.0.1:{port}"), source };
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    socket.set_read_timeout(Some(Duration::from_millis(200))).map_err(failed)?;
    socket.send_to(QUESTION, (Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).map_err(failed)?;
    if length >= 12 && answer[..2] == QUESTION[..2] {
        return Ok(());
    }
    Err(Failure::Answer { peer: "dnsmasq".to_owned(), answer: format!("{length} bytes") })
}
