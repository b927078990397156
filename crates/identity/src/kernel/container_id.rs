//! The container runtime's id for this process, from the traces runtimes leave in cgroup paths and mounts.

use std::path::Path;

use crate::files;

/// The id, if the process is in a container whose runtime left a trace. The mounts are read only if something else marks
/// this as a container: on a host with thousands of mounts the list alone would take longer than all the rest.
pub(super) fn find(root: &Path, marked: bool) -> Option<String> {
    let membership = files::read(root, "proc/self/cgroup").unwrap_or_default();
    let mounts = || marked.then(|| files::read(root, "proc/self/mountinfo")).flatten();
    in_membership(&membership).or_else(|| in_mounts(&mounts()?))
}

/// Cgroup paths end with the id: `/docker/ID`, `/ecs/TASK/ID`, `/kubepods/…/ID`, `…/cri-containerd-ID.scope`. A path of a
/// private namespace (`/`) says nothing.
fn in_membership(membership: &str) -> Option<String> {
    membership
        .lines()
        .filter_map(|line| line.splitn(3, ':').nth(2))
        .flat_map(|path| path.rsplit('/'))
        .find_map(id_in_name)
}

/// Docker and Podman mount `/etc/hostname` or `/etc/hosts` from a folder named after the container. What containerd mounts
/// there is named after the pod's sandbox, which is another container, so its folders do not count.
fn in_mounts(mounts: &str) -> Option<String> {
    let mut sources = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (source, target) = (fields.next()?, fields.next()?);
        matches!(target, "/etc/hostname" | "/etc/hosts" | "/etc/resolv.conf" | "/run/.containerenv")
            .then_some(source)
    });
    let id_after = |source: &str, folder: &str| {
        let name = source.split_once(folder)?.1.split('/').next()?;
        is_id(name).then(|| name.to_owned())
    };
    sources.find_map(|source| {
        ["/containers/", "/overlay-containers/"].iter().find_map(|folder| id_after(source, folder))
    })
}

fn id_in_name(name: &str) -> Option<String> {
    let bare = name.strip_suffix(".scope").unwrap_or(name);
    let id = if is_id(bare) { bare } else { bare.rsplit('-').next().filter(|id| is_id(id))? };
    Some(id.to_owned())
}

/// 64 hexadecimal digits, or Fargate's 32 and a decimal number.
fn is_id(name: &str) -> bool {
    let hexadecimal =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let fargate = |(task, number): (&str, &str)| {
        hexadecimal(task, 32) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    hexadecimal(name, 64) || name.split_once('-').is_some_and(fargate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4f3e9c0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789";
    const SANDBOX: &str = "00000c0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789";

    #[test]
    fn each_runtimes_cgroup_path_gives_the_id() {
        for path in [
            format!("12:memory:/docker/{ID}\n"),
            format!("9:cpu,cpuacct:/ecs/5f1d8c3e2b4a49f0a1b2c3d4e5f60718/{ID}"),
            format!("0::/system.slice/docker-{ID}.scope"),
            format!(
                "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f2e.slice/cri-containerd-{ID}.scope"
            ),
            format!("0::/kubepods.slice/x.slice/crio-{ID}.scope"),
            format!("0::/machine.slice/libpod-{ID}.scope/container"),
            format!("11:pids:/kubepods/besteffort/pod0b7b2a1c-1f2e-4a3b-9c8d-7e6f5a4b3c2d/{ID}"),
        ] {
            assert_eq!(in_membership(&path).as_deref(), Some(ID), "{path}");
        }
        let fargate = "5f1d8c3e2b4a49f0a1b2c3d4e5f60718-3857436273";
        let path = format!("4:memory:/ecs/5f1d8c3e2b4a49f0a1b2c3d4e5f60718/{fargate}");
        assert_eq!(in_membership(&path).as_deref(), Some(fargate));
    }

    #[test]
    fn a_hosts_cgroup_path_gives_none() {
        for path in [
            "0::/",
            "0::/user.slice/user-0.slice/session-3.scope",
            "1:name=systemd:/init.scope",
            "",
            ":::",
            "0::/é-ü.scope",
        ] {
            assert_eq!(in_membership(path), None, "{path}");
        }
    }

    #[test]
    fn mounts_give_the_id_where_the_namespace_hides_the_path() {
        let line = |source: &str| {
            format!(
                "713 700 0:54 / / rw - overlay overlay rw\n901 713 259:1 {source} /etc/hostname rw,relatime - ext4 /dev/x rw\n"
            )
        };
        assert_eq!(
            in_mounts(&line(&format!("/var/lib/docker/containers/{ID}/hostname"))).as_deref(),
            Some(ID)
        );
        let podman = format!("/var/lib/containers/storage/overlay-containers/{ID}/userdata/hostname");
        assert_eq!(in_mounts(&line(&podman)).as_deref(), Some(ID));
        let sandbox = format!("/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{SANDBOX}/hostname");
        assert_eq!(in_mounts(&line(&sandbox)), None);
        assert_eq!(in_mounts("garbage\n\n a b c d e"), None);
    }
}
