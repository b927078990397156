//! Amazon SNS topics. Codes: <https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::kinds::aws::aws_classes;
use crate::{Class, Kind, cures};

/// SNS.
pub static KIND: Kind = Kind {
    name: "sns",
    title: "SNS",
    aliases: &[],
    default_port: Some(443),
    address: Address::WellKnown,
    attributes: &[
        Attribute::Topic,
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
    proves: "GetTopicAttributes of the topic, which TOPIC names by ARN or name.",
    classes: &[
        &NO_SUCH_TOPIC,
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

common_classes!("sns", "SNS");
aws_classes!("sns", "SNS");

/// There is no such topic.
pub static NO_SUCH_TOPIC: Class = Class::lasting(
    "sns.no_such_topic",
    "The account has no topic of that name in that region.",
    &["the wrong region or account", "the topic was never created"],
    "compare TOPIC with the topic's ARN",
    &cures::SERVER_SIDE,
);
