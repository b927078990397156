//! What services say arrives as it was said: long lines, any bytes, slow readers, readers that go away, full disks, and a
//! form for each service.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::scene::{Outcome, Scene, run};

/// One service that ends well after this command.
fn task(command: &str) -> Scene {
    let command = command.replace('\'', "''");
    run(&["--no-check"]).contract(&format!("services:\n  web: {{ command: '{command}', once: true }}\n"))
}

fn bytes_of(scene: &Scene) -> Vec<u8> {
    let output = scene.command().output().expect("the built binary runs");
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

/// The objects of a service in JSON lines.
fn objects(written: &[u8]) -> Vec<Value> {
    let lines = written.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    lines.filter(|object: &Value| object["service"] == "web").collect()
}

/// What a service said, put together from its lines and their parts; each ends with a line feed.
fn together(written: &[u8]) -> Vec<u8> {
    let mut said = Vec::new();
    for line in written.split_inclusive(|byte| *byte == b'\n') {
        let Some(rest) = line.get("2026-11-21T17:45:00.123Z ".len()..) else { continue };
        if let Some(part) = rest.strip_prefix(b"[web+] ") {
            said.extend_from_slice(part.strip_suffix(b"\n").unwrap_or(part));
        } else if let Some(whole) = rest.strip_prefix(b"[web] ") {
            said.extend_from_slice(whole);
        }
    }
    said
}

const ALL_BYTES: &str = "for high in 0 1 2 3; do for middle in 0 1 2 3 4 5 6 7; do for low in 0 1 2 3 4 5 6 7; do printf \"\\\\$high$middle$low\"; done; done; done; echo";

fn all_bytes() -> Vec<u8> {
    (0..=255).chain([b'\n']).collect()
}

#[test]
fn a_line_of_a_mebibyte_survives() {
    let scene = task("head -c 1048576 /dev/zero | tr '\\0' x; echo; echo end");
    let expected = [&[b'x'; 1 << 20][..], b"\nend\n"].concat();
    assert!(together(&bytes_of(&scene)) == expected);
    let objects = objects(&bytes_of(&scene.more(&["--log", "json"])));
    let parts: Vec<&Value> = objects.iter().filter(|object| object["partial"] == true).collect();
    let said: String = objects.iter().filter_map(|object| object["message"].as_str()).collect();
    assert!(!parts.is_empty() && said == format!("{}end", "x".repeat(1 << 20)));
}

#[test]
fn any_bytes_survive() {
    assert_eq!(together(&bytes_of(&task(ALL_BYTES))), all_bytes());
    let raw = bytes_of(&run(&["--no-check", "--", "sh", "-c", ALL_BYTES]));
    assert_eq!(raw.get(..257), Some(&all_bytes()[..]));
    let json = objects(&bytes_of(&task(&ALL_BYTES.replace("; echo", "")).more(&["--log", "json"])));
    // The line feed among them ends the first line. What is no text is in base64.
    assert_eq!(json[0]["message"], "\0\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\t");
    let coded = json[1]["message_base64"].as_str().expect("no text");
    assert!(coded.starts_with("CwwNDg8Q") && coded.ends_with("+Pn6+/z9/v8="), "{coded}");
}

#[test]
fn a_last_line_without_an_end_is_a_line() {
    assert_eq!(together(&bytes_of(&task("echo one; printf two"))), b"one\ntwo\n");
}

/// A mebibyte does not fit into all the pipes and buffers in between: the service waits, and nothing is lost.
#[test]
fn a_slow_reader_makes_the_service_wait_and_misses_nothing() {
    let scene = task("seq 100000 199999; echo all >done");
    let mut child = scene.command().spawn().expect("the built binary runs");
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    while !first.contains("[web] 100000") {
        first.clear();
        reader.read_line(&mut first).expect("lines");
    }
    sleep(Duration::from_millis(300));
    assert!(!scene.path("done").exists(), "it would have to be in memory");
    for expected in 100_001..200_000 {
        let mut line = String::new();
        reader.read_line(&mut line).expect("lines");
        assert!(line.ends_with(&format!("Z [web] {expected}\n")), "{expected}: {line}");
        if expected % 20_000 == 0 {
            sleep(Duration::from_millis(50));
        }
    }
    let mut rest = String::new();
    reader.read_to_string(&mut rest).expect("our own last lines");
    assert!(rest.starts_with("[MyCompanyName:DevOps] preflight") && rest.contains("finalize"), "{rest}");
    assert!(child.wait().expect("it ends").success());
}

/// `preflight run … | head -1`: what is not read any more is dropped, and no service hears of it.
#[test]
fn a_reader_that_goes_away_hurts_no_service() {
    let scene = task("seq 100000; echo all >done");
    let mut child = scene.command().spawn().expect("the built binary runs");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
    let outcome: Outcome = child.wait_with_output().expect("it ends").into();
    assert!(scene.path("done").exists());
    outcome.exits(0).says("standard output is closed, and what services write there is dropped");
}

/// Of a single command, the reader is the command's own, as without us: it gets its `SIGPIPE`.
#[test]
fn a_single_commands_reader_is_its_own() {
    let scene = run(&["--no-check", "--", "sh", "-c", "while echo again; do :; done"]);
    let mut child = scene.command().spawn().expect("the built binary runs");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
    let outcome: Outcome = child.wait_with_output().expect("it ends").into();
    assert_eq!((first.as_str(), outcome.code), ("again\n", Some(141)), "{outcome:#?}");
}

#[test]
fn a_full_disk_loses_lines_and_ends_no_service() {
    let scene = task("seq 100000; echo all >done; echo fine >&2");
    let full = File::options().write(true).open("/dev/full").expect("it is there");
    let output = scene.command().stdout(full).output().expect("the built binary runs");
    assert!(scene.path("done").exists());
    Outcome::from(output)
        .exits(0)
        .says("standard output cannot be written to, and lines are lost: No space left")
        .says("Z [web] fine");
}

/// Everything is on one full disk: there is nobody to tell, and it is no reason to end.
#[test]
fn two_full_disks_end_no_service_either() {
    let scene = task("seq 10000; seq 10000 >&2; echo all >done");
    let full = || File::options().write(true).open("/dev/full").expect("it is there");
    let status = scene.command().stdout(full()).stderr(full()).status().expect("the built binary runs");
    assert!(status.success() && scene.path("done").exists(), "{status:?}");
}

#[test]
fn closed_outputs_end_no_service() {
    let scene = task("seq 10000; seq 10000 >&2; echo all >done");
    let inner = scene.command();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "exec \"$@\" >&- 2>&-", "sh"]).arg(inner.get_program()).args(inner.get_args());
    shell.current_dir(inner.get_current_dir().expect("one")).stdin(Stdio::null());
    let status = shell.status().expect("the built binary runs");
    assert!(status.success() && scene.path("done").exists(), "{status:?}");
}

#[test]
fn each_service_may_have_its_own_form() {
    let contract = "services:
  lines: { command: [echo, in lines], once: true }
  json: { command: [echo, in json], once: true, output: json }
  raw: { command: [echo, '{\"as\":\"it is\"}'], once: true, output: raw }
";
    let outcome = run(&["--no-check"]).contract(contract).ends().exits(0).says("Z [lines] in lines\n");
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert!(lines.contains(&"{\"as\":\"it is\"}"), "{outcome:#?}");
    let json =
        lines.iter().find_map(|line| serde_json::from_str::<Value>(line).ok().filter(|o| o["version"] == 1));
    let json = json.expect("a line of JSON");
    assert_eq!((json["service"].as_str(), json["message"].as_str()), (Some("json"), Some("in json")));
    let outcome =
        run(&["--no-check", "--log", "json"]).contract(&contract.replace("json }", "text }")).ends();
    let outcome = outcome.exits(0).says("Z [json] in json\n").says("\"message\":\"in lines\"");
    assert!(outcome.stdout.lines().any(|line| line == "{\"as\":\"it is\"}"), "{outcome:#?}");
}

/// What is still in the pipe when the service ends is not lost with it, however much that is.
#[test]
fn what_was_said_just_before_the_end_is_written() {
    let scene = task("head -c 60000 /dev/zero | tr '\\0' x");
    let mut child = scene.command().spawn().expect("the built binary runs");
    // Nobody reads until everything is in pipes and buffers.
    sleep(Duration::from_millis(300));
    let mut written = Vec::new();
    child.stdout.take().expect("a pipe").read_to_end(&mut written).expect("all");
    assert_eq!(together(&written), [&[b'x'; 60_000][..], b"\n"].concat());
    assert!(child.wait().expect("it ends").success());
}
