//! A container engine, proven to build an image and to run a container here: podman, else docker.

use super::process::run;
use super::{Need, Server, Workspace};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Whichever engine works on this machine. It has no process of its own: tests run its command.
pub(super) struct Container;

const BUSYBOX: &str = "/bin/busybox";
const IMAGE: &str = "localhost/preflight-proof:1";
/// Printed by the proof's container, from inside.
const PROOF: &str = "a container runs here";
/// Where root may not raise limits (in a container or a small virtual machine), the engine's own defaults are refused.
const LIMITS: [&str; 4] = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];

impl Server for Container {
    fn name(&self) -> &'static str {
        "container"
    }

    fn purpose(&self) -> &'static str {
        "tests of the entrypoint as process 1 of a real container"
    }

    fn needs(&self) -> &'static [Need] {
        &[Need::Apt("podman"), Need::Apt("runc"), Need::Apt("busybox-static")]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let context = workspace.subfolder("proof")?;
        fs::copy(BUSYBOX, context.join("busybox")).map_err(Failure::io("copy", BUSYBOX))?;
        workspace.write("proof/Dockerfile", "FROM scratch\nCOPY busybox /bin/echo\n")?;
        let podman = podman(workspace.folder());
        let refused = match prove(&podman, &context) {
            Ok(()) => return Ok(facts(&podman)),
            Err(refused) => refused,
        };
        let docker = privileged(vec!["docker".to_owned()]);
        // The first engine's failure is the one to mend: it is the one that was installed for this.
        prove(&docker, &context).map_err(|_| refused)?;
        Ok(facts(&docker))
    }
}

/// What needs no daemon, no systemd, no kernel module and no other place than this folder.
fn podman(folder: &Path) -> Vec<String> {
    let mut words: Vec<String> = ["podman", "--storage-driver=vfs", "--cgroup-manager=cgroupfs"]
        .into_iter()
        .chain(["--events-backend=file", "--runtime=runc"])
        .map(str::to_owned)
        .collect();
    for (option, name) in [("root", "images"), ("runroot", "run"), ("tmpdir", "tmp")] {
        words.push(format!("--{option}={}", folder.join(name).display()));
    }
    privileged(words)
}

fn privileged(mut words: Vec<String>) -> Vec<String> {
    if !rustix::process::geteuid().is_root() {
        words.insert(0, "sudo".to_owned());
    }
    words
}

fn facts(engine: &[String]) -> Value {
    json!({ "engine": engine, "run_options": LIMITS, "busybox": BUSYBOX })
}

fn prove(engine: &[String], context: &Path) -> Result<(), Failure> {
    run(command(engine).args(["build", "--quiet", "--tag", IMAGE]).arg(context), "")?;
    let mut container = command(engine);
    container.args(["run", "--rm", "--network=none"]).args(LIMITS).args([IMAGE, "/bin/echo", PROOF]);
    let answer = run(&mut container, "")?;
    if answer.trim() == PROOF {
        return Ok(());
    }
    Err(Failure::Answer { peer: engine.join(" "), answer })
}

fn command(engine: &[String]) -> Command {
    let mut words = engine.iter();
    let mut command = Command::new(words.next().map_or("podman", String::as_str));
    command.args(words);
    command
}
