//! Our `sv` and the real `runsv`.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::{Said, Sv, is_installed, place::script};

/// A real supervisor, ended with its services when dropped.
struct Runsv {
    folder: PathBuf,
    child: Child,
}

impl Runsv {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new("runsv");
        command.arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = command.spawn().unwrap();
        let started = Self { folder: folder.to_owned(), child };
        started.await_file("supervise/ok");
        started.await_file("supervise/status");
        started
    }

    fn await_file(&self, file: &str) {
        let began = Instant::now();
        while !self.folder.join(file).exists() {
            assert!(began.elapsed() < Duration::from_secs(5), "{file} has not come");
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Runsv {
    fn drop(&mut self) {
        Sv::Runit.say(&["-w", "3", "force-shutdown", self.folder.to_str().unwrap()]);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A day in the life of services, the same for both.
const SCRIPT: &[&str] = &[
    "status web",
    "-w 3 check web",
    "status web broken idle nothing",
    "up web",
    "-v up web",
    "restart web",
    "pause web",
    "-w 2 -v pause web",
    "status web",
    "-v cont web",
    "-w 3 stop web",
    "status web",
    "start web",
    "-v once web",
    "status web",
    "-w 3 kill web",
    "check web",
    "-w 3 start web",
    "start idle",
    "status idle web",
    "stop idle",
    "status idle",
    "-w 1 -v down deaf",
    "-w 1 force-stop deaf",
    "-w 3 check deaf",
    "status deaf",
    "try-restart web",
    "-w 3 force-restart web",
    "reload web",
    "exit idle",
    "-w 3 shutdown web",
    "status web",
    "up web",
    "-v exit web",
    "stop nothing web",
];

#[test]
fn a_days_work_with_runsv_reads_the_same() {
    if !is_installed() {
        return;
    }
    let [theirs, ours] = [Sv::Runit, Sv::Ours].map(|whose| std::thread::spawn(move || day(whose)));
    let (theirs, ours) = (theirs.join().unwrap(), ours.join().unwrap());
    for ((line, theirs), ours) in SCRIPT.iter().zip(&theirs).zip(&ours) {
        assert_eq!(ours, theirs, "sv {line}");
    }
    assert_eq!(ours.len(), SCRIPT.len());
}

fn day(whose: Sv) -> Vec<Said> {
    let folder = tempfile::tempdir().unwrap();
    let service = |name: &str, run: &str| {
        let service = folder.path().join(name);
        fs::create_dir(&service).unwrap();
        script(&service.join("run"), run);
        service
    };
    let web = service("web", "exec sleep 1000");
    script(&web.join("check"), "exit 0");
    fs::create_dir(web.join("log")).unwrap();
    script(&web.join("log/run"), "exec cat");
    let idle = service("idle", "exec sleep 1000");
    fs::write(idle.join("down"), "").unwrap();
    let deaf = service("deaf", "trap '' TERM; while :; do sleep 0.1; done");
    service("broken", "exit 1");
    let _running = [&web, &idle, &deaf].map(|folder| Runsv::start(folder));
    sleep(Duration::from_millis(300));
    let base = folder.path().to_str().unwrap();
    SCRIPT
        .iter()
        .map(|line| {
            let words: Vec<String> = line.split(' ').map(|word| resolved(base, word)).collect();
            let (text, code) = whose.say(&words.iter().map(String::as_str).collect::<Vec<_>>());
            // What runsv does with a letter takes it a moment.
            sleep(Duration::from_millis(250));
            (text.replace(base, "S"), code)
        })
        .collect()
}

fn resolved(base: &str, word: &str) -> String {
    let is_service = ["web", "idle", "deaf", "broken", "nothing"].contains(&word);
    if is_service { format!("{base}/{word}") } else { word.to_owned() }
}
