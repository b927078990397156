//! The identity that AWS sees. Codes: <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>.

use preflight_contract::Attribute;

use crate::Kind;
use crate::kind::{Address, common_classes};
use crate::kinds::aws::aws_classes;

/// STS.
pub static KIND: Kind = Kind {
    name: "sts",
    title: "STS",
    aliases: &["iam"],
    default_port: Some(443),
    address: Address::WellKnown,
    attributes: &[
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
    proves: "GetCallerIdentity, which every valid identity may ask: the credentials are known and the clock is right.",
    classes: &[
        &NO_REGION,
        &NO_CREDENTIALS,
        &BAD_CREDENTIALS,
        &EXPIRED_TOKEN,
        &CLOCK_SKEW,
        &ACCESS_DENIED,
        &THROTTLED,
        &UNAVAILABLE,
    ],
    common: Some(&COMMON),
};

common_classes!("sts", "STS");
aws_classes!("sts", "STS");
