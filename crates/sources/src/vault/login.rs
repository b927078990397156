//! The ways to a token: what each login method is asked with.

#[cfg(feature = "aws")]
mod aws_iam;

use std::io;
use std::path::Path;

use super::api::Ask;
use super::json::Json;
use super::secret::Members;
use super::settings::{AppRoleLogin, AwsLogin, KubernetesLogin, Text, VaultLogin};
use crate::{Backend, Cause, SourceError};

/// A token file longer than this is not one.
const LONGEST_FILE: u64 = 1 << 20;

/// A login's request, and what the method is called; `None` where there is nothing to log in with.
///
/// # Errors
/// A file that cannot be read, or credentials that cannot be found.
pub(super) async fn request(login: &VaultLogin) -> Result<Option<(Ask<'static>, &'static str)>, SourceError> {
    Ok(Some(match login {
        VaultLogin::Nobody | VaultLogin::Token(_) | VaultLogin::TokenFile(_) => return Ok(None),
        VaultLogin::AppRole(login) => (approle(login).await?, "AppRole"),
        VaultLogin::Kubernetes(login) => (kubernetes(login).await?, "Kubernetes"),
        VaultLogin::Aws(login) => (aws(login).await?, "AWS"),
    }))
}

async fn approle(login: &AppRoleLogin) -> Result<Ask<'static>, SourceError> {
    let mut members = vec![("role_id", text(&login.role_id).await?)];
    if let Some(secret) = &login.secret_id {
        members.push(("secret_id", text(secret).await?));
    }
    Ok(ask(&login.mount, members))
}

async fn kubernetes(login: &KubernetesLogin) -> Result<Ask<'static>, SourceError> {
    let token = text(&login.token).await?;
    Ok(ask(&login.mount, vec![("role", login.role.clone()), ("jwt", token)]))
}

#[cfg(feature = "aws")]
async fn aws(login: &AwsLogin) -> Result<Ask<'static>, SourceError> {
    let credentials = crate::aws::credentials_for_vault(login.region.as_deref()).await?;
    let now = std::time::SystemTime::now();
    let (region, server_id) = (login.region.as_deref(), login.server_id.as_deref());
    let question = aws_iam::signed_question(&credentials, region, server_id, now).map_err(|error| {
        let what = format!("the question to STS cannot be signed: {error}");
        SourceError::new(Backend::Vault, Cause::Configuration, what)
    })?;
    let mut members = vec![("role", login.role.clone())];
    members.extend(question);
    Ok(ask(&login.mount, members))
}

#[cfg(not(feature = "aws"))]
async fn aws(login: &AwsLogin) -> Result<Ask<'static>, SourceError> {
    let what = format!("this build has no AWS, so it cannot log in at {}", login.mount);
    Err(SourceError::new(Backend::Vault, Cause::NotSupported, what))
}

fn ask(mount: &str, members: Vec<(&str, String)>) -> Ask<'static> {
    let members: Members =
        members.into_iter().map(|(name, value)| (name.into(), Json::from(value.as_str()))).collect();
    Ask::write(format!("auth/{}/login", mount.trim_matches('/')), members)
}

async fn text(text: &Text) -> Result<String, SourceError> {
    match text {
        Text::Given(given) => Ok(given.reveal().trim().to_owned()),
        Text::File(path) => read(path).await,
    }
}

/// A file's text without white space around it.
///
/// # Errors
/// `file.missing`, `file.unreadable`, or when it is empty.
pub(super) async fn read(path: &Path) -> Result<String, SourceError> {
    let shown = path.display();
    let fault = |cause, what: String| SourceError::new(Backend::Vault, cause, what);
    let reading = async {
        if tokio::fs::metadata(path).await?.len() > LONGEST_FILE {
            return Err(io::Error::other("it is too long for a token"));
        }
        tokio::fs::read_to_string(path).await
    };
    let read = reading.await.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => fault(Cause::NoFile, format!("there is no {shown} to log in with")),
        _ => fault(Cause::Unreadable, format!("{shown} cannot be read: {error}")).with_source(error),
    })?;
    match read.trim() {
        "" => Err(fault(Cause::NoFile, format!("{shown} is empty, so there is nothing to log in with"))),
        token => Ok(token.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_read_without_what_is_around_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        assert_eq!(read(&path).await.unwrap_err().cause, Cause::NoFile);
        std::fs::write(&path, " \n").unwrap();
        assert!(read(&path).await.unwrap_err().evidence.contains("is empty"));
        std::fs::write(&path, "hvs.abc\n").unwrap();
        assert_eq!(read(&path).await.unwrap(), "hvs.abc");
        assert_eq!(read(folder.path()).await.unwrap_err().cause, Cause::Unreadable);
    }
}
