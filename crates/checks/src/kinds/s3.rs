//! Amazon S3 buckets. Codes: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::kinds::aws::aws_classes;
use crate::{Class, Kind, cures};

/// S3.
pub static KIND: Kind = Kind {
    name: "s3",
    title: "S3",
    aliases: &[],
    default_port: Some(443),
    address: Address::WellKnown,
    attributes: &[
        Attribute::Bucket,
        Attribute::Path,
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
    proves: "ListObjectsV2 of one key of the bucket (below PATH, if given) and HeadBucket; where listing is denied and PATH names an object, HeadObject.",
    classes: &[
        &NO_SUCH_BUCKET,
        &WRONG_REGION,
        &NO_SUCH_KEY,
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

common_classes!("s3", "S3");
aws_classes!("s3", "S3");

/// There is no such bucket.
pub static NO_SUCH_BUCKET: Class = Class::lasting(
    "s3.no_such_bucket",
    "There is no bucket of that name.",
    &["the name is wrong", "the bucket was never created", "a bucket of another partition or emulator"],
    "check BUCKET",
    &cures::SERVER_SIDE,
);

/// The bucket is in another region.
pub static WRONG_REGION: Class = Class::lasting(
    "s3.wrong_region",
    "The bucket is in another region than the one that was asked.",
    &["REGION or AWS_REGION is the service's region, not the bucket's"],
    "set REGION to the bucket's region, which the line names if the service told it",
    &cures::VALUE,
);

/// There is no such object.
pub static NO_SUCH_KEY: Class = Class::lasting(
    "s3.no_such_key",
    "The bucket has no object of that key.",
    &["the key is wrong", "the object was not uploaded yet"],
    "check PATH",
    &cures::SERVER_SIDE,
);
