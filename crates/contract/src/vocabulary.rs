//! The kinds of connection there are: told to this crate by whoever can check them.

/// One kind of connection, as the registry of checkers knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindName {
    /// The canonical name in lower case, for example `postgres`.
    pub name: &'static str,
    /// Other names that mean the same kind, in lower case, for example `postgresql`.
    pub aliases: &'static [&'static str],
    /// The TCP port that is used when none is given.
    pub default_port: Option<u16>,
    /// Whether the kind cannot be reached without an `ADDRESS` or a `URL`; false for AWS services.
    pub needs_address: bool,
}

/// Every kind there is.
pub type Vocabulary<'a> = &'a [KindName];

impl KindName {
    /// Whether `word`, in any case, is this kind's name or one of its aliases.
    #[must_use]
    pub fn answers_to(&self, word: &str) -> bool {
        self.every_name().any(|name| name.eq_ignore_ascii_case(word))
    }

    /// The canonical name, then the aliases.
    pub fn every_name(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// The kind that answers to `word`, in any case.
#[must_use]
pub fn find_kind(vocabulary: Vocabulary<'_>, word: &str) -> Option<KindName> {
    vocabulary.iter().copied().find(|kind| kind.answers_to(word))
}
