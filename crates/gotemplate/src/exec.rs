//! Running trees.

use std::any::Any;

use crate::error::ExecError;
use crate::template::Template;
use crate::value::Value;

pub(crate) fn execute(
    template: &Template,
    name: &str,
    _output: &mut Vec<u8>,
    _data: &Value,
    _host: &dyn Any,
) -> Result<(), ExecError> {
    let _ = template.tree(name);
    Err(ExecError {
        template: name.to_owned(),
        place: None,
        message: "the evaluator is not there yet".to_owned(),
        cause: None,
    })
}

pub(crate) fn no_such_template(name: &str, associated: &str) -> ExecError {
    let quote = |name: &str| crate::strconv::quote(name.as_bytes());
    let message = format!("no template {} associated with template {}", quote(name), quote(associated));
    ExecError { template: name.to_owned(), place: None, message, cause: None }
}

pub(crate) fn append_value(out: &mut Vec<u8>, value: &Value) {
    crate::fmt::append_plain(out, value);
}
