//! MQTT brokers that refuse for reasons of their own: each function serves one connection.

use std::io::{Read, Write};
use std::net::TcpStream;

/// CONNACK with return code 1, section 3.2.2.3 of MQTT 3.1.1.
pub(crate) fn mqtt_refuses_version(stream: TcpStream) {
    refuse(stream, 1);
}

/// CONNACK with return code 2.
pub(crate) fn mqtt_refuses_client_id(stream: TcpStream) {
    refuse(stream, 2);
}

/// CONNACK with return code 3.
pub(crate) fn mqtt_not_available(stream: TcpStream) {
    refuse(stream, 3);
}

fn refuse(mut stream: TcpStream, code: u8) {
    let mut connect = [0; 1024];
    if stream.read(&mut connect).is_ok_and(|length| length > 0) {
        let _ = stream.write_all(&[0x20, 2, 0, code]);
    }
}
