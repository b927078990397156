//! Other services that the one in the container needs, and a small HTTP client.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::image;

/// A copy of the mock service that needs nothing, on a port that is free in this run; ended when dropped.
pub(crate) struct Neighbour {
    child: Child,
    url: String,
    _config: NamedTempFile,
}

impl Neighbour {
    pub(crate) fn start(name: &str) -> Self {
        let config = NamedTempFile::new().unwrap();
        let text = format!("name: {name}\ngreeting: I am the {name}.\naddress: 127.0.0.1\nport: 0\n");
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(image::mock_service());
        let mut child = command.arg("--config").arg(config.path()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let listening = lines.find(|line| line.contains("listening on")).unwrap();
        let url = listening.split(' ').find(|word| word.starts_with("http://")).unwrap().to_owned();
        // Its log is read to the end, for a full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url, _config: config }
    }

    pub(crate) fn url(&self) -> String {
        self.url.trim_end_matches('/').to_owned()
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Head and body of the answer.
pub(crate) fn get(port: u16, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    stream.write_all(
        format!("GET {path} HTTP/1.1\r\nhost: tested.test\r\nconnection: close\r\n\r\n").as_bytes(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
