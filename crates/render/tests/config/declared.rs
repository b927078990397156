//! What a contract declares lies under everything else.

use std::path::PathBuf;
use std::time::Duration;

use preflight_render::config::{
    Command, CommandLine, Declared, DeclaredConsul, DeclaredTemplate, DeclaredTls, DeclaredVault, Faults,
    Invocation, Secret, Settings, VaultLogin, Wait, load_over,
};

use crate::world::World;

fn load(declared: &Declared, world: &World, arguments: &[&str]) -> Result<Settings, Faults> {
    match CommandLine::parse(arguments).expect("the command line is well written") {
        Invocation::Run(line) => load_over(declared, &line, world, world),
        Invocation::Help => panic!("no help was asked for"),
    }
}

fn template() -> DeclaredTemplate {
    DeclaredTemplate {
        place: "preflight.yaml:12".to_owned(),
        source: Some("in.ctmpl".to_owned()),
        destination: "out".to_owned(),
        ..DeclaredTemplate::default()
    }
}

#[test]
fn its_templates_come_first_and_have_the_usual_defaults() {
    let declared = Declared {
        templates: vec![DeclaredTemplate {
            perms: Some(0o640),
            user: Some("app".to_owned()),
            check: Some(Command::Text("nginx -t".to_owned())),
            on_change: Some(Command::List(vec!["nginx".to_owned(), "-s".to_owned(), "reload".to_owned()])),
            wait: Some(Duration::from_secs(5)),
            ..template()
        }],
        ..Declared::default()
    };
    let settings = load(&declared, &World::default(), &["-template", "a:b"]).expect("it is right");
    assert_eq!(settings.templates.len(), 2);
    let first = &settings.templates[0];
    assert_eq!(first.display(), "\"in.ctmpl\" => \"out\"");
    assert_eq!((first.perms, first.user.as_deref()), (Some(0o640), Some("app")));
    assert!(first.create_dest_dirs && first.error_fatal && !first.protect_empty);
    assert_eq!(first.wait, Some(Wait { min: Duration::from_secs(5), max: Duration::from_secs(20) }));
    assert_eq!(first.exec.as_ref().and_then(|exec| exec.timeout), Some(Duration::from_secs(30)));
    let without_end =
        DeclaredTemplate { on_change_timeout: Some(Duration::ZERO), ..declared.templates[0].clone() };
    let declared = Declared { templates: vec![without_end], ..Declared::default() };
    let settings = load(&declared, &World::default(), &[]).expect("it is right");
    assert_eq!(settings.templates[0].exec.as_ref().and_then(|exec| exec.timeout), None);
}

#[test]
fn files_and_flags_go_before_it_and_it_before_variables() {
    let declared = Declared {
        consul: DeclaredConsul {
            address: Some("declared".to_owned()),
            token: Some(Secret::new("t")),
            max_stale: Some(Duration::from_secs(9)),
            tls: Some(DeclaredTls { ca: Some("ca.pem".to_owned()), ..DeclaredTls::default() }),
            ..DeclaredConsul::default()
        },
        ..Declared::default()
    };
    let world = World::default()
        .variable("CONSUL_HTTP_ADDR", "variable")
        .variable("CONSUL_CACERT", "other.pem")
        .file("c.hcl", "max_stale = \"1s\"");
    let settings = load(&declared, &world, &["-config", "c.hcl"]).expect("it is right");
    assert_eq!((settings.consul.address.as_str(), settings.max_stale), ("declared", Duration::from_secs(1)));
    assert_eq!(settings.consul.tls.ca_cert, Some(PathBuf::from("ca.pem")));
    assert!(settings.consul.tls.enabled && settings.consul.tls.verify);
    let settings = load(&declared, &world, &["-consul-addr=flag"]).expect("it is right");
    assert_eq!((settings.consul.address.as_str(), settings.max_stale), ("flag", Duration::from_secs(9)));
}

#[test]
fn every_way_into_vault_can_be_declared() {
    let login = |vault: DeclaredVault| {
        let declared = Declared { vault, ..Declared::default() };
        load(&declared, &World::default(), &[]).expect("it is right").vault.login
    };
    let text = |text: &str| Some(text.to_owned());
    let none = DeclaredVault::default;
    assert_eq!(login(none()), VaultLogin::Nobody);
    assert!(matches!(
        login(DeclaredVault { approle_role_id: text("r"), approle_mount: text("m"), ..none() }),
        VaultLogin::AppRole(role) if role.mount == "m"
    ));
    let kubernetes = login(DeclaredVault { kubernetes_role: text("r"), ..none() });
    assert!(matches!(kubernetes, VaultLogin::Kubernetes(login) if login.mount == "kubernetes"));
    let aws = login(DeclaredVault { aws_role: text("r"), ..none() });
    assert!(matches!(aws, VaultLogin::Aws(aws) if aws.role == "r"));
    assert_eq!(login(DeclaredVault { token_file: text("f"), ..none() }), VaultLogin::TokenFile("f".into()));
}

#[test]
fn a_fault_is_told_where_the_contract_has_it() {
    let declared = Declared {
        templates: vec![DeclaredTemplate { contents: Some("x".to_owned()), ..template() }],
        ..Declared::default()
    };
    let faults = load(&declared, &World::default(), &[]).expect_err("it has two texts");
    assert_eq!(
        faults.to_string(),
        "preflight.yaml:12: template: cannot specify both 'source' and 'contents'"
    );
    assert_eq!(faults.exit_code(), 14);
}

#[test]
fn all_secrets_are_listed_for_redaction() {
    let world = World::default().file(
        "c.hcl",
        "consul { token = \"one\" auth { username = \"u\" password = \"two\" } }\n\
         vault { approle { role_id = \"r\" secret_id = \"three\" } }\n\
         nomad { token = \"four\" auth_username = \"u\" auth_password = \"five\" }",
    );
    let settings = world.load(&["-config", "c.hcl"]).expect("it is right");
    let mut secrets = settings.secrets();
    secrets.sort_unstable();
    assert_eq!(secrets, ["five", "four", "one", "three", "two"]);
    let settings = World::default().variable("VAULT_TOKEN", "six").load(&[]).expect("it is right");
    assert_eq!(settings.secrets(), ["six"]);
}
