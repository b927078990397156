//! The same bytes after every change: both programs watch the same Consul, and follow it alike.

use libtest_mimic::Trial;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};
use tempfile::TempDir;

use crate::consul::Consul;
use crate::folder;
use crate::peer::Peer;
use crate::{program, same_bytes};

/// How long a change may take until both have written it.
const PATIENCE: Duration = Duration::from_secs(30);

/// One test, which needs the real consul-template: what it wrote once cannot stand in for how it follows.
pub(crate) fn trials(peer: &Peer) -> Vec<Trial> {
    let real = match peer {
        Peer::Real(real) => Some(real.clone()),
        Peer::Kept => None,
    };
    let left_out = real.is_none();
    let prove = move || real.map_or(Ok(()), |real| follow(&real)).map_err(Into::into);
    vec![Trial::test("same changes: every template, change by change", prove).with_ignored_flag(left_out)]
}

/// A change of Consul, and a file with words that show it has arrived.
struct Change {
    title: &'static str,
    make: fn(&Consul) -> Result<(), String>,
    file: &'static str,
    shows: &'static str,
}

const CHANGES: [Change; 8] = [
    Change { title: "a start", make: |_| Ok(()), file: "keys", shows: "plain: value\n" },
    Change {
        title: "a key changes",
        make: |consul| consul.set_key("app/plain", b"changed"),
        file: "keys",
        shows: "plain: changed\n",
    },
    Change {
        title: "a key comes",
        make: |consul| consul.set_key("app/nothing", b"something"),
        file: "keys_absent",
        shows: "default: changed something",
    },
    Change {
        title: "a key goes",
        make: |consul| consul.delete_key("app/list/B"),
        file: "ls",
        shows: "one: a:1;b:2;c:3;",
    },
    Change {
        title: "a folder grows",
        make: |consul| consul.set_key("hosts/mail/address", b"10.0.0.9"),
        file: "explode",
        shows: "mail: address=10.0.0.9",
    },
    Change {
        title: "an instance comes",
        make: |consul| {
            let service =
                json!({ "ID": "shop-z", "Service": "shop", "Port": 8099, "Tags": ["green", "blue"] });
            consul.register(&json!({ "Node": "shop-9", "Address": "10.0.1.9", "Service": service }))
        },
        file: "service",
        shows: "shop-z shop shop-9 10.0.1.9",
    },
    Change {
        title: "an instance is ill",
        make: |consul| {
            let check = json!({ "CheckID": "service:shop-z", "Name": "it", "Status": "critical", "ServiceID": "shop-z" });
            consul.register(&json!({ "Node": "shop-9", "Address": "10.0.1.9", "Checks": [check] }))
        },
        file: "service",
        shows: "shop-z=critical",
    },
    Change {
        title: "a node goes",
        make: |consul| consul.deregister(&json!({ "Node": "shop-2" })),
        file: "nodes",
        shows: "cart-1 lan-1 render shop-1 shop-3 shop-4 shop-9 \n",
    },
];

/// A program at work in a folder of its own; it ends with the test.
struct Watcher {
    child: Child,
    folder: TempDir,
    name: String,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(real: &Path) -> Result<(), String> {
    let consul = same_bytes::seeded(&same_bytes::here().join("seed.json"))?;
    let watchers = [watch(real, &consul)?, watch(&program::ours(), &consul)?];
    for change in &CHANGES {
        (change.make)(&consul)?;
        arrival(change, &watchers)?;
    }
    Ok(())
}

fn watch(program: &Path, consul: &Consul) -> Result<Watcher, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let templates = same_bytes::here().join("templates");
    folder::copy(&templates, &folder.path().join("templates")).map_err(|error| error.to_string())?;
    std::fs::write(folder.path().join("input.txt"), same_bytes::INPUT).map_err(|error| error.to_string())?;
    let block = |name: String| {
        format!("template {{\n  source = \"templates/{name}.ctmpl\"\n  destination = \"out/{name}\"\n}}\n")
    };
    let blocks: String = same_bytes::names_of_templates(&templates).into_iter().map(block).collect();
    std::fs::write(folder.path().join("templates.hcl"), blocks).map_err(|error| error.to_string())?;
    let address = consul.address();
    let arguments = ["-config", "templates.hcl", "-log-level", "err", "-consul-addr", &address];
    let child = program::start(program, folder.path(), &arguments)?;
    Ok(Watcher { child, folder, name: program.display().to_string() })
}

/// Waits until both have written the change, and the same.
fn arrival(change: &Change, watchers: &[Watcher; 2]) -> Result<(), String> {
    let begin = Instant::now();
    loop {
        let told = differences(change, watchers)?;
        if told.is_empty() {
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            let told = told.trim_end();
            return Err(format!("{}: after {} s still:\n{told}", change.title, PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn differences(change: &Change, watchers: &[Watcher; 2]) -> Result<String, String> {
    let [real, ours] = watchers.each_ref().map(|watcher| -> PathBuf { watcher.folder.path().join("out") });
    for (watcher, out) in watchers.iter().zip([&real, &ours]) {
        let text = std::fs::read(out.join(change.file)).unwrap_or_default();
        if !String::from_utf8_lossy(&text).contains(change.shows) {
            return Ok(format!("{} has not written {:?} into {}", watcher.name, change.shows, change.file));
        }
    }
    Ok(folder::difference(&folder::read(&real)?, &folder::read(&ours)?))
}
