//! The document as JUnit XML, in the form that CI servers read.

use super::{CheckDocument, Document};

impl Document {
    /// One test suite, one test case a check.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let summary = &self.summary;
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        text.push_str(&format!(
            "<testsuites>\n<testsuite name=\"preflight\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" \
             time=\"{}\" timestamp=\"{}\">\n",
            summary.checks,
            summary.failed,
            summary.skipped,
            in_seconds(self.elapsed_ms),
            attribute(&self.started_at),
        ));
        for check in &self.checks {
            text.push_str(&case(check));
        }
        text.push_str("</testsuite>\n</testsuites>\n");
        text
    }
}

fn case(check: &CheckDocument) -> String {
    let mut text = format!(
        "<testcase classname=\"preflight.{}\" name=\"{}\" time=\"{}\">",
        attribute(&check.kind),
        attribute(&check.id),
        in_seconds(check.elapsed_ms)
    );
    if check.outcome == "failed" {
        let class = check.class.as_deref().unwrap_or_default();
        let evidence = check.evidence.as_deref().unwrap_or_default();
        let hint = check.hint.as_deref().unwrap_or_default();
        text.push_str(&format!(
            "<failure type=\"{}\" message=\"{}\">{} — hint: {}</failure>",
            attribute(class),
            attribute(evidence),
            attribute(evidence),
            attribute(hint)
        ));
    }
    if let Some(reason) = &check.reason {
        text.push_str(&format!("<skipped message=\"{}\"/>", attribute(reason)));
    }
    if !check.warnings.is_empty() {
        text.push_str("<system-out>");
        for warning in &check.warnings {
            text.push_str(&format!(
                "WARN [{}] {}\n",
                attribute(&warning.class),
                attribute(&warning.evidence)
            ));
        }
        text.push_str("</system-out>");
    }
    text.push_str("</testcase>\n");
    text
}

fn in_seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// XML 1.0 text and attributes: the five special characters escaped, what XML cannot hold replaced.
fn attribute(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            plain => safe.push(plain),
        }
    }
    safe
}
