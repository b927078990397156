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
    ("one output that cannot be kept is told, and the others are kept", one_not_kept),
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

fn one_not_kept() {
    const FILES: usize = 40;
    let scene = Scene::new();
    scene.put("v", "1");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}");
    let template =
        |number: usize| format!("template {{ source = \"%/a.ctmpl\" destination = \"%/out/{number}\" }}\n");
    scene.write("c.hcl", &(0..FILES).map(template).collect::<String>());
    let kept = || {
        let entries = scene.path("kept").read_dir().expect("a folder").flatten();
        entries.map(|entry| std::fs::read_to_string(entry.path())).collect::<Vec<_>>()
    };
    let render = || scene.start(&["-config=%/c.hcl", "-last-good=%/kept", "-once"]);
    render().ends_with(0);
    assert_eq!(kept().iter().filter(|text| text.as_ref().is_ok_and(|text| text == "1")).count(), FILES);

    let in_the_way = scene.path("kept").read_dir().expect("a folder").flatten().nth(FILES / 2);
    let in_the_way = in_the_way.expect("an output").path();
    std::fs::remove_file(&in_the_way).expect("it goes");
    std::fs::create_dir(&in_the_way).expect("a folder");
    scene.put("v", "2");
    let mut run = render();
    run.says(&["could not be kept", "it is a folder"]);
    run.ends_with(0);
    assert_eq!(kept().iter().filter(|text| text.as_ref().is_ok_and(|text| text == "2")).count(), FILES - 1);
    assert!((0..FILES).all(|number| scene.read(&format!("out/{number}")) == "2"));
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
