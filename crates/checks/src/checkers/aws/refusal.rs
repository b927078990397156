//! What a refusal of an AWS service means, by its error code.

use super::Service;
use crate::Class;
use crate::kinds::aws::AwsClasses;

/// What the service said.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusal {
    pub(super) code: Option<String>,
    pub(super) message: String,
    pub(super) status: u16,
    /// Whether the answer carries what only AWS sends.
    pub(super) of_aws: bool,
}

impl Refusal {
    /// The class, when its code or status has one.
    pub(super) fn class(&self, service: &Service) -> Option<&'static Class> {
        let classes = service.classes;
        let code = self.code.as_deref().map(bare);
        let shared = code.and_then(|code| of_code(classes, code, &self.message));
        if shared == Some(classes.access_denied) && self.is_about_a_key() {
            return Some(classes.key_denied);
        }
        let own = code.and_then(|code| service.codes.iter().find(|(known, _)| *known == code));
        let by_status = || match self.status {
            500..=599 => Some(classes.unavailable),
            429 => Some(classes.throttled),
            403 if self.of_aws => Some(classes.access_denied),
            _ => None,
        };
        own.map(|(_, class)| *class).or(shared).or_else(by_status)
    }

    fn is_about_a_key(&self) -> bool {
        self.message.contains("kms:") || self.message.contains("KMS")
    }

    /// The ARN that asked, when the message names it: `User: arn:… is not authorized to perform: …`.
    pub(super) fn who(&self) -> Option<&str> {
        let (_, rest) = self.message.split_once("User: ")?;
        let arn = rest.split_whitespace().next()?;
        arn.starts_with("arn:").then_some(arn)
    }
}

/// The code without what the JSON protocols put around it: `com.amazon.coral#Code:http://…`.
fn bare(code: &str) -> &str {
    let code = code.rsplit('#').next().unwrap_or(code);
    code.split(':').next().unwrap_or(code)
}

fn of_code(classes: &AwsClasses, code: &str, message: &str) -> Option<&'static Class> {
    let about_time = ["Signature expired", "Signature not yet current", "too skewed"];
    let class = match code {
        "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => classes.clock_skew,
        "InvalidSignatureException" | "SignatureDoesNotMatch" | "AuthFailure"
            if about_time.iter().any(|words| message.contains(words)) =>
        {
            classes.clock_skew
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => classes.expired_token,
        "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "InvalidSecurity"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "UnrecognizedClientException"
        | "AuthFailure" => classes.bad_credentials,
        "AccessDenied"
        | "AccessDeniedException"
        | "AccessDeniedError"
        | "AllAccessDisabled"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "NotAuthorized"
        | "OptInRequired"
        | "UnauthorizedOperation" => classes.access_denied,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "Throttled"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown"
        | "BandwidthLimitExceeded" => classes.throttled,
        "InternalError"
        | "InternalErrorException"
        | "InternalFailure"
        | "InternalServerError"
        | "InternalServiceError"
        | "InternalServiceErrorException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => classes.unavailable,
        "DecryptionFailure" | "InvalidKeyId" => classes.key_denied,
        _ if is_of_key(code) => classes.key_denied,
        _ => return None,
    };
    Some(class)
}

/// Codes that other services hand on from KMS: `KmsAccessDenied`, `KMSDisabledException`, `KMS.NotFoundException`.
fn is_of_key(code: &str) -> bool {
    let throttled = code.contains("Throttl");
    code.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("kms")) && !throttled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{secretsmanager, sqs};

    static SERVICE: Service =
        Service { classes: &sqs::AWS, codes: &[("QueueDoesNotExist", &sqs::NO_SUCH_QUEUE)] };

    fn refusal(code: &str, message: &str) -> Refusal {
        Refusal { code: Some(code.to_owned()), message: message.to_owned(), status: 400, of_aws: true }
    }

    #[test]
    fn each_code_has_its_class() {
        let table = [
            ("InvalidClientTokenId", "", "sqs.bad_credentials"),
            ("SignatureDoesNotMatch", "the signature does not match", "sqs.bad_credentials"),
            ("SignatureDoesNotMatch", "Signature expired: 2026 is now earlier than", "sqs.clock_skew"),
            ("InvalidSignatureException", "Signature not yet current: ", "sqs.clock_skew"),
            ("RequestTimeTooSkewed", "", "sqs.clock_skew"),
            ("ExpiredToken", "", "sqs.expired_token"),
            ("AccessDenied", "User: arn:aws:iam::1:user/a is not authorized", "sqs.access_denied"),
            ("AccessDeniedException", "not authorized to perform: kms:Decrypt", "sqs.key_denied"),
            ("KmsAccessDenied", "", "sqs.key_denied"),
            ("KMS.DisabledException", "", "sqs.key_denied"),
            ("RequestThrottled", "", "sqs.throttled"),
            ("InternalFailure", "", "sqs.unavailable"),
            ("QueueDoesNotExist", "", "sqs.no_such_queue"),
            ("com.amazonaws.sqs#QueueDoesNotExist", "", "sqs.no_such_queue"),
            ("ThrottlingException:http://internal.amazon.com/", "", "sqs.throttled"),
        ];
        for (code, message, class) in table {
            let found = refusal(code, message).class(&SERVICE).map(|class| class.name);
            assert_eq!(found, Some(class), "{code} {message}");
        }
        assert!(refusal("SomethingElse", "").class(&SERVICE).is_none());
        assert!(refusal("é", "").class(&SERVICE).is_none());
    }

    #[test]
    fn without_a_code_the_status_speaks_if_it_is_of_aws() {
        let of = |status, of_aws| Refusal { status, of_aws, ..Refusal::default() }.class(&SERVICE);
        assert_eq!(of(403, true), Some(&sqs::ACCESS_DENIED));
        assert_eq!(of(403, false), None);
        assert_eq!(of(503, false), Some(&sqs::UNAVAILABLE));
        assert_eq!(of(404, true), None);
    }

    #[test]
    fn the_arn_that_asked_is_read_from_the_message() {
        let message =
            "User: arn:aws:iam::123:user/denied is not authorized to perform: sqs:x on resource: arn:b";
        assert_eq!(refusal("AccessDenied", message).who(), Some("arn:aws:iam::123:user/denied"));
        assert_eq!(refusal("AccessDenied", "Access Denied").who(), None);
        assert_eq!(secretsmanager::AWS.access_denied.name, "secretsmanager.access_denied");
    }
}
