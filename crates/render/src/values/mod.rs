//! Answers of the sources as templates see them: the structs of consul-template and of Consul's, Vault's and Nomad's
//! own clients, with their names, fields and methods.

pub(crate) mod aws;
pub(crate) mod consul;
mod duration;
pub(crate) mod health;
pub(crate) mod nomad;
mod shape;
mod vault;

use preflight_gotemplate::Value;
use preflight_sources::aws::AwsAnswer;
use preflight_sources::nomad::NomadAnswer;
use preflight_sources::vault::VaultAnswer;
use preflight_sources::{Answer, consul::ConsulAnswer};

/// The answer as a template's value.
#[must_use]
pub(crate) fn of(answer: &Answer) -> Value {
    match answer {
        Answer::Consul(answer) => consul::of(answer),
        Answer::File(bytes) => Value::from(bytes.clone()),
        Answer::Vault(answer) => vault::of(answer),
        Answer::Nomad(answer) => nomad::of(answer),
        Answer::Aws(answer) => aws::of(answer),
    }
}

/// Whether the answer is that there is no such thing. An empty list is something.
#[must_use]
pub(crate) fn is_absent(answer: &Answer) -> bool {
    match answer {
        Answer::Consul(ConsulAnswer::Key(value)) => value.is_none(),
        Answer::Vault(VaultAnswer::Secret(secret)) => secret.is_none(),
        Answer::Nomad(NomadAnswer::Variable(variable)) => variable.is_none(),
        Answer::Aws(AwsAnswer::Parameter(parameter)) => parameter.is_none(),
        Answer::Aws(AwsAnswer::Secret(secret)) => secret.is_none(),
        Answer::Consul(_) | Answer::File(_) | Answer::Vault(_) | Answer::Nomad(_) | Answer::Aws(_) => false,
    }
}

/// Whether it is a list of a service's instances without any.
#[must_use]
pub(crate) fn is_empty(answer: &Answer) -> bool {
    match answer {
        Answer::Consul(answer) => answer.is_absence(),
        Answer::Nomad(NomadAnswer::Service(instances)) => instances.is_empty(),
        Answer::Nomad(NomadAnswer::Services(services)) => services.is_empty(),
        Answer::Vault(_) | Answer::Nomad(_) | Answer::Aws(_) | Answer::File(_) => false,
    }
}
