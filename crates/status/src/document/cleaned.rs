//! What others have put on the board, made safe to be shown: by what is secret now, not by what was when it was put there.

use serde_json::Value;

use super::{Checks, Contract, Identity, RenderedFile, Rendering};

type Clean<'a> = &'a dyn Fn(&str) -> String;

pub(super) fn contract(contract: &Contract, clean: Clean<'_>) -> Contract {
    Contract {
        organization: clean(&contract.organization),
        team: clean(&contract.team),
        path: contract.path.as_deref().map(clean),
    }
}

pub(super) fn checks(checks: &Checks, clean: Clean<'_>) -> Checks {
    Checks { lines: checks.lines.iter().map(|line| clean(line)).collect(), ..checks.clone() }
}

pub(super) fn rendering(rendering: &Rendering, clean: Clean<'_>) -> Rendering {
    let file = |file: &RenderedFile| RenderedFile { path: clean(&file.path), ..file.clone() };
    Rendering {
        complete: rendering.complete,
        waits_for: rendering.waits_for.iter().map(|what| clean(what)).collect(),
        files: rendering.files.iter().map(file).collect(),
    }
}

pub(super) fn identity(identity: &Identity, clean: Clean<'_>) -> Identity {
    Identity { summary: clean(&identity.summary), details: value(&identity.details, clean) }
}

/// Every text in it; its keys are ours.
fn value(found: &Value, clean: Clean<'_>) -> Value {
    match found {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(items) => Value::Array(items.iter().map(|item| value(item, clean)).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, item)| (key.clone(), value(item, clean))).collect())
        }
        other => other.clone(),
    }
}
