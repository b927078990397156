//! The four requests of Kafka's protocol that a check needs, over a connection of ours.
//!
//! A client library shows neither the addresses that brokers advertise nor the words of a refused login, and dials by
//! itself. Format: <https://kafka.apache.org/protocol>; versions without tagged fields, known since Kafka 0.11.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::net::bounded::Duplex;

/// Metadata of a cluster with thousands of partitions is smaller, in bytes.
const LONGEST_ANSWER: usize = 8 << 20;

/// The longest string of the protocol, in bytes.
pub(super) const LONGEST_STRING: usize = i16::MAX as usize;

const METADATA: (i16, i16) = (3, 4);
const SASL_HANDSHAKE: (i16, i16) = (17, 1);
const API_VERSIONS: (i16, i16) = (18, 0);
const SASL_AUTHENTICATE: (i16, i16) = (36, 0);

/// A connection to a broker.
pub(super) struct Broker {
    stream: Box<dyn Duplex>,
    correlation: i32,
}

/// What a broker says of a login.
#[derive(Debug)]
pub(super) struct Authenticated {
    pub(super) error: i16,
    pub(super) words: Option<String>,
    pub(super) bytes: Vec<u8>,
}

/// The cluster as a broker sees it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) brokers: Vec<Advertised>,
    pub(super) cluster: Option<String>,
    pub(super) topics: Vec<Topic>,
}

/// Where clients are to find a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advertised {
    pub(super) id: i32,
    pub(super) host: String,
    pub(super) port: i32,
}

/// A topic that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) error: i16,
    pub(super) partitions: Vec<Partition>,
}

/// A part of a topic.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Partition {
    pub(super) error: i16,
    pub(super) index: i32,
    /// The id of the broker that leads it, or -1.
    pub(super) leader: i32,
}

impl Broker {
    pub(super) fn new(stream: Box<dyn Duplex>) -> Self {
        Self { stream, correlation: 0 }
    }

    /// ApiVersions, which every broker answers to everybody: its error code.
    pub(super) async fn api_versions(&mut self) -> io::Result<i16> {
        let answer = self.ask(API_VERSIONS, &[]).await?;
        Reader(&answer).int16()
    }

    /// SaslHandshake: its error code and the mechanisms that are offered.
    pub(super) async fn sasl_handshake(&mut self, mechanism: &str) -> io::Result<(i16, Vec<String>)> {
        let mut body = Vec::new();
        put_string(&mut body, mechanism);
        let answer = self.ask(SASL_HANDSHAKE, &body).await?;
        let mut reader = Reader(&answer);
        Ok((reader.int16()?, reader.array(Reader::string)?))
    }

    /// SaslAuthenticate with one message of the mechanism.
    pub(super) async fn sasl_authenticate(&mut self, message: &[u8]) -> io::Result<Authenticated> {
        let mut body = Vec::new();
        put_length(&mut body, message.len())?;
        body.extend_from_slice(message);
        let answer = self.ask(SASL_AUTHENTICATE, &body).await?;
        let mut reader = Reader(&answer);
        Ok(Authenticated { error: reader.int16()?, words: reader.nullable_string()?, bytes: reader.bytes()? })
    }

    /// Metadata of the cluster and of that topic, which is not created by being asked for.
    pub(super) async fn metadata(&mut self, topic: Option<&str>) -> io::Result<Metadata> {
        let mut body = Vec::new();
        put_length(&mut body, usize::from(topic.is_some()))?;
        topic.iter().for_each(|topic| put_string(&mut body, topic));
        body.push(0);
        let answer = self.ask(METADATA, &body).await?;
        read_metadata(&answer)
    }

    async fn ask(&mut self, (key, version): (i16, i16), body: &[u8]) -> io::Result<Vec<u8>> {
        self.correlation += 1;
        let mut request = Vec::new();
        request.extend_from_slice(&key.to_be_bytes());
        request.extend_from_slice(&version.to_be_bytes());
        request.extend_from_slice(&self.correlation.to_be_bytes());
        put_string(&mut request, "preflight");
        request.extend_from_slice(body);
        let mut framed = Vec::new();
        put_length(&mut framed, request.len())?;
        framed.extend_from_slice(&request);
        self.stream.write_all(&framed).await?;
        self.stream.flush().await?;
        self.answer().await
    }

    async fn answer(&mut self) -> io::Result<Vec<u8>> {
        let length = self.stream.read_u32().await? as usize;
        if !(4..=LONGEST_ANSWER).contains(&length) {
            return Err(not_kafka("the length of its answer is impossible"));
        }
        if self.stream.read_i32().await? != self.correlation {
            return Err(not_kafka("its answer belongs to another request"));
        }
        // Grows with what really comes: the length is the peer's claim.
        let mut answer = Vec::new();
        let wanted = length - 4;
        (&mut self.stream).take(wanted as u64).read_to_end(&mut answer).await?;
        if answer.len() < wanted {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        Ok(answer)
    }
}

fn read_metadata(answer: &[u8]) -> io::Result<Metadata> {
    let mut reader = Reader(answer);
    let _throttle = reader.int32()?;
    let brokers = reader.array(|reader| {
        let advertised = Advertised { id: reader.int32()?, host: reader.string()?, port: reader.int32()? };
        reader.nullable_string()?;
        Ok(advertised)
    })?;
    let cluster = reader.nullable_string()?;
    let _controller = reader.int32()?;
    let topics = reader.array(|reader| {
        let error = reader.int16()?;
        reader.string()?;
        reader.take(1)?;
        Ok(Topic { error, partitions: reader.array(read_partition)? })
    })?;
    Ok(Metadata { brokers, cluster, topics })
}

fn read_partition(reader: &mut Reader<'_>) -> io::Result<Partition> {
    let partition = Partition { error: reader.int16()?, index: reader.int32()?, leader: reader.int32()? };
    reader.array(Reader::int32)?;
    reader.array(Reader::int32)?;
    Ok(partition)
}

/// `text` must be no longer than [`LONGEST_STRING`]; the rest of a longer one is left out.
fn put_string(buffer: &mut Vec<u8>, text: &str) {
    let bytes = &text.as_bytes()[..text.len().min(LONGEST_STRING)];
    let length = i16::try_from(bytes.len()).unwrap_or(i16::MAX);
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(bytes);
}

fn put_length(buffer: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let length = i32::try_from(length).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    buffer.extend_from_slice(&length.to_be_bytes());
    Ok(())
}

fn not_kafka(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

/// What is left of an answer.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) =
            self.0.split_at_checked(length).ok_or_else(|| not_kafka("its answer is too short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn int16(&mut self) -> io::Result<i16> {
        let bytes = self.take(2)?;
        Ok(i16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn int32(&mut self) -> io::Result<i32> {
        let bytes = self.take(4)?;
        Ok(i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn string(&mut self) -> io::Result<String> {
        self.nullable_string()?.ok_or_else(|| not_kafka("a name is missing in its answer"))
    }

    fn nullable_string(&mut self) -> io::Result<Option<String>> {
        let Ok(length) = usize::try_from(self.int16()?) else { return Ok(None) };
        let bytes = self.take(length)?;
        Ok(Some(String::from_utf8_lossy(bytes).into_owned()))
    }

    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.int32()?).unwrap_or_default();
        Ok(self.take(length)?.to_vec())
    }

    fn array<Element>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> io::Result<Element>,
    ) -> io::Result<Vec<Element>> {
        let count = self.int32()?.max(0);
        // Each element takes at least a byte, so that an absurd count ends with the answer.
        (0..count).map(|_| read(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read() {
        let mut answer = vec![0, 0, 0, 0];
        answer.extend_from_slice(b"\x00\x00\x00\x01\x00\x00\x00\x07\x00\x02b1\x00\x00\x23\x84\xff\xff");
        answer.extend_from_slice(b"\x00\x01c\x00\x00\x00\x07");
        answer.extend_from_slice(b"\x00\x00\x00\x01\x00\x00\x00\x01t\x00\x00\x00\x00\x01");
        answer.extend_from_slice(
            b"\x00\x05\x00\x00\x00\x02\xff\xff\xff\xff\x00\x00\x00\x01\x00\x00\x00\x07\x00\x00\x00\x00",
        );
        let metadata = read_metadata(&answer).unwrap();
        assert_eq!(metadata.brokers, [Advertised { id: 7, host: "b1".to_owned(), port: 9092 }]);
        assert_eq!(metadata.cluster.as_deref(), Some("c"));
        assert_eq!(metadata.topics[0].partitions, [Partition { error: 5, index: 2, leader: -1 }]);
        for length in 0..answer.len() {
            assert!(read_metadata(&answer[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn an_absurd_count_is_an_error_and_takes_no_memory() {
        assert!(Reader(b"\x7f\xff\xff\xff\x00\x01").array(Reader::int32).is_err());
    }

    #[tokio::test]
    async fn another_protocol_is_told_by_its_length() {
        let (near, mut far) = tokio::io::duplex(1024);
        far.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let error = Broker::new(Box::new(near)).api_versions().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
