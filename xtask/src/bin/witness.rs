//! What supervisors are given to start when they are measured: it notes when it first ran, and then does as it is told.
//!
//! It uses nothing but the standard library, so that `rustc` alone makes a small static program of it within a second, and
//! takes what it is told from variables, so that it may stand as it is where runit and s6 want a `run`.
//!
//! | variable | what it says |
//! |---|---|
//! | `WITNESS` | the file to which notes are added: a word, the process, and nanoseconds since 1970 |
//! | `WITNESS_ORPHANS` | so many grandchildren are left behind, which end at once |
//! | `WITNESS_BYTES` | so much is said on the standard output, in lines of a hundred bytes |

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// Of one line, with its end.
const LINE: usize = 100;

/// What a process that this program has started itself is to do.
const PART: &str = "WITNESS_PART";

fn main() -> io::Result<()> {
    match env::var(PART).as_deref() {
        Ok("parent") => return leave(number("WITNESS_ORPHANS")),
        Ok("orphan") => return io::stdin().read(&mut [0]).map(drop),
        _ => note("began")?,
    }
    if number("WITNESS_ORPHANS") > 0 {
        Command::new(env::current_exe()?).env(PART, "parent").status()?;
    }
    if number("WITNESS_BYTES") > 0 {
        speak(number("WITNESS_BYTES"))?;
        note("said")?;
    }
    loop {
        std::thread::park();
    }
}

fn number(variable: &str) -> usize {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// In one write, for others write there as well.
fn note(word: &str) -> io::Result<()> {
    let Some(path) = env::var_os("WITNESS") else { return Ok(()) };
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let line = format!("{word} {} {}\n", std::process::id(), time.as_nanos());
    OpenOptions::new().append(true).create(true).open(path)?.write_all(line.as_bytes())
}

/// They end when their input does, which is when this process is gone.
fn leave(count: usize) -> io::Result<()> {
    let (reader, _writer) = io::pipe()?;
    let program = env::current_exe()?;
    for _ in 0..count {
        Command::new(&program)
            .env(PART, "orphan")
            .stdin(reader.try_clone()?)
            .stdout(Stdio::null())
            .spawn()?;
    }
    note("left")
}

fn speak(bytes: usize) -> io::Result<()> {
    let mut line = [b'x'; LINE];
    line[LINE - 1] = b'\n';
    let mut output = io::stdout().lock();
    (0..bytes / LINE).try_for_each(|_| output.write_all(&line))
}
