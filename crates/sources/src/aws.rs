//! AWS: Systems Manager's parameters and Secrets Manager.
//!
//! Without the feature `aws` everything can still be asked, and the answer is that this build cannot.

mod answer;
mod query;
#[cfg(feature = "aws")]
mod refusal;
#[cfg(feature = "aws")]
mod session;
mod settings;
#[cfg(feature = "aws")]
mod source;
#[cfg(feature = "aws")]
mod wire;

pub use answer::{AwsAnswer, Parameter, SecretValue};
pub use query::AwsQuery;
#[cfg(feature = "aws")]
pub(crate) use session::credentials_for_vault;
pub use settings::{AwsKeys, AwsSettings};
#[cfg(feature = "aws")]
pub(crate) use source::AwsSource;
