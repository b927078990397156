//! How a run ends when something fails: what does not depend on it is done all the same.

use super::Tests;
use super::scene::Scene;

pub(super) const TESTS: Tests = &[
    ("commands behind one that fails are run, and the run ends with 14", every_command_has_its_turn),
    ("once: templates beside one that fails but is not fatal are rendered, then 14", beside_a_failing_one),
    (
        "once: templates beside one that cannot be parsed but is not fatal are rendered, then 14",
        beside_a_broken_one,
    ),
    ("a template that cannot be parsed but is not fatal is told, and the others live on", broken_is_told),
    ("once: a file that cannot be read ends the run", no_file),
    ("writeToFile that fails leaves the destination as it was", extra_first),
    ("dry: a file that would not change is not shown", dry_shows_changes),
];

fn every_command_has_its_turn() {
    let scene = Scene::new();
    let template = |name: &str, code: u8| {
        format!(
            "template {{ contents = \"x\" destination = \"%/{name}\" command = \"echo {name} >> %/log; exit {code}\" }}\n"
        )
    };
    scene.write("c.hcl", &[template("a", 0), template("b", 3), template("c", 4), template("d", 0)].concat());
    let mut run = scene.start(&["-config=%/c.hcl"]);
    run.ends_with(14);
    assert_eq!(scene.read("log"), "a\nb\nc\nd\n");
    run.says(&["ERROR", "render.command_failed", "exited with 3"]);
    run.says(&["ERROR", "render.command_failed", "exited with 4"]);
}

fn beside(contents: &str) {
    let scene = Scene::new();
    scene.put("text", "no number");
    scene.write(
        "c.hcl",
        &format!(
            "template {{ contents = \"{contents}\" destination = \"%/a\" error_fatal = false }}\n\
             template {{ contents = \"b {{{{ key \\\"@/text\\\" }}}}\" destination = \"%/b\" }}"
        ),
    );
    let mut run = scene.start(&["-config=%/c.hcl", "-once"]);
    run.ends_with(14);
    assert_eq!(scene.read("b"), "b no number");
    assert!(!scene.path("a").exists());
    run.says_times(1, &["ERROR", "render.template_"]);
}

fn beside_a_failing_one() {
    beside("{{ key \\\"@/text\\\" | parseInt }}");
}

fn beside_a_broken_one() {
    beside("{{ nosuch }}");
}

fn broken_is_told() {
    let scene = Scene::new();
    scene.put("text", "1");
    scene.write("a.ctmpl", "{{ nosuch }}");
    scene.write("b.ctmpl", "{{ key \"@/text\" }}");
    let run =
        scene.start(&["-template=%/a.ctmpl:%/a", "-template=%/b.ctmpl:%/b", "-template-error-fatal=false"]);
    run.says(&["ERROR", "render.template_invalid", "nosuch"]);
    scene.becomes(&run, "b", "1");
    scene.put("text", "2");
    scene.becomes(&run, "b", "2");
}

fn no_file() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "{{ file \"%/none\" }}");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once"]);
    run.ends_with(14);
    run.says(&["ERROR", "file.missing", "none"]);
}

fn extra_first() {
    let scene = Scene::new();
    scene.write("a", "old");
    scene.write("a.ctmpl", "new{{ \"x\" | writeToFile \"%/extra\" \"no-such-user\" \"\" \"0644\" }}");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once"]);
    run.ends_with(14);
    assert_eq!(scene.read("a"), "old");
}

fn dry_shows_changes() {
    let scene = Scene::new();
    scene.write("a", "same\n");
    scene.write("a.ctmpl", "same\n");
    scene.write("b.ctmpl", "new\n");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-template=%/b.ctmpl:%/b", "-once", "-dry"]);
    run.ends_with(0);
    let printed = run.printed();
    assert!(printed.contains("+new") && !printed.contains("/a\n"), "{printed}");
    assert!(!scene.path("b").exists());
}
