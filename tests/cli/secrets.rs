//! No secret byte and no control character gets out, whatever values and servers say.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};

use proptest::prelude::*;

use crate::support::preflight;

/// A server that answers anything with the given bytes, like a driver's error that quotes a password.
fn echoing(reply: String) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().filter_map(Result::ok) {
            let mut request = [0; 2048];
            let _ = stream.read(&mut request);
            let body = &reply;
            let page = format!(
                "HTTP/1.1 500 {}\r\nx-echo: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                "Oops",
                body.chars().filter(|character| character.is_ascii_graphic()).collect::<String>(),
                body.len()
            );
            let _ = stream.write_all(page.as_bytes());
        }
    });
    port
}

fn no_secret_gets_out(secret: &str, format: &str) {
    let reply = format!("-ERR denied: password \"{secret}\" {secret:?} \u{1b}[31m {}\r\n", encoded(secret));
    let port = echoing(reply);
    let outcome = preflight()
        .contract(
            "checked_environment_variables:\n  - name: API_KEY\n    secret: true\n    one_of: [a, b]\n  - HTTP_API_URL\n  \
             - HTTP_API_PASSWORD\n  - HTTP_API_USERNAME\n  - REDIS_CACHE_ADDRESS\n  - REDIS_CACHE_PASSWORD\n  - DATABASE_URL\n",
        )
        .env("API_KEY", secret)
        .env("HTTP_API_URL", format!("http://pat:{}@127.0.0.1:{port}/", encoded(secret)))
        .env("HTTP_API_USERNAME", "pat")
        .env("HTTP_API_PASSWORD", secret)
        .env("REDIS_CACHE_ADDRESS", format!("127.0.0.1:{port}"))
        .env("REDIS_CACHE_PASSWORD", secret)
        .env("DATABASE_URL", format!("host=db password='{}'", secret.replace('\\', "\\\\").replace('\'', "\\'")))
        .args(&["--format", format, "--verbose"])
        .run()
        .exits(1);
    for stream in [&outcome.stdout, &outcome.stderr] {
        let rest = stream.replace("[redacted]", "\u{0}");
        assert!(!rest.contains(secret), "{secret:?} in {format}: {stream}");
        assert!(
            !rest.contains(&encoded(secret)) || encoded(secret) == secret,
            "{secret:?} in {format}: {stream}"
        );
        let raw = |character: char| character.is_control() && character != '\n';
        assert!(!stream.chars().any(raw), "a raw control character in {stream:?}");
    }
}

/// Percent-encoded, as in a URL.
fn encoded(secret: &str) -> String {
    secret
        .bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

#[test]
fn hostile_passwords_stay_inside_in_every_format() {
    for secret in ["p@ss:w/o%r+d\"x", "it's \\quoted\\ & <so>", "line one 1\nline two 2", "пароль-密码"]
    {
        for format in ["text", "json", "junit", "tap"] {
            no_secret_gets_out(secret, format);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 50, ..ProptestConfig::default() })]
    #[test]
    fn no_secret_byte_gets_out(secret in "[ -~\n\t]{8,24}|\\PC{8,16}") {
        prop_assume!(secret.trim().chars().count() >= 8);
        no_secret_gets_out(secret.trim(), "text");
    }
}
