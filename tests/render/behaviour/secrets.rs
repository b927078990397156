//! What is secret is in the files that are rendered, and in nothing that is said.

use super::Tests;
use super::agent::Agent;
use super::scene::{Preflight, Scene};
use super::vault::{TOKEN, Vault};

pub(super) const TESTS: Tests = &[
    ("a secret of Vault is rendered and never said", of_vault),
    ("dry shows no secret of Vault", dry),
    ("a wrong token of Vault is told and not shown", wrong_token),
    ("a failing template does not say the secret that it failed with", failing_template),
    ("a failing check does not say the secret that it printed", failing_check),
    ("a template that fails at a secret of Consul's token file says nothing of it", token_of_consul),
    ("explain says no secret", explain),
    ("a secret of Consul's keys, of a variable and of the child's options is not said", of_consul),
    ("dry shows no secret of Consul's keys", dry_of_consul),
    ("the master of Consul's tokens is used and not said", master_token),
    ("the vault section of preflight.yaml is used, and its token not said", contract),
    ("a run tells what is missing beside a secret of Vault, and not the secret", in_a_run),
];

pub(super) const PASSWORD: &str = "correct-horse-battery";

fn stage(template: &str) -> (Vault, Scene) {
    let scene = Scene::new();
    scene.write("a.ctmpl", template);
    (Vault::with(PASSWORD), scene)
}

fn start(vault: &Vault, scene: &Scene, more: &[&str]) -> Preflight {
    let (address, token) = (format!("-vault-addr={}", vault.address()), format!("-vault-token={TOKEN}"));
    let few = ["-vault-retry-attempts=1", "-vault-retry-backoff=20ms", "-log-level=trace", "-log-file=%/log"];
    scene.start(&[&[address.as_str(), &token, "-vault-renew-token=false"], &few[..], more].concat())
}

/// Neither of the streams nor the log holds one of these.
fn says_none_of(scene: &Scene, run: &Preflight, secrets: &[&str]) {
    for text in [run.said(), run.printed(), scene.read("log")] {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} is in\n{text}");
        }
    }
}

const TEMPLATE: &str = "{{ with secret \"secret/app\" }}password={{ .Data.data.password }}\n{{ end }}";

fn of_vault() {
    let (vault, scene) = stage(TEMPLATE);
    let mut run = start(&vault, &scene, &["-template=%/a.ctmpl:%/a", "-once"]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), format!("password={}\n", vault.password()));
    says_none_of(&scene, &run, &[PASSWORD, TOKEN]);
}

fn dry() {
    let (vault, scene) = stage(TEMPLATE);
    let mut run = start(&vault, &scene, &["-template=%/a.ctmpl:%/a", "-once", "-dry"]);
    run.ends_with(0);
    assert!(run.printed().contains("+password="), "{}", run.printed());
    says_none_of(&scene, &run, &[PASSWORD, TOKEN]);
}

fn wrong_token() {
    let (vault, scene) = stage(TEMPLATE);
    let wrong = "hvs.not-the-token-of-the-stub";
    let arguments = ["-template=%/a.ctmpl:%/a", "-once", &format!("-vault-token={wrong}")];
    let mut run = start(&vault, &scene, &arguments);
    run.ends_with(14);
    run.says(&["ERROR", "hint:"]);
    assert!(run.count(&["acl.denied"]) + run.count(&["vault.bad_token"]) > 0, "{}", run.said());
    says_none_of(&scene, &run, &[wrong]);
}

fn failing_template() {
    let (vault, scene) = stage("{{ with secret \"secret/app\" }}{{ parseInt .Data.data.password }}{{ end }}");
    let mut run = start(&vault, &scene, &["-template=%/a.ctmpl:%/a", "-once"]);
    run.ends_with(14);
    run.says(&["render.template_failed", "parseInt"]);
    says_none_of(&scene, &run, &[PASSWORD, TOKEN]);
}

fn failing_check() {
    let (vault, scene) = stage(TEMPLATE);
    scene.script("check.sh", "cat \"$1\"; exit 1");
    scene.write(
        "c.hcl",
        "template { source = \"%/a.ctmpl\" destination = \"%/a\" check = \"%/check.sh {{.staged}}\" }",
    );
    let mut run = start(&vault, &scene, &["-config=%/c.hcl", "-once"]);
    run.ends_with(14);
    run.says(&["render.check_failed"]);
    says_none_of(&scene, &run, &[PASSWORD, TOKEN]);
}

fn token_of_consul() {
    let scene = Scene::at(&Agent::closed().address());
    let token = "3f1b8a52-0c3b-4f43-8a65-77a1f3b6a0e1";
    scene.write("token", token);
    scene.write("a.ctmpl", "{{ file \"%/token\" | parseInt }}{{ key \"x\" }}");
    let arguments = [
        "-template=%/a.ctmpl:%/a",
        "-consul-token-file=%/token",
        "-consul-retry-attempts=1",
        "-log-level=trace",
    ];
    let mut run = scene.start(&arguments);
    run.ends_with(14);
    says_none_of(&scene, &run, &[token]);
}

fn explain() {
    let (vault, scene) = stage(TEMPLATE);
    let mut run = start(&vault, &scene, &["-template=%/a.ctmpl:%/a", "-explain"]);
    run.ends_with(0);
    assert!(run.printed().contains("secret/app"), "{}", run.printed());
    says_none_of(&scene, &run, &[PASSWORD, TOKEN]);
}

fn of_consul() {
    let scene = Scene::new();
    let secrets = ["in-a-named-key", "in-a-url-of-a-key", "in-a-variable", "in-an-option", "of-the-child"];
    let [named, in_url, in_variable, in_option, of_child] = secrets;
    scene.put("db/password", named);
    scene.put("db/url", &format!("postgres://shop:{in_url}@db/shop"));
    let failing =
        ["key \"@/db/password\"", "key \"@/db/url\"", "env \"SHOP_PASSWORD\"", "key (key \"@/db/password\")"];
    for value in failing {
        scene.write("a.ctmpl", &format!("{{{{ {value} | parseInt }}}}"));
        let arguments = [
            "-template=%/a.ctmpl:%/a",
            "-once",
            "-log-level=trace",
            "-missing-after=1s",
            "-missing-action=fail",
        ];
        let mut run = scene.start_with(&arguments, &[("SHOP_PASSWORD", in_variable)]);
        run.ends_with(14);
        run.says(&["ERROR", "[redacted]"]);
        says_none_of(&scene, &run, &secrets);
    }
    scene.write("a.ctmpl", "{{ range tree \"@/db\" }}{{ .Value }}\n{{ end }}");
    let child = format!("-exec=true --password={in_option}");
    let custom = format!("-exec-env-custom=SHOP_TOKEN={of_child}");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-log-level=trace", &child, &custom]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), format!("{named}\npostgres://shop:{in_url}@db/shop\n"));
    run.says(&["started", "true", "[redacted]"]);
    says_none_of(&scene, &run, &secrets);
}

fn dry_of_consul() {
    let scene = Scene::new();
    scene.put("password", "in-a-named-key");
    scene.write("a.ctmpl", "password={{ key \"@/password\" }}\n");
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once", "-dry"]);
    run.ends_with(0);
    assert!(run.printed().contains("+password=[redacted]"), "{}", run.printed());
    says_none_of(&scene, &run, &["in-a-named-key"]);
}

fn master_token() {
    let scene = Scene::at(&Agent::closed().address());
    Agent::closed().put(&format!("{}/port", scene.name), "80");
    scene.write("a.ctmpl", "{{ key \"@/port\" }}{{ env \"CONSUL_HTTP_TOKEN\" | parseInt }}");
    let arguments = ["-template=%/a.ctmpl:%/a", "-once", "-log-level=trace"];
    let mut run = scene.start_with(&arguments, &[("CONSUL_HTTP_TOKEN", super::agent::MASTER)]);
    run.ends_with(14);
    run.says(&["render.template_failed", "parseInt"]);
    says_none_of(&scene, &run, &[super::agent::MASTER]);
}

fn contract() {
    let (vault, scene) = stage(TEMPLATE);
    scene.write("token", TOKEN);
    let sections = format!(
        "vault:\n  address: {}\n  token: ${{THE_TOKEN}}\n  renew_token: false\nrender:\n  - source: a.ctmpl\n    destination: a\n",
        vault.address()
    );
    scene.write("preflight.yaml", &format!("organization: acme\nteam: shop\n{sections}"));
    let mut run = scene.start_with(&["-once", "-log-level=trace"], &[("THE_TOKEN", TOKEN)]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), format!("password={}\n", vault.password()));
    let by_file = sections.replace("token: ${THE_TOKEN}", "token_file: token");
    scene.write("preflight.yaml", &format!("organization: acme\nteam: shop\n{by_file}"));
    scene.start(&["-once", "-log-level=trace"]).ends_with(0);
}

fn in_a_run() {
    let (vault, scene) =
        stage("{{ with secret \"secret/app\" }}dsn={{ .Data.data.password }}KEYDOESNOTEXIST\n{{ end }}");
    let sections = format!(
        "verbose: true\nvault: {{ address: '{}', token: '${{THE_TOKEN}}', renew_token: false }}\nrender:\n  - {{ source: a.ctmpl, destination: a }}\n",
        vault.address()
    );
    scene.write("preflight.yaml", &format!("organization: acme\nteam: shop\n{sections}"));
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_preflight"));
    let mut run = scene.bare(program, &["run", "--", "echo", "never-started"], &[("THE_TOKEN", TOKEN)]);
    run.says(&["[acme:shop] FAIL run missing key dsn at ", "a:1: KEYDOESNOTEXIST"]);
    run.signal("TERM");
    run.ends_with(10);
    says_none_of(&scene, &run, &[PASSWORD, TOKEN, "never-started"]);
}
