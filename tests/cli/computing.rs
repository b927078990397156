//! A template that computes for long keeps nobody waiting: signals are heard, and the child hears them.

use std::io::Read;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::preflight;

/// Longer than anybody waits.
const ENDLESS: &str =
    "{{ spew_dump \"computing\" }}{{ range loop 1000000 }}{{ range loop 1000000 }}{{ end }}{{ end }}";

/// What a machine may need at most, however busy it is.
const GENEROUS: Duration = Duration::from_secs(60);

/// Reads until the template says that it computes.
fn computes(output: &mut ChildStdout) {
    let mut said = Vec::new();
    let mut byte = [0];
    while !said.ends_with(b"computing") {
        assert_eq!(output.read(&mut byte).expect("its output"), 1, "{}", String::from_utf8_lossy(&said));
        said.push(byte[0]);
    }
}

/// Its code after SIGTERM; none when it had to be killed.
fn stopped(mut child: Child) -> Option<i32> {
    let status = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
    let since = Instant::now();
    loop {
        match child.try_wait().expect("our child") {
            Some(status) => return status.code(),
            None if since.elapsed() < GENEROUS => std::thread::sleep(Duration::from_millis(10)),
            None => {
                child.kill().expect("our child");
                return child.wait().expect("our child").code();
            }
        }
    }
}

#[test]
fn sigterm_ends_the_rendering() {
    for more in [&["-once"][..], &[]] {
        let run = preflight().file("in", ENDLESS).args(&["render", "-template", "in:out"]).args(more);
        let mut child = run.command().stdout(Stdio::piped()).spawn().expect("it runs");
        computes(child.stdout.as_mut().expect("its output"));
        assert_eq!(stopped(child), Some(0));
    }
}

#[test]
fn sigterm_reaches_the_child_of_exec_mode() {
    let template = format!("{{{{ if eq (file \"input\") \"go\" }}}}{ENDLESS}{{{{ end }}}}");
    let script = "trap 'exit 7' TERM\n: >ready\nwhile :; do sleep 600 & wait $!; done\n";
    let run = preflight().file("in", &template).file("input", "wait").file("child.sh", script);
    let run = run.args(&["render", "-template", "in:out", "-exec", "exec sh child.sh"]);
    let mut command = run.command();
    let folder = command.get_current_dir().expect("a folder of its own").to_owned();
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
    while !folder.join("ready").exists() {
        assert!(child.try_wait().expect("our child").is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::fs::write(folder.join("next"), "go").expect("written");
    std::fs::rename(folder.join("next"), folder.join("input")).expect("renamed");
    computes(child.stdout.as_mut().expect("its output"));
    assert_eq!(stopped(child), Some(7));
}
