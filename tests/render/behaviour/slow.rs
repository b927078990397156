//! A network that is slow, parted or cut, as a proxy before Consul makes it.

use std::time::Duration;

use super::Tests;
use super::agent::Agent;
use super::proxy::{Mode, Proxy};
use super::scene::{Preflight, Scene};

pub(super) const TESTS: Tests = &[
    ("a slow network delays and breaks nothing", delayed),
    ("a parted network is told, changes no file, and heals", parted),
    ("a network that cuts every connection is told, makes no busy loop, and heals", cut),
    ("at rest nothing is asked", at_rest),
];

fn stage() -> (Proxy, Scene) {
    let proxy = Proxy::before(Agent::shared().port);
    let scene = Scene::at(&proxy.address());
    scene.put("port", "80");
    scene.write("a.ctmpl", "{{ key \"@/port\" }}");
    scene.write(
        "c.hcl",
        "block_query_wait = \"1s\"\ntemplate { source = \"%/a.ctmpl\" destination = \"%/a\" }",
    );
    (proxy, scene)
}

fn heals(proxy: &Proxy, scene: &Scene, run: &Preflight) {
    assert_eq!(scene.read("a"), "80");
    scene.put("port", "81");
    proxy.set(Mode::Pass);
    scene.becomes(run, "a", "81");
    run.says(&["render.recovered"]);
    scene.put("port", "82");
    scene.becomes(run, "a", "82");
}

fn delayed() {
    let (proxy, scene) = stage();
    proxy.set(Mode::Delay(Duration::from_millis(700)));
    let run = scene.start(&["-config=%/c.hcl", "-missing-after=100ms"]);
    run.says(&["render.waiting", "has not been answered"]);
    scene.becomes(&run, "a", "80");
    scene.put("port", "81");
    scene.becomes(&run, "a", "81");
    assert_eq!(run.count(&["render.outage"]), 0, "{}", run.said());
}

fn parted() {
    let (proxy, scene) = stage();
    let mut run = scene.start(&["-config=%/c.hcl"]);
    scene.becomes(&run, "a", "80");
    proxy.set(Mode::Swallow);
    run.says(&["render.outage", "timeout", "the last good files stay"]);
    assert!(run.is_running());
    heals(&proxy, &scene, &run);
}

fn cut() {
    let (proxy, scene) = stage();
    let run = scene.start(&["-config=%/c.hcl"]);
    scene.becomes(&run, "a", "80");
    proxy.set(Mode::Cut);
    run.says(&["render.outage"]);
    let before = proxy.connections();
    let measured = Duration::from_secs(3);
    std::thread::sleep(measured);
    // 300 ms is the configured pause, a quarter less by chance, for each of at most three connections.
    let most = measured.as_millis() as usize / 225 * 3 + 6;
    let tried = proxy.connections() - before;
    assert!((1..=most).contains(&tried), "{tried} connections in {measured:?}: {}", run.said());
    heals(&proxy, &scene, &run);
}

/// With waits of a minute a template at rest is one or two questions under way, and no more of them.
fn at_rest() {
    let (proxy, scene) = stage();
    let run = scene.start(&["-template=%/a.ctmpl:%/a"]);
    scene.becomes(&run, "a", "80");
    std::thread::sleep(Duration::from_secs(1));
    let before = proxy.requests();
    std::thread::sleep(Duration::from_secs(3));
    let asked = proxy.requests() - before;
    assert!(asked <= 3, "{asked} questions in three seconds of rest");
}
