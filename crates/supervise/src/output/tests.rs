//! The pump with real pipes: nothing lost, nothing starved, nothing held up by our reader.

use std::{
    fs::File,
    io::{Read, Write, pipe},
    os::fd::OwnedFd,
    sync::mpsc,
    thread,
    time::Instant,
};

use preflight_logging::Redactor;
use preflight_processes::Program;

use super::*;
use crate::{Happened, Listener, Plumbing, Purpose, Service};

struct Scene {
    output: Output,
    /// What our reader would see; `None` when the test takes it.
    reader: Option<File>,
}

/// The ends of one process.
struct Voice {
    output: File,
    error: File,
}

fn scene(settings: Settings) -> Scene {
    let (reader, writer) = pipe().unwrap();
    let writer = OwnedFd::from(writer);
    let destinations = Destinations { output: writer.try_clone().unwrap(), error: writer };
    Scene {
        output: Output::start(settings, destinations).unwrap(),
        reader: Some(File::from(OwnedFd::from(reader))),
    }
}

fn service(name: &str) -> Service {
    Service::new(name, Program::Direct(vec!["true".into()]))
}

impl Scene {
    fn voice(&self, name: &str) -> Voice {
        self.voice_for(name, Purpose::Run)
    }

    fn voice_for(&self, name: &str, purpose: Purpose) -> Voice {
        let streams = self.output.tap().connect(&service(name), purpose).unwrap();
        Voice { output: streams.output.unwrap().into(), error: streams.error.unwrap().into() }
    }

    fn started(&self, name: &str, pid: i32) {
        self.output.tap().hear(&service(name), &Happened::Started { pid, restarts: 0 });
    }

    /// Everything that is written until the end.
    fn finish(mut self) -> (Vec<u8>, bool) {
        let mut reader = self.reader.take().unwrap();
        let read = thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            all
        });
        let complete = finish(&self.output, Duration::from_secs(20));
        drop(self);
        (read.join().unwrap(), complete)
    }
}

fn finish(output: &Output, within: Duration) -> bool {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(output.finish(within))
}

/// What stands behind the time, line by line.
fn untimed(written: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(written)
        .lines()
        .map(|line| line.split_once("Z ").map_or(line, |(_, rest)| rest).to_owned())
        .collect()
}

#[test]
fn every_line_has_its_service_and_both_streams_arrive() {
    let scene = scene(Settings::default());
    let (mut web, mut worker) = (scene.voice("web"), scene.voice("worker"));
    web.output.write_all(b"hello\nlast words").unwrap();
    worker.error.write_all(b"oh\n").unwrap();
    scene.voice_for("web", Purpose::Finish).output.write_all(b"bye\n").unwrap();
    scene.output.say("[Org:Team] a line of our own");
    drop(web);
    let (written, complete) = scene.finish();
    let mut lines = untimed(&written);
    lines.sort();
    assert!(complete);
    assert_eq!(
        lines,
        [
            "[Org:Team] a line of our own",
            "[web finish] bye",
            "[web] hello",
            "[web] last words",
            "[worker] oh"
        ]
    );
}

#[test]
fn nothing_is_lost_when_the_reader_is_slow_and_the_service_waits() {
    const LINES: usize = 30_000;
    let mut scene = scene(Settings::default());
    let mut web = scene.voice("web");
    let (told, written) = mpsc::channel();
    let writer = thread::spawn(move || {
        for line in 0..LINES {
            writeln!(web.output, "{line} {}", "x".repeat(line % 200)).unwrap();
            told.send(line).unwrap();
        }
    });
    thread::sleep(Duration::from_millis(500));
    let mut far = written.try_iter().last().unwrap();
    thread::sleep(Duration::from_millis(200));
    far = written.try_iter().last().unwrap_or(far);
    assert!(far < LINES / 2, "the service had to wait, and is at {far}");
    let mut reader = scene.reader.take().unwrap();
    let slow = thread::spawn(move || {
        let (mut all, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
        while let Ok(length @ 1..) = reader.read(&mut buffer) {
            all.extend_from_slice(&buffer[..length]);
            if all.len() < 300_000 {
                thread::sleep(Duration::from_millis(2));
            }
        }
        all
    });
    writer.join().unwrap();
    assert!(finish(&scene.output, Duration::from_secs(20)));
    drop(scene);
    let lines = untimed(&slow.join().unwrap());
    assert_eq!(lines.len(), LINES);
    for (at, line) in lines.iter().enumerate() {
        assert_eq!(line, &format!("[web] {at} {}", "x".repeat(at % 200)));
    }
}

#[test]
fn a_flood_does_not_hold_up_others() {
    let mut scene = scene(Settings::default());
    let mut flood = scene.voice("flood");
    let mut quiet = scene.voice("quiet");
    thread::spawn(move || while flood.output.write_all(&b"noise noise noise\n".repeat(500)).is_ok() {});
    let mut reader = std::io::BufReader::new(scene.reader.take().unwrap());
    let mut before_it = 0;
    let mut line = String::new();
    for turn in 0..20 {
        writeln!(quiet.output, "quiet {turn}").unwrap();
        before_it = 0;
        loop {
            line.clear();
            std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
            before_it += line.len();
            if line.contains(&format!("quiet {turn}")) {
                break;
            }
            assert!(before_it < 500_000, "{turn}");
        }
    }
    assert!(before_it > 0);
}

#[test]
fn an_output_that_nobody_reads_does_not_hold_up_the_other_one() {
    let (_never_read, stuck) = pipe().unwrap();
    let (reader, error) = pipe().unwrap();
    let output =
        Output::start(Settings::default(), Destinations { output: stuck.into(), error: error.into() })
            .unwrap();
    let mut streams = output.tap().connect(&service("web"), Purpose::Run).unwrap();
    let mut flood = File::from(streams.output.take().unwrap());
    let (wrote, written) = mpsc::channel();
    thread::spawn(move || while flood.write_all(&[b'x'; 10_000]).is_ok() && wrote.send(()).is_ok() {});
    // More than two pipes hold: what is stuck waits in the pump.
    (0..15).for_each(|_| written.recv().unwrap());
    File::from(streams.error.take().unwrap()).write_all(b"heard\n").unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(reader), &mut line).unwrap();
    assert!(line.ends_with("[web] heard\n"));
    let began = Instant::now();
    assert!(!finish(&output, Duration::from_millis(200)), "what is stuck is not written");
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_closed_output_hurts_no_service_and_last_lines_are_still_known() {
    let mut scene = scene(Settings::default());
    scene.reader = None;
    let mut web = scene.voice("web");
    for _ in 0..2000 {
        web.output.write_all(&[b'x'; 999]).unwrap();
        web.output.write_all(b"\n").unwrap();
    }
    web.output.write_all(b"secret hunter2hunter2\n").unwrap();
    assert!(finish(&scene.output, Duration::from_secs(10)));
    let last = scene.output.last_lines("web", &Redactor::new(["hunter2hunter2"]));
    assert_eq!(last.last().unwrap().text, "secret [redacted]");
    assert!(scene.output.last_lines("other", &Redactor::default()).is_empty());
}

#[test]
fn last_words_are_known_as_soon_as_they_are_asked_for() {
    let mut scene = scene(Settings::default());
    let mut reader = scene.reader.take().unwrap();
    thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ask = |within| runtime.block_on(scene.output.last_words("web", within, &Redactor::default()));
    for turn in 0..200 {
        let mut web = scene.voice("web");
        for _ in 0..50 {
            web.output.write_all(b"something long enough to be of some weight\n").unwrap();
        }
        web.output.write_all(format!("panic {turn}").as_bytes()).unwrap();
        // A child that lives on holds the pipe of every second one.
        let held = (turn % 2 == 0).then(|| web.output.try_clone().unwrap());
        if held.is_some() {
            web.output.write_all(b"\n").unwrap();
        }
        drop(web);
        assert_eq!(ask(Duration::from_secs(5)).last().unwrap().text, format!("panic {turn}"));
    }
    let began = Instant::now();
    assert!(
        runtime
            .block_on(scene.output.last_words("nobody", Duration::from_secs(5), &Redactor::default()))
            .is_empty()
    );
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[test]
fn last_words_do_not_wait_longer_than_they_may() {
    let scene = scene(Settings::default());
    let mut web = scene.voice("web");
    thread::spawn(move || while web.output.write_all(&[b'x'; 10_000]).is_ok() {});
    thread::sleep(Duration::from_millis(100));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let began = Instant::now();
    let words =
        runtime.block_on(scene.output.last_words("web", Duration::from_millis(200), &Redactor::default()));
    assert!(!words.is_empty());
    assert!((200..2000).contains(&began.elapsed().as_millis()));
}

#[test]
fn long_lines_and_binary_survive() {
    let scene = scene(Settings { longest: 100, ..Settings::default() });
    let bytes: Vec<u8> = (0..5000_u32).map(|at| (at * 7 % 256) as u8).filter(|byte| *byte != b'\n').collect();
    let mut web = scene.voice("web");
    web.output.write_all(&bytes).unwrap();
    web.output.write_all(b"\n").unwrap();
    drop(web);
    let (written, _) = scene.finish();
    let mut together = Vec::new();
    let lines: Vec<&[u8]> = written.split_inclusive(|byte| *byte == b'\n').collect();
    for (at, line) in lines.iter().enumerate() {
        let mark: &[u8] = if at + 1 == lines.len() { b"Z [web] " } else { b"Z [web+] " };
        assert_eq!(&line[23..23 + mark.len()], mark, "{}", String::from_utf8_lossy(line));
        together.extend_from_slice(&line[23 + mark.len()..line.len() - 1]);
    }
    assert_eq!(together, bytes);
}

#[test]
fn what_has_no_end_is_written_after_a_pause_and_marked() {
    let mut scene = scene(Settings { pause: Duration::from_millis(50), ..Settings::default() });
    let mut web = scene.voice("web");
    web.output.write_all(b"password: ").unwrap();
    let mut reader = std::io::BufReader::new(scene.reader.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
    assert!(line.ends_with("[web+] password: \n"), "{line}");
    web.output.write_all(b"wrong\n").unwrap();
    line.clear();
    std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
    assert!(line.ends_with("[web] wrong\n"), "{line}");
}

#[test]
fn json_has_the_number_of_the_process_even_when_it_talks_at_once() {
    let scene = scene(Settings { format: Format::Json, ..Settings::default() });
    let mut web = scene.voice("web");
    web.output.write_all(b"first\n").unwrap();
    thread::sleep(Duration::from_millis(20));
    scene.started("web", 4711);
    web.error.write_all(b"\xff\n").unwrap();
    thread::sleep(Duration::from_millis(50));
    scene.output.complain("[Org:Team] ours");
    let (written, _) = scene.finish();
    let objects: Vec<serde_json::Value> =
        written.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!(objects.len(), 3, "{}", String::from_utf8_lossy(&written));
    let first = objects.iter().find(|object| object["message"] == "first").unwrap();
    assert_eq!((first["pid"].as_i64(), first["stream"].as_str()), (Some(4711), Some("stdout")));
    let odd = objects.iter().find(|object| object["message_base64"] == "/w==").unwrap();
    assert_eq!((odd["pid"].as_i64(), odd["stream"].as_str()), (Some(4711), Some("stderr")));
    assert!(
        objects
            .iter()
            .any(|object| object["service"] == "preflight" && object["message"] == "[Org:Team] ours")
    );
}

#[test]
fn raw_copies_nothing_and_probes_say_nothing() {
    let raw = scene(Settings { format: Format::Raw, ..Settings::default() });
    let streams = raw.output.tap().connect(&service("web"), Purpose::Run).unwrap();
    assert!(streams.input.is_none() && streams.output.is_none() && streams.error.is_none());
    let text = scene(Settings::default());
    text.voice_for("web", Purpose::Probe).output.write_all(b"noise\n").unwrap();
    assert_eq!(text.finish(), (Vec::new(), true));
}

#[test]
fn raw_bytes_that_are_kept_go_on_unchanged_and_last_lines_are_known() {
    let settings = Settings { format: Format::Raw, keeps_raw: true, longest: 100, ..Settings::default() };
    let scene = scene(settings);
    let bytes: Vec<u8> = (0..50_000_u32).map(|at| (at * at % 257) as u8).collect();
    let mut web = scene.voice("web");
    web.output.write_all(&bytes).unwrap();
    web.output.write_all(b"\nlast words without an end").unwrap();
    drop(web);
    scene.output.say("[Org:Team] ours, in the same form");
    let output = scene.output.clone();
    let (written, complete) = scene.finish();
    let ours = b"[Org:Team] ours, in the same form\n";
    let at = written.windows(ours.len()).position(|window| window == ours).unwrap();
    let others = [&written[..at], &written[at + ours.len()..]].concat();
    assert!(complete && others == [&bytes, &b"\nlast words without an end"[..]].concat());
    let last = output.last_lines("web", &Redactor::default());
    assert_eq!(last.last().unwrap().text, "last words without an end");
}

#[test]
fn each_service_has_its_own_form() {
    let scene = scene(Settings { keeps_raw: true, ..Settings::default() });
    for (name, format) in [("lines", None), ("json", Some(Format::Json)), ("raw", Some(Format::Raw))] {
        let service = Service { output: format, ..service(name) };
        let streams = scene.output.tap().connect(&service, Purpose::Run).unwrap();
        File::from(streams.output.unwrap()).write_all(format!("of {name}\n").as_bytes()).unwrap();
    }
    let (written, _) = scene.finish();
    let text = String::from_utf8(written).unwrap();
    assert!(
        text.contains("Z [lines] of lines\n") && text.contains("\nof raw\n") | text.starts_with("of raw\n"),
        "{text}"
    );
    let json = text.lines().find_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()).unwrap();
    assert_eq!((&json["service"], &json["message"]), (&"json".into(), &"of json".into()));
}

#[test]
fn the_last_lines_of_all_are_ours() {
    for turn in 0..50 {
        let mut scene = scene(Settings::default());
        let mut web = scene.voice("web");
        for line in 0..1 + turn * 10 {
            let stream = if line % 2 == 0 { &mut web.error } else { &mut web.output };
            writeln!(stream, "{line} of some length").unwrap();
        }
        drop(web);
        let mut reader = scene.reader.take().unwrap();
        let read = thread::spawn(move || std::io::read_to_string(&mut reader).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let last = ["[Org:Team] that was it".to_owned()];
        assert!(runtime.block_on(scene.output.finish_with(&last, Duration::from_secs(20))));
        drop(scene);
        let text = read.join().unwrap();
        assert_eq!(text.lines().count(), 2 + turn * 10);
        assert!(text.ends_with(" of some length\n[Org:Team] that was it\n"), "{turn}: {text}");
    }
}

#[test]
fn a_standard_error_that_nobody_reads_does_not_keep_our_last_lines() {
    let ((mut reader, output), (unread, error)) = (pipe().unwrap(), pipe().unwrap());
    let destinations = Destinations { output: output.into(), error: error.into() };
    let output = Output::start(Settings::default(), destinations).unwrap();
    output.complain(&"x".repeat(200_000));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let last = ["[Org:Team] that was it".to_owned()];
    assert!(!runtime.block_on(output.finish_with(&last, Duration::from_secs(6))));
    drop((output, unread));
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "[Org:Team] that was it\n");
}

#[test]
fn a_pipe_that_a_stranger_holds_open_does_not_delay_the_end() {
    let scene = scene(Settings::default());
    let mut daemon = scene.voice("daemon");
    daemon.output.write_all(b"still here").unwrap();
    let began = Instant::now();
    let (written, complete) = scene.finish();
    assert!(complete && began.elapsed() < Duration::from_secs(1));
    assert_eq!(untimed(&written), ["[daemon] still here"]);
}

#[test]
fn our_own_lines_never_wait_and_what_is_left_out_is_counted() {
    let scene = scene(Settings::default());
    let line = "y".repeat(10_000);
    for _ in 0..300 {
        scene.output.say(&line);
    }
    let (written, complete) = scene.finish();
    let text = String::from_utf8(written).unwrap();
    let whole = text.lines().filter(|found| *found == line).count();
    let told = text.lines().find_map(|line| line.strip_suffix(" lines of our own were left out"));
    let told: usize = told.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(complete && told > 0);
    assert_eq!(whole + told, 300);
}

#[test]
fn a_service_with_another_user_may_open_its_output_by_name() {
    use std::os::unix::process::CommandExt;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let scene = scene(Settings::default());
    let user = crate::User { user: 65534, group: 65534, groups: Vec::new() };
    let service = Service { user: Some(user), ..service("web") };
    let streams = scene.output.tap().connect(&service, Purpose::Run).unwrap();
    let status = std::process::Command::new("sh")
        .args(["-c", "echo by name > /proc/self/fd/1; echo by number >&2"])
        .uid(65534)
        .gid(65534)
        .stdout(streams.output.unwrap())
        .stderr(streams.error.unwrap())
        .status();
    assert!(status.unwrap().success());
    let (written, _) = scene.finish();
    let mut lines = untimed(&written);
    lines.sort();
    assert_eq!(lines, ["[web] by name", "[web] by number"]);
}
