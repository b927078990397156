//! Amazon SQS queues. Codes: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::kinds::aws::aws_classes;
use crate::{Class, Kind, cures};

/// SQS.
pub static KIND: Kind = Kind {
    name: "sqs",
    title: "SQS",
    aliases: &[],
    default_port: Some(443),
    address: Address::WellKnown,
    attributes: &[
        Attribute::Queue,
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
    proves: "GetQueueAttributes of the queue, which QUEUE names by name, ARN or URL (or URL, when it is a queue's).",
    classes: &[
        &NO_SUCH_QUEUE,
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

common_classes!("sqs", "SQS");
aws_classes!("sqs", "SQS");

/// There is no such queue.
pub static NO_SUCH_QUEUE: Class = Class::lasting(
    "sqs.no_such_queue",
    "The account has no queue of that name in that region.",
    &[
        "the wrong region or account",
        "the queue was never created, or has just been deleted",
        "a FIFO queue's name ends in .fifo",
    ],
    "compare QUEUE and REGION with the queue's URL",
    &cures::SERVER_SIDE,
);
