//! HTML, in which only what is meant as such is markup.

/// A document that is written from its beginning to its end.
#[derive(Debug, Default)]
pub(super) struct Html {
    text: String,
}

impl Html {
    /// Markup of ours.
    pub(super) fn raw(&mut self, markup: &'static str) {
        self.text.push_str(markup);
    }

    /// Text of anybody, as content or within the quotes of an attribute.
    pub(super) fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&#39;"),
                other => self.text.push(other),
            }
        }
    }

    /// Text between markup.
    pub(super) fn within(&mut self, before: &'static str, text: &str, after: &'static str) {
        self.raw(before);
        self.text(text);
        self.raw(after);
    }

    /// A moment, exact for whoever points at it, and in words.
    pub(super) fn moment(&mut self, rfc3339: &str, words: &str) {
        self.within("<time datetime=\"", rfc3339, "\" title=\"");
        self.within("", rfc3339, "\">");
        self.within("", words, "</time>");
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_never_becomes_markup() {
        let mut html = Html::default();
        html.within("<p title=\"", "\"><script>'&", "\"></p>");
        assert_eq!(html.finish(), "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\"></p>");
    }
}
