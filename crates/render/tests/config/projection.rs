//! Our settings in the shape in which consul-template logs its own.

use std::time::Duration;

use preflight_render::config::{
    BasicAuth, Command, Delimiters, EnvironmentFilter, Exec, Origin, Retry, Settings, Signal, Template, Tls,
    Transport, VaultLogin, Wait,
};
use serde_json::{Value, json};

pub(crate) fn project(settings: &Settings) -> Value {
    json!({
        "Consul": {
            "Address": if settings.consul.address_given { &settings.consul.address } else { "" },
            "Namespace": settings.consul.namespace.clone().unwrap_or_default(),
            "Auth": auth(settings.consul.auth.as_ref()),
            "Retry": retry(&settings.consul.retry),
            "SSL": tls(&settings.consul.tls),
            "Token": settings.consul.token.as_ref().map_or("", |token| token.expose()),
            "TokenFile": settings.consul.token_file.clone().unwrap_or_default(),
            "Transport": transport(&settings.consul.transport),
        },
        "Vault": vault(settings),
        "Nomad": {
            "Address": settings.nomad.address,
            "Enabled": settings.nomad.enabled,
            "Namespace": settings.nomad.namespace.clone().unwrap_or_default(),
            "SSL": tls(&settings.nomad.tls),
            "AuthUsername": settings.nomad.auth.as_ref().map_or("", |auth| &auth.username),
            "AuthPassword": settings.nomad.auth.as_ref().map_or("", |auth| auth.password.expose()),
            "Retry": retry(&settings.nomad.retry),
            "Transport": transport(&settings.nomad.transport),
        },
        "Exec": exec(settings.exec.as_ref()),
        "Wait": wait(settings.wait),
        "Templates": settings.templates.iter().map(template).collect::<Vec<_>>(),
        "Once": settings.once,
        "KillSignal": signal(settings.kill_signal),
        "ReloadSignal": signal(settings.reload_signal),
        "MaxStale": nanoseconds(settings.max_stale),
        "BlockQueryWaitTime": nanoseconds(settings.block_query_wait),
        "PidFile": settings.pid_file.clone().unwrap_or_default(),
        "ErrOnFailedLookup": settings.error_on_failed_lookup,
        "Syslog": settings.log.syslog.as_ref().map_or(json!({ "Enabled": false }), |syslog| {
            json!({ "Enabled": true, "Facility": syslog.facility, "Name": syslog.name })
        }),
        "FileLog": settings.log.file.as_ref().map_or(json!({ "LogFilePath": "" }), |file| json!({
            "LogFilePath": file.path,
            "LogRotateBytes": file.rotate_bytes.unwrap_or(0),
            "LogRotateDuration": nanoseconds(file.rotate_after),
            "LogRotateMaxFiles": file.keep.map_or(0, i64::from),
        })),
    })
}

fn vault(settings: &Settings) -> Value {
    let vault = &settings.vault;
    let mut projected = json!({
        "Address": vault.address,
        "Enabled": vault.enabled,
        "Namespace": vault.namespace.clone().unwrap_or_default(),
        "RenewToken": vault.renew_token,
        "UnwrapToken": vault.unwrap_token,
        "ClientUserAgent": vault.client_user_agent,
        "DefaultLeaseDuration": nanoseconds(vault.default_lease_duration),
        "LeaseRenewalThreshold": vault.lease_renewal_threshold,
        "Retry": retry(&vault.retry),
        "SSL": tls(&vault.tls),
        "Transport": transport(&vault.transport),
    });
    if let VaultLogin::Kubernetes(login) = &vault.login {
        projected["K8SAuthRoleName"] = json!(login.role);
        projected["K8SServiceAccountTokenPath"] = json!(login.token_path);
        projected["K8SServiceMountPath"] = json!(login.mount);
    }
    projected
}

fn template(template: &Template) -> Value {
    let (source, contents) = match &template.origin {
        Origin::File(path) => (path.display().to_string(), String::new()),
        Origin::Contents(text) => (String::new(), text.clone()),
    };
    let Delimiters { left, right } = &template.delimiters;
    json!({
        "Source": source,
        "Contents": contents,
        "Destination": template.destination.clone().unwrap_or_default(),
        "Backup": template.backup,
        "CreateDestDirs": template.create_dest_dirs,
        "ErrMissingKey": template.error_on_missing_key,
        "ErrFatal": template.error_fatal,
        "Exec": exec(template.exec.as_ref()),
        "Perms": template.perms.unwrap_or(0),
        "User": template.user,
        "Group": template.group,
        "Wait": wait(template.wait),
        "LeftDelim": left,
        "RightDelim": right,
        "FunctionDenylist": template.function_denylist,
        "SandboxPath": template.sandbox_path.clone().unwrap_or_default(),
    })
}

fn exec(exec: Option<&Exec>) -> Value {
    let Some(exec) = exec else { return json!({ "Command": [] }) };
    let command = match &exec.command {
        Command::Text(text) => vec![text.clone()],
        Command::List(list) => list.clone(),
    };
    let EnvironmentFilter { pristine, allowlist, denylist, custom } = &exec.environment;
    json!({
        "Command": command,
        "Enabled": true,
        "Env": { "Pristine": pristine, "Allowlist": allowlist, "Denylist": denylist, "Custom": custom },
        "KillSignal": signal(exec.kill_signal),
        "KillTimeout": nanoseconds(exec.kill_timeout),
        "ReloadSignal": signal(exec.reload_signal),
        "Splay": nanoseconds(exec.splay),
        "Timeout": nanoseconds(exec.timeout.unwrap_or_default()),
    })
}

fn auth(auth: Option<&BasicAuth>) -> Value {
    match auth {
        Some(auth) => json!({ "Enabled": true, "Username": auth.username }),
        None => json!({ "Enabled": false }),
    }
}

fn retry(retry: &Retry) -> Value {
    json!({
        "Enabled": retry.enabled,
        "Attempts": retry.attempts,
        "Backoff": nanoseconds(retry.backoff),
        "MaxBackoff": nanoseconds(retry.max_backoff),
    })
}

fn tls(tls: &Tls) -> Value {
    json!({
        "Enabled": tls.enabled,
        "Verify": tls.verify,
        "CaCert": tls.ca_cert.clone().unwrap_or_default(),
        "CaCertBytes": tls.ca_cert_bytes.clone().unwrap_or_default(),
        "CaPath": tls.ca_path.clone().unwrap_or_default(),
        "Cert": tls.cert.clone().unwrap_or_default(),
        "Key": tls.key.clone().unwrap_or_default(),
        "ServerName": tls.server_name.clone().unwrap_or_default(),
    })
}

fn transport(transport: &Transport) -> Value {
    json!({
        "DialKeepAlive": nanoseconds(transport.dial_keep_alive),
        "DialTimeout": nanoseconds(transport.dial_timeout),
        "DisableKeepAlives": transport.disable_keep_alives,
        "IdleConnTimeout": nanoseconds(transport.idle_conn_timeout),
        "MaxIdleConns": transport.max_idle_conns,
        "MaxIdleConnsPerHost": transport.max_idle_conns_per_host,
        "MaxConnsPerHost": transport.max_conns_per_host,
        "TLSHandshakeTimeout": nanoseconds(transport.tls_handshake_timeout),
    })
}

fn wait(wait: Option<Wait>) -> Value {
    match wait {
        Some(wait) => json!({ "Enabled": true, "Min": nanoseconds(wait.min), "Max": nanoseconds(wait.max) }),
        None => json!({ "Enabled": false }),
    }
}

fn signal(signal: Option<Signal>) -> Value {
    signal.map_or(Value::Null, |signal| json!(signal.as_raw()))
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).expect("a duration of less than 500 years")
}
