//! How many connections a template costs.

use std::collections::HashSet;
use std::fmt::Write;

use super::Tests;
use super::agent::Agent;
use super::scene::{Preflight, Scene};
use super::waiting::eventually;

pub(super) const TESTS: Tests = &[
    ("a template with a hundred keys holds at most three connections", hundred_keys),
    ("a template with many services holds no more connections than are allowed", many_services),
];

/// How many connections to that port a process holds, by the system's own tables.
fn held(run: &Preflight, port: u16) -> usize {
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{}/fd", run.pid())) else { return 0 };
    let sockets: HashSet<String> = descriptors
        .flatten()
        .filter_map(|entry| entry.path().read_link().ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the system's table");
    let remote = format!(":{port:04X}");
    let is_ours = |line: &&str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        columns.len() > 9
            && columns[2].ends_with(&remote)
            && columns[3] == "01"
            && sockets.contains(columns[9])
    };
    table.lines().skip(1).filter(is_ours).count()
}

fn hundred_keys() {
    let scene = Scene::new();
    let (mut template, mut expected) = (String::new(), String::new());
    for number in 0..100 {
        // Below several folders, as in life.
        let key = format!("{}/key{number}", ["db", "http", "queue", "cache"][number % 4]);
        scene.put(&key, &number.to_string());
        let _ = writeln!(template, "{{{{ key \"@/{key}\" }}}}");
        let _ = writeln!(expected, "{number}");
    }
    scene.write("a.ctmpl", &template);
    let run = scene.start(&["-template=%/a.ctmpl:%/a"]);
    let mut most = 0;
    let port = Agent::shared().port;
    eventually(
        "the file is there",
        || run.said(),
        || {
            most = most.max(held(&run, port));
            scene.read("a") == expected
        },
    );
    scene.put("db/key0", "new");
    eventually(
        "the change is there",
        || run.said(),
        || {
            most = most.max(held(&run, port));
            scene.read("a").starts_with("new\n1\n")
        },
    );
    assert!((1..=3).contains(&most), "{most} connections");
}

fn many_services() {
    let scene = Scene::new();
    let mut template = String::new();
    for number in 0..20 {
        let service = format!("{}-s{number}", scene.name);
        Agent::shared().register(&service, &format!("10.0.1.{number}"));
        let _ = writeln!(template, "{{{{ range service \"@-s{number}\" }}}}{{{{ .Address }}}}{{{{ end }}}}");
    }
    scene.write("a.ctmpl", &template);
    scene.write("c.hcl", "consul { transport { max_conns_per_host = 4 } }");
    let run = scene.start(&["-config=%/c.hcl", "-template=%/a.ctmpl:%/a"]);
    let (mut most, port) = (0, Agent::shared().port);
    eventually(
        "the file is there",
        || run.said(),
        || {
            most = most.max(held(&run, port));
            scene.read("a").contains("10.0.1.19")
        },
    );
    // One that no connection waits for is asked now and then.
    for number in [0, 7, 19] {
        Agent::shared().register(&format!("{}-s{number}", scene.name), &format!("10.0.2.{number}"));
        eventually(
            "its change is there",
            || run.said(),
            || {
                most = most.max(held(&run, port));
                scene.read("a").contains(&format!("10.0.2.{number}"))
            },
        );
    }
    assert!((1..=4).contains(&most), "{most} connections");
}
