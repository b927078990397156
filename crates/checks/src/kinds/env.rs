//! Classes of the variables' layer.

use crate::{Class, cures};

const NEVER_SET: &[&str] = &["never added to this environment's configuration", "a typing error in the name"];
const WRONG_VALUE: &[&str] = &["a typing error", "the value of another environment or variable"];

macro_rules! class {
    ($constant:ident, $name:literal, $meaning:literal, $causes:expr, $hint:literal) => {
        #[doc = $meaning]
        pub static $constant: Class = Class::lasting($name, $meaning, $causes, $hint, &cures::VALUE);
    };
}

class!(
    MISSING,
    "env.missing",
    "A variable that the service needs is not set.",
    NEVER_SET,
    "add it to the task definition's environment or secrets, the pod's env, or docker run -e"
);
class!(
    EMPTY,
    "env.empty",
    "A variable that the service needs is set to nothing.",
    &[
        "an empty value in the configuration",
        "a template or pipeline that filled in nothing",
        "a secret without a value"
    ],
    "give it a value, or remove it if the service can do without"
);
class!(
    NOT_ALLOWED,
    "env.not_allowed",
    "The value is not one of those that the contract allows.",
    WRONG_VALUE,
    "use one of the values that the line lists"
);
class!(
    PATTERN,
    "env.pattern",
    "The value does not match the contract's pattern.",
    WRONG_VALUE,
    "correct the value so that it matches the pattern in preflight.yaml"
);
class!(
    TYPE,
    "env.type",
    "The value is not of the type that the contract says.",
    WRONG_VALUE,
    "correct the value; the line says what type is expected"
);
class!(
    RANGE,
    "env.range",
    "The number is smaller or larger than the contract allows.",
    WRONG_VALUE,
    "use a number within the bounds that the line says"
);
class!(
    LENGTH,
    "env.length",
    "The value is shorter or longer than the contract allows.",
    &["a truncated or placeholder value", "the value of another variable"],
    "use a value of the length that the line says"
);
class!(
    PLACEHOLDER,
    "env.placeholder",
    "The value is a placeholder that nothing has filled in.",
    &[
        "a template was deployed without being rendered",
        "the value was left for later in an example file",
        "`${X}` in a place where the platform does not substitute"
    ],
    "put the real value in its place"
);
class!(
    QUOTED,
    "env.quoted",
    "The value begins and ends with quotation marks, which are part of it.",
    &["docker's --env-file and ECS take quotes literally", "quoted twice in a shell or YAML"],
    "remove the quotation marks around the value"
);
class!(
    TRAILING_NEWLINE,
    "env.trailing_newline",
    "The value ends in a line break or white space.",
    &[
        "`echo` instead of `printf` when the secret was written",
        "a file with a final line break in a Kubernetes Secret"
    ],
    "store the value anew without the line break (echo -n, printf %s)"
);
class!(
    SECRET_ARN,
    "env.secret_arn",
    "The value is the ARN of a secret instead of the secret.",
    &["the ARN stands under `environment` instead of `secrets` with `valueFrom`"],
    "move it to the container's `secrets` with `valueFrom`, so that ECS puts the value in"
);
class!(
    FILE_UNREADABLE,
    "env.file_unreadable",
    "The file that a *_FILE variable names cannot be read.",
    &["the secret is not mounted", "another user owns it", "a typing error in the path"],
    "mount the secret at that path, readable for the container's user"
);
class!(
    BOTH_VALUE_AND_FILE,
    "env.both_value_and_file",
    "Both a variable and its *_FILE sibling are set; the value counts.",
    &["the move from one to the other was left half-done"],
    "remove one of the two"
);
class!(
    DEPRECATED,
    "env.deprecated",
    "A variable that the contract marks as deprecated is still set.",
    &["the configuration has not followed the service"],
    "see the contract for what to use instead"
);
class!(
    REFERENCE_UNSET,
    "env.reference_unset",
    "A check in preflight.yaml refers to a variable that is not set.",
    NEVER_SET,
    "set the variable, or give a default: ${NAME:-value}"
);
class!(
    UNKNOWN_ATTRIBUTE,
    "env.unknown_attribute",
    "A name looks like an attribute of a connection, but its last part is none.",
    &["_USER for _USERNAME, _HOST for _ADDRESS, _PASS for _PASSWORD"],
    "use the name that the line says, or rename it so that it does not look like part of the connection"
);
class!(
    NO_ADDRESS,
    "env.no_address",
    "Variables name a connection, but none says where it is, so it cannot be proven.",
    &["ADDRESS or URL is not declared in the contract"],
    "declare and set the variable that the line names"
);
class!(
    ATTRIBUTE_TWICE,
    "env.attribute_twice",
    "Two variables give the same attribute of one connection.",
    &["a typing error beside the correct name", "a *_FILE variable beside the plain one"],
    "remove one of the two"
);

/// All of them.
pub static CLASSES: &[&Class] = &[
    &MISSING,
    &EMPTY,
    &NOT_ALLOWED,
    &PATTERN,
    &TYPE,
    &RANGE,
    &LENGTH,
    &PLACEHOLDER,
    &QUOTED,
    &TRAILING_NEWLINE,
    &SECRET_ARN,
    &FILE_UNREADABLE,
    &BOTH_VALUE_AND_FILE,
    &DEPRECATED,
    &REFERENCE_UNSET,
    &UNKNOWN_ATTRIBUTE,
    &NO_ADDRESS,
    &ATTRIBUTE_TWICE,
];
