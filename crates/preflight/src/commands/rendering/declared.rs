//! What a contract declares to be rendered, as the rendering takes it.

use preflight_contract::{
    CommandLine, ConsulSection, Contract, MissingAction as ContractAction, RenderItem, TlsSection,
    UnsetVariables, VaultSection,
};
use preflight_render::config::{
    Command, Declared, DeclaredConsul, DeclaredTemplate, DeclaredTls, DeclaredVault, MissingAction, Secret,
};

/// The `render`, `consul`, `vault` and `missing` sections, with every `${VARIABLE}` filled in.
///
/// # Errors
/// One line for each part that names variables without a value.
pub(super) fn declared(
    contract: &Contract,
    origin: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Declared, Vec<String>> {
    let mut faults = Vec::new();
    let mut declared = Declared::default();
    for item in &contract.render {
        let place = format!("{origin}:{}", item.line);
        match item.interpolated(variable) {
            Ok(item) => declared.templates.push(template(item, place)),
            Err(unset) => faults.push(fault(&format!("{place}: render {}", item.destination), &unset)),
        }
    }
    match contract.consul.as_ref().map(|section| section.interpolated(variable)).transpose() {
        Ok(section) => declared.consul = section.map(consul).unwrap_or_default(),
        Err(unset) => faults.push(fault(&format!("{origin}: consul"), &unset)),
    }
    match contract.vault.as_ref().map(|section| section.interpolated(variable)).transpose() {
        Ok(section) => declared.vault = section.map(vault).unwrap_or_default(),
        Err(unset) => faults.push(fault(&format!("{origin}: vault"), &unset)),
    }
    if let Some(missing) = &contract.missing {
        declared.missing_after = missing.after;
        declared.missing_action = Some(match missing.action {
            ContractAction::Warn => MissingAction::Warn,
            ContractAction::Fail => MissingAction::Fail,
        });
    }
    if faults.is_empty() { Ok(declared) } else { Err(faults) }
}

fn fault(place: &str, unset: &UnsetVariables) -> String {
    format!(
        "{place} names variables that have no value: {} — hint: set them, or give a default with ${{NAME:-default}}",
        unset.names.join(", ")
    )
}

fn template(item: RenderItem, place: String) -> DeclaredTemplate {
    let on_change = item.on_change.as_ref().and_then(|change| change.command());
    DeclaredTemplate {
        place,
        on_change: on_change.map(|(line, _)| command(line)),
        on_change_timeout: on_change.and_then(|(_, timeout)| timeout),
        check: item.check.as_ref().map(command),
        source: item.source,
        contents: item.contents,
        destination: item.destination,
        perms: item.perms.map(|mode| mode.0),
        user: item.user,
        group: item.group,
        backup: item.backup,
        keep_symlink: item.keep_symlink,
        error_on_missing_key: item.error_on_missing_key,
        protect_empty: item.protect_empty,
        left_delimiter: item.left_delimiter,
        right_delimiter: item.right_delimiter,
        wait: item.wait,
    }
}

fn command(line: &CommandLine) -> Command {
    match line {
        CommandLine::Words(words) => Command::List(words.clone()),
        CommandLine::Shell(line) => Command::Text(line.clone()),
    }
}

fn consul(section: ConsulSection) -> DeclaredConsul {
    DeclaredConsul {
        address: section.address,
        namespace: section.namespace,
        token: section.token.map(Secret::new),
        token_file: section.token_file,
        username: section.username,
        password: section.password.map(Secret::new),
        max_stale: section.max_stale,
        tls: section.tls.map(tls),
    }
}

fn vault(section: VaultSection) -> DeclaredVault {
    let (approle, kubernetes, aws) = (section.approle, section.kubernetes, section.aws);
    DeclaredVault {
        address: section.address,
        namespace: section.namespace,
        token: section.token.map(Secret::new),
        token_file: section.token_file,
        unwrap_token: section.unwrap_token,
        renew_token: section.renew_token,
        approle_role_id: approle.as_ref().map(|role| role.role_id.clone()),
        approle_secret_id: approle.as_ref().and_then(|role| role.secret_id.clone()).map(Secret::new),
        approle_secret_id_file: approle.as_ref().and_then(|role| role.secret_id_file.clone()),
        approle_mount: approle.and_then(|role| role.mount),
        kubernetes_role: kubernetes.as_ref().map(|login| login.role.clone()),
        kubernetes_token_path: kubernetes.as_ref().and_then(|login| login.token_path.clone()),
        kubernetes_mount: kubernetes.and_then(|login| login.mount),
        aws_role: aws.as_ref().map(|login| login.role.clone()),
        aws_region: aws.as_ref().and_then(|login| login.region.clone()),
        aws_server_id: aws.as_ref().and_then(|login| login.server_id.clone()),
        aws_mount: aws.and_then(|login| login.mount),
        tls: section.tls.map(tls),
    }
}

fn tls(section: TlsSection) -> DeclaredTls {
    DeclaredTls {
        ca: section.ca,
        cert: section.cert,
        key: section.key_file,
        server_name: section.server_name,
        insecure: section.insecure,
    }
}
