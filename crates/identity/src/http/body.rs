//! Recognises when an HTTP/1.1 answer is whole, and takes its body out. Pure.

use super::HttpError;

/// The most bytes of status line and fields together.
const LONGEST_HEAD: usize = 16 * 1024;

/// A whole answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// The answer, if `received` holds all of it; `ended` says that no more will come.
pub(super) fn parse(received: &[u8], ended: bool) -> Result<Option<Answer>, HttpError> {
    let mut unread = received;
    loop {
        let Some((head, rest)) = split_head(unread)? else { return Ok(None) };
        let status = status_of(head)?;
        if (100..200).contains(&status) {
            // An interim answer; the real one follows it.
            unread = rest;
            continue;
        }
        // What an answer other than 200 says is never used, so its body need not be waited for.
        let body = if status == 200 { whole_body(head, rest, ended)? } else { Some(Vec::new()) };
        return Ok(body.map(|body| Answer { status, body }));
    }
}

/// The head without its last line end, and what follows it; nothing if the head is not whole yet.
fn split_head(received: &[u8]) -> Result<Option<(&str, &[u8])>, HttpError> {
    if !could_be_http(received) {
        return Err(HttpError::Malformed);
    }
    let searched = &received[..received.len().min(LONGEST_HEAD)];
    match split_at(searched, b"\r\n\r\n") {
        Some((head, _)) => {
            let text = std::str::from_utf8(head).map_err(|_| HttpError::Malformed)?;
            Ok(Some((text, &received[head.len() + 4..])))
        }
        None if searched.len() == LONGEST_HEAD => Err(HttpError::Malformed),
        None => Ok(None),
    }
}

fn could_be_http(received: &[u8]) -> bool {
    let start = b"HTTP/1.";
    let length = received.len().min(start.len());
    received[..length] == start[..length]
}

fn status_of(head: &str) -> Result<u16, HttpError> {
    let code = head.lines().next().and_then(|line| line.split(' ').nth(1)).ok_or(HttpError::Malformed)?;
    code.parse().ok().filter(|code| (100..=999).contains(code)).ok_or(HttpError::Malformed)
}

fn whole_body(head: &str, rest: &[u8], ended: bool) -> Result<Option<Vec<u8>>, HttpError> {
    if header(head, "transfer-encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("chunked")) {
        return unchunk(rest);
    }
    let Some(length) = header(head, "content-length") else {
        return Ok(ended.then(|| rest.to_vec()));
    };
    let length: usize = length.parse().map_err(|_| HttpError::Malformed)?;
    if length > super::LONGEST_ANSWER {
        return Err(HttpError::TooLong);
    }
    Ok(rest.get(..length).map(<[u8]>::to_vec))
}

fn header<'head>(head: &'head str, wanted: &str) -> Option<&'head str> {
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
}

/// The chunks put together, once the last one (of no length) is there.
fn unchunk(mut rest: &[u8]) -> Result<Option<Vec<u8>>, HttpError> {
    let mut body = Vec::new();
    loop {
        let Some((size, after)) = split_at(rest, b"\r\n") else { return Ok(None) };
        let size = std::str::from_utf8(size).map_err(|_| HttpError::Malformed)?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| HttpError::Malformed)?;
        if size == 0 {
            return Ok(Some(body));
        }
        if size > super::LONGEST_ANSWER {
            return Err(HttpError::TooLong);
        }
        // Each chunk is followed by a line end.
        let (Some(chunk), Some(next)) = (after.get(..size), after.get(size + 2..)) else { return Ok(None) };
        body.extend_from_slice(chunk);
        rest = next;
    }
}

fn split_at<'bytes>(bytes: &'bytes [u8], separator: &[u8]) -> Option<(&'bytes [u8], &'bytes [u8])> {
    let start = bytes.windows(separator.len()).position(|window| window == separator)?;
    Some((&bytes[..start], &bytes[start + separator.len()..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(received: &str, ended: bool) -> Option<String> {
        parse(received.as_bytes(), ended).unwrap().map(|answer| String::from_utf8(answer.body).unwrap())
    }

    #[test]
    fn an_answer_is_whole_by_length_by_chunks_or_by_the_end() {
        let by_length = "HTTP/1.1 200 OK\r\ncontent-Length: 4\r\n\r\nabcd";
        assert_eq!(body(by_length, false).as_deref(), Some("abcd"));
        let by_chunks = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n2\r\ncd\r\n0\r\n\r\n";
        assert_eq!(body(by_chunks, false).as_deref(), Some("abcd"));
        let by_end = "HTTP/1.0 200 OK\r\n\r\nabcd";
        assert_eq!(body(by_end, false), None);
        assert_eq!(body(by_end, true).as_deref(), Some("abcd"));
    }

    #[test]
    fn no_prefix_of_an_answer_is_taken_for_the_whole() {
        for whole in [
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n",
        ] {
            for length in 0..whole.len() {
                assert_eq!(body(&whole[..length], true), None, "{length} bytes");
            }
        }
    }

    #[test]
    fn what_is_not_http_is_malformed_at_once() {
        for strange in [
            "SSH-2.0-x",
            "{}",
            "HTTP/2",
            "HTTP/1.1 \r\n\r\n",
            "HTTP/1.1 99999 x\r\n\r\n",
            "HTTP/1.1 ok\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        ] {
            assert!(matches!(parse(strange.as_bytes(), false), Err(HttpError::Malformed)), "{strange}");
        }
    }

    #[test]
    fn an_endless_head_or_endless_interim_answers_end() {
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(LONGEST_HEAD));
        assert!(matches!(parse(endless.as_bytes(), false), Err(HttpError::Malformed)));
        assert_eq!(body(&"HTTP/1.1 100 Continue\r\n\r\n".repeat(40_000), false), None);
    }

    #[test]
    fn lengths_beyond_the_limit_are_refused_before_they_are_read() {
        for long in [
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n",
        ] {
            assert!(matches!(parse(long.as_bytes(), false), Err(HttpError::TooLong)), "{long}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(start in 0..4_usize, bytes: Vec<u8>, ended: bool) {
            let starts = [
                "", "HTTP/1.1 ", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            ];
            let _ = parse(&[starts[start].as_bytes(), &bytes].concat(), ended);
        }

        #[test]
        fn chunks_of_any_size_come_together(chunks: Vec<Vec<u8>>) {
            let mut received = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
                received.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                received.extend(chunk);
                received.extend(b"\r\n");
            }
            received.extend(b"0\r\n\r\n");
            prop_assert_eq!(parse(&received, false).unwrap().unwrap().body, chunks.concat());
        }
    }
}
