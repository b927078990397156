//! Templates that fail: while data arrive that is no fault, and afterwards the last good file stays.

use super::Tests;
use super::scene::Scene;

pub(super) const TESTS: Tests = &[
    ("an error while data are still arriving is no error", pending),
    ("an error with all data there ends the start with 14 and its line", fatal_at_first),
    ("an error that is not fatal is told, and rendered when it is mended", not_fatal),
    ("an error after the first file keeps it, is told once, and heals", keeps_the_last_good),
    ("one failing template does not hold up the others", others_go_on),
    ("a function that is denied fails and says so", denied),
    ("file cannot leave the sandbox", sandbox),
    ("a file that a template reads is watched", watched_file),
    ("a template runs again only when what it reads has changed", runs_only_if_changed),
    ("a missing map key is an error where that is asked for", missing_map_key),
    ("dependencies that depend on values are followed", dependent),
];

fn pending() {
    let scene = Scene::new();
    scene.put("list", "a,b,c");
    // Before the key is known its value is empty, and has no third part.
    scene.write("a.ctmpl", "{{ index (split \",\" (key \"@/list\")) 2 }}");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once"]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), "c");
    assert_eq!(run.count(&["ERROR"]), 0, "{}", run.said());
}

fn fatal_at_first() {
    let scene = Scene::new();
    scene.put("number", "no number");
    scene.write("a.ctmpl", "\n{{ parseInt (key \"@/number\") }}");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a"]);
    run.ends_with(14);
    run.says(&["ERROR", "render.template_failed", "a.ctmpl:2", "parseInt"]);
}

fn not_fatal() {
    let scene = Scene::new();
    scene.put("number", "no number");
    scene.write("a.ctmpl", "{{ parseInt (key \"@/number\") }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-template-error-fatal=false"]);
    run.says(&["render.template_failed", "parseInt", "hint:"]);
    scene.put("number", "7");
    scene.becomes(&run, "a", "7");
}

fn keeps_the_last_good() {
    let scene = Scene::new();
    scene.put("number", "7");
    scene.put("other", "1");
    scene.write("a.ctmpl", "{{ parseInt (key \"@/number\") }}");
    scene.write("b.ctmpl", "{{ key \"@/other\" }}");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-template=%/b.ctmpl:%/b"]);
    scene.becomes(&run, "a", "7");
    scene.becomes(&run, "b", "1");
    scene.put("number", "no number");
    run.says(&["ERROR", "render.template_failed", "last good file stays"]);
    for value in 2..5 {
        scene.put("other", &value.to_string());
        scene.becomes(&run, "b", &value.to_string());
    }
    assert_eq!(run.count(&["render.template_failed"]), 1, "{}", run.said());
    assert_eq!(scene.read("a"), "7");
    assert!(run.is_running());
    scene.put("number", "8");
    scene.becomes(&run, "a", "8");
}

fn others_go_on() {
    let scene = Scene::new();
    scene.put("v", "1");
    scene.write("a.ctmpl", "{{ key \"@/never\" }}");
    scene.write("b.ctmpl", "{{ key \"@/v\" }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-template=%/b.ctmpl:%/b"]);
    scene.becomes(&run, "b", "1");
    scene.put("v", "2");
    scene.becomes(&run, "b", "2");
    assert!(!scene.path("a").exists());
}

fn denied() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "{{ plugin \"%/evil.sh\" }}");
    scene.script("evil.sh", "touch %/evil");
    scene.write(
        "c.hcl",
        "template { source = \"%/a.ctmpl\" destination = \"%/a\" function_denylist = [\"plugin\"] }",
    );
    let mut run = scene.start(&["-config=%/c.hcl", "-once"]);
    run.ends_with(14);
    run.says(&["ERROR", "plugin", "function is disabled"]);
    assert!(!scene.path("evil").exists());
}

fn sandbox() {
    let scene = Scene::new();
    scene.write("box/inside", "fine");
    scene.write("outside", "secret");
    let template = |file: &str| {
        scene.write("a.ctmpl", &format!("{{{{ file \"{file}\" }}}}"));
        scene.write(
            "c.hcl",
            "template { source = \"%/a.ctmpl\" destination = \"%/a\" sandbox_path = \"%/box\" }",
        );
        scene.start(&["-config=%/c.hcl", "-once"])
    };
    template("%/box/inside").ends_with(0);
    assert_eq!(scene.read("a"), "fine");
    std::os::unix::fs::symlink(scene.path("outside"), scene.path("box/link")).expect("a link");
    for file in ["%/outside", "%/box/../outside", "%/box/link"] {
        let mut run = template(file);
        run.ends_with(14);
        run.says(&["ERROR", "sandbox"]);
        assert_eq!(scene.read("a"), "fine");
    }
}

fn watched_file() {
    let scene = Scene::new();
    scene.write("data", "1");
    scene.write("a.ctmpl", "{{ file \"%/data\" }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a"]);
    scene.becomes(&run, "a", "1");
    scene.write("data", "2");
    scene.becomes(&run, "a", "2");
}

fn runs_only_if_changed() {
    let scene = Scene::new();
    scene.put("a", "1");
    scene.put("b", "1");
    // A plugin whose argument is new in every run leaves a mark in every run.
    scene.write("a.ctmpl", "{{ key \"@/a\" }} {{ timestamp \"unix\" }}");
    scene.write("b.ctmpl", "{{ key \"@/b\" }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-template=%/b.ctmpl:%/b"]);
    scene.holds(&run, "a", "1 ");
    scene.becomes(&run, "b", "1");
    let before = scene.read("a");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    scene.put("b", "2");
    scene.becomes(&run, "b", "2");
    scene.put("b", "3");
    scene.becomes(&run, "b", "3");
    assert_eq!(scene.read("a"), before);
}

fn missing_map_key() {
    let scene = Scene::new();
    scene.put("json", "{\"a\": 1}");
    scene.write("a.ctmpl", "{{ (key \"@/json\" | parseJSON).b }}");
    let mut plain = scene.start(&["-template=%/a.ctmpl:%/a", "-once"]);
    plain.ends_with(0);
    assert_eq!(scene.read("a"), "<no value>");
    scene.write(
        "c.hcl",
        "template { source = \"%/a.ctmpl\" destination = \"%/b\" error_on_missing_key = true }",
    );
    let mut strict = scene.start(&["-config=%/c.hcl", "-once"]);
    strict.ends_with(14);
    strict.says(&["map has no entry for key \"b\""]);
}

fn dependent() {
    let scene = Scene::new();
    scene.put("which", "x");
    scene.put("x", "one");
    scene.put("y", "two");
    scene.write("a.ctmpl", "{{ key (print \"@/\" (key \"@/which\")) }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a"]);
    scene.becomes(&run, "a", "one");
    scene.put("which", "y");
    scene.becomes(&run, "a", "two");
    scene.put("y", "three");
    scene.becomes(&run, "a", "three");
}
