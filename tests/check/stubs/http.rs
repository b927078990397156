//! Canned answers over HTTP/1.1.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::scenario::HttpAnswer;

/// Answers every request on one connection with the first answer that fits it.
pub(crate) fn answer(stream: TcpStream, answers: &[HttpAnswer]) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some((method, path)) = request(&mut reader) {
        let fits = |answer: &&HttpAnswer| {
            path.starts_with(&answer.path) && answer.method.as_ref().is_none_or(|wanted| *wanted == method)
        };
        let (status, headers, body) = match answers.iter().find(fits) {
            Some(answer) => (answer.status, answer.headers.clone(), answer.body.clone()),
            None => (404, std::collections::BTreeMap::new(), "no such page".to_owned()),
        };
        let mut text = format!("HTTP/1.1 {status} Canned\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        if method != "HEAD" {
            text.push_str(&body);
        }
        if writer.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads one request and gives its method and path.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((method, path))
}
