//! The document as JSON, on one line.

use super::Document;

impl Document {
    /// One line of JSON without a line end; its schema is [`super::json_schema`].
    #[must_use]
    pub fn to_json(&self) -> String {
        // A document holds nothing that JSON cannot: texts, whole numbers, lists and maps with text keys.
        serde_json::to_string(self).unwrap_or_default()
    }
}
