//! Secrets of AWS Secrets Manager. Codes: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::kinds::aws::aws_classes;
use crate::{Class, Kind, cures};

/// Secrets Manager.
pub static KIND: Kind = Kind {
    name: "secretsmanager",
    title: "Secrets Manager",
    aliases: &["secrets"],
    default_port: Some(443),
    address: Address::WellKnown,
    attributes: &[
        Attribute::Path,
        Attribute::Database,
        Attribute::Region,
        Attribute::Username,
        Attribute::Password,
        Attribute::Token,
        Attribute::Url,
        Attribute::Address,
        Attribute::Port,
        Attribute::Scheme,
        Attribute::Sslmode,
        Attribute::Sslrootcertpath,
        Attribute::Timeout,
    ],
    proves: "GetSecretValue of the secret that PATH (or DATABASE) names by name or ARN, and DescribeSecret if that is allowed. The value is not kept.",
    classes: &[
        &NO_SUCH_SECRET,
        &DELETED,
        &NO_REGION,
        &NO_CREDENTIALS,
        &BAD_CREDENTIALS,
        &EXPIRED_TOKEN,
        &CLOCK_SKEW,
        &ACCESS_DENIED,
        &KEY_DENIED,
        &THROTTLED,
        &UNAVAILABLE,
    ],
    common: Some(&COMMON),
};

common_classes!("secretsmanager", "Secrets Manager");
aws_classes!("secretsmanager", "Secrets Manager");

/// There is no such secret.
pub static NO_SUCH_SECRET: Class = Class::lasting(
    "secretsmanager.no_such_secret",
    "There is no secret of that name, or it has no value.",
    &[
        "the wrong region or account",
        "an ARN without the six characters at its end",
        "the secret was made but never given a value",
    ],
    "compare PATH with the secret's name or whole ARN",
    &cures::SERVER_SIDE,
);

/// The secret is to be deleted.
pub static DELETED: Class = Class::lasting(
    "secretsmanager.deleted",
    "The secret is marked for deletion and gives no value any more.",
    &["somebody deleted it; it can be restored until its recovery window is over"],
    "restore it with `aws secretsmanager restore-secret`",
    &cures::SERVER_SIDE,
);
