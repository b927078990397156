//! What a template waits for is told, again and again, until it is there.

use super::Tests;
use super::scene::Scene;

pub(super) const TESTS: Tests = &[
    ("a missing key is told with its template, line and key, until it appears", told_until_it_appears),
    ("a missing key is told again with growing pauses", told_with_growing_pauses),
    ("a missing key ends the run with 14 where that is asked for", ends_the_run_if_asked),
    ("a missing key is told in the words of the contract", told_by_the_contract),
    ("safeLs and safeTree wait for something to be there", safe_lists_wait),
    ("a missing service is no reason to wait", a_service_may_be_empty),
    ("a key that may be missing is not waited for", a_default_is_not_waited_for),
    ("once waits for a missing key and then ends", once_waits),
    ("a failed lookup ends the run at once where that is asked for", failed_lookup),
];

fn told_until_it_appears() {
    let scene = Scene::new();
    scene.put("host", "h");
    scene.write("a.ctmpl", "{{ key \"@/host\" }}\n\n{{ key \"@/port\" }}\n");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-missing-after=3s"]);
    let key = format!("kv.block({}/port)", scene.name);
    run.says(&["[preflight:render]", "a.ctmpl", "render.missing", "line 3", &key, "hint: consul kv put"]);
    assert!(!scene.path("a").exists(), "nothing is written before all is there");
    assert_eq!(run.count(&["/host"]), 0, "{}", run.said());
    scene.put("port", "80");
    scene.becomes(&run, "a", "h\n\n80\n");
    let before = run.count(&["render.missing"]);
    // A change that is rendered is proof that the loop went round again in between.
    scene.put("port", "81");
    scene.becomes(&run, "a", "h\n\n81\n");
    assert_eq!(run.count(&["render.missing"]), before, "{}", run.said());
}

fn told_with_growing_pauses() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "{{ key \"@/none\" }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-missing-after=500ms"]);
    run.says_times(4, &["render.missing", "does not exist"]);
    let waited: Vec<u64> = run
        .said()
        .lines()
        .filter(|line| line.contains("render.missing"))
        .filter_map(|line| line.split(", for ").nth(1)?.split(' ').next()?.parse().ok())
        .collect();
    // 0.5 s, then after 1, 2 and 4 more, in whole seconds.
    assert_eq!(waited.len(), 4, "{}", run.said());
    assert!(waited[3] >= 7 && waited[3] - waited[2] > waited[2] - waited[1], "{waited:?}");
}

fn ends_the_run_if_asked() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "{{ key \"@/none\" }}");
    // On a busy machine Consul may take longer than a moment to say that there is no such key.
    let arguments = ["-template=%/a.ctmpl:%/a", "-missing-after=5s", "-missing-action=fail"];
    let mut run = scene.start(&arguments);
    run.ends_with(14);
    assert_eq!(run.count(&["ERROR", "render.missing", "line 1", "/none"]), 1, "{}", run.said());
}

fn told_by_the_contract() {
    let scene = Scene::new();
    scene.write(
        "preflight.yaml",
        "organization: acme\nteam: shop\nrender:\n  - source: a.ctmpl\n    destination: a\n\
         missing: { after: 3s, action: fail }\n",
    );
    scene.write("a.ctmpl", "{{ key \"@/none\" }}");
    let mut run = scene.start(&[]);
    run.ends_with(14);
    assert_eq!(run.count(&["[acme:shop]", "render.missing", "/none"]), 1, "{}", run.said());
}

fn safe_lists_wait() {
    for function in ["safeLs", "safeTree"] {
        let scene = Scene::new();
        let text = "{{ range FUNCTION \"@/list\" }}{{ .Key }}={{ .Value }};{{ end }}";
        scene.write("a.ctmpl", &text.replace("FUNCTION", function));
        let run = scene.start(&["-template=%/a.ctmpl:%/a", "-missing-after=200ms"]);
        run.says(&["render.missing", "line 1", "/list", "is empty"]);
        assert!(!scene.path("a").exists());
        scene.put("list/x", "1");
        scene.becomes(&run, "a", "x=1;");
    }
}

fn a_service_may_be_empty() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "[{{ range service \"@-none\" }}{{ .Address }}{{ end }}]");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once"]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), "[]");
}

fn a_default_is_not_waited_for() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "{{ keyOrDefault \"@/none\" \"d\" }}{{ keyExists \"@/none\" }}");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once"]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), "dfalse");
}

fn once_waits() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "{{ key \"@/late\" }}");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once", "-missing-after=200ms"]);
    run.says(&["render.missing"]);
    assert!(run.is_running());
    scene.put("late", "there");
    run.ends_with(0);
    assert_eq!(scene.read("a"), "there");
}

fn failed_lookup() {
    let scene = Scene::new();
    scene.write("a.ctmpl", "{{ key \"@/none\" }}");
    scene.write(
        "c.hcl",
        "err_on_failed_lookup = true\ntemplate { source = \"%/a.ctmpl\" destination = \"%/a\" }",
    );
    let mut run = scene.start(&["-config=%/c.hcl"]);
    run.ends_with(14);
    assert_eq!(run.count(&["ERROR", "/none", "does not exist"]), 1, "{}", run.said());
}
