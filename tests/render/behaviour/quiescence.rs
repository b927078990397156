//! `wait`: a burst of changes is one write.

use super::Tests;
use super::scene::{Preflight, Scene};

pub(super) const TESTS: Tests = &[
    ("a burst of changes is written once when the data rest", burst),
    ("each template has its own wait", own_wait),
    ("changes without end are written after the longest wait", longest),
    ("without a wait a change is written at once", no_wait),
];

/// A template of which each write leaves a line in `writes`.
fn start(scene: &Scene, wait: &str) -> Preflight {
    scene.put("v", "0");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a:cat %/a >> %/writes; echo >> %/writes", wait]);
    scene.becomes(&run, "writes", "0\n");
    run
}

fn burst() {
    let scene = Scene::new();
    let run = start(&scene, "-wait=2s:60s");
    for value in 1..=20 {
        scene.put("v", &value.to_string());
    }
    scene.holds(&run, "writes", "20\n");
    // Twenty requests to a local Consul take far less than two seconds; a machine that stood still may need one more.
    let writes = scene.read("writes").lines().count();
    assert!(writes <= 3, "{}", scene.read("writes"));
}

fn own_wait() {
    let scene = Scene::new();
    scene.put("v", "0");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    scene.write(
        "c.hcl",
        "template { source = \"%/a.ctmpl\" destination = \"%/patient\" wait { min = \"1h\" } }
         template { source = \"%/a.ctmpl\" destination = \"%/quick\" }",
    );
    let run = scene.start(&["-config=%/c.hcl"]);
    scene.becomes(&run, "patient", "0");
    scene.becomes(&run, "quick", "0");
    scene.put("v", "1");
    scene.becomes(&run, "quick", "1");
    assert_eq!(scene.read("patient"), "0");
}

fn longest() {
    let scene = Scene::new();
    let _run = start(&scene, "-wait=3s:4s");
    let mut value = 0;
    super::waiting::eventually(
        "a value is written while they change",
        || scene.read("writes"),
        || {
            value += 1;
            scene.put("v", &value.to_string());
            std::thread::sleep(std::time::Duration::from_millis(100));
            scene.read("writes").lines().count() > 1
        },
    );
}

fn no_wait() {
    let scene = Scene::new();
    let run = start(&scene, "-wait=0s");
    for value in 1..=5 {
        scene.put("v", &value.to_string());
        scene.holds(&run, "writes", &format!("{value}\n"));
    }
}
