//! A NATS server in a state that takes a second client to bring about.

use std::io::Write;
use std::net::TcpStream;

/// Has no room for another client: what nats-server 2.9 sends then.
pub(crate) fn nats_full(mut stream: TcpStream) {
    let greeting = "INFO {\"server_id\":\"N\",\"version\":\"2.9.10\",\"proto\":1,\"max_payload\":1048576} \r\n\
                    -ERR 'maximum connections exceeded'\r\n";
    let _ = stream.write_all(greeting.as_bytes());
}
