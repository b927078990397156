//! Which of several sources wins, and what the variables of Consul, Vault and Nomad fill in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use preflight_render::config::{
    Command, FileSystem, Files, LogLevel, MissingAction, Origin, Settings, Vault, VaultLogin, Wait,
};

use crate::world::{World, settings};

#[test]
fn once_in_a_file_is_honoured_and_a_flag_takes_it_back() {
    let world = World::default().file("c.hcl", "once = true wait { min = \"1s\" }");
    let settings = world.load(&["-config", "c.hcl"]).expect("it is right");
    assert_eq!((settings.once, settings.wait), (true, None));
    let settings = world.load(&["-config", "c.hcl", "-once=false"]).expect("it is right");
    assert!(!settings.once);
    assert_eq!(settings.wait, Some(Wait { min: Duration::from_secs(1), max: Duration::from_secs(4) }));
}

#[test]
fn commas_do_not_split_a_command() {
    let settings = settings("template { contents = \"x\" destination = \"o\" command = \"echo a, b\" }");
    let exec = settings.templates[0].exec.clone().expect("it has a command");
    assert_eq!(exec.command, Command::Text("echo a, b".to_owned()));
    assert_eq!(exec.command.argv(), ["sh", "-c", "echo a, b"]);
    assert_eq!(exec.timeout, Some(Duration::from_secs(30)));
}

#[test]
fn a_command_is_the_shells_only_when_it_is_one_text_of_several_words() {
    let argv = |command: &str| {
        settings(&format!("exec {{ command = {command} }}")).exec.map(|exec| exec.command.argv())
    };
    let list = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    assert_eq!(argv("\"true\""), list(&["true"]));
    assert_eq!(argv("\"echo $X\""), list(&["sh", "-c", "echo $X"]));
    assert_eq!(argv("[\"echo $X\"]"), list(&["sh", "-c", "echo $X"]));
    assert_eq!(argv("[\"echo\", \"$X\"]"), list(&["echo", "$X"]));
    assert_eq!(argv("\"\""), None);
    assert_eq!(argv("[]"), None);
    assert_eq!(argv("[\" \"]"), None);
}

#[test]
fn our_own_settings_are_read() {
    let settings = settings(
        "missing { after = \"30s\" action = \"fail\" }\nprotect_empty = true\nlast_good = \"/var/lib/x\"\n\
         template { contents = \"a\" destination = \"o\" check = \"nginx -t -c {{.staged}}\" }\n\
         template { contents = \"b\" destination = \"p\" protect_empty = false }",
    );
    assert_eq!(settings.missing.after, Duration::from_secs(30));
    assert_eq!(settings.missing.action, MissingAction::Fail);
    assert_eq!(settings.last_good, Some(PathBuf::from("/var/lib/x")));
    assert_eq!(settings.templates[0].check, Some(Command::Text("nginx -t -c {{.staged}}".to_owned())));
    assert_eq!(
        settings.templates.iter().map(|template| template.protect_empty).collect::<Vec<_>>(),
        [true, false]
    );
    let flags = ["-missing-after=1m", "-missing-action=fail", "-protect-empty", "-last-good=d", "-dry"];
    let settings = World::default().load(&flags).expect("it is right");
    assert_eq!((settings.missing.after, settings.dry), (Duration::from_secs(60), true));
}

#[test]
fn json_keeps_every_block_in_a_block() {
    let settings =
        settings("{\"consul\": {\"retry\": {\"attempts\": 3}, \"ssl\": {\"server_name\": \"n\"}}}");
    assert_eq!(settings.consul.retry.attempts, 3);
    assert_eq!(settings.consul.tls.server_name.as_deref(), Some("n"));
}

#[test]
fn the_level_comes_from_the_first_variable_that_has_one() {
    let level = |names: &[&str], arguments: &[&str]| {
        let world = names.iter().fold(World::default(), |world, name| world.variable(name, " debug "));
        world.load(arguments).map(|settings| settings.log.level)
    };
    assert_eq!(level(&[], &[]), Ok(LogLevel::Warn));
    for name in ["CT_LOG", "CONSUL_TEMPLATE_LOG", "CONSUL_TEMPLATE_LOG_LEVEL"] {
        assert_eq!(level(&[name], &[]), Ok(LogLevel::Debug), "{name}");
    }
    assert_eq!(level(&["CT_LOG"], &["-log-level=ERR"]), Ok(LogLevel::Error));
}

#[test]
fn consuls_tls_comes_from_its_variables_only_if_the_file_says_nothing() {
    let world = World::default()
        .variable("CONSUL_HTTP_SSL", "true")
        .variable("CONSUL_CACERT", "env-ca")
        .variable("CONSUL_HTTP_SSL_VERIFY", "false")
        .variable("CONSUL_HTTP_AUTH", "me:pass:word");
    let consul = world.load(&[]).expect("it is right").consul;
    assert!(consul.tls.enabled && !consul.tls.verify);
    assert_eq!(consul.tls.ca_cert, Some(PathBuf::from("env-ca")));
    assert_eq!(consul.auth.map(|auth| auth.password.expose().to_owned()).as_deref(), Some("pass:word"));
    let consul = world.load(&["-consul-ssl-server-name=n"]).expect("it is right").consul;
    assert!(consul.tls.enabled && consul.tls.verify);
    assert_eq!(consul.tls.ca_cert, None);
    let consul = World::default().load(&["-consul-addr=https://c:8501"]).expect("it is right").consul;
    assert!(consul.tls.enabled && consul.address_given);
}

#[test]
fn a_token_of_the_configuration_goes_before_those_of_variables() {
    let world =
        World::default().variable("CONSUL_HTTP_TOKEN", "env").variable("CONSUL_HTTP_TOKEN_FILE", "env-file");
    let tokens = |arguments: &[&str]| {
        let consul = world.load(arguments).expect("it is right").consul;
        (consul.token.map(|token| token.expose().to_owned()), consul.token_file)
    };
    assert_eq!(tokens(&[]), (Some("env".to_owned()), Some(PathBuf::from("env-file"))));
    assert_eq!(tokens(&["-consul-token=flag"]), (Some("flag".to_owned()), None));
    assert_eq!(tokens(&["-consul-token-file=f"]), (None, Some(PathBuf::from("f"))));
}

fn vault(world: &World, text: &str) -> Vault {
    world.clone().file("c.hcl", text).load(&["-config", "c.hcl"]).expect("it is right").vault
}

fn token(vault: &Vault) -> Option<&str> {
    if let VaultLogin::Token(token) = &vault.login { Some(token.expose()) } else { None }
}

#[test]
fn the_way_to_a_vault_token_has_an_order() {
    let bare = World::default().variable("VAULT_K8S_AUTH_ROLE_NAME", "role");
    let VaultLogin::Kubernetes(login) = vault(&bare, "").login else {
        panic!("the pod's account is the last way")
    };
    assert_eq!((login.role.as_str(), login.mount.as_str()), ("role", "kubernetes"));
    assert_eq!(login.token_path, Path::new("/run/secrets/kubernetes.io/serviceaccount/token"));

    let home = bare.variable("HOME", "/home/me").file("/home/me/.vault-token", "left-behind\n");
    assert_eq!(token(&vault(&home, "")), Some("left-behind"));
    let all = home.variable("VAULT_TOKEN", "variable");
    assert_eq!(token(&vault(&all, "")), Some("variable"));

    let approle = "vault { approle { role_id = \"r\" secret_id_file = \"s\" } }";
    assert!(matches!(vault(&all, approle).login, VaultLogin::AppRole(role) if role.mount == "approle"));
    assert!(
        matches!(vault(&all, "vault { aws { role = \"r\" } }").login, VaultLogin::Aws(aws) if aws.mount == "aws")
    );
    assert_eq!(token(&vault(&all, "vault { token = \"file\" approle { role_id = \"r\" } }")), Some("file"));
    let agent = vault(&all, "vault { token = \"file\" vault_agent_token_file = \"agent\" }");
    assert_eq!(agent.login, VaultLogin::TokenFile("agent".into()));
    assert!(!agent.renew_token, "the agent renews it");
}

#[test]
fn what_vault_needs_no_token_for_needs_no_renewal() {
    let settings = settings("vault { address = \"http://v\" }");
    assert_eq!((settings.vault.login, settings.vault.renew_token), (VaultLogin::Nobody, false));
}

fn sources(settings: &Settings) -> Vec<String> {
    let name = |origin: &Origin| match origin {
        Origin::File(path) => path.display().to_string(),
        Origin::Contents(text) => text.clone(),
    };
    settings.templates.iter().map(|template| name(&template.origin)).collect()
}

#[test]
fn templates_come_from_files_then_the_variable_then_the_command_line() {
    let world = World::default()
        .file("a.hcl", "template { contents = \"file\" destination = \"1\" }")
        .variable("CT_LOCAL_CONFIG", "template { contents = \"variable\" destination = \"2\" }");
    let settings = world.load(&["-template", "flag:3", "-config", "a.hcl"]).expect("it is right");
    assert_eq!(sources(&settings), ["file", "variable", "flag"]);
}

/// A mounted ConfigMap: files are links into a folder whose name begins with two dots.
#[test]
fn files_of_a_mounted_volume_are_read_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let version = folder.path().join("..2026_11_21");
    std::fs::create_dir_all(&version).expect("a folder");
    std::fs::create_dir_all(folder.path().join("sub")).expect("a folder");
    std::fs::write(version.join("a.hcl"), "").expect("a file");
    std::fs::write(folder.path().join("sub/b.hcl"), "").expect("a file");
    std::fs::write(folder.path().join("z.hcl"), "").expect("a file");
    std::os::unix::fs::symlink("..2026_11_21", folder.path().join("..data")).expect("a link");
    std::os::unix::fs::symlink("..data/a.hcl", folder.path().join("a.hcl")).expect("a link");
    std::os::unix::fs::symlink("sub", folder.path().join("linked")).expect("a link");
    let found = FileSystem.below(folder.path()).expect("it is a folder").expect("it is a folder");
    let names: Vec<_> = found.iter().filter_map(|path| path.strip_prefix(folder.path()).ok()).collect();
    assert_eq!(names, [Path::new("a.hcl"), Path::new("sub/b.hcl"), Path::new("z.hcl")]);
    assert_eq!(FileSystem.below(&folder.path().join("z.hcl")).expect("it is there"), None);
}
