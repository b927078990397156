//! OpenLDAP: StartTLS and ldaps, an administrator, users with and without rights, and one server that insists on TLS.

use super::{Need, Server, Workspace};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// OpenLDAP from the system's packages.
pub(super) struct Ldap;

const USER: &str = "openldap";
const LIMIT: Duration = Duration::from_secs(30);
const BASE: &str = "dc=pickles,dc=example";

impl Server for Ldap {
    fn name(&self) -> &'static str {
        "ldap"
    }

    fn purpose(&self) -> &'static str {
        "tests of the ldap checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("slapd"), Need::Apt("ldap-utils")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let accounts = Accounts::make_up(workspace);
        workspace.write("content.ldif", &accounts.content())?;
        for name in ["main", "strict"] {
            workspace.subfolder(name)?;
        }
        workspace.hand_to(USER)?;
        let main = Instance::start(workspace, &accounts, "main", "require authc\n")?;
        // 128: the strength in bits a simple bind must be protected with, which only TLS gives.
        let strict =
            Instance::start(workspace, &accounts, "strict", "security simple_bind=128\nreadonly on\n")?;
        Ok(json!({
            "host": "127.0.0.1", "port": main.port, "tls_port": main.tls_port,
            "ca": workspace.certificates().authority(), "base": BASE, "missing_base": "dc=sauerkraut,dc=example",
            "admin_dn": format!("cn=admin,{BASE}"), "admin_password": accounts.admin_password,
            "username": format!("uid=pat,ou=people,{BASE}"), "password": accounts.user_password,
            "denied_username": format!("uid=stranger,ou=people,{BASE}"), "denied_password": accounts.stranger_password,
            "tls_required_port": strict.port, "tls_required_tls_port": strict.tls_port,
            "tls_required_read_only": true,
        }))
    }
}

struct Accounts {
    admin_password: String,
    user_password: String,
    stranger_password: String,
}

impl Accounts {
    fn make_up(workspace: &Workspace) -> Self {
        Self {
            admin_password: workspace.password(),
            user_password: workspace.hostile_password(),
            stranger_password: workspace.password(),
        }
    }

    fn content(&self) -> String {
        let person = |uid: &str, password: &str| {
            format!(
                "dn: uid={uid},ou=people,{BASE}\nobjectClass: inetOrgPerson\ncn: {uid}\nsn: {uid}\n\
                 userPassword: {password}\n\n"
            )
        };
        format!(
            "dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Pickles\n\n\
             dn: ou=people,{BASE}\nobjectClass: organizationalUnit\n\n{}{}",
            person("pat", &self.user_password),
            person("stranger", &self.stranger_password)
        )
    }
}

/// One running slapd.
struct Instance {
    port: u16,
    tls_port: u16,
}

impl Instance {
    fn start(workspace: &Workspace, accounts: &Accounts, name: &str, extra: &str) -> Result<Self, Failure> {
        let instance = Self { port: workspace.port()?, tls_port: workspace.port()? };
        let file =
            workspace.write(&format!("{name}.conf"), &configuration(workspace, accounts, name, extra))?;
        workspace
            .launch("slapadd", program(workspace, "slapadd")?)
            .args(["-q", "-l", "content.ldif", "-f"])
            .arg(&file)
            .as_user(USER)
            .run()?;
        let urls = format!("ldap://127.0.0.1:{0}/ ldaps://127.0.0.1:{1}/", instance.port, instance.tls_port);
        let process = workspace
            .launch(name, program(workspace, "slapd")?)
            // Any debug level, even 0, keeps it in the foreground.
            .args(["-d", "0", "-h", &urls, "-f"])
            .arg(&file)
            .as_user(USER)
            .spawn()?;
        let authority = workspace.certificates().authority();
        workspace.until_ready(&process, LIMIT, || {
            workspace
                .launch("ldapwhoami", "/usr/bin/ldapwhoami")
                .args(["-x", "-H", &format!("ldaps://127.0.0.1:{}/", instance.tls_port)])
                .args(["-D", &format!("cn=admin,{BASE}"), "-w", &accounts.admin_password])
                .env("LDAPTLS_CACERT", &authority)
                .run()
                .map(drop)
        })?;
        Ok(instance)
    }
}

/// A program of OpenLDAP. Where AppArmor keeps it to its own folders (as Ubuntu does), a copy in ours, which is free.
fn program(workspace: &Workspace, name: &str) -> Result<PathBuf, Failure> {
    let installed = Path::new("/usr/sbin").join(name);
    if !Path::new("/etc/apparmor.d/usr.sbin.slapd").exists() {
        return Ok(installed);
    }
    let copy = workspace.folder().join(name);
    if !copy.exists() {
        fs::copy(&installed, &copy).map_err(Failure::io("copy", installed.display()))?;
    }
    Ok(copy)
}

/// A slapd.conf(5): a user may read everything, `stranger` nothing, and who is nobody may only sign in.
fn configuration(workspace: &Workspace, accounts: &Accounts, name: &str, extra: &str) -> String {
    let pair = workspace.certificates().server();
    format!(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n\
         pidfile {folder}/{name}.pid\nTLSCACertificateFile {authority}\nTLSCertificateFile {certificate}\n\
         TLSCertificateKeyFile {key}\n\
         database mdb\nsuffix \"{BASE}\"\nrootdn \"cn=admin,{BASE}\"\nrootpw {password}\n\
         directory {folder}/{name}\nmaxsize 16777216\n{extra}\
         access to attrs=userPassword by anonymous auth by * none\n\
         access to * by dn.exact=\"uid=stranger,ou=people,{BASE}\" none by users read by * none\n",
        folder = workspace.folder().display(),
        authority = workspace.certificates().authority().display(),
        certificate = pair.certificate.display(),
        key = pair.key.display(),
        password = accounts.admin_password,
    )
}
