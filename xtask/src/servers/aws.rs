//! AWS: moto's server, with IAM enforced, over HTTP and HTTPS, and users who may do everything, one thing or nothing.

use super::{Need, Server, Workspace, process};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// moto in a virtual environment of Python.
pub(super) struct Aws;

/// Where the environment is in the store; the version is moto's.
const FOLDER: &str = "moto-5.2.5";
/// Without moto's `server` extra, which brings every service and 300 MB.
const PACKAGES: &[&str] = &[
    "moto[s3,sqs,sns,ssm,secretsmanager,iam]==5.2.5",
    "boto3==1.44.5",
    "botocore==1.44.5",
    "flask==3.1.3",
    "flask-cors==6.0.5",
    "werkzeug==3.1.9",
    "cryptography==50.0.2",
];
const PROGRAM: &str = include_str!("aws.py");
const REGION: &str = "us-west-2";
const LIMIT: Duration = Duration::from_secs(60);

impl Server for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn purpose(&self) -> &'static str {
        "tests of the checkers of SQS, SNS, S3, SSM, Secrets Manager and STS"
    }

    fn needs(&self) -> &'static [Need] {
        &[
            Need::Apt("python3-venv"),
            Need::Fetched { what: "moto 5.2.5, with pip into a virtual environment", present, fetch },
        ]
    }

    fn start(&self, workspace: &Workspace) -> Result<Value, Failure> {
        let (port, tls_port, pair) =
            (workspace.port()?, workspace.port()?, workspace.certificates().server());
        let program = workspace.write("aws.py", PROGRAM)?;
        let made = workspace.folder().join("made.json");
        let process = workspace
            .launch("moto", python(workspace.store()))
            .arg(program)
            .args([port.to_string(), tls_port.to_string(), REGION.to_owned()])
            .args([&pair.certificate, &pair.key, &made])
            .env("PYTHONUNBUFFERED", "1")
            .spawn()?;
        let mut facts = Value::Null;
        workspace.until_ready(&process, LIMIT, || {
            facts = read(&made)?;
            Ok(())
        })?;
        facts["host"] = json!("127.0.0.1");
        facts["port"] = json!(port);
        facts["endpoint"] = json!(format!("http://127.0.0.1:{port}"));
        facts["tls_endpoint"] = json!(format!("https://127.0.0.1:{tls_port}"));
        facts["ca"] = json!(workspace.certificates().authority());
        facts["region"] = json!(REGION);
        Ok(facts)
    }
}

/// What the program wrote once everything was made and IAM was enforced.
fn read(path: &Path) -> Result<Value, Failure> {
    let text = fs::read(path).map_err(Failure::io("read", path.display()))?;
    serde_json::from_slice(&text).map_err(|source| Failure::Json { path: path.to_owned(), source })
}

fn python(store: &Path) -> PathBuf {
    store.join(FOLDER).join("bin/python")
}

fn complete(store: &Path) -> PathBuf {
    store.join(FOLDER).join("complete")
}

fn present(store: &Path) -> bool {
    complete(store).exists()
}

/// A virtual environment cannot be moved, so it is made in its place and marked when it is whole.
fn fetch(store: &Path) -> Result<(), Failure> {
    let folder = store.join(FOLDER);
    process::run(Command::new("/usr/bin/python3").args(["-m", "venv", "--clear"]).arg(&folder), "")?;
    let mut pip = Command::new(python(store));
    process::run(pip.args(["-m", "pip", "--quiet", "install"]).args(PACKAGES), "")?;
    let mark = complete(store);
    fs::write(&mark, "").map_err(Failure::io("write", mark.display()))
}
