//! A real Chromium without a window, driven through its DevTools protocol over two pipes:
//! <https://chromedevtools.github.io/devtools-protocol/>.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

/// On however busy a machine, it answers within this time.
const LONG: Duration = Duration::from_secs(60);

/// One browser with one page.
pub(crate) struct Browser {
    child: Child,
    commands: File,
    messages: Receiver<Value>,
    session: Option<String>,
    last: u64,
    /// What the browser complained about: scripts that failed, what a policy has forbidden.
    pub(crate) complaints: Vec<String>,
    _profile: TempDir,
}

/// Where Chromium is. Without it on this machine there is nothing to look with.
pub(crate) fn program() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.exists());
    if found.is_none() {
        let left_out = std::env::var("PREFLIGHT_TEST_WITHOUT").unwrap_or_default();
        let is_needed = std::env::var_os("PREFLIGHT_TEST_SERVERS").is_some();
        let is_left_out = left_out.split(',').any(|name| name == "chromium");
        assert!(
            !is_needed || is_left_out,
            "chromium is not installed: apt-get install chromium, or --without chromium"
        );
        eprintln!("skipped: chromium is not installed");
    }
    found
}

impl Browser {
    /// Starts it, with an empty page.
    pub(crate) fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let (to, from) = (profile.path().join("to"), profile.path().join("from"));
        for pipe in [&to, &from] {
            mknodat(CWD, pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
        }
        let mut command = Command::new("sh");
        command
            .args(["-c", "exec 3<\"$1\" 4>\"$2\"; shift 2; exec \"$@\"", "sh"])
            .args([&to, &from])
            .arg(program);
        command.args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ]);
        command.args([
            "--no-first-run",
            "--disable-extensions",
            "--disable-background-networking",
            "--no-proxy-server",
        ]);
        command.arg("--remote-debugging-pipe");
        command.arg(format!("--user-data-dir={}", profile.path().join("profile").display()));
        command.env("HOME", profile.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.process_group(0).spawn().expect("a shell");
        let commands = OpenOptions::new().write(true).open(&to).expect("the shell reads");
        let answers = BufReader::new(File::open(&from).expect("the shell writes"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in answers.split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&message) else { continue };
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            child,
            commands,
            messages,
            session: None,
            last: 0,
            complaints: Vec::new(),
            _profile: profile,
        };
        browser.open_page();
        browser
    }

    fn open_page(&mut self) {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached =
            self.call("Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true }));
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
    }

    /// One command, and its result.
    #[track_caller]
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).expect("it reads");
        loop {
            let answer = self.messages.recv_timeout(LONG).unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.note(&answer);
        }
    }

    fn note(&mut self, event: &Value) {
        let complaint = match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => &event["params"]["exceptionDetails"],
            Some("Log.entryAdded") => &event["params"]["entry"],
            _ => return,
        };
        self.complaints.push(complaint.to_string());
    }

    /// The value of an expression on the page.
    #[track_caller]
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", parameters);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Waits for an expression to be true; while a page is loaded, none is.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, expression: &str) {
        crate::run::wait_until(expression, || {
            let parameters = json!({ "expression": expression, "returnByValue": true });
            self.call("Runtime.evaluate", parameters)["result"]["value"] == true
        });
    }

    /// Goes to a page that is this wide, light or dark.
    #[track_caller]
    pub(crate) fn visit(&mut self, address: &str, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
        let gone = self.call("Page.navigate", json!({ "url": address }));
        assert!(gone["errorText"].is_null(), "{address}: {gone}");
        let there = format!("document.readyState === 'complete' && location.href === {}", json!(address));
        self.wait_for(&there);
    }

    /// The whole page, as a PNG in the tests' own folder.
    #[track_caller]
    pub(crate) fn picture(&mut self, name: &str) -> Picture {
        let size = self.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let shot =
            self.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true, "clip": clip }));
        let bytes = BASE64_STANDARD.decode(shot["data"].as_str().expect("a picture")).expect("base64");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("status-page");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("{name}.png")), &bytes).expect("written");
        Picture(bytes)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // All of its processes, however it is.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// A picture in PNG.
pub(crate) struct Picture(Vec<u8>);

impl Picture {
    /// Width and height, from its header (<https://www.w3.org/TR/png/#11IHDR>).
    pub(crate) fn size(&self) -> (u32, u32) {
        assert!(self.0.starts_with(b"\x89PNG\r\n\x1a\n"), "no PNG");
        let number = |at: usize| u32::from_be_bytes(self.0[at..at + 4].try_into().expect("four bytes"));
        (number(16), number(20))
    }

    /// It shows more than one colour: what is empty compresses to almost nothing.
    pub(crate) fn shows_something(&self) -> bool {
        self.0.len() > 20_000
    }
}
