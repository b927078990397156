//! What Kubernetes puts into a container.

use preflight_identity::Platform;

use crate::place::{Place, some};

const ACCOUNT: &str = "var/run/secrets/kubernetes.io/serviceaccount";

/// {"aud":["https://kubernetes.default.svc"],"exp":1795262400,"kubernetes.io":{"namespace":"shop","node":{"name":
/// "ip-10-0-3-7.ec2.internal","uid":"n"},"pod":{"name":"pickles-7c9d-x2x","uid":"p"},"serviceaccount":{"name":
/// "pickler","uid":"s"}},"sub":"system:serviceaccount:shop:pickler"}
const PAYLOAD: &str = "eyJhdWQiOlsiaHR0cHM6Ly9rdWJlcm5ldGVzLmRlZmF1bHQuc3ZjIl0sImV4cCI6MTc5NTI2MjQwMCwia3ViZXJuZXRlcy5pbyI6eyJuYW1lc3BhY2UiOiJzaG9wIiwibm9kZSI6eyJuYW1lIjoiaXAtMTAtMC0zLTcuZWMyLmludGVybmFsIiwidWlkIjoibiJ9LCJwb2QiOnsibmFtZSI6InBpY2tsZXMtN2M5ZC14MngiLCJ1aWQiOiJwIn0sInNlcnZpY2VhY2NvdW50Ijp7Im5hbWUiOiJwaWNrbGVyIiwidWlkIjoicyJ9fSwic3ViIjoic3lzdGVtOnNlcnZpY2VhY2NvdW50OnNob3A6cGlja2xlciJ9";

fn pod() -> Place {
    Place::new().variable("KUBERNETES_SERVICE_HOST", "10.96.0.1")
}

#[tokio::test]
async fn the_service_accounts_token_alone_names_pod_node_and_account() {
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.c2lnbmF0dXJl");
    let identity = Place::new()
        .file(&format!("{ACCOUNT}/token"), &token)
        .file(&format!("{ACCOUNT}/namespace"), "shop")
        .discover()
        .await;
    assert_eq!(identity.platform, Platform::Kubernetes);
    assert_eq!(
        (identity.pod.as_deref(), identity.namespace.as_deref()),
        (Some("pickles-7c9d-x2x"), Some("shop"))
    );
    assert_eq!(identity.node, some("ip-10-0-3-7.ec2.internal"));
    assert_eq!(identity.service_account, some("pickler"));
    assert_eq!(identity.summary(), "pod pickles-7c9d-x2x (Kubernetes namespace shop)");
    let everything = format!("{identity:?}");
    assert!(!everything.contains("c2lnbmF0dXJl") && !everything.contains("eyJ"), "the token stays inside");
}

#[tokio::test]
async fn the_downward_apis_variables_come_first() {
    let token = format!("x.{PAYLOAD}.y");
    let identity = pod()
        .file(&format!("{ACCOUNT}/token"), token)
        .file("proc/net/fib_trie", "|-- 10.0.3.99\n   /32 host LOCAL\n")
        .variable("POD_NAME", "from-variable")
        .variable("POD_NAMESPACE", "other")
        .variable("NODE_NAME", "node-1")
        .variable("POD_IP", "10.0.3.7")
        .discover()
        .await;
    assert_eq!(
        (identity.pod.as_deref(), identity.namespace.as_deref()),
        (Some("from-variable"), Some("other"))
    );
    assert_eq!(identity.node, some("node-1"));
    let addresses: Vec<String> = identity.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.0.3.7", "10.0.3.99"]);
}

#[tokio::test]
async fn the_downward_apis_files_give_names_and_zone() {
    let labels = "app=\"pickles\"\ntopology.kubernetes.io/region=\"eu-west-1\"\ntopology.kubernetes.io/zone=\"eu-west-1b\"";
    let identity = pod()
        .file("etc/podinfo/name", "pickles-0")
        .file("etc/podinfo/namespace", "shop")
        .file("etc/podinfo/labels", labels)
        .variable("CONTAINER_IMAGE", "pickles:1.4.2")
        .discover()
        .await;
    assert_eq!(
        (identity.zone.as_deref(), identity.region.as_deref()),
        (Some("eu-west-1b"), Some("eu-west-1"))
    );
    assert_eq!(
        identity.summary(),
        "image pickles:1.4.2, pod pickles-0 (Kubernetes namespace shop eu-west-1b)"
    );
}

#[tokio::test]
async fn the_termination_log_gives_the_containers_name_and_the_cgroup_its_id_and_limits() {
    let id = "4f3e9c0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789";
    let path = format!("/kubepods.slice/kubepods-burstable.slice/cri-containerd-{id}.scope");
    let mounts = "1 2 259:1 /var/lib/kubelet/pods/0b7b2a1c-1f2e-4a3b-9c8d-7e6f5a4b3c2d/volumes/x /data rw - ext4 /dev/x rw\n\
                  1 2 259:1 /var/lib/kubelet/pods/0b7b2a1c-1f2e-4a3b-9c8d-7e6f5a4b3c2d/containers/pickles/9a8b7c6d /dev/termination-log rw - ext4 /dev/x rw\n";
    let identity = pod()
        .file("proc/self/cgroup", format!("0::{path}\n"))
        .file("proc/self/mountinfo", mounts)
        .file("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
        .file("sys/fs/cgroup/memory.max", "134217728\n")
        .file("sys/fs/cgroup/cpu.max", "50000 100000\n")
        .discover()
        .await;
    assert_eq!(
        (identity.container_name.as_deref(), identity.container_id.as_deref()),
        (Some("pickles"), Some(id))
    );
    assert_eq!((identity.limits.cpu, identity.limits.memory), (Some(0.5), Some(128 << 20)));
}

#[tokio::test]
async fn with_nothing_but_the_service_address_the_host_name_is_the_pod() {
    let identity = pod().file("proc/sys/kernel/hostname", "pickles-0\n").discover().await;
    assert_eq!(identity.summary(), "pod pickles-0 (Kubernetes)");
    assert!(identity.notes.iter().any(|note| note.starts_with("node:")), "{:?}", identity.notes);
    assert!(identity.notes.iter().any(|note| note.starts_with("image:")), "{:?}", identity.notes);
}

#[tokio::test]
async fn a_garbled_token_is_as_good_as_none() {
    for token in ["", "a", "a.b.c", "....", "a.bnVsbA.c", "a.eyJrdWJlcm5ldGVzLmlvIjo3fQ.c", "\u{0}.\u{ff}."] {
        let identity = pod().file(&format!("{ACCOUNT}/token"), token).discover().await;
        assert_eq!((identity.node, identity.service_account), (None, None), "{token}");
    }
}
