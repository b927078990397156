//! The document in the Test Anything Protocol, version 14 (testanything.org).

use super::{CheckDocument, Document};

impl Document {
    /// TAP with a YAML diagnostic block for each failure.
    #[must_use]
    pub fn to_tap(&self) -> String {
        let mut text = format!("TAP version 14\n1..{}\n", self.checks.len());
        for (index, check) in self.checks.iter().enumerate() {
            text.push_str(&line(index + 1, check));
        }
        for warning in self.warnings.iter().chain(self.checks.iter().flat_map(|check| &check.warnings)) {
            text.push_str(&format!("# WARN {} [{}] {}\n", warning.id, warning.class, warning.evidence));
        }
        if let Some(signal) = &self.interrupted_by {
            text.push_str(&format!("Bail out! interrupted by {signal}\n"));
        }
        text
    }
}

fn line(number: usize, check: &CheckDocument) -> String {
    let ok = if check.outcome == "failed" { "not ok" } else { "ok" };
    let name = format!("{} {}", check.kind, check.id).replace('\\', "\\\\").replace('#', "\\#");
    let directive = match &check.reason {
        Some(reason) => format!(" # SKIP {reason}"),
        None => String::new(),
    };
    let mut text = format!("{ok} {number} - {name}{directive}\n");
    if check.outcome == "failed" {
        text.push_str("  ---\n");
        let fields = [("class", &check.class), ("message", &check.evidence), ("hint", &check.hint)];
        for (key, value) in fields {
            // A JSON string is a YAML double-quoted scalar.
            let quoted = serde_json::Value::from(value.clone().unwrap_or_default());
            text.push_str(&format!("  {key}: {quoted}\n"));
        }
        text.push_str("  ...\n");
    }
    text
}
