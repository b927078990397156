//! The classes that all services of AWS share. Codes: "Common Errors" in each service's API reference, and for S3
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

use crate::Class;

/// The ways in which every service of AWS can refuse.
#[derive(Debug)]
pub struct AwsClasses {
    /// There are no credentials.
    pub no_credentials: &'static Class,
    /// The credentials are not known, or the signature does not fit them.
    pub bad_credentials: &'static Class,
    /// The session that the credentials belong to has ended.
    pub expired_token: &'static Class,
    /// The clocks differ too much.
    pub clock_skew: &'static Class,
    /// There is no region.
    pub no_region: &'static Class,
    /// The action is not allowed.
    pub access_denied: &'static Class,
    /// The key that the data is encrypted with may not be used.
    pub key_denied: &'static Class,
    /// Too many requests.
    pub throttled: &'static Class,
    /// The service itself failed.
    pub unavailable: &'static Class,
}

/// Defines the shared classes of a service of AWS, and `AWS` that holds them.
macro_rules! aws_classes {
    ($name:literal, $title:literal) => {
        /// There are no credentials.
        pub static NO_CREDENTIALS: $crate::Class = $crate::Class::lasting(
            concat!($name, ".no_credentials"),
            "No AWS credentials were found, or the place that should give them failed.",
            &[
                "the task has no task role, the pod no service account with a role",
                "the keys are not in the environment",
                "the instance's metadata service is closed to containers (hop limit 1)",
            ],
            "give the container a role, or set the access key as USERNAME and the secret key as PASSWORD",
            &$crate::cures::AWS_CREDENTIALS,
        );
        /// The credentials are not known, or the signature does not fit them.
        pub static BAD_CREDENTIALS: $crate::Class = $crate::Class::lasting(
            concat!($name, ".bad_credentials"),
            concat!($title, " does not know the access key, or the secret key is another one."),
            &[
                "the key was deleted or deactivated",
                "the secret key was cut off, or has a space or a newline at its end",
                "temporary keys without their session token",
                "the key belongs to another partition or an emulator",
            ],
            "check the key with `aws sts get-caller-identity`, or use a role instead of keys",
            &$crate::cures::AWS_CREDENTIALS,
        );
        /// The session has ended.
        pub static EXPIRED_TOKEN: $crate::Class = $crate::Class::lasting(
            concat!($name, ".expired_token"),
            "The session token has expired.",
            &[
                "temporary keys were put into the environment and are older than their session",
                "a login of a developer's machine has ended",
            ],
            "use a role, which renews its keys by itself, or get a new session",
            &$crate::cures::AWS_CREDENTIALS,
        );
        /// The clocks differ too much.
        pub static CLOCK_SKEW: $crate::Class = $crate::Class::healing(
            concat!($name, ".clock_skew"),
            concat!(
                "The clock of this machine and that of ",
                $title,
                " differ by more than a signature may be old."
            ),
            &["the machine's clock is not synchronised", "a virtual machine that was paused"],
            "synchronise the host's clock (chrony, Amazon Time Sync Service)",
            &$crate::cures::SERVER_HEALTH,
        );
        /// There is no region.
        pub static NO_REGION: $crate::Class = $crate::Class::lasting(
            concat!($name, ".no_region"),
            "No AWS region is known.",
            &["neither REGION nor AWS_REGION is set", "an ARN without a region"],
            "set REGION, or AWS_REGION for all connections",
            &$crate::cures::VALUE,
        );
        /// The action is not allowed.
        pub static ACCESS_DENIED: $crate::Class = $crate::Class::lasting(
            concat!($name, ".access_denied"),
            concat!($title, " knows who asks, and the named action is not allowed to it."),
            &[
                "the role's policy lacks the action or the resource",
                "the resource's own policy, a permissions boundary or an organisation's policy denies it",
                "a VPC endpoint's policy",
                "the wrong role or account",
            ],
            "allow the named action on the named resource to the ARN in the line",
            &$crate::cures::AWS_POLICY,
        );
        /// The key may not be used.
        pub static KEY_DENIED: $crate::Class = $crate::Class::lasting(
            concat!($name, ".key_denied"),
            "The KMS key that the data is encrypted with may not be used, or cannot.",
            &[
                "the key's policy does not name the role",
                "the role's policy lacks kms:Decrypt",
                "the key is disabled, or to be deleted",
            ],
            "allow kms:Decrypt on the key to the ARN in the line, in its policy and in the key's",
            &$crate::cures::AWS_POLICY,
        );
        /// Too many requests.
        pub static THROTTLED: $crate::Class = $crate::Class::healing(
            concat!($name, ".throttled"),
            concat!($title, " takes no more requests of this account for now."),
            &["many containers start at once", "the account's quota is low"],
            "wait, start fewer at once, or have the quota raised",
            &$crate::cures::SERVER_HEALTH,
        );
        /// The service itself failed.
        pub static UNAVAILABLE: $crate::Class = $crate::Class::healing(
            concat!($name, ".unavailable"),
            concat!($title, " itself failed to answer (5xx)."),
            &["an incident at AWS", "an emulator or proxy that is starting or broken"],
            "wait, and look at the AWS Health Dashboard",
            &$crate::cures::SERVER_HEALTH,
        );
        /// What all services share.
        pub static AWS: $crate::kinds::aws::AwsClasses = $crate::kinds::aws::AwsClasses {
            no_credentials: &NO_CREDENTIALS,
            bad_credentials: &BAD_CREDENTIALS,
            expired_token: &EXPIRED_TOKEN,
            clock_skew: &CLOCK_SKEW,
            no_region: &NO_REGION,
            access_denied: &ACCESS_DENIED,
            key_denied: &KEY_DENIED,
            throttled: &THROTTLED,
            unavailable: &UNAVAILABLE,
        };
    };
}
pub(crate) use aws_classes;
