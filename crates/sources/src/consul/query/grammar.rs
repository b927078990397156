//! The grammar of a query's words: `tag.name?ns=…@dc~near|filter`. Pure.

use std::sync::Arc;

use super::{QuerySyntaxError, Scope};

/// What stands after the question mark.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) namespace: Option<String>,
    pub(super) partition: Option<String>,
    pub(super) peer: Option<String>,
    pub(super) sameness_group: Option<String>,
}

impl Parameters {
    pub(super) fn parse(kind: &'static str, query: Option<&str>) -> Result<Self, QuerySyntaxError> {
        let mut parameters = Self::default();
        let query = query.unwrap_or_default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let field = match key {
                "ns" => &mut parameters.namespace,
                "partition" => &mut parameters.partition,
                "peer" => &mut parameters.peer,
                "sameness-group" => &mut parameters.sameness_group,
                _ => {
                    let (key, query) = (key.to_owned(), query.to_owned());
                    return Err(QuerySyntaxError::Parameter { kind, key, query });
                }
            };
            // The first of several counts, even when it is empty.
            field.get_or_insert_with(|| value.to_owned());
        }
        let fields = [
            &mut parameters.namespace,
            &mut parameters.partition,
            &mut parameters.peer,
            &mut parameters.sameness_group,
        ];
        for field in fields {
            field.take_if(|value| value.is_empty());
        }
        Ok(parameters)
    }

    pub(super) fn scope(self, datacenter: Option<&str>) -> Scope {
        Scope {
            datacenter: datacenter.map(Arc::from),
            namespace: self.namespace.map(Arc::from),
            partition: self.partition.map(Arc::from),
        }
    }
}

/// What of the words is not read yet.
pub(super) struct Rest<'text> {
    kind: &'static str,
    whole: &'text str,
    rest: &'text str,
}

impl<'text> Rest<'text> {
    pub(super) fn new(kind: &'static str, text: &'text str) -> Self {
        Self { kind, whole: text, rest: text }
    }

    fn wrong(&self) -> QuerySyntaxError {
        QuerySyntaxError::Format { kind: self.kind, text: self.whole.to_owned() }
    }

    /// As many of these letters as there are, one at least.
    pub(super) fn take(&mut self, is_in: impl Fn(char) -> bool) -> Result<&'text str, QuerySyntaxError> {
        let end = self.rest.find(|letter| !is_in(letter)).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.wrong());
        }
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(taken)
    }

    /// What follows that mark, if it is there.
    fn after(
        &mut self,
        mark: char,
        is_in: impl Fn(char) -> bool,
    ) -> Result<Option<&'text str>, QuerySyntaxError> {
        let Some(rest) = self.rest.strip_prefix(mark) else { return Ok(None) };
        self.rest = rest;
        self.take(is_in).map(Some)
    }

    /// `tag.name`: the last dot divides, since a name has none.
    pub(super) fn tag_and_name(&mut self) -> Result<(Option<&'text str>, &'text str), QuerySyntaxError> {
        let written = self.take(|letter| is_place(letter) || matches!(letter, '=' | ':'))?;
        let (tag, name) = match written.rsplit_once('.') {
            Some((tag, name)) => (Some(tag), name),
            None => (None, written),
        };
        let is_name = !name.is_empty() && name.chars().all(|letter| is_word(letter) || letter == '-');
        if !is_name || tag == Some("") {
            return Err(self.wrong());
        }
        Ok((tag, name))
    }

    pub(super) fn query(&mut self) -> Result<Option<&'text str>, QuerySyntaxError> {
        self.after('?', |letter| is_word(letter) || matches!(letter, '-' | '=' | '&'))
    }

    pub(super) fn parameters(&mut self) -> Result<Parameters, QuerySyntaxError> {
        let query = self.query()?;
        // The form of the whole is judged before the parameters are.
        let mut ahead = Rest { kind: self.kind, whole: self.whole, rest: self.rest };
        ahead.datacenter()?;
        ahead.near()?;
        ahead.end()?;
        Parameters::parse(self.kind, query)
    }

    pub(super) fn datacenter(&mut self) -> Result<Option<&'text str>, QuerySyntaxError> {
        self.after('@', is_place)
    }

    pub(super) fn near(&mut self) -> Result<Option<&'text str>, QuerySyntaxError> {
        self.after('~', is_place)
    }

    pub(super) fn filter(&mut self) -> Result<Option<&'text str>, QuerySyntaxError> {
        self.after('|', |letter| is_word(letter) || letter == ',')
    }

    pub(super) fn end(&self) -> Result<(), QuerySyntaxError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.wrong()) }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

pub(super) fn is_place(letter: char) -> bool {
    is_word(letter) || matches!(letter, '.' | '-')
}
