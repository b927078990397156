//! Mail servers in states that a real one is in only when it is broken: each function serves one connection.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// Greets with a refusal, RFC 5321 section 3.1.
pub(crate) fn smtp_refuses(stream: TcpStream) {
    serve(stream, "554 5.7.1 you are on a block list\r\n", |_| "221 bye\r\n");
}

/// Offers STARTTLS and cannot do it, RFC 3207 section 4.
pub(crate) fn smtp_without_certificate(stream: TcpStream) {
    serve(stream, "220 mail.pickles.example ESMTP\r\n", |command| match command {
        "EHLO" => "250-mail.pickles.example\r\n250 STARTTLS\r\n",
        "STARTTLS" => "454 4.7.0 TLS not available due to temporary reason\r\n",
        _ => "250 2.0.0 OK\r\n",
    });
}

fn serve(stream: TcpStream, greeting: &str, answer: impl Fn(&str) -> &'static str) {
    let Ok(mut writer) = stream.try_clone() else { return };
    if writer.write_all(greeting.as_bytes()).is_err() {
        return;
    }
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        let command = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        if writer.write_all(answer(&command).as_bytes()).is_err() {
            return;
        }
    }
}
