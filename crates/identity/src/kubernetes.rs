//! Kubernetes, from what it puts into a container: variables, the service account, the downward API's files.
//!
//! Nothing is asked of the API server: it would take TLS, a token and a permission most pods do not have. The pod's and the
//! node's name are in the service account's token anyway, whose claims are laid out as in the Kubernetes documentation,
//! "Managing Service Accounts". The token itself is never kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::model::{Identity, Platform, text};
use crate::sources::Sources;
use crate::{files, json};

const ACCOUNT: &str = "var/run/secrets/kubernetes.io/serviceaccount";

/// Where the documentation's examples, and so most people, mount the downward API.
const POD_INFO: &str = "etc/podinfo";

/// Whether Kubernetes started this process.
pub(crate) fn is_here(sources: &Sources) -> bool {
    sources.variable("KUBERNETES_SERVICE_HOST").is_some()
        || sources.root.join(ACCOUNT).join("namespace").is_file()
}

/// Fills in pod, namespace, node, service account and zone.
pub(crate) fn describe(sources: &Sources, identity: &mut Identity) {
    identity.platform = Platform::Kubernetes;
    let claims = token_claims(sources).unwrap_or_default();
    let claim = |object: &str| json::text(&claims[object], "name");
    let info = |names: &[&str]| {
        names.iter().find_map(|name| files::value(&sources.root, &format!("{POD_INFO}/{name}")))
    };

    identity.pod = sources
        .first_variable(&["POD_NAME", "MY_POD_NAME", "K8S_POD_NAME"])
        .or_else(|| info(&["name", "podname", "pod_name", "metadata.name"]))
        .or_else(|| claim("pod"))
        .or_else(|| pod_of_hostname(sources, identity));
    identity.namespace = sources
        .first_variable(&["POD_NAMESPACE", "MY_POD_NAMESPACE", "K8S_NAMESPACE"])
        .or_else(|| info(&["namespace", "metadata.namespace"]))
        .or_else(|| files::value(&sources.root, &format!("{ACCOUNT}/namespace")))
        .or_else(|| json::text(&claims, "namespace"));
    identity.node =
        sources.first_variable(&["NODE_NAME", "MY_NODE_NAME", "K8S_NODE_NAME"]).or_else(|| claim("node"));
    identity.service_account = sources
        .first_variable(&["POD_SERVICE_ACCOUNT", "MY_POD_SERVICE_ACCOUNT", "SERVICE_ACCOUNT_NAME"])
        .or_else(|| claim("serviceaccount"));
    identity.container_name =
        sources.first_variable(&["CONTAINER_NAME", "K8S_CONTAINER_NAME"]).or_else(|| container_name(sources));
    describe_place(sources, identity);
    note_gaps(identity);
}

fn describe_place(sources: &Sources, identity: &mut Identity) {
    let labels = files::read(&sources.root, &format!("{POD_INFO}/labels")).unwrap_or_default();
    identity.zone = label(&labels, "topology.kubernetes.io/zone");
    identity.region = label(&labels, "topology.kubernetes.io/region")
        // EKS sets it in pods whose service account has an IAM role.
        .or_else(|| sources.first_variable(&["AWS_REGION", "AWS_DEFAULT_REGION"]));
    let address = sources.first_variable(&["POD_IP", "MY_POD_IP"]).and_then(|address| address.parse().ok());
    if let Some(address) = address {
        identity.addresses.retain(|known| *known != address);
        identity.addresses.insert(0, address);
    }
}

fn note_gaps(identity: &mut Identity) {
    for (missing, hint) in [
        (
            identity.pod.is_none(),
            "pod: no POD_NAME, no name in /etc/podinfo, no claim in the service account's token",
        ),
        (identity.node.is_none(), "node: no NODE_NAME and no claim in the service account's token"),
    ] {
        if missing {
            identity.notes.push(hint.to_owned());
        }
    }
}

/// A pod's host name is its own name, unless it shares the node's network or asks for another.
fn pod_of_hostname(sources: &Sources, identity: &Identity) -> Option<String> {
    sources.variable("HOSTNAME").or_else(|| identity.hostname.clone())
}

/// The part of the token's payload that Kubernetes writes: namespace, and name and uid of pod, node and service account.
fn token_claims(sources: &Sources) -> Option<Value> {
    let token = files::read(&sources.root, &format!("{ACCOUNT}/token"))?;
    let payload = URL_SAFE_NO_PAD.decode(token.trim().split('.').nth(1)?.trim_end_matches('=')).ok()?;
    json::object(&payload)?.get_mut("kubernetes.io").map(Value::take)
}

/// The kubelet mounts the termination log from `…/pods/UID/containers/NAME/…`.
fn container_name(sources: &Sources) -> Option<String> {
    let mounts = files::read(&sources.root, "proc/self/mountinfo")?;
    mounts.lines().find_map(|line| {
        let source = line.split(' ').nth(3)?;
        let (_, below_pods) = source.split_once("/pods/")?;
        let mut parts = below_pods.split('/');
        let (_uid, folder, name) = (parts.next()?, parts.next()?, parts.next()?);
        if folder == "containers" { text(name) } else { None }
    })
}

/// The downward API writes a label a line: `key="value"`.
fn label(labels: &str, key: &str) -> Option<String> {
    let quoted = labels.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    text(quoted.trim_matches('"'))
}
