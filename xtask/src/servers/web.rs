//! nginx, a web server: JSON, statuses, accounts, redirects, TLS with and without client certificates.

use super::{Need, Server, Workspace, probe};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::time::Duration;

/// nginx from the system's packages.
pub(super) struct Web;

const LIMIT: Duration = Duration::from_secs(20);

impl Server for Web {
    fn name(&self) -> &'static str {
        "web"
    }

    fn purpose(&self) -> &'static str {
        "tests of the http checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("nginx-light")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        // A colon would end the password in the file of accounts.
        let (password, token) = (workspace.hostile_password().replace(':', ""), workspace.password());
        workspace.write("accounts", &format!("pat:{{PLAIN}}{password}\n"))?;
        let ports = Ports {
            plain: workspace.port()?,
            tls: workspace.port()?,
            mutual: workspace.port()?,
            flawed: FLAWED
                .iter()
                .map(|name| Ok((*name, workspace.port()?)))
                .collect::<Result<_, Failure>>()?,
        };
        let config = workspace.write("nginx.conf", &ports.configuration(workspace, &token))?;
        let process = workspace
            .launch("nginx", "/usr/sbin/nginx")
            .arg("-c")
            .arg(config)
            .args(["-e", "stderr"])
            .spawn()?;
        workspace.until_ready(&process, LIMIT, || probe::expect_http(ports.plain, "/health"))?;
        let flawed: Value =
            ports.flawed.iter().map(|(name, port)| ((*name).to_owned(), json!(port))).collect();
        Ok(json!({
            "host": "127.0.0.1", "port": ports.plain, "flawed": flawed, "tls_port": ports.tls, "client_certificate_port": ports.mutual,
            "ca": workspace.certificates().authority(),
            "username": "pat", "password": password, "token": token,
        }))
    }
}

/// The certificates that something is wrong with; each is served on a port of its own.
const FLAWED: &[&str] = &["expired", "expiring", "not_yet_valid", "wrong_name", "self_signed"];

struct Ports {
    flawed: Vec<(&'static str, u16)>,
    plain: u16,
    tls: u16,
    mutual: u16,
}

impl Ports {
    fn configuration(&self, workspace: &Workspace, token: &str) -> String {
        let folder = workspace.folder().display();
        let pair = workspace.certificates().server();
        let (certificate, key) = (pair.certificate.display(), pair.key.display());
        let authority = workspace.certificates().authority();
        let (authority, locations) = (authority.display(), self.locations(&folder.to_string()));
        let tls = format!("ssl_certificate {certificate}; ssl_certificate_key {key};");
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|name| format!("  {name}_temp_path {folder}/{name};\n"))
            .collect();
        let flawed: String =
            self.flawed.iter().map(|(name, port)| flawed_server(workspace, name, *port)).collect();
        format!(
            "daemon off;\nworker_processes 1;\nuser root;\npid {folder}/nginx.pid;\nevents {{}}\nhttp {{\n\
             \x20 access_log off;\n{temporary}\
             \x20 map $http_authorization $known {{ default 0; \"Bearer {token}\" 1; }}\n\
             \x20 server {{ listen 127.0.0.1:{}; {locations} }}\n\
             \x20 server {{ listen 127.0.0.1:{} ssl; {tls} {locations} }}\n\
             \x20 server {{ listen 127.0.0.1:{} ssl; {tls} ssl_client_certificate {authority}; \
             ssl_verify_client on; {locations} }}\n{flawed}}}\n",
            self.plain, self.tls, self.mutual
        )
    }

    fn locations(&self, folder: &str) -> String {
        let plain = self.plain;
        format!(
            "default_type application/json;\n\
             location = /health {{ add_header X-Role primary; \
             return 200 '{{\"status\":{{\"db\":\"up\",\"lag\":0}},\"items\":[{{\"name\":\"pickles\"}}]}}'; }}\n\
             location = /query {{ if ($arg_full != 1) {{ return 404; }} return 200 '{{}}'; }}\n\
             location = /echo {{ return 200 '$request_method $http_x_asked $host'; }}\n\
             location = /account {{ auth_basic pickles; auth_basic_user_file {folder}/accounts; \
             try_files /none @in; }}\n\
             location @in {{ return 200 in; }}\n\
             location = /token {{ if ($known = 0) {{ return 401; }} return 200 in; }}\n\
             location = /forbidden {{ deny all; }}\n\
             location = /busy {{ add_header Retry-After 30 always; return 429; }}\n\
             location = /broken {{ proxy_pass http://127.0.0.1:1; }}\n\
             location = /moved {{ return 302 http://localhost:{plain}/health; }}\n\
             location = /round {{ return 302 /round; }}\n\
             location = /nowhere {{ return 302 ftp://localhost/; }}\n\
             location / {{ return 404 '{{\"error\":\"nothing here\"}}'; }}\n"
        )
    }
}

fn flawed_server(workspace: &Workspace, name: &str, port: u16) -> String {
    let pair = workspace.certificates().named(name);
    format!(
        "  server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {}; ssl_certificate_key {}; return 200 ok; }}\n",
        pair.certificate.display(),
        pair.key.display()
    )
}
