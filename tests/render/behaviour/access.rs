//! Tokens and certificates: what is denied is told with its class, and no token is shown.

use std::sync::LazyLock;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;

use super::Tests;
use super::agent::{Agent, free_port};
use super::scene::Scene;

pub(super) const TESTS: Tests = &[
    ("a token of the configuration is used", token_of_the_configuration),
    ("a token of a file is used", token_of_a_file),
    ("a wrong token is told as acl.denied, with a hint and without the token", wrong_token),
    ("a token that is taken away is told, and the last good file stays until there is another", lost_token),
    ("where only single keys may be read, they are read one by one", single_keys),
    ("a key that the token may not see is told and not taken for missing", hidden_key),
    ("Consul over TLS is believed with its authority", tls_with_its_authority),
    ("Consul over TLS with another authority is told as tls.untrusted", tls_with_another),
];

/// A token in the form of one that nobody has made.
const UNKNOWN: &str = "5e6ff4b8-8c1c-4c0c-9f7e-0c9e9d1f7a11";

fn closed() -> Scene {
    let scene = Scene::at(&Agent::closed().address());
    Agent::closed().put(&format!("{}/port", scene.name), "80");
    Agent::closed().put(&format!("{}/secret", scene.name), "hidden");
    scene.write("a.ctmpl", "{{ key \"@/port\" }}");
    scene
}

fn reader(scene: &Scene) -> String {
    let rules = format!("key_prefix \"{}/\" {{ policy = \"read\" }}", scene.name);
    Agent::closed().token(&format!("{}-reader", scene.name), &rules)
}

fn token_of_the_configuration() {
    let scene = closed();
    let token = reader(&scene);
    let template = "template { source = \"%/a.ctmpl\" destination = \"%/a\" }";
    scene.write("c.hcl", &format!("consul {{ token = \"{token}\" }}\n{template}"));
    let mut run = scene.start(&["-config=%/c.hcl", "-once", "-log-level=trace"]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), "80");
    assert!(!run.said().contains(&token), "{}", run.said());
}

fn token_of_a_file() {
    let scene = closed();
    scene.write("token", &format!("{}\n", reader(&scene)));
    let mut run = scene.start(&["-consul-token-file=%/token", "-template=%/a.ctmpl:%/a", "-once"]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), "80");
}

fn wrong_token() {
    let scene = closed();
    let token = format!("-consul-token={UNKNOWN}");
    let arguments = ["-template=%/a.ctmpl:%/a", "-missing-after=200ms", "-consul-retry-attempts=0"];
    let run = scene.start(&[&arguments[..], &["-log-level=trace", &token]].concat());
    run.says(&["a.ctmpl", "line 1", "acl.denied", "hint: Consul does not know this token"]);
    assert!(!run.said().contains(UNKNOWN), "{}", run.said());
    let mut once = scene.start(&["-template=%/a.ctmpl:%/a", "-once", "-consul-retry-attempts=1", &token]);
    once.ends_with(14);
    let told = ["ERROR", "a.ctmpl", "acl.denied", "line 1", "/port", "hint: Consul does not know this token"];
    assert_eq!(once.count(&told), 1, "{}", once.said());
    assert!(!once.said().contains(UNKNOWN), "{}", once.said());
    let mut without = scene.start(&["-template=%/a.ctmpl:%/a", "-once", "-consul-retry-attempts=1"]);
    without.ends_with(14);
    assert_eq!(without.count(&["acl.denied", "hint: no token was given"]), 1, "{}", without.said());
}

fn lost_token() {
    let scene = closed();
    for key in ["host", "path"] {
        Agent::closed().put(&format!("{}/{key}", scene.name), key);
    }
    scene.write("b.ctmpl", "{{ key \"@/port\" }}\n{{ key \"@/host\" }}\n{{ key \"@/path\" }}\n");
    let token = reader(&scene);
    scene.write("token", &token);
    scene.write("c.hcl", "block_query_wait = \"1s\"");
    let run = scene.start(&[
        "-config=%/c.hcl",
        "-template=%/b.ctmpl:%/b",
        "-consul-token-file=%/token",
        "-missing-after=200ms",
    ]);
    scene.becomes(&run, "b", "80\nhost\npath\n");
    scene.write("token", UNKNOWN);
    let told = ["WARN", "b.ctmpl", "render.stale", "line 1: ", "/port) and 2 more", "acl.denied"];
    run.says(
        &[&told[..], &["the last values stay in use", "hint: Consul does not know this token"]].concat(),
    );
    assert_eq!(scene.read("b"), "80\nhost\npath\n");
    Agent::closed().put(&format!("{}/port", scene.name), "81");
    scene.write("token", &token);
    scene.becomes(&run, "b", "81\nhost\npath\n");
    run.says(&["b.ctmpl", "render.recovered", "acl.denied"]);
    assert!(!run.said().contains(UNKNOWN), "{}", run.said());
}

fn single_keys() {
    let scene = closed();
    let keys = ["port", "host", "path", "name"];
    let rules: String =
        keys.iter().map(|key| format!("key \"{}/{key}\" {{ policy = \"read\" }}\n", scene.name)).collect();
    let token = Agent::closed().token(&format!("{}-single", scene.name), &rules);
    for key in keys {
        Agent::closed().put(&format!("{}/{key}", scene.name), key);
    }
    scene.write(
        "a.ctmpl",
        "{{ range $k := (\"port host path name\" | split \" \") }}{{ key (print \"@/\" $k) }};{{ end }}",
    );
    let run = scene.start(&["-template=%/a.ctmpl:%/a", &format!("-consul-token={token}")]);
    scene.becomes(&run, "a", "port;host;path;name;");
    Agent::closed().put(&format!("{}/path", scene.name), "new");
    scene.becomes(&run, "a", "port;host;new;name;");
}

fn hidden_key() {
    let scene = closed();
    let rules = format!("key \"{}/port\" {{ policy = \"read\" }}", scene.name);
    let token = Agent::closed().token(&format!("{}-one", scene.name), &rules);
    scene.write("b.ctmpl", "{{ key \"@/port\" }}\n{{ key \"@/secret\" }}\n");
    let arguments = ["-template=%/b.ctmpl:%/b", "-missing-after=200ms", "-consul-retry-attempts=0"];
    let run = scene.start(&[&arguments[..], &[&format!("-consul-token={token}")]].concat());
    run.says(&["b.ctmpl", "line 2", "/secret", "acl.denied"]);
    assert_eq!(run.count(&["/secret", "does not exist"]), 0, "{}", run.said());
}

/// An agent over HTTPS with the certificate of an authority, in PEM, and one more that has signed nothing.
struct Secure {
    port: u16,
    authority: String,
    another: String,
    _agent: Agent,
}

static SECURE: LazyLock<Secure> = LazyLock::new(|| {
    let (authority, another) = (authority(), authority());
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("names");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder").keep();
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    let port = free_port();
    let agent = Agent::start(&json!({
        "cert_file": write("cert.pem", &certificate.pem()), "key_file": write("key.pem", &key.serialize_pem()),
        "ca_file": write("ca.pem", &authority.pem()), "verify_incoming": false, "ports": { "https": port },
    }));
    agent.put("app/port", "80");
    // Consul has read them.
    let _ = std::fs::remove_dir_all(folder);
    Secure { port, authority: authority.pem(), another: another.pem(), _agent: agent }
});

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "authority of a test");
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

fn secure(certificate: fn(&Secure) -> &str) -> Scene {
    let scene = Scene::at(&format!("https://localhost:{}", SECURE.port));
    scene.write("a.ctmpl", "{{ key \"app/port\" }}");
    scene.write("ca.pem", certificate(&SECURE));
    scene
}

fn tls_with_its_authority() {
    let scene = secure(|secure| &secure.authority);
    let mut run = scene.start(&["-template=%/a.ctmpl:%/a", "-once", "-consul-ssl-ca-cert=%/ca.pem"]);
    run.ends_with(0);
    assert_eq!(scene.read("a"), "80");
}

fn tls_with_another() {
    let scene = secure(|secure| &secure.another);
    let arguments = ["-template=%/a.ctmpl:%/a", "-consul-ssl-ca-cert=%/ca.pem"];
    let mut once = scene.start(&[&arguments[..], &["-once", "-consul-retry-attempts=1"]].concat());
    once.ends_with(14);
    assert_eq!(once.count(&["ERROR", "tls.untrusted", "hint:"]), 1, "{}", once.said());
    let off = ["-once", "-consul-ssl-verify=false"];
    scene.start(&[&arguments[..], &off].concat()).ends_with(0);
}
