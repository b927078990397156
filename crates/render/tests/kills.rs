//! Ten thousand runs, each killed at a random moment while it writes: the file is always one of the whole contents.
//!
//! The program starts itself again as the writer. `PREFLIGHT_TEST_KILLS` is another number of kills. Half of the runs
//! write one file, half write two that belong together.
#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use preflight_render::files::{Files, Target};

const KILLS: usize = 10_000;
/// Kills at once: writers mostly wait for the disk.
const WORKERS: usize = 4;
const LONGEST_LIFE: Duration = Duration::from_micros(2_500);
/// Of one run: both staged, both old ones kept, a backup under way.
const MOST_LEFTOVERS: usize = 6;
/// More than one page and more than one buffer.
const SIZES: [usize; 3] = [10, 5_000, 40_000];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("write") => write_without_end(Path::new(&arguments[2]), arguments[3] == "two"),
        Some("--list") => ExitCode::SUCCESS,
        _ => kill_many(),
    }
}

/// The contents number `turn`: its number in every line, and a last line that says so.
fn contents(turn: usize) -> Vec<u8> {
    let line = format!("{}\n", turn % 10);
    let mut text = line.repeat(SIZES[turn % SIZES.len()]);
    text.push_str("end\n");
    text.into_bytes()
}

fn write_without_end(folder: &Path, two: bool) -> ExitCode {
    let target = |name: &str| Target { perms: Some(0o640), backup: true, ..Target::new(folder.join(name)) };
    let (one, other) = (target("one"), target("other"));
    let mut files = Files::new();
    println!("ready");
    for turn in fastrand::usize(..100).. {
        let bytes = contents(turn);
        let mut staged = vec![files.stage(&one, &bytes).unwrap()];
        if two {
            staged.push(files.stage(&other, &bytes).unwrap());
        }
        files.commit(staged).unwrap();
    }
    ExitCode::SUCCESS
}

fn kill_many() -> ExitCode {
    let wanted =
        std::env::var("PREFLIGHT_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let (started, done) = (Instant::now(), AtomicUsize::new(0));
    let leftovers: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(|| kill_until(wanted, &done))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker found a broken file")).sum()
    });
    println!(
        "{wanted} kills in {:.1?}: every file whole; {leftovers} left a temporary file",
        started.elapsed()
    );
    assert!(wanted < 500 || leftovers > 0, "no kill came while a file was written: the test proves nothing");
    ExitCode::SUCCESS
}

/// How many of the kills left a temporary file behind.
fn kill_until(wanted: usize, done: &AtomicUsize) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let mut leftovers = 0;
    while done.fetch_add(1, Ordering::Relaxed) < wanted {
        let mut writer = start(folder.path(), fastrand::bool());
        thread::sleep(LONGEST_LIFE.mul_f64(fastrand::f64()));
        writer.kill().unwrap();
        writer.wait().unwrap();
        leftovers += usize::from(judge(folder.path()));
    }
    leftovers
}

fn start(folder: &Path, two: bool) -> Child {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .arg("write")
        .arg(folder)
        .arg(if two { "two" } else { "one" })
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(writer.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    writer
}

/// True when there is a leftover, at most those of one run.
fn judge(folder: &Path) -> bool {
    let entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let (hidden, visible): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|path| path.file_name().unwrap().as_encoded_bytes().starts_with(b"."));
    assert!(hidden.len() <= MOST_LEFTOVERS, "leftovers pile up: {hidden:?}");
    for path in visible {
        let found = fs::read(&path).unwrap();
        let turn = found.first().map(|digit| usize::from(digit - b'0'));
        let whole =
            turn.is_some_and(|turn| (turn..turn + 30).step_by(10).any(|turn| contents(turn) == found));
        assert!(whole, "{} has {} bytes of no whole contents", path.display(), found.len());
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&path).unwrap()) & 0o7777;
        assert_eq!(mode, 0o640, "{}", path.display());
    }
    !hidden.is_empty()
}
