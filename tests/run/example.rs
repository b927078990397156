//! `examples/many-services`, run as its page says: one image, whose services are chosen by a variable.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::consul::{Consul, agent};

/// Nothing takes longer, but what is due at the next full minute.
const LONG: Duration = Duration::from_secs(45);

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/many-services")
}

/// A container of the example's image as far as a folder can be one: ended when dropped.
struct Container {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Container {
    fn start(consul: &Consul, name: &str, environment: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&example().join("code"), folder.path());
        std::fs::copy(example().join("preflight.yaml"), folder.path().join("preflight.yaml"))
            .expect("copied");
        let log = File::create(folder.path().join("log")).expect("a file");
        let [port, other] = free_ports();
        let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
        command.arg("run").current_dir(folder.path()).env_remove("PREFLIGHT_CONFIG");
        command.env("CONTAINER_NAME", format!("pickles-{name}-{environment}"));
        command.env("DEPLOY_ENV", environment).env("CONSUL_HTTP_ADDR", consul.address());
        command.env("WEB_PORT", port.to_string()).env("WEBSOCKETS_PORT", other.to_string());
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("one more")).stderr(log);
        Self { child: command.spawn().expect("the built binary runs"), folder, port }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("written")
    }

    #[track_caller]
    fn says(&self, words: &str) {
        self.says_within(words, LONG);
    }

    #[track_caller]
    fn says_times(&self, words: &str, times: usize) {
        let began = Instant::now();
        while self.log().matches(words).count() < times {
            assert!(began.elapsed() < LONG, "it did not say {words:?} {times} times:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    fn says_within(&self, words: &str, time: Duration) {
        let began = Instant::now();
        while !self.log().contains(words) {
            assert!(began.elapsed() < time, "it never said {words:?}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The names before these words in its own lines.
    fn names(&self, words: &str) -> BTreeSet<String> {
        let log = self.log();
        let own = log.lines().filter_map(|line| line.strip_prefix("[MyCompanyName:DevOps] "));
        own.filter_map(|line| line.split_once(words)).map(|(name, _)| name.to_owned()).collect()
    }

    fn page(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it serves");
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    fn stop(&self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a number");
        kill_process(pid, Signal::TERM).expect("it runs");
    }

    #[track_caller]
    fn ends_with(&mut self, code: i32) {
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(began.elapsed() < LONG, "it does not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.code(), Some(code), "{}", self.log());
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // It has ended already, as it should.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        if entry.path().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
        }
    }
}

fn free_ports() -> [u16; 2] {
    let listeners = [0, 0].map(|port| TcpListener::bind(("127.0.0.1", port)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("its address").port())
}

/// What the example's seed holds, for another environment than its own, but without these keys.
fn seed(consul: &Consul, environment: &str, but: &[&str]) {
    let text = std::fs::read_to_string(example().join("seed.json")).expect("there");
    let seed: Value = serde_json::from_str(&text).expect("JSON");
    for (key, value) in seed["keys"].as_object().expect("keys") {
        let last = key.rsplit('/').next().unwrap_or_default();
        if !but.contains(&last) {
            consul.set(&format!("pickles/{environment}/{last}"), value.as_str().expect("a text"));
        }
    }
    seed["services"].as_array().expect("services").iter().for_each(|service| consul.register(service));
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

const ALL: [&str; 9] =
    ["migrate", "web", "websockets", "worker", "beat", "reader", "dumps", "incremental-dumps", "cleanup"];

#[test]
fn each_container_starts_exactly_its_services_and_ends_with_0() {
    let Some(consul) = agent() else { return };
    seed(consul, "prod", &[]);
    for (name, services) in [
        ("web", &["migrate", "web"][..]),
        ("websockets", &["websockets"]),
        ("worker", &["worker", "beat"]),
        ("reader", &["reader"]),
    ] {
        let mut container = Container::start(consul, name, "prod");
        container.says("all services are ready after");
        assert_eq!(container.names(" started as process"), set(services), "{}", container.log());
        let others: Vec<&str> = ALL.into_iter().filter(|other| !services.contains(other)).collect();
        assert_eq!(container.names(" is not run here: CONTAINER_NAME"), set(&others), "{}", container.log());
        container.stop();
        container.ends_with(0);
        assert!(container.log().contains("[MyCompanyName:DevOps] finalize: lived"), "{}", container.log());
        assert!(!container.log().contains("correct-horse"), "a secret is in\n{}", container.log());
    }
}

#[test]
fn the_web_server_waits_for_the_migrations_serves_and_hears_of_changes() {
    let Some(consul) = agent() else { return };
    seed(consul, "beta", &[]);
    let mut container = Container::start(consul, "web", "beta");
    container.says("web is ready after");
    let log = container.log();
    let place = |words: &str| log.find(words).unwrap_or_else(|| panic!("{words:?} is not in\n{log}"));
    assert!(place("migrate: the schema is up to date") < place("web started as process"), "{log}");
    assert_eq!(log.matches("web waits for migrate").count(), 1, "{log}");
    assert!(container.page("/").ends_with("hello from Consul\n"), "{}", container.page("/"));

    consul.set("pickles/beta/greeting", "hello again");
    container.says("web: settings loaded anew, greeting 'hello again'");
    assert!(container.page("/").ends_with("hello again\n"));
    assert_eq!(container.log().matches("web started as process").count(), 1, "{}", container.log());
    assert_eq!(container.log().matches("migrate: the schema").count(), 1, "{}", container.log());
    container.stop();
    container.ends_with(0);
    assert!(container.log().contains("web: all requests are answered"), "{}", container.log());

    let mut worker = Container::start(consul, "worker", "beta");
    worker.says("worker: takes tasks from pickles\n");
    consul.set("pickles/beta/queue", "gherkins");
    worker.says("worker: the last task is done");
    worker.says("worker: takes tasks from gherkins\n");
    worker.stop();
    worker.ends_with(0);
}

#[test]
fn nothing_is_started_on_missing_keys_and_what_cannot_be_loaded_ends_with_its_code() {
    let Some(consul) = agent() else { return };
    seed(consul, "test", &["secret_key", "queue"]);
    let mut container = Container::start(consul, "web", "test");
    container.says("KEYDOESNOTEXIST_secret_key");
    container.says("KEYDOESNOTEXIST_queue");
    assert_eq!(container.names(" started as process"), set(&[]), "{}", container.log());
    // Good Python, as far as can be seen without running it.
    consul.set("pickles/test/queue", "\" + nobody + \"");
    consul.set("pickles/test/secret_key", "correct-horse");
    container.says("cannot load");
    container.ends_with(22);
    assert!(container.log().contains("migrate is given up: it ended 3 times"), "{}", container.log());
}

#[test]
fn jobs_run_at_their_times_with_the_whole_environment() {
    let Some(consul) = agent() else { return };
    seed(consul, "prod", &[]);
    let mut container = Container::start(consul, "cron", "prod");
    container.says_within("[cleanup] cleanup: nothing is older than thirty days", Duration::from_secs(100));
    assert!(container.folder.path().join("dumps/cleaned").exists());
    container.stop();
    container.ends_with(0);
    assert_eq!(container.names(" started as process"), set(&["cleanup"]), "{}", container.log());
}

#[test]
fn a_name_that_no_service_knows_is_told_and_nothing_starts() {
    let Some(consul) = agent() else { return };
    let mut container = Container::start(consul, "webb", "prod");
    container.ends_with(78);
    assert!(container.log().contains("FAIL env CONTAINER_NAME [env.pattern]"), "{}", container.log());
    assert!(container.log().contains("FAIL run no service is for this container"), "{}", container.log());
    assert!(!container.log().contains("started as process"), "{}", container.log());
}

/// The files of an image, laid over this machine's own in name spaces of their own: a container without an engine, whose
/// first process is ours.
const IMAGE: &str = r#"
set -e
mkdir over
mount -t tmpfs none over
mkdir over/upper over/work over/root
mount -t overlay -o "lowerdir=/,upperdir=$PWD/over/upper,workdir=$PWD/over/work" overlay over/root
cd over/root
mount -t proc proc proc
for folder in dev sys; do mount --rbind "/$folder" "$folder"; done
rm -rf etc/service etc/my_init.d etc/rc.local etc/container_environment code run/preflight
mkdir -p code/pickles usr/local/bin
cp "$EXAMPLE"/code/* code/pickles/
rm -f usr/local/bin/preflight usr/local/bin/consul-template
touch usr/local/bin/preflight
mount --bind "$PREFLIGHT" usr/local/bin/preflight
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
"#;

/// As `before/Dockerfile.preflight` has it.
const OLD: &str = r#"
cp -R "$EXAMPLE/before/services" etc/service
cp "$EXAMPLE/before/rc.local" etc/rc.local
cp "$EXAMPLE/before/run-pickles-command" usr/local/bin/
ln -s preflight usr/local/bin/consul-template
exec chroot . preflight run --services /etc/service
"#;

/// As `Dockerfile` has it.
const NEW: &str = r#"
cp "$EXAMPLE/preflight.yaml" code/pickles/
exec chroot . env -C /code/pickles preflight run
"#;

const SPACES: [&str; 7] = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "sh"];

fn can_lay_over() -> bool {
    let line = "mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/r && mount -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w overlay /mnt/r && mount -t proc proc /mnt/r/proc";
    let mut command = Command::new("unshare");
    command.args(SPACES).args(["-c", line]).stderr(Stdio::null());
    let can = command.status().is_ok_and(|status| status.success());
    if !can {
        eprintln!("skipped: nothing can be laid over the root file system here");
    }
    can
}

impl Container {
    /// The web container of an image, as process 1.
    fn of_image(consul: &Consul, image: &str, environment: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let log = File::create(folder.path().join("log")).expect("a file");
        let [port, _] = free_ports();
        let mut command = Command::new("unshare");
        command.args(SPACES).arg("-c").arg(format!("{IMAGE}{image}")).current_dir(folder.path());
        command.env("EXAMPLE", example().canonicalize().expect("there"));
        command.env("PREFLIGHT", env!("CARGO_BIN_EXE_preflight")).env("WEB_PORT", port.to_string());
        command.env("CONTAINER_NAME", format!("pickles-web-{environment}")).env("DEPLOY_ENV", environment);
        command.env("CONSUL_HTTP_ADDR", consul.address()).env("PYTHONDONTWRITEBYTECODE", "1");
        command.env_remove("PREFLIGHT_CONFIG");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("one more")).stderr(log);
        Self { child: command.spawn().expect("unshare of util-linux"), folder, port }
    }

    /// The process of its web server, as it is seen from here.
    fn web(&self) -> Pid {
        let read = |pid: &str, file: &str| std::fs::read(Path::new("/proc").join(pid).join(file));
        let port = format!("WEB_PORT={}", self.port);
        let is_web = |pid: &str| {
            let has = |file: &str, word: &[u8]| {
                read(pid, file).is_ok_and(|text| text.split(|byte| *byte == 0).any(|found| found == word))
            };
            has("cmdline", b"./web") && has("environ", port.as_bytes())
        };
        let entries = std::fs::read_dir("/proc").expect("it is mounted").flatten();
        let found =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).find(|pid| is_web(pid));
        found.and_then(|pid| pid.parse().ok()).and_then(Pid::from_raw).expect("it runs")
    }

    /// What `docker stop` does to process 1.
    fn stop_process_1(&self) {
        let unshare = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{unshare}/task/{unshare}/children"));
        let first = children.expect("it runs").trim().parse().ok().and_then(Pid::from_raw).expect("a number");
        let inside = std::fs::read_to_string(format!("/proc/{}/status", first.as_raw_nonzero()));
        let inside = inside.expect("it runs");
        assert!(inside.lines().any(|line| line.starts_with("NSpid:") && line.ends_with("\t1")), "{inside}");
        kill_process(first, Signal::TERM).expect("it runs");
    }
}

#[test]
fn the_old_image_runs_unchanged() {
    let Some(consul) = agent() else { return };
    if !can_lay_over() {
        return;
    }
    seed(consul, "old", &["secret_key"]);
    let mut container = Container::of_image(consul, OLD, "old");
    container.says("boot rc.local: enabling web");
    container.says("run-pickles-command: keys are missing in Consul");
    consul.set("pickles/old/secret_key", "correct-horse");
    container.says("web: listening, greeting 'hello from Consul'");
    assert!(container.page("/").ends_with("hello from Consul\n"), "{}", container.page("/"));
    consul.set("pickles/old/greeting", "hello again");
    container.says("web: settings loaded anew, greeting 'hello again'");
    container.stop_process_1();
    container.ends_with(0);
    let log = container.log();
    assert!(log.contains("[web] web: all requests are answered"), "{log}");
    for other in ["websockets", "worker", "beat", "reader", "cron"] {
        assert!(!log.contains(&format!("Z [{other}] ")), "{other} runs:\n{log}");
    }
}

#[test]
fn the_new_image_does_the_same_with_one_file() {
    let Some(consul) = agent() else { return };
    if !can_lay_over() {
        return;
    }
    // An environment of its own, as far as the contract knows any.
    let keys = ["greeting", "secret_key", "queue", "results_queue"];
    seed(consul, "new", &keys);
    let mut refused = Container::of_image(consul, NEW, "new");
    refused.ends_with(1);
    assert!(refused.log().contains("FAIL env DEPLOY_ENV"), "{}", refused.log());

    seed(consul, "prod", &[]);
    let mut container = Container::of_image(consul, NEW, "prod");
    container.says("web: listening, greeting 'hello from Consul'");
    container.says("web is ready after");
    kill_process(container.web(), Signal::KILL).expect("it runs");
    container.says("web died: killed by SIGKILL after");
    container.says("restart 1");
    container.says_times("web is ready after", 2);
    assert!(container.page("/").ends_with("hello from Consul\n"), "{}", container.page("/"));
    container.stop_process_1();
    container.ends_with(0);
    let log = container.log();
    let last = |words: &str| log.rfind(words).unwrap_or_else(|| panic!("{words:?} is not in\n{log}"));
    assert!(last("[web] web: all requests are answered") < last("finalize: lived"), "{log}");
}

#[test]
fn images_are_made_of_what_is_there() {
    let root = example().join("../..");
    for name in ["Dockerfile", "before/Dockerfile"] {
        let text = std::fs::read_to_string(example().join(name)).expect("there");
        let own = text.split_whitespace().filter(|word| word.starts_with("examples/"));
        let copied: Vec<&str> = own.filter(|word| !word.ends_with("Dockerfile")).collect();
        assert!(!copied.is_empty(), "{text}");
        for path in copied {
            assert!(root.join(path).exists(), "{name} copies {path}");
        }
        assert!(text.lines().all(|line| !line.starts_with("FROM") || !line.contains(":latest")), "{text}");
    }
}
