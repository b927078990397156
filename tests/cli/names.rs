//! Names of `/etc/hosts` need no name server, whatever `/etc/resolv.conf` says. The files that say how names are resolved are
//! replaced in a mount name space of the run's own.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};

use crate::name_server::{answer, in_mount_name_space, name_server, was_not_asked};
use crate::support::{Outcome, Run, preflight};

/// The folder `/etc` is the run's own folder `etc`, and nothing else is in it.
const OWN_ETC: &str = "mount --bind etc /etc";

/// With these files in `/etc` and no others, where this may be done.
fn with(run: Run, files: &[(&str, &str)]) -> Option<Outcome> {
    let words = in_mount_name_space(OWN_ETC)?;
    let plain = run.command();
    let folder = plain.get_current_dir().expect("a folder of its own");
    std::fs::create_dir_all(folder.join("etc")).expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.join("etc").join(name), text).expect("written");
    }
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg(plain.get_program()).args(plain.get_args()).current_dir(folder);
    command.env_clear().stdin(Stdio::null());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(command.output().expect("unshare of util-linux runs").into())
}

/// What `/etc/resolv.conf` may be: none, empty, or one server that never answers, with a list of what is to be tried before
/// the name as it is.
fn resolv_confs(silent: Ipv4Addr) -> [Option<String>; 3] {
    let asks = format!("nameserver {silent}\nsearch a.com b.com\noptions ndots:5\n");
    [None, Some(String::new()), Some(asks)]
}

/// Each run with these hosts succeeds, and nobody is asked.
fn succeeds_without_name_server(address: Ipv4Addr, hosts: &str, run: impl Fn() -> Run) {
    let Some(silent) = name_server(address) else { return };
    for resolv_conf in resolv_confs(address) {
        let mut files = vec![("hosts", hosts)];
        files.extend(resolv_conf.as_deref().map(|text| ("resolv.conf", text)));
        let Some(outcome) = with(run(), &files) else { return };
        outcome.exits(0);
    }
    was_not_asked(&silent);
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    (listener, port)
}

fn check_of(host: &str, port: u16) -> Run {
    preflight()
        .contract("checked_tcp: [{ host: SOLR_HOST, port: SOLR_PORT }]\n")
        .env("SOLR_HOST", host)
        .env("SOLR_PORT", port.to_string())
}

#[test]
fn check_asks_no_name_server_for_a_name_of_etc_hosts() {
    let (_listener, port) = listener();
    let hosts = "# ours\n127.0.0.1 other Web-of-Hosts.domain.com web-of-hosts # not last\n";
    succeeds_without_name_server(Ipv4Addr::new(127, 83, 2, 1), hosts, || check_of("web-of-hosts", port));
}

#[test]
fn check_asks_no_name_server_for_localhost() {
    let (_listener, port) = listener();
    succeeds_without_name_server(Ipv4Addr::new(127, 83, 2, 2), "", || check_of("localhost", port));
}

#[test]
fn check_takes_a_line_of_ipv6_alone() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return eprintln!("skipped: no IPv6") };
    let port = listener.local_addr().expect("its address").port();
    let address = Ipv4Addr::new(127, 83, 2, 3);
    succeeds_without_name_server(address, "::1\tweb-of-hosts\n", || check_of("WEB-OF-HOSTS", port));
}

#[test]
fn check_asks_the_name_server_for_other_names() {
    let address = Ipv4Addr::new(127, 83, 2, 4);
    let Some(socket) = name_server(address) else { return };
    std::thread::spawn(move || answer(&socket, Ipv4Addr::LOCALHOST));
    let (_listener, port) = listener();
    let resolv_conf = format!("nameserver {address}\n");
    let files = [("hosts", "127.0.0.9 other\n"), ("resolv.conf", resolv_conf.as_str())];
    let Some(outcome) = with(check_of("web.domain.com", port), &files) else { return };
    outcome.exits(0);
}

#[test]
fn check_without_name_servers_says_so_for_other_names() {
    let run = check_of("web.domain.com", 80).args(&["--format", "json"]);
    let Some(outcome) = with(run, &[("hosts", "127.0.0.1 other\n")]) else { return };
    let outcome = outcome.exits(1);
    assert!(outcome.says("dns.no_name_server").json().is_object());
}

/// Answers each request with the one key that there is.
fn consul(listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || while answer_request(&stream).is_some() {});
    }
}

fn answer_request(mut stream: &TcpStream) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let head: Vec<String> =
        lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    head.first()?;
    let body =
        r#"[{"Key":"app/name","Value":"dmFsdWU=","Flags":0,"LockIndex":0,"CreateIndex":5,"ModifyIndex":5}]"#;
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nX-Consul-Index: 5\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).ok()
}

#[test]
fn render_asks_no_name_server_for_a_consul_of_etc_hosts() {
    let (listener, port) = listener();
    std::thread::spawn(move || consul(&listener));
    succeeds_without_name_server(Ipv4Addr::new(127, 83, 2, 5), "127.0.0.1 consul-of-hosts\n", || {
        preflight().file("in", "{{ key \"app/name\" }}").args(&[
            "render",
            "-once",
            "-consul-addr",
            &format!("consul-of-hosts:{port}"),
            "-template",
            "in:out",
        ])
    });
}

/// The C library would not find it with these ways to look for it.
#[test]
fn templates_find_hosts_without_the_c_library() {
    let address = Ipv4Addr::new(127, 83, 2, 6);
    let Some(silent) = name_server(address) else { return };
    let run = preflight()
        .file("in", "{{ sprig_getHostByName \"db-of-hosts\" }} {{ sprig_getHostByName \"10.0.0.6\" }}")
        .args(&["render", "-once", "-dry", "-template", "in:out"]);
    let resolv_conf = format!("nameserver {address}\n");
    let files = [
        ("hosts", "10.0.0.5 db-of-hosts\n"),
        ("resolv.conf", resolv_conf.as_str()),
        ("nsswitch.conf", "hosts: nowhere\n"),
    ];
    let Some(outcome) = with(run, &files) else { return };
    outcome.exits(0).says("10.0.0.5 10.0.0.6");
    was_not_asked(&silent);
}
