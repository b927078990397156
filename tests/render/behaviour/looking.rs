//! Looking without touching: `-dry` and `-explain`.

use super::Tests;
use super::agent::Agent;
use super::scene::Scene;

pub(super) const TESTS: Tests = &[
    ("dry shows what would change and writes nothing", dry),
    ("dry runs no command and no child", dry_runs_nothing),
    ("dry without once shows each change", dry_goes_on),
    ("explain lists every dependency with its line, state and index", explain),
    ("explain tells what cannot be had, and why", explain_lack),
];

fn dry() {
    let scene = Scene::new();
    scene.put("v", "new");
    scene.write("a.ctmpl", "same\n{{ key \"@/v\" }}\n");
    scene.write("a", "same\nold\n");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-template=%/a.ctmpl:%/b", "-dry", "-once"]);
    run.ends_with(0);
    let printed = run.printed();
    assert!(printed.contains("-old\n+new\n"), "{printed}");
    assert!(printed.contains("/b\n"), "{printed}");
    assert_eq!(scene.read("a"), "same\nold\n");
    assert!(!scene.path("b").exists());
}

fn dry_runs_nothing() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "text");
    let arguments = ["-template=%/a.ctmpl:%/a:touch %/ran", "-exec=touch %/ran", "-dry", "-once"];
    scene.start(&arguments).ends_with(0);
    assert!(!scene.path("ran").exists());
}

fn dry_goes_on() {
    let scene = Scene::new();
    scene.put("v", "first");
    scene.write("a.ctmpl", "{{ key \"@/v\" }}\n");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-dry"]);
    let shows = |text: &str| {
        super::waiting::eventually(text, || run.printed(), || run.printed().contains(text));
    };
    shows("+first");
    scene.put("v", "second");
    shows("+second");
    assert!(!scene.path("a").exists());
}

fn explain() {
    let scene = Scene::new();
    scene.put("v", "1");
    scene.put("tree/a", "1");
    Agent::shared().register(&format!("{}-web", scene.name), "10.0.0.1");
    scene.write("data", "text");
    scene.write(
        "a.ctmpl",
        "{{ key \"@/v\" }}\n{{ range tree \"@/tree\" }}{{ end }}\n{{ range service \"@-web\" }}{{ end }}\n{{ file \"%/data\" }}",
    );
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-explain"]);
    run.ends_with(0);
    let printed = run.printed();
    let line = |parts: &[&str]| {
        let found = printed.lines().find(|line| parts.iter().all(|part| line.contains(part)));
        found.unwrap_or_else(|| panic!("no line with {parts:?} in\n{printed}")).to_owned()
    };
    line(&["a.ctmpl", "complete"]);
    for parts in [["line    1", "/v)"], ["line    2", "/tree)"], ["line    3", "-web"]] {
        let told = line(&parts);
        assert!(told.contains("index ") && !told.contains("index 0 ") && told.contains("age "), "{told}");
    }
    line(&["line    4", "/data"]);
    assert!(!scene.path("a").exists());
}

fn explain_lack() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "{{ key \"@/none\" }}");
    let arguments = ["-template=%/a.ctmpl:%/a", "-explain", "-missing-after=1s"];
    let mut run = scene.start(&arguments);
    run.ends_with(14);
    assert!(run.printed().contains("absent"), "{}", run.printed());
    let nowhere = Scene::at("127.0.0.1:1");
    nowhere.write("a.ctmpl", "{{ key \"x\" }}");
    let mut run = nowhere.start(&arguments);
    run.ends_with(14);
    assert!(run.printed().contains("tcp.refused"), "{}", run.printed());
}
