//! Templates and the sets that they form.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{ExecError, ParseError};
use crate::exec;
use crate::function::Functions;
use crate::parse::{self, Tree};
use crate::value::Value;

/// How a text is to be read and run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What begins an action; empty for `{{`.
    pub left: String,
    /// What ends an action; empty for `}}`.
    pub right: String,
    /// What a key is that a map does not have.
    pub missing_key: MissingKey,
}

impl Default for Options {
    fn default() -> Self {
        Self { left: "{{".to_owned(), right: "}}".to_owned(), missing_key: MissingKey::Default }
    }
}

/// What a key is that a map does not have: Go's option `missingkey`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// No value, printed as `<no value>`.
    #[default]
    Default,
    /// The zero value of the map's elements.
    Zero,
    /// An error.
    Error,
}

/// A parsed template, with the others that its text defines. Parse once, run many times, on several threads if need be.
#[derive(Clone, Debug)]
pub struct Template {
    name: String,
    functions: Functions,
    options: Options,
    trees: BTreeMap<Box<str>, Arc<Tree>>,
}

impl Template {
    /// Parses a text. Every function that it names must be in `functions` or be builtin.
    ///
    /// # Errors
    /// The first fault of the text, as Go tells it.
    pub fn parse(
        name: &str,
        text: impl AsRef<[u8]>,
        functions: &Functions,
        options: &Options,
    ) -> Result<Self, ParseError> {
        let mut template = Self::new(name, functions, options);
        template.add(name, text)?;
        Ok(template)
    }

    /// A set without any text yet; [`Template::add`] brings it.
    pub fn new(name: &str, functions: &Functions, options: &Options) -> Self {
        Self {
            name: name.to_owned(),
            functions: functions.clone(),
            options: options.clone(),
            trees: BTreeMap::new(),
        }
    }

    /// Parses a further text and adds it and what it defines to the set. It replaces templates of the same names,
    /// unless it has nothing but space for them.
    ///
    /// # Errors
    /// The first fault of the text; the set is then as before.
    pub fn add(&mut self, name: &str, text: impl AsRef<[u8]>) -> Result<(), ParseError> {
        for (name, tree) in parse::parse(name, text.as_ref(), &self.functions, &self.options)? {
            if tree.is_blank() && self.trees.contains_key(&name) {
                continue;
            }
            self.trees.insert(name, Arc::new(tree));
        }
        Ok(())
    }

    /// The name given to the first text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How its texts are read and run.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether the set has a template of that name.
    pub fn has(&self, name: &str) -> bool {
        self.trees.contains_key(name)
    }

    /// The names of all templates of the set, sorted.
    pub fn defined_templates(&self) -> impl Iterator<Item = &str> {
        self.trees.keys().map(AsRef::as_ref)
    }

    /// Runs the template on `data` and returns what it prints. Functions find `host` in their call.
    ///
    /// # Errors
    /// The first failure, as Go tells it, with the error of the function that failed.
    pub fn execute(&self, data: &Value, host: &dyn Any) -> Result<Vec<u8>, ExecError> {
        let mut output = Vec::new();
        self.execute_into(&mut output, data, host)?;
        Ok(output)
    }

    /// The same, appended to `output`; what was printed before a failure stays there.
    ///
    /// # Errors
    /// As [`Template::execute`].
    pub fn execute_into(&self, output: &mut Vec<u8>, data: &Value, host: &dyn Any) -> Result<(), ExecError> {
        exec::execute(self, &self.name, output, data, host)
    }

    /// Runs another template of the set.
    ///
    /// # Errors
    /// There is none of that name; else as [`Template::execute`].
    pub fn execute_named(&self, name: &str, data: &Value, host: &dyn Any) -> Result<Vec<u8>, ExecError> {
        let mut output = Vec::new();
        if !self.has(name) {
            return Err(exec::no_such_template(name, &self.name));
        }
        exec::execute(self, name, &mut output, data, host)?;
        Ok(output)
    }

    pub(crate) fn tree(&self, name: &str) -> Option<&Tree> {
        self.trees.get(name).map(AsRef::as_ref)
    }
}

#[cfg(test)]
mod tests;
