//! The tag that every line begins with.

use crate::escape;

/// Whose line it is: `[Organization:Team]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    organization: String,
    team: String,
}

impl Tag {
    /// A tag for that team. Brackets, colons and control characters in the names are replaced or escaped, so that
    /// the tag can always be found again by searching for it.
    #[must_use]
    pub fn new(organization: &str, team: &str) -> Self {
        Self { organization: bare(organization), team: bare(team) }
    }

    /// The same organization, another audience.
    #[must_use]
    pub fn audience(&self, team: &str) -> Self {
        Self { organization: self.organization.clone(), team: bare(team) }
    }

    /// The team's name as it stands in the tag.
    #[must_use]
    pub fn team(&self) -> &str {
        &self.team
    }

    /// One line, without its line end: the tag, a space, and the text with control characters escaped.
    #[must_use]
    pub fn line(&self, text: &str) -> String {
        format!("{self} {}", escape(text))
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "[{}:{}]", self.organization, self.team)
    }
}

fn bare(name: &str) -> String {
    escape(name.trim()).replace(['[', ']', ':'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_the_audiences_tag() {
        let tag = Tag::new("MyCompanyName", "DevOps");
        assert_eq!(tag.line("ready"), "[MyCompanyName:DevOps] ready");
        assert_eq!(tag.audience("Data").line("x\ny"), "[MyCompanyName:Data] x\\ny");
    }

    #[test]
    fn a_name_cannot_break_out_of_the_tag() {
        assert_eq!(Tag::new("a]b", "c\nd:e").to_string(), "[a_b:c\\nd_e]");
    }
}
