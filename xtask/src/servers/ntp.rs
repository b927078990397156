//! chrony, an NTP server: one that trusts its own clock, and one that was never synchronised.

use super::{Need, Server, Workspace, process};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// chrony from the system's packages; it never touches the machine's clock. It is unpacked and not installed: to
/// install it would remove the machine's own time service.
pub(super) struct Ntp;

const FOLDER: &str = "chrony";

const LIMIT: Duration = Duration::from_secs(20);

impl Server for Ntp {
    fn name(&self) -> &'static str {
        "ntp"
    }

    fn purpose(&self) -> &'static str {
        "tests of the clock checker"
    }

    fn needs(&self) -> &'static [Need] {
        &[
            Need::Apt("libnettle8"),
            Need::Apt("libseccomp2"),
            Need::Fetched {
                what: "chrony from the system's packages, unpacked and not installed",
                present,
                fetch,
            },
        ]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let port = launch(workspace, "trusted", "local stratum 8\n")?;
        let unsynchronized_port = launch(workspace, "unsynchronized", "")?;
        Ok(json!({ "host": "127.0.0.1", "port": port, "unsynchronized_port": unsynchronized_port }))
    }
}

fn program(store: &Path) -> PathBuf {
    store.join(FOLDER).join("usr/sbin/chronyd")
}

fn present(store: &Path) -> bool {
    program(store).exists()
}

fn fetch(store: &Path) -> Result<(), Failure> {
    let place = tempfile::tempdir_in(store).map_err(Failure::io("make a folder in", store.display()))?;
    process::run(Command::new("apt-get").args(["download", "chrony"]).current_dir(place.path()), "")?;
    let unpack = "dpkg-deb --extract chrony_*.deb unpacked";
    process::run(Command::new("sh").args(["-c", unpack]).current_dir(place.path()), "")?;
    let folder = store.join(FOLDER);
    fs::rename(place.path().join("unpacked"), &folder).map_err(Failure::io("keep", folder.display()))
}

fn launch(workspace: &Workspace, name: &str, extra: &str) -> Result<u16, Failure> {
    let (port, folder) = (workspace.port()?, workspace.folder().display());
    let config = format!(
        "port {port}\nbindaddress 127.0.0.1\nallow 127.0.0.1\ncmdport 0\nbindcmdaddress /\n\
         pidfile {folder}/{name}.pid\n{extra}"
    );
    let config = workspace.write(&format!("{name}.conf"), &config)?;
    let user = rustix::process::geteuid().as_raw();
    let user = if user == 0 { "root".to_owned() } else { user.to_string() };
    let chrony = workspace.launch(name, program(workspace.store())).args(["-x", "-d", "-u"]).arg(user);
    let process = chrony.arg("-f").arg(config).spawn()?;
    workspace.until_ready(&process, LIMIT, || answers(port))?;
    Ok(port)
}

/// Whether an NTP question (version 4, mode 3) is answered.
fn answers(port: u16) -> Result<(), Failure> {
    let failed = |source| Failure::Io { action: "ask", subject: format!("127.0.0.1:{port}"), source };
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
    socket.set_read_timeout(Some(Duration::from_millis(300))).map_err(failed)?;
    socket.connect((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    let mut question = [0; 48];
    question[0] = 0x23;
    socket.send(&question).map_err(failed)?;
    socket.recv(&mut question).map(drop).map_err(failed)
}
