//! `-last-good`: a start while Consul is away uses what an earlier run rendered.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::Tests;
use super::agent::Agent;
use super::scene::Scene;

pub(super) const TESTS: Tests = &[
    (
        "a start without Consul renders the last good output, says so, and is new when Consul is back",
        starts_without,
    ),
    ("without a last good output a start waits for Consul", nothing_to_start_from),
];

fn starts_without() {
    let agent = Agent::start(&json!({}));
    agent.put("app/port", "80");
    let scene = Scene::at(&agent.address());
    scene.write("a.ctmpl", "{{ key \"app/port\" }}");
    let arguments = ["-template=%/a.ctmpl:%/a", "-last-good=%/kept", "-consul-retry-attempts=2"];
    scene.start(&[&arguments[..], &["-once"]].concat()).ends_with(0);
    assert_eq!(scene.read("a"), "80");
    let mode = |path: &std::path::Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&scene.path("kept")), 0o700);
    let kept: Vec<_> = scene.path("kept").read_dir().expect("a folder").flatten().collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(mode(&kept[0].path()), 0o600);

    agent.stop();
    std::fs::remove_file(scene.path("a")).expect("the file of the earlier run");
    let mut run = scene.start(&arguments);
    scene.becomes(&run, "a", "80");
    run.says(&["a.ctmpl", "render.last_good", "earlier run"]);
    agent.run();
    agent.put("app/port", "81");
    scene.becomes(&run, "a", "81");
    assert_eq!(run.count(&["render.last_good"]), 1, "{}", run.said());
    run.signal("TERM");
    run.ends_with(0);

    agent.stop();
    std::fs::remove_file(scene.path("a")).expect("the file of the earlier run");
    let run = scene.start(&arguments);
    scene.becomes(&run, "a", "81");
}

fn nothing_to_start_from() {
    let agent = Agent::not_yet(&json!({}));
    let scene = Scene::at(&agent.address());
    scene.write("a.ctmpl", "{{ key \"app/port\" }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-last-good=%/kept", "-missing-after=300ms"]);
    run.says(&["render.waiting", "kv.block(app/port)"]);
    assert!(!scene.path("a").exists());
    agent.run();
    agent.put("app/port", "80");
    scene.becomes(&run, "a", "80");
}
