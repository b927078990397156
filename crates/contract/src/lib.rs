//! `preflight.yaml` and the environment-variable grammar, read into a [`Contract`] or into the list of every fault.
//!
//! Pure: no files, no clock, no process environment. The environment comes in as an [`Environment`], the kinds of
//! connection as a [`Vocabulary`]; this crate knows neither sockets nor drivers.

mod attribute;
mod checks;
mod duration;
mod endpoint;
mod environment;
mod faults;
mod file;
mod form;
mod grammar;
mod interpolate;
mod judgement;
mod kind;
mod meaning;
mod model;
mod nearest;
mod parse;
mod quantity;
mod read;
mod render;
mod rules;
mod schema;
mod secret;
mod services;
mod show;
mod tree;
mod vocabulary;

pub use attribute::Attribute;
pub use checks::{
    CheckItem, CheckSpec, ClockCheck, CommandCheck, CommandLine, ConnectionCheck, DiskCheck, FileCheck,
    FileKind, GrpcCheck, HttpCheck, HttpExpectation, MemoryCheck, TlsCheck,
};
pub use duration::{NotADuration, format_duration, parse_duration};
pub use endpoint::{Endpoint, EndpointError, read_host_port, read_port};
pub use environment::{Environment, FileUnreadable, Resolved, Source};
pub use faults::{Fault, Faults};
pub use grammar::{AttributeValue, Connection, Grouping, Name, NameWarning, group, split};
pub use interpolate::{UnsetVariables, interpolate, references};
pub use judgement::{Judgement, PlaceholderKind, VariableFault};
pub use model::{CheckedTcp, Condition, Contract, Variable, VariableType};
pub use parse::{parse, parse_bytes};
pub use quantity::{Amount, ByteSize, FileMode, NotAQuantity, StatusExpectation, StatusRange};
pub use render::{
    AppRoleSection, AwsSection, ChangeRules, ConsulSection, KubernetesSection, MissingAction, MissingSection,
    OnChange, RenderItem, TlsSection, VaultSection,
};
pub use rules::{is_required, judge};
pub use schema::json_schema;
pub use secret::{is_secret, secrets_of};
pub use services::{
    BackoffRange, Condition as EnabledCondition, Disabled, GiveUpBudget, HealthSection, OutputForm,
    OverlapRule, ReadySection, ReloadSection, RestartPolicy, RestartSection, SentinelSection, ServiceItem,
    SignalName, StopSection,
};
pub use show::{show_json, show_markdown, show_text};
pub use vocabulary::{KindName, Vocabulary, find_kind};
