//! The words for a value that is missing in a rendered file, for `guard` and `run`. What else stands in such a line is
//! never shown: it may be a secret that only the file knows.

use std::path::Path;

use preflight_supervise::sentinel::{Finding, Missing};

/// Which one, where, and what to do.
pub(crate) fn words(path: &Path, finding: &Finding) -> String {
    let (what, cure) = match finding.missing {
        Missing::Key => ("key", "set the key in Consul or wherever the template reads it"),
        Missing::Service => ("service", "register the service, or look why no instance of it is healthy"),
    };
    let name = finding.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let Finding { line, word, .. } = finding;
    format!("missing {what}{name} at {}:{line}: {word} — hint: {cure}", path.display())
}
