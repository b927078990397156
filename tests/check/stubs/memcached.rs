//! Memcached servers in states that a real one cannot be kept in.

use std::io::Write;
use std::net::TcpStream;

/// Turns every client away and closes at once, as with `-o maxconns_fast`; see `do_accept_new_conns` in its source.
pub(crate) fn memcached_full(mut stream: TcpStream) {
    let _ = stream.write_all(b"ERROR Too many open connections\r\n");
}
