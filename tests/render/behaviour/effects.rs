//! What templates do besides printing is done once, and only when all is there.

use super::Tests;
use super::scene::Scene;

pub(super) const TESTS: Tests = &[
    ("a plugin runs once for its data", plugin_once),
    ("a plugin does not run before what comes before it is there", plugin_after),
    ("a plugin that decides what else is read is not held up by what is not", plugin_decides),
    ("a plugin runs again when the data change", plugin_again),
    ("a plugin that fails is a failed template with its words", plugin_fails),
    ("a plugin that failed is tried again when data change", plugin_heals),
    ("a plugin that is called with another's output runs after it", plugin_of_a_plugin),
    ("writeToFile writes once, when all is there", write_to_file),
    ("writeToFile appends once for each change", append),
    ("with dry writeToFile writes nothing", dry_writes_nothing),
];

const PLUGIN: &str = "echo \"$@\" >> %/calls; echo \"made of $*\"";

fn plugin_once() {
    let scene = Scene::new();
    scene.script("plugin.sh", PLUGIN);
    scene.put("a", "1");
    scene.put("unrelated", "1");
    scene.write(
        "a.ctmpl",
        "{{ plugin \"%/plugin.sh\" (key \"@/a\") }} {{ key \"@/late\" }} {{ plugin \"%/plugin.sh\" (key \"@/a\") }}",
    );
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-missing-after=100ms"]);
    run.says(&["render.missing", "/late"]);
    scene.put("late", "2");
    scene.becomes(&run, "a", "made of 1 2 made of 1");
    assert_eq!(scene.read("calls"), "1\n");
}

fn plugin_after() {
    let scene = Scene::new();
    scene.script("plugin.sh", PLUGIN);
    scene.put("a", "1");
    scene.write("a.ctmpl", "{{ key \"@/late\" }} {{ plugin \"%/plugin.sh\" (key \"@/a\") }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-missing-after=100ms"]);
    run.says_times(2, &["render.missing", "/late"]);
    assert_eq!(scene.read("calls"), "");
    scene.put("late", "2");
    scene.becomes(&run, "a", "2 made of 1");
    assert_eq!(scene.read("calls"), "1\n");
}

fn plugin_decides() {
    let scene = Scene::new();
    scene.script("plugin.sh", "echo prod");
    scene.put("prod", "p");
    let text = "{{ if eq (plugin \"%/plugin.sh\") \"prod\" }}{{ key \"@/prod\" }}{{ else }}{{ key \"@/none\" }}{{ end }}";
    scene.write("a.ctmpl", text);
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once"]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), "p");
}

fn plugin_again() {
    let scene = Scene::new();
    scene.script("plugin.sh", PLUGIN);
    scene.put("a", "1");
    scene.write("a.ctmpl", "{{ plugin \"%/plugin.sh\" (key \"@/a\") }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a"]);
    scene.becomes(&run, "a", "made of 1");
    scene.put("a", "2");
    scene.becomes(&run, "a", "made of 2");
    assert_eq!(scene.read("calls"), "1\n2\n");
}

fn plugin_fails() {
    let scene = Scene::new();
    scene.script("plugin.sh", "echo no good; exit 3");
    scene.write("a.ctmpl", "{{ plugin \"%/plugin.sh\" }}");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once"]);
    run.ends_with(14);
    run.says(&["render.template_failed", "a.ctmpl", "plugin.sh", "3"]);
}

fn plugin_heals() {
    let scene = Scene::new();
    scene.script("plugin.sh", "cat %/result");
    scene.put("a", "1");
    scene.write("a.ctmpl", "{{ key \"@/a\" }} {{ plugin \"%/plugin.sh\" }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-template-error-fatal=false"]);
    run.says(&["render.template_failed", "plugin.sh"]);
    scene.write("result", "fine");
    scene.put("a", "2");
    scene.becomes(&run, "a", "2 fine");
}

fn plugin_of_a_plugin() {
    let scene = Scene::new();
    scene.script("plugin.sh", PLUGIN);
    scene.write("a.ctmpl", "{{ plugin \"%/plugin.sh\" (plugin \"%/plugin.sh\" \"x\") }}");
    scene.start(&["-template=%/a.ctmpl:%/a", "-once"]).ends_with(0);
    assert_eq!(scene.read("a"), "made of made of x");
    assert_eq!(scene.read("calls"), "x\nmade of x\n");
}

fn write_to_file() {
    let scene = Scene::new();
    scene.put("a", "1");
    scene.write(
        "a.ctmpl",
        "{{ key \"@/a\" | writeToFile \"%/side\" \"\" \"\" \"0600\" }}{{ key \"@/late\" }}",
    );
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-missing-after=100ms"]);
    run.says(&["render.missing", "/late"]);
    assert!(!scene.path("side").exists(), "something is still missing");
    scene.put("late", "2");
    scene.becomes(&run, "a", "2");
    scene.becomes(&run, "side", "1");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(scene.path("side").metadata().expect("a file").permissions().mode() & 0o777, 0o600);
}

fn append() {
    let scene = Scene::new();
    scene.put("a", "1");
    scene.put("b", "x");
    let text =
        "{{ key \"@/a\" | writeToFile \"%/side\" \"\" \"\" \"0644\" \"append,newline\" }}{{ key \"@/b\" }}";
    scene.write("a.ctmpl", text);
    let run = scene.start(&["-template=%/a.ctmpl:%/a"]);
    scene.becomes(&run, "side", "1\n");
    scene.put("b", "y");
    scene.becomes(&run, "a", "y");
    scene.put("a", "2");
    scene.becomes(&run, "side", "1\n2\n");
}

fn dry_writes_nothing() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "{{ \"text\" | writeToFile \"%/side\" \"\" \"\" \"0644\" }}");
    scene.start(&["-template=%/a.ctmpl:%/a", "-dry", "-once"]).ends_with(0);
    assert!(!scene.path("side").exists() && !scene.path("a").exists());
}
