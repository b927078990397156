//! Peers that no protocol expects.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::Serve;

/// The hostile peer of that name.
pub(crate) fn named(name: &str) -> Option<Serve> {
    Some(match name {
        "silent" => silent,
        "closes" => drop::<TcpStream>,
        "drips" => drips,
        "http" => speaks_http,
        _ => return None,
    })
}

/// Accepts and says nothing, until the other side goes.
fn silent(mut stream: TcpStream) {
    let mut sink = [0; 4096];
    while stream.read(&mut sink).is_ok_and(|read| read > 0) {}
}

/// One byte a second.
fn drips(mut stream: TcpStream) {
    for byte in b"220 \x00\x00\x00\x10HTTP/1.1 200 drip drip drip".iter().cycle() {
        if stream.write_all(&[*byte]).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Answers anything with a web server's complaint.
fn speaks_http(mut stream: TcpStream) {
    let mut request = [0; 1024];
    // A server speaks after the client's first bytes; a client that waits for a greeting gets one after a moment.
    let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
    let _ = stream.read(&mut request);
    let page = "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 16\r\n\
                Connection: close\r\n\r\n<h1>no way</h1>\n";
    let _ = stream.write_all(page.as_bytes());
    let _ = stream.read(&mut request);
}
