//! Exim, a mail server: one daemon whose ports differ (no TLS, STARTTLS, STARTTLS required, TLS from the start, busy).
//! It takes mail and throws it away.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::time::Duration;

/// Exim from the system's packages.
pub(super) struct Smtp;

const USER: &str = "Debian-exim";
const LIMIT: Duration = Duration::from_secs(30);

impl Server for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    fn purpose(&self) -> &'static str {
        "tests of the smtp checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("exim4-daemon-light")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let password = workspace.hostile_password();
        // Read by the configuration as a list of names and passwords, so that no quoting rules apply.
        workspace.write("accounts", &format!("pat: {password}\n"))?;
        workspace.subfolder("spool")?;
        let ports = Ports::choose(workspace)?;
        let config = workspace.write("exim.conf", &ports.configuration(workspace))?;
        workspace.hand_to(USER)?;
        let process = workspace
            .launch("exim", "/usr/sbin/exim4")
            .arg("-C")
            .arg(config)
            .arg("-bdf")
            .as_user(USER)
            .spawn()?;
        workspace.until_ready(&process, LIMIT, || probe::expect_line(ports.plain, "", "220 "))?;
        Ok(json!({
            "host": "127.0.0.1", "ca": workspace.certificates().authority(),
            "port": ports.starttls, "plain_port": ports.plain, "tls_required_port": ports.required,
            "tls_port": ports.tls, "busy_port": ports.busy, "login_required_port": ports.starttls,
            "username": "pat", "password": password,
            "sender": "pat@pickles.example", "rejected_sender": "stranger@pickles.example",
        }))
    }
}

struct Ports {
    plain: u16,
    starttls: u16,
    required: u16,
    tls: u16,
    busy: u16,
}

impl Ports {
    fn choose(workspace: &Workspace) -> Result<Self, Failure> {
        let port = || workspace.port();
        Ok(Self { plain: port()?, starttls: port()?, required: port()?, tls: port()?, busy: port()? })
    }

    /// An Exim configuration, see chapter 6 of its specification. Passwords are asked for only inside TLS, or on the
    /// plain port, where there is none.
    fn configuration(&self, workspace: &Workspace) -> String {
        let pair = workspace.certificates().server();
        let (uid, gid) = workspace.ids_of(USER);
        let Self { plain, starttls, required, tls, busy } = self;
        format!(
            r#"primary_hostname = mail.pickles.example
spool_directory = {folder}/spool
log_file_path = {folder}/exim-%s.log
pid_file_path = {folder}/exim.pid
exim_user = {uid}
exim_group = {gid}
keep_environment =
local_interfaces = <; 127.0.0.1
daemon_smtp_ports = {plain} : {starttls} : {required} : {tls} : {busy}
tls_on_connect_ports = {tls}
tls_certificate = {certificate}
tls_privatekey = {key}
tls_advertise_hosts = ${{if eq{{$received_port}}{{{plain}}}{{}}{{*}}}}
auth_advertise_hosts = ${{if or{{{{eq{{$received_port}}{{{plain}}}}}{{!eq{{$tls_in_cipher}}{{}}}}}}{{*}}{{}}}}
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 200
smtp_accept_max_per_host = 200
smtp_enforce_sync = false
queue_only
acl_smtp_connect = at_connect
acl_smtp_mail = at_mail
acl_smtp_rcpt = at_recipient
acl_smtp_data = at_data

begin acl
at_connect:
  defer condition = ${{if eq{{$received_port}}{{{busy}}}}}
       message = 421 4.3.2 too many connections, try again later
  accept
at_mail:
  deny condition = ${{if and{{{{eq{{$received_port}}{{{required}}}}}{{eq{{$tls_in_cipher}}{{}}}}}}}}
       message = 530 5.7.0 Must issue a STARTTLS command first
  deny senders = stranger@pickles.example
       message = 550 5.7.1 sender not allowed
  deny condition = ${{if and{{{{!eq{{$received_port}}{{{plain}}}}}{{eq{{$authenticated_id}}{{}}}}}}}}
       message = 530 5.7.0 Authentication required
  accept
at_recipient:
  accept
at_data:
  discard

{authenticators}"#,
            folder = workspace.folder().display(),
            authenticators = authenticators(workspace),
            certificate = pair.certificate.display(),
            key = pair.key.display(),
        )
    }
}

/// PLAIN and LOGIN against the list of accounts.
fn authenticators(workspace: &Workspace) -> String {
    format!(
        r#"begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{${{lookup{{$auth2}}lsearch{{{folder}/accounts}}{{$value}}fail}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{if eq{{$auth2}}{{${{lookup{{$auth1}}lsearch{{{folder}/accounts}}{{$value}}fail}}}}}}
  server_set_id = $auth1
"#,
        folder = workspace.folder().display(),
    )
}
