//! Consul goes away and comes back: what is on disk stays, and what changes is rendered.

use serde_json::json;

use super::Tests;
use super::agent::Agent;
use super::scene::Scene;

pub(super) const TESTS: Tests = &[
    ("a Consul that is not started yet is told and waited for", not_started_yet),
    ("a Consul that is restarted changes no file, and changes afterwards are rendered", restarted),
    ("a Consul that has forgotten everything takes nothing away", forgotten),
    ("once ends with 14 when Consul does not answer the configured tries", once_gives_up),
    ("before the first file the configured tries end the run", gives_up_before_the_first_file),
    ("a service list that falls to nothing is refused where that is asked for", refuses_empty),
];

fn not_started_yet() {
    let agent = Agent::not_yet(&json!({}));
    let scene = Scene::at(&agent.address());
    scene.write("a.ctmpl", "{{ key \"app/port\" }}");
    let run = scene.start(&["-template=%/a.ctmpl:%/a", "-consul-retry-attempts=0", "-missing-after=300ms"]);
    run.says(&["Consul", "render.outage", "tcp.refused", "hint:"]);
    run.says(&["a.ctmpl", "render.waiting", "line 1", "kv.block(app/port)"]);
    agent.run();
    agent.put("app/port", "80");
    scene.becomes(&run, "a", "80");
    run.says(&["Consul", "render.recovered"]);
    assert_eq!(run.count(&["render.outage"]), run.count(&["render.recovered"]), "{}", run.said());
}

fn restarted() {
    let agent = Agent::start(&json!({}));
    agent.put("app/port", "80");
    let scene = Scene::at(&agent.address());
    scene.write("a.ctmpl", "{{ key \"app/port\" }}");
    // Two tries are soon used up: after the first file they end nothing.
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-consul-retry-attempts=2", "-missing-after=1s"]);
    scene.becomes(&run, "a", "80");
    agent.stop();
    run.says(&["render.outage", "the last good files stay"]);
    let refused = || run.count(&["render.outage"]);
    assert_eq!(refused(), 1, "{}", run.said());
    // Longer than all tries together: 50 ms, 100 ms, then every 300 ms.
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(refused(), 1, "it is said once: {}", run.said());
    assert!(run.is_running(), "{}", run.said());
    assert_eq!(scene.read("a"), "80");
    agent.run();
    run.says(&["render.recovered"]);
    agent.put("app/port", "81");
    scene.becomes(&run, "a", "81");
}

fn forgotten() {
    let agent = Agent::start(&json!({}));
    agent.put("app/port", "80");
    agent.register("web", "10.0.0.1");
    let scene = Scene::at(&agent.address());
    scene.write("kept.ctmpl", "{{ key \"app/port\" }}");
    let services = "{{ range service \"web\" }}{{ .Address }};{{ end }}";
    scene.write("guarded.ctmpl", services);
    scene.write(
        "c.hcl",
        "template { source = \"%/kept.ctmpl\" destination = \"%/kept\" }
         template { source = \"%/guarded.ctmpl\" destination = \"%/guarded\" protect_empty = true }",
    );
    let mut run = scene.start(&["-config=%/c.hcl"]);
    scene.becomes(&run, "kept", "80");
    scene.becomes(&run, "guarded", "10.0.0.1;");
    agent.stop();
    agent.forget();
    agent.run();
    run.says(&["render.vanished", "kv.block(app/port)", "last value", "hint:"]);
    run.says(&["render.emptied", "web", "refused", "hint:"]);
    assert_eq!((scene.read("kept"), scene.read("guarded")), ("80".to_owned(), "10.0.0.1;".to_owned()));
    assert!(run.is_running());
    agent.put("app/port", "81");
    agent.register("web", "10.0.0.2");
    scene.becomes(&run, "kept", "81");
    scene.becomes(&run, "guarded", "10.0.0.2;");
}

fn refuses_empty() {
    let scene = Scene::new();
    let agent = Agent::shared();
    let service = format!("{}-web", scene.name);
    agent.register(&service, "10.0.0.1");
    scene.write("a.ctmpl", "{{ range service \"@-web\" }}{{ .Address }};{{ end }}");
    let open = scene.start(&["-template=%/a.ctmpl:%/open"]);
    let guarded = scene.start(&["-template=%/a.ctmpl:%/guarded", "-protect-empty"]);
    scene.becomes(&open, "open", "10.0.0.1;");
    scene.becomes(&guarded, "guarded", "10.0.0.1;");
    agent.deregister(&service, "10.0.0.1");
    scene.becomes(&open, "open", "");
    guarded.says(&["render.emptied", "refused"]);
    assert_eq!(scene.read("guarded"), "10.0.0.1;");
    agent.register(&service, "10.0.0.2");
    scene.becomes(&guarded, "guarded", "10.0.0.2;");
}

fn once_gives_up() {
    let agent = Agent::not_yet(&json!({}));
    let scene = Scene::at(&agent.address());
    scene.write("a.ctmpl", "{{ key \"app/port\" }}");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once", "-consul-retry-attempts=3"]);
    run.ends_with(14);
    assert_eq!(run.count(&["ERROR", "render Consul", "tcp.refused", "hint:"]), 1, "{}", run.said());
    assert!(!scene.path("a").exists());
}

fn gives_up_before_the_first_file() {
    let agent = Agent::not_yet(&json!({}));
    let scene = Scene::at(&agent.address());
    scene.write("a.ctmpl", "{{ key \"app/port\" }}");
    scene.start(&["-template=%/a.ctmpl:%/a", "-consul-retry-attempts=2"]).ends_with(14);
    scene.start(&["-template=%/a.ctmpl:%/a", "-consul-retry=false"]).ends_with(14);
}
