//! Name servers of a test's own, and a mount name space in which the system's files are a test's.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Command, Stdio};

/// What stands before a program that is to find other files than the system's, after this preparation; `None` where no mount
/// name space may be made. The preparation is done by a shell, in the folder in which the program starts.
pub(crate) fn in_mount_name_space(preparation: &str) -> Option<Vec<String>> {
    let can = || Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    if !rustix::process::geteuid().is_root() || !can().is_ok_and(|status| status.success()) {
        eprintln!("skipped: no mount name space may be made here");
        return None;
    }
    let script = format!("{preparation} && exec \"$@\"");
    let words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", &script, "sh"];
    Some(words.map(str::to_owned).to_vec())
}

/// A port for questions on an address of this test's own, so that others can have theirs.
pub(crate) fn name_server(address: Ipv4Addr) -> Option<UdpSocket> {
    let socket = UdpSocket::bind((address, 53));
    if let Err(error) = &socket {
        eprintln!("skipped: no name server can be at {address}: {error}");
    }
    socket.ok()
}

/// Answers each question for an IPv4 address with this one, and others with nothing (RFC 1035, 4.1).
pub(crate) fn answer(socket: &UdpSocket, address: Ipv4Addr) {
    const AFTER_NAME: usize = 5;
    let mut question = [0; 512];
    while let Ok((count, from)) = socket.recv_from(&mut question) {
        let Some(name) = question[12..count].iter().position(|byte| *byte == 0) else { continue };
        let asked = &question[12..12 + name + AFTER_NAME];
        let is_for_ipv4 = asked.ends_with(&[0, 1, 0, 1]);
        let mut answer = question[..2].to_vec();
        answer.extend([0x81, 0x80, 0, 1, 0, u8::from(is_for_ipv4), 0, 0, 0, 0]);
        answer.extend(asked);
        if is_for_ipv4 {
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
            answer.extend(address.octets());
        }
        let _: Result<usize, _> = socket.send_to(&answer, from);
    }
}

/// Nobody has asked it.
#[track_caller]
pub(crate) fn was_not_asked(socket: &UdpSocket) {
    socket.set_nonblocking(true).expect("a socket");
    assert!(socket.recv_from(&mut [0; 512]).is_err(), "it was asked");
}
