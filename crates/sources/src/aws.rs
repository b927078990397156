//! AWS: Systems Manager's parameters and Secrets Manager.

mod answer;
mod query;
mod settings;

pub use answer::{AwsAnswer, Parameter, SecretValue};
pub use query::AwsQuery;
pub use settings::{AwsKeys, AwsSettings};
