//! What a refusal of an AWS service means, by its error code. Codes: "Common errors" in each service's API reference.

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{Backend, Cause, SourceError};

/// Codes that say that there is no such thing.
const ABSENT: [&str; 4] = [
    "ParameterNotFound",
    "ParameterVersionNotFound",
    "ParameterVersionLabelNotFound",
    "ResourceNotFoundException",
];

/// Why a call failed; `None` when the service says that there is no such thing. `action` is IAM's name of what was
/// asked, and of what.
pub(super) fn of<Error>(action: &str, error: &SdkError<Error, HttpResponse>) -> Option<SourceError>
where
    Error: ProvideErrorMetadata + StdError + 'static,
{
    let SdkError::ServiceError(refused) = error else { return Some(below(action, error)) };
    let code = bare(refused.err().code().unwrap_or_default());
    if ABSENT.contains(&code) {
        return None;
    }
    let message = refused.err().message().unwrap_or_default().trim().trim_end_matches('.');
    let status = refused.raw().status().as_u16();
    let what = match (code, message) {
        ("", "") => format!("AWS answered {action} with status {status}"),
        (code, "") => format!("AWS refused {action}: {code}"),
        (code, message) => format!("AWS refused {action}: {message} ({code})"),
    };
    let cause = cause(code, message, status);
    let refusal = SourceError::new(Backend::Aws, cause, what);
    Some(match (cause, asker(message)) {
        (Cause::Denied, Some(who)) => refusal.with_hint(format!("allow {action} to {who}")),
        (Cause::Denied, None) => refusal.with_hint(format!("allow {action} in the policy of who asks")),
        _ => refusal,
    })
}

/// What failed before the service could answer: our own error, if it is one.
fn below<Error>(action: &str, error: &SdkError<Error, HttpResponse>) -> SourceError
where
    Error: StdError + 'static,
{
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(current) = next {
        if let Some(ours) = current.downcast_ref::<SourceError>() {
            return ours.clone();
        }
        next = current.source();
    }
    let message = whole_message(error);
    let is_about_credentials = message.contains("credentials") || message.contains("identity");
    let cause = match error {
        SdkError::TimeoutError(_) => Cause::AnswerTimeout,
        SdkError::ConstructionFailure(_) if !is_about_credentials => Cause::BadRequest,
        SdkError::ResponseError(_) => Cause::BadAnswer,
        _ if is_about_credentials => Cause::AwsNoCredentials,
        _ => Cause::Closed,
    };
    let what = match cause {
        Cause::AwsNoCredentials => format!("no AWS credentials were found for {action}: {message}"),
        _ => format!("{action} failed: {message}"),
    };
    SourceError::new(Backend::Aws, cause, what)
}

fn cause(code: &str, message: &str, status: u16) -> Cause {
    let about_time = ["Signature expired", "Signature not yet current", "too skewed"];
    let about_key = code.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("kms"))
        || (code.starts_with("AccessDenied") && (message.contains("kms:") || message.contains("KMS")));
    match code {
        "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => Cause::AwsClockSkew,
        "InvalidSignatureException" | "SignatureDoesNotMatch"
            if about_time.iter().any(|words| message.contains(words)) =>
        {
            Cause::AwsClockSkew
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => Cause::AwsExpiredToken,
        "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "UnrecognizedClientException"
        | "AuthFailure" => Cause::AwsBadCredentials,
        _ if code.contains("Throttl")
            || code == "TooManyRequestsException"
            || code == "RequestLimitExceeded" =>
        {
            Cause::Throttled
        }
        "DecryptionFailure" | "InvalidKeyId" => Cause::AwsKeyDenied,
        _ if about_key => Cause::AwsKeyDenied,
        "AccessDenied"
        | "AccessDeniedException"
        | "NotAuthorized"
        | "OptInRequired"
        | "UnauthorizedOperation" => Cause::Denied,
        _ if code.starts_with("Internal") || code.starts_with("ServiceUnavailable") => Cause::ServerFailed,
        _ if status >= 500 => Cause::ServerFailed,
        _ if status == 429 => Cause::Throttled,
        _ => Cause::BadRequest,
    }
}

/// The code without what the JSON protocols put around it: `com.amazon.coral#Code:http://…`.
fn bare(code: &str) -> &str {
    let code = code.rsplit('#').next().unwrap_or(code);
    code.split(':').next().unwrap_or(code)
}

/// The ARN that asked, when the message names it: `User: arn:… is not authorized to perform: …`.
fn asker(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("User: ")?;
    rest.split_whitespace().next().filter(|arn| arn.starts_with("arn:"))
}

/// An error with all that is below it, each said once.
pub(super) fn whole_message(error: &(dyn StdError + 'static)) -> String {
    let mut message = error.to_string();
    let mut next = error.source();
    while let Some(current) = next {
        let part = current.to_string();
        if !message.contains(&part) {
            message.push_str(": ");
            message.push_str(&part);
        }
        next = current.source();
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_cause() {
        for (code, message, expected) in [
            ("InvalidClientTokenId", "", Cause::AwsBadCredentials),
            ("InvalidSignatureException", "Signature expired: now is later", Cause::AwsClockSkew),
            ("InvalidSignatureException", "does not match", Cause::AwsBadCredentials),
            ("ExpiredTokenException", "", Cause::AwsExpiredToken),
            ("AccessDeniedException", "User: arn:aws:iam::1:user/a is not authorized", Cause::Denied),
            ("AccessDeniedException", "not authorized to perform: kms:Decrypt", Cause::AwsKeyDenied),
            ("KmsAccessDenied", "", Cause::AwsKeyDenied),
            ("ThrottlingException", "Rate exceeded", Cause::Throttled),
            ("KMSThrottlingException", "", Cause::Throttled),
            ("InternalServiceError", "", Cause::ServerFailed),
            ("ValidationException", "", Cause::BadRequest),
        ] {
            assert_eq!(cause(code, message, 400), expected, "{code} {message}");
        }
        assert_eq!(cause("", "", 503), Cause::ServerFailed);
        assert_eq!(cause("", "", 429), Cause::Throttled);
    }

    #[test]
    fn codes_are_bared_and_the_asker_is_found() {
        assert_eq!(bare("com.amazonaws.ssm#ParameterNotFound"), "ParameterNotFound");
        assert_eq!(bare("ThrottlingException:http://internal.amazon.com/"), "ThrottlingException");
        let message = "User: arn:aws:iam::123:user/denied is not authorized to perform: x";
        assert_eq!(asker(message), Some("arn:aws:iam::123:user/denied"));
        assert_eq!(asker("Access denied"), None);
    }
}
