//! Exec mode: one child beside the rendering, from its start to its end.

use super::Tests;
use super::scene::{Preflight, Scene, lives, signal};
use super::waiting::eventually;

pub(super) const TESTS: Tests = &[
    ("the child starts only when everything is rendered", starts_when_all_is_rendered),
    ("the child is told of a change with the reload signal", reload_signal),
    ("without a reload signal the child is started again", restart),
    ("a change during the splay is written at once", change_during_splay),
    ("SIGTERM is obeyed at once during the splay", term_during_splay),
    ("the child's exit code is the program's", exit_code),
    ("a child that is killed by a signal ends the program with 128 and its number", killed_child),
    ("signals are passed on to the child", forwarded),
    ("SIGTERM ends the child in order", term),
    ("a child that does not end in time is killed", kill_timeout),
    ("a stop by the kill signal is a clean end", clean_stop),
    ("nothing that the child has started is left", no_orphan),
    ("a process that has left the child's group is ended too", no_daemon),
    ("a child that cannot be started ends the program with 14", cannot_start),
    ("SIGTERM before everything is rendered ends the program", term_before_start),
    ("SIGHUP with a broken template keeps the child and says what is wrong", broken_template),
    ("SIGHUP with a broken configuration keeps the child and says what is wrong", broken_configuration),
    ("SIGHUP with another configuration is applied", new_configuration),
    ("SIGHUP with another command starts that instead", new_command),
    ("the child's variables are as configured", environment),
    ("a kill signal of one's own choice is heard", own_kill_signal),
    ("Consul going away does not touch the child", outage),
    ("with once the child is started after the files", exec_with_once),
    ("as PID 1 zombies are reaped and the child's end is the program's", as_first_process),
];

/// Leaves a line in `events` for its start, each signal that it minds, and its end by TERM or INT with 3.
const CHILD: &str = "trap 'echo hup >> %/events' HUP
trap 'echo usr1 >> %/events' USR1
trap 'echo term >> %/events; exit 3' TERM
trap 'echo int >> %/events; exit 0' INT
echo \"start $(cat %/a)\" >> %/events
while :; do sleep 1000 & wait $!; done";

/// A scene with one key, one template and the child.
fn stage() -> Scene {
    let scene = Scene::new();
    scene.put("v", "1");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    scene.script("child.sh", CHILD);
    scene
}

fn start(scene: &Scene, more: &[&str]) -> Preflight {
    let run = scene.start(&[&["-template=%/a.ctmpl:%/a", "-exec=%/child.sh"], more].concat());
    scene.becomes(&run, "events", "start 1\n");
    run
}

fn pid_of_child(run: &Preflight) -> u32 {
    run.says(&["started", "as process"]);
    let said = run.said();
    let line = said.lines().rfind(|line| line.contains("as process")).expect("it was said");
    line.rsplit(' ').next().and_then(|pid| pid.parse().ok()).expect("a number")
}

fn starts_when_all_is_rendered() {
    let scene = stage();
    scene.write("b.ctmpl", "{{ key \"@/late\" }}");
    scene.script("look.sh", "cat %/a %/b > %/seen");
    let arguments =
        ["-template=%/a.ctmpl:%/a", "-template=%/b.ctmpl:%/b", "-exec=%/look.sh", "-missing-after=100ms"];
    let mut run = scene.start(&arguments);
    scene.becomes(&run, "a", "1");
    run.says(&["render.missing", "/late"]);
    assert_eq!(scene.read("seen"), "");
    scene.put("late", "2");
    run.ends_with(0);
    assert_eq!(scene.read("seen"), "12");
}

fn reload_signal() {
    let scene = stage();
    let run = start(&scene, &["-exec-reload-signal=SIGHUP"]);
    scene.put("v", "2");
    scene.becomes(&run, "events", "start 1\nhup\n");
    assert_eq!(scene.read("a"), "2");
}

fn restart() {
    let scene = stage();
    let run = start(&scene, &[]);
    scene.put("v", "2");
    scene.becomes(&run, "events", "start 1\nint\nstart 2\n");
    // One that leaves the signal to the system, as most do, is killed by it: what we asked for is no news.
    scene.script("plain.sh", "echo \"plain $(cat %/a)\" >> %/events\nexec sleep 1000");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-exec=%/plain.sh", "-log-level=info"]);
    scene.becomes(&run, "events", "start 1\nint\nstart 2\nplain 2\n");
    scene.put("v", "3");
    run.says(&["INFO", "render.child", "to be started again"]);
    run.says(&["INFO", "render.child", "was killed by SIGINT"]);
    assert_eq!(run.count(&["WARN"]), 0, "{}", run.said());
}

fn change_during_splay() {
    let scene = stage();
    let run = start(&scene, &["-exec-splay=24h", "-exec-reload-signal=SIGHUP"]);
    scene.put("v", "2");
    scene.becomes(&run, "a", "2");
    run.says(&["is told of the change in"]);
    scene.put("v", "3");
    scene.becomes(&run, "a", "3");
    assert_eq!(scene.read("events"), "start 1\n");
}

fn term_during_splay() {
    let scene = stage();
    let mut run = start(&scene, &["-exec-splay=24h", "-exec-reload-signal=SIGHUP"]);
    scene.put("v", "2");
    run.says(&["is told of the change in"]);
    run.signal("TERM");
    run.ends_with(3);
    assert_eq!(scene.read("events"), "start 1\nterm\n");
}

fn exit_code() {
    let scene = stage();
    scene.start(&["-template=%/a.ctmpl:%/a", "-exec=exit 42"]).ends_with(42);
    scene.start(&["-template=%/a.ctmpl:%/a", "-exec=true"]).ends_with(0);
}

fn killed_child() {
    let scene = stage();
    let mut run = start(&scene, &[]);
    signal(pid_of_child(&run), "KILL");
    run.ends_with(128 + 9);
}

fn forwarded() {
    let scene = stage();
    let mut run = start(&scene, &[]);
    run.signal("USR1");
    scene.becomes(&run, "events", "start 1\nusr1\n");
    assert!(run.is_running());
}

fn term() {
    let scene = stage();
    let mut run = start(&scene, &[]);
    run.signal("TERM");
    run.ends_with(3);
    assert_eq!(scene.read("events"), "start 1\nterm\n");
}

fn kill_timeout() {
    let scene = stage();
    scene.script(
        "deaf.sh",
        "trap '' TERM INT\necho $$ > %/pid\necho ready > %/ready\nwhile :; do sleep 1000; done",
    );
    let arguments = ["-template=%/a.ctmpl:%/a", "-exec=%/deaf.sh", "-exec-kill-timeout=300ms"];
    let mut run = scene.start(&arguments);
    scene.becomes(&run, "ready", "ready\n");
    run.signal("TERM");
    run.ends_with(128 + 9);
    run.says(&["WARN", "did not end in time", "killed"]);
    assert!(!lives(scene.read("pid").trim().parse().expect("a number")));
}

fn clean_stop() {
    let scene = stage();
    let mut run = start(&scene, &[]);
    run.signal("INT");
    run.ends_with(0);
    assert_eq!(scene.read("events"), "start 1\nint\n");
}

fn no_orphan() {
    let scene = stage();
    scene.script("parent.sh", "sleep 1000 & echo $! > %/grandchild\n(sleep 1001 & echo $! > %/deeper)\necho > %/ready\nread line < %/fifo");
    let made = std::process::Command::new("mkfifo").arg(scene.path("fifo")).status();
    assert!(made.is_ok_and(|status| status.success()));
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-exec=%/parent.sh"]);
    scene.becomes(&run, "ready", "\n");
    let pids = ["grandchild", "deeper"].map(|name| scene.read(name).trim().parse().expect("a number"));
    assert!(pids.iter().all(|pid| lives(*pid)));
    // It ends by itself, and leaves them behind.
    std::fs::write(scene.path("fifo"), "go\n").expect("a reader");
    run.ends_with(0);
    assert!(!pids.iter().any(|pid| lives(*pid)), "{}", run.said());
}

fn no_daemon() {
    let scene = stage();
    scene.script("daemon.sh", "echo $$ > %/daemon\nexec sleep 1000");
    scene.script("parent.sh", "setsid %/daemon.sh & \nwhile :; do sleep 1000 & wait $!; done");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-exec=%/parent.sh"]);
    eventually("the daemon runs", || run.said(), || scene.read("daemon").ends_with('\n'));
    let daemon = scene.read("daemon").trim().parse().expect("a number");
    assert!(lives(daemon));
    run.signal("TERM");
    run.ends_with(128 + 15);
    assert!(!lives(daemon), "{}", run.said());
    run.says(&["left 1 processes behind"]);
}

fn cannot_start() {
    let scene = stage();
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-exec=%/nothing"]);
    run.ends_with(14);
    run.says(&["ERROR", "render.child", "nothing"]);
}

fn term_before_start() {
    let scene = stage();
    scene.write("b.ctmpl", "{{ key \"@/never\" }}");
    let mut run = scene.start(&["-template=%/b.ctmpl:%/b", "-exec=%/child.sh", "-missing-after=50ms"]);
    run.says(&["render.missing"]);
    run.signal("TERM");
    run.ends_with(0);
    assert_eq!(scene.read("events"), "");
}

fn with_file(scene: &Scene) -> Preflight {
    scene.write("c.hcl", "template { source = \"%/a.ctmpl\" destination = \"%/a\" }\nexec { command = \"%/child.sh\" reload_signal = \"SIGUSR1\" }");
    let run = scene.start(&["-config=%/c.hcl"]);
    scene.becomes(&run, "events", "start 1\n");
    run
}

fn broken_template() {
    let scene = stage();
    let run = with_file(&scene);
    scene.write("a.ctmpl", "{{ key \"@/v\" }}\n{{ nothing }}");
    run.signal("HUP");
    run.says(&["ERROR", "render.template_invalid", "a.ctmpl:2", "nothing"]);
    run.says(&["WARN", "render.child", "runs on unchanged"]);
    // The old template still renders, and the old child is still told.
    scene.put("v", "2");
    scene.becomes(&run, "events", "start 1\nusr1\n");
    assert_eq!(scene.read("a"), "2");
}

fn broken_configuration() {
    let scene = stage();
    let run = with_file(&scene);
    scene.write("c.hcl", "tempalte { }");
    run.signal("HUP");
    run.says(&["FAIL", "tempalte", "template"]);
    run.says(&["WARN", "render.child", "runs on unchanged"]);
    scene.put("v", "2");
    scene.becomes(&run, "events", "start 1\nusr1\n");
}

fn new_configuration() {
    let scene = stage();
    let run = with_file(&scene);
    let text = std::fs::read_to_string(scene.path("c.hcl")).expect("the file");
    scene.write(
        "c.hcl",
        &format!(
            "{text}\ntemplate {{ contents = \"new {{{{ key \\\"@/v\\\" }}}}\" destination = \"%/new\" }}"
        ),
    );
    run.signal("HUP");
    scene.becomes(&run, "new", "new 1");
    scene.becomes(&run, "events", "start 1\nusr1\n");
    scene.put("v", "2");
    scene.becomes(&run, "new", "new 2");
    scene.becomes(&run, "a", "2");
}

fn new_command() {
    let scene = stage();
    let mut run = with_file(&scene);
    scene.script("other.sh", "echo other >> %/events; exit 5");
    let text = std::fs::read_to_string(scene.path("c.hcl")).expect("the file");
    scene.write("c.hcl", &text.replace("child.sh", "other.sh"));
    run.signal("HUP");
    run.ends_with(5);
    assert_eq!(scene.read("events"), "start 1\nint\nother\n");
}

fn environment() {
    let scene = stage();
    scene.script("env.sh", "env | sort > %/env");
    let look = |more: &[&str]| {
        let arguments = [&["-template=%/a.ctmpl:%/a", "-exec=%/env.sh"], more].concat();
        scene.start_with(&arguments, &[("KEEP_THIS", "1"), ("SECRET_THAT", "2")]).ends_with(0);
        let names = scene.read("env");
        let names = names.lines().filter_map(|line| line.split_once('=').map(|(name, _)| name.to_owned()));
        names
            .filter(|name| ["KEEP_THIS", "SECRET_THAT", "MADE", "PATH"].contains(&name.as_str()))
            .collect::<Vec<_>>()
    };
    assert_eq!(look(&["-exec-env-custom=MADE=3"]), ["KEEP_THIS", "MADE", "PATH", "SECRET_THAT"]);
    assert_eq!(look(&["-exec-env-denylist=SECRET_*"]), ["KEEP_THIS", "PATH"]);
    assert_eq!(look(&["-exec-env-allowlist=KEEP_*", "-exec-env-custom=MADE=3"])[..2], ["KEEP_THIS", "MADE"]);
    let pristine = look(&["-exec-env-pristine", "-exec-env-custom=MADE=3"]);
    assert!(
        !pristine.contains(&"KEEP_THIS".to_owned()) && pristine.contains(&"MADE".to_owned()),
        "{pristine:?}"
    );
}

fn own_kill_signal() {
    let scene = stage();
    // One that is otherwise not passed on.
    let mut run = start(&scene, &["-kill-signal=SIGXCPU"]);
    run.signal("XCPU");
    run.ends_with(0);
    assert_eq!(scene.read("events"), "start 1\nint\n");
    let mut alone = scene.start(&["-template=%/a.ctmpl:%/b", "-kill-signal=SIGXCPU"]);
    scene.becomes(&alone, "b", "1");
    alone.signal("XCPU");
    alone.ends_with(0);
}

fn outage() {
    let agent = super::agent::Agent::start(&serde_json::json!({}));
    let scene = Scene::at(&agent.address());
    agent.put("v", "1");
    scene.write("a.ctmpl", "{{ key \"v\" }}");
    scene.script("child.sh", CHILD);
    let mut run = start(&scene, &["-consul-retry-attempts=1", "-exec-reload-signal=SIGHUP"]);
    agent.stop();
    run.says(&["render.outage", "stay"]);
    run.signal("USR1");
    scene.becomes(&run, "events", "start 1\nusr1\n");
    agent.run();
    agent.put("v", "2");
    scene.becomes(&run, "events", "start 1\nusr1\nhup\n");
    assert!(run.is_running());
}

fn exec_with_once() {
    let scene = stage();
    scene.start(&["-template=%/a.ctmpl:%/a", "-exec=cp %/a %/seen; exit 4", "-once"]).ends_with(4);
    assert_eq!(scene.read("seen"), "1");
}

fn as_first_process() {
    let scene = stage();
    // Its child leaves grandchildren that end at once; nobody but the first process can reap those.
    scene.script(
        "parent.sh",
        "for i in 1 2 3 4 5; do (true &) ; done
while :; do
  zombies=$(grep -l '^State:.Z' /proc/[0-9]*/status 2> /dev/null | wc -l)
  [ -e %/first ] || echo $$ > %/first
  [ \"$zombies\" = 0 ] && break
  sleep 0.05
done
exit 6",
    );
    let program = env!("CARGO_BIN_EXE_preflight");
    let consul = format!("-consul-addr={}", super::agent::Agent::shared().address());
    let arguments = [
        "--pid",
        "--fork",
        "--mount-proc",
        program,
        "render",
        &consul,
        "-template=%/a.ctmpl:%/a",
        "-exec=%/parent.sh",
    ];
    let allowed =
        std::process::Command::new("unshare").args(["--pid", "--fork", "--mount-proc", "true"]).output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        println!("skipped, since this user may not make a namespace: as PID 1");
        return;
    }
    let mut run = scene.bare(std::path::Path::new("/usr/bin/unshare"), &arguments, &[]);
    run.ends_with(6);
    assert_ne!(scene.read("first"), "", "{}", run.said());
}
