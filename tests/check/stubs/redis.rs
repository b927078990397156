//! Redis servers in states that a real one cannot be kept in: each function serves one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

const SENTINEL_INFO: &str = "# Server\r\nredis_version:7.0.15\r\nredis_mode:sentinel\r\n";

/// Refuses a client of another machine as soon as it comes, see `acceptCommonHandler` in `src/networking.c`.
pub(crate) fn redis_protected_mode(mut stream: TcpStream) {
    let refusal = "-DENIED Redis is running in protected mode because protected mode is enabled and no password is \
                   set for the default user.\r\n";
    let _ = stream.write_all(refusal.as_bytes());
    // The server closes; reading on keeps the refusal from being lost to a reset.
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

/// Answers everything with LOADING.
pub(crate) fn redis_loading(stream: TcpStream) {
    serve(stream, |_| "-LOADING Redis is loading the dataset in memory\r\n".to_owned());
}

/// A replica that serves no stale data and whose link is down.
pub(crate) fn redis_primary_down(stream: TcpStream) {
    serve(stream, |command| match command {
        "PING" => "+PONG\r\n".to_owned(),
        "INFO" => bulk("redis_version:7.0.15\r\nrole:slave\r\nmaster_link_status:down\r\n"),
        _ => {
            "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n".to_owned()
        }
    });
}

/// A cluster node that sends everybody to a port where nobody listens.
pub(crate) fn redis_moved(stream: TcpStream) {
    serve(stream, |command| match command {
        "PING" => "+PONG\r\n".to_owned(),
        "INFO" => bulk("redis_version:7.0.15\r\nredis_mode:cluster\r\nrole:master\r\n"),
        _ => "-MOVED 4711 127.0.0.1:1\r\n".to_owned(),
    });
}

/// A Sentinel.
pub(crate) fn redis_sentinel(stream: TcpStream) {
    serve(stream, |command| match command {
        "PING" => "+PONG\r\n".to_owned(),
        "INFO" => bulk(SENTINEL_INFO),
        other => format!("-ERR unknown command '{other}'\r\n"),
    });
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn serve(stream: TcpStream, answer: impl Fn(&str) -> String) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some(command) = command(&mut reader) {
        if writer.write_all(answer(&command).as_bytes()).is_err() {
            return;
        }
    }
}

/// The first word of the next command, an array of bulk strings.
fn command(reader: &mut impl BufRead) -> Option<String> {
    let words = number(reader, '*')?;
    let mut first = None;
    for _ in 0..words {
        let mut word = vec![0; number(reader, '$')? + 2];
        reader.read_exact(&mut word).ok()?;
        word.truncate(word.len() - 2);
        first.get_or_insert(String::from_utf8_lossy(&word).to_ascii_uppercase());
    }
    first
}

fn number(reader: &mut impl BufRead, sign: char) -> Option<usize> {
    let mut line = String::new();
    reader.take(64).read_line(&mut line).ok()?;
    line.trim().strip_prefix(sign)?.parse().ok()
}
