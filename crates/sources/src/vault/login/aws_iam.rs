//! Login by AWS identity: a signed question "who am I?" that Vault puts to STS itself.
//!
//! Form: "AWS auth method (API)", login with the `iam` type, in Vault's documentation; the signature is AWS's version 4.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::json::Json;

const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// Whose signature Vault accepts of anybody who says nothing of a region.
const GLOBAL: (&str, &str) = ("us-east-1", "sts.amazonaws.com");
/// The header that ties the signature to one Vault.
const SERVER_ID: &str = "X-Vault-AWS-IAM-Server-ID";

/// Why a question could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the question to STS cannot be signed")]
pub(super) struct CannotSign(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The members that Vault's login takes beside the role.
pub(super) fn signed_question(
    credentials: &Credentials,
    region: Option<&str>,
    server_id: Option<&str>,
    now: SystemTime,
) -> Result<Vec<(&'static str, String)>, CannotSign> {
    let (region, host) = match region {
        Some(region) => (region, format!("sts.{region}.{}", domain_of(region))),
        None => (GLOBAL.0, GLOBAL.1.to_owned()),
    };
    let url = format!("https://{host}/");
    let mut headers = vec![("Host".to_owned(), host), ("Content-Type".to_owned(), CONTENT_TYPE.to_owned())];
    headers.extend(server_id.map(|id| (SERVER_ID.to_owned(), id.to_owned())));
    let signed = signature_headers(credentials, region, &url, &headers, now)?;
    headers.extend(signed);
    Ok(vec![
        ("iam_http_request_method", "POST".to_owned()),
        ("iam_request_url", STANDARD.encode(&url)),
        ("iam_request_body", STANDARD.encode(BODY)),
        ("iam_request_headers", STANDARD.encode(headers_json(&headers))),
    ])
}

fn signature_headers(
    credentials: &Credentials,
    region: &str,
    url: &str,
    headers: &[(String, String)],
    now: SystemTime,
) -> Result<Vec<(String, String)>, CannotSign> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("sts")
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| CannotSign(error.into()))?
        .into();
    let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let request = SignableRequest::new("POST", url, pairs, SignableBody::Bytes(BODY.as_bytes()))
        .map_err(|error| CannotSign(error.into()))?;
    let (instructions, _) =
        sign(request, &parameters).map_err(|error| CannotSign(error.into()))?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// China's regions have a domain of their own; see "AWS STS endpoints" in the AWS General Reference.
fn domain_of(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

fn headers_json(headers: &[(String, String)]) -> String {
    let members = headers
        .iter()
        .map(|(name, value)| (name.as_str().into(), Json::List(vec![Json::from(value.as_str())].into())));
    let mut text = String::new();
    Json::Map(std::sync::Arc::new(members.collect())).write(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn question(region: Option<&str>, server_id: Option<&str>, token: Option<&str>) -> (String, Json) {
        let credentials =
            Credentials::new("AKIDEXAMPLE", "secret-key", token.map(str::to_owned), None, "test");
        let now = UNIX_EPOCH + Duration::from_secs(1_763_724_600);
        let made = signed_question(&credentials, region, server_id, now).unwrap();
        let decoded = |name: &str| {
            let (_, value) = made.iter().find(|(known, _)| *known == name).unwrap();
            String::from_utf8(STANDARD.decode(value).unwrap()).unwrap()
        };
        assert_eq!(decoded("iam_request_body"), "Action=GetCallerIdentity&Version=2011-06-15");
        (decoded("iam_request_url"), Json::parse(decoded("iam_request_headers").as_bytes()).unwrap())
    }

    fn header<'json>(headers: &'json Json, wanted: &str) -> Option<&'json str> {
        let mut found = headers.as_map()?.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.next()?.1.as_list()?[0].as_str()
    }

    #[test]
    fn without_a_region_the_global_service_is_named() {
        let (url, headers) = question(None, None, None);
        assert_eq!(url, "https://sts.amazonaws.com/");
        let authorization = header(&headers, "authorization").unwrap();
        assert!(
            authorization
                .starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20251121/us-east-1/sts/aws4_request, "),
            "{authorization}"
        );
        assert_eq!(header(&headers, "x-amz-security-token"), None);
    }

    #[test]
    fn the_server_id_and_the_session_are_signed_as_well() {
        let (url, headers) = question(Some("us-west-2"), Some("vault.example"), Some("session"));
        assert_eq!(url, "https://sts.us-west-2.amazonaws.com/");
        let authorization = header(&headers, "authorization").unwrap();
        assert!(authorization.contains("/us-west-2/sts/"), "{authorization}");
        assert!(authorization.contains("x-vault-aws-iam-server-id"), "{authorization}");
        assert!(authorization.contains("x-amz-security-token"), "{authorization}");
        assert_eq!(header(&headers, "x-vault-aws-iam-server-id"), Some("vault.example"));
        assert_eq!(question(Some("cn-north-1"), None, None).0, "https://sts.cn-north-1.amazonaws.com.cn/");
    }
}
