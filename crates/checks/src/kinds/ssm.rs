//! Parameters of AWS Systems Manager. Codes: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>.

use preflight_contract::Attribute;

use crate::kind::{Address, common_classes};
use crate::kinds::aws::aws_classes;
use crate::{Class, Kind, cures};

/// SSM.
pub static KIND: Kind = Kind {
    name: "ssm",
    title: "SSM",
    aliases: &[],
    default_port: Some(443),
    address: Address::WellKnown,
    attributes: &[
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
    proves: "GetParameter with decryption of the parameter PATH; GetParametersByPath when PATH ends in a slash. The value is not kept.",
    classes: &[
        &NO_SUCH_PARAMETER,
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

common_classes!("ssm", "SSM");
aws_classes!("ssm", "SSM");

/// There is no such parameter.
pub static NO_SUCH_PARAMETER: Class = Class::lasting(
    "ssm.no_such_parameter",
    "There is no parameter of that name, version or label, or none below that path.",
    &[
        "the wrong region or account",
        "the leading slash is missing, or superfluous",
        "the parameter of another environment",
    ],
    "compare PATH with the parameter's name, leading slash included",
    &cures::SERVER_SIDE,
);
