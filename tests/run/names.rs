//! Probes that name their host: resolved as the system is set up to, by nobody but ourselves. The files that say how are
//! replaced in a mount name space of the run's own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use rustix::process::Signal;

use crate::name_server::{answer, in_mount_name_space, name_server, was_not_asked};
use crate::scene::{Running, Scene, run, wait_until};

/// With a server that is ready when this place accepts, and one that depends on it.
fn server_and_dependent(place: &str) -> Scene {
    run(&["--stop-deadline", "5s"]).contract(&format!(
        "services:
  server: {{ command: 'echo $$ >server; exec sleep 600', ready: {{ tcp: '{place}', timeout: 25s, interval: 20ms }} }}
  dependent: {{ command: 'echo on >dependent; exec sleep 600', depends_on: [server] }}
"
    ))
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    (listener, port)
}

/// With these instead of `/etc/hosts` and `/etc/resolv.conf`, where this may be done.
fn with(scene: Scene, hosts: &str, resolv_conf: &str) -> Option<Running> {
    let words =
        in_mount_name_space("mount --bind hosts /etc/hosts && mount --bind resolv.conf /etc/resolv.conf")?;
    std::fs::write(scene.path("hosts"), hosts).expect("written");
    std::fs::write(scene.path("resolv.conf"), resolv_conf).expect("written");
    Some(scene.start_by(&words.iter().map(String::as_str).collect::<Vec<_>>()))
}

#[track_caller]
fn starts_the_dependent(running: Running) {
    running.file("dependent");
    running.signal(Signal::TERM);
    running.ends().exits(0).says("server is ready after");
}

#[test]
fn localhost_needs_no_files() {
    let (_listener, port) = listener();
    let scene = server_and_dependent(&format!("localhost:{port}"));
    starts_the_dependent(scene.start());
}

#[test]
fn localhost_may_be_the_other_address() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return eprintln!("skipped: no IPv6") };
    let port = listener.local_addr().map(|address: SocketAddr| address.port()).expect("its address");
    let scene = server_and_dependent(&format!("localhost:{port}"));
    starts_the_dependent(scene.start());
}

/// Not even one that never answers, with a list of what is to be tried before the name as it is.
#[test]
fn a_name_of_etc_hosts_needs_no_name_server() {
    let address = Ipv4Addr::new(127, 83, 1, 1);
    let Some(silent) = name_server(address) else { return };
    let (_listener, port) = listener();
    for resolv_conf in ["", &format!("nameserver {address}\nsearch a.com b.com\noptions ndots:5\n")] {
        let scene = server_and_dependent(&format!("web-of-hosts:{port}"));
        let running = with(scene, "127.0.0.1 web-of-hosts\n", resolv_conf);
        running.map_or_else(|| (), starts_the_dependent);
    }
    was_not_asked(&silent);
}

#[test]
fn a_name_server_is_asked() {
    let address = Ipv4Addr::new(127, 83, 1, 2);
    let Some(socket) = name_server(address) else { return };
    std::thread::spawn(move || answer(&socket, Ipv4Addr::LOCALHOST));
    let (_listener, port) = listener();
    let scene = server_and_dependent(&format!("web.domain.com:{port}"));
    let running = with(scene, "", &format!("nameserver {address}\n"));
    running.map_or_else(|| (), starts_the_dependent);
}

/// Neither the stop nor the end waits for it, and no thread stands still for it.
#[test]
fn a_name_server_that_never_answers_holds_nothing_up() {
    let address = Ipv4Addr::new(127, 83, 1, 3);
    let Some(socket) = name_server(address) else { return };
    let scene = server_and_dependent("web.domain.com:80");
    let Some(running) = with(scene, "", &format!("nameserver {address}\n")) else { return };
    running.file("server");
    socket.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    socket.recv_from(&mut [0; 512]).expect("it is asked");
    wait_until("no thread is there for it", || {
        !running.threads().iter().any(|name| name.starts_with("tokio"))
    });
    assert!(!running.path("dependent").exists(), "nothing was ready");
    running.signal(Signal::TERM);
    running.ends().exits(0).never_says("server is ready").never_says("server had to be killed");
}
