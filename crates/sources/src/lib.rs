//! Where values come from: Consul, Vault, Nomad, SSM, Secrets Manager, files, environment.
//!
//! A template asks for things by [`Query`]; the engine tells the [`Watcher`] after each pass which ones are wanted;
//! the watcher fetches them, keeps watching them and sends [`Update`]s. It knows nothing of templates or files.
//!
//! What is guaranteed: an answer is sent only when it differs from the last one sent for that query, or when an error
//! was sent in between; what does not exist is an answer; no error holds a secret; no backend sees more connections
//! than its settings allow; a backend that is away is asked again for ever, ever more slowly.

pub mod aws;
pub mod consul;
pub mod file;
pub mod nomad;
pub mod vault;
pub mod web;

mod absence;
mod answer;
mod error;
mod http;
mod query;
mod settings;
mod source;
mod update;
mod watch;
mod watcher;

pub use answer::Answer;
pub use error::{Cause, Details, SourceError};
pub use query::{Backend, Query};
pub use settings::{
    BasicAuth, HttpSettings, ProxySettings, RetrySettings, SecretText, Settings, TlsSettings,
};
pub use source::{Again, Fetched, Source};
pub use update::{Has, Outage, State, Update};
pub use watcher::Watcher;
