//! What needs no server: `file` and `executeTemplate`.

use std::path::{Component, Path, PathBuf};

use preflight_gotemplate::{Call, CallError, Functions, Signature, Type, Value};
use preflight_sources::{Query, file::FileQuery};

use super::{add, text};
use crate::run::{Need, Run};

pub(super) fn register(table: &mut Functions) {
    add(table, "file", Signature::new([Type::String]).returns(Type::String), file);
    let named = Signature::new([Type::String]).variadic(Type::Any).returns(Type::String);
    add(table, "executeTemplate", named, execute_template);
}

fn file(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let path = text(arguments, 0);
    if path.is_empty() {
        return Ok("".into());
    }
    if let Some(sandbox) = &run.setting.sandbox {
        stay_within(sandbox, &path)?;
    }
    let query = Query::File(FileQuery { path: path.as_str().into() });
    Ok(run.read(call, query, Need::Existence).unwrap_or_else(|| "".into()))
}

/// A path whose end lies outside of the folder is refused, links followed.
fn stay_within(sandbox: &Path, path: &str) -> Result<(), CallError> {
    let end =
        std::fs::canonicalize(path).map_err(|error| CallError::new(format!("file: {path}: {error}")))?;
    let sandbox = std::fs::canonicalize(sandbox).unwrap_or_else(|_| plain(sandbox));
    if end.starts_with(&sandbox) {
        return Ok(());
    }
    Err(CallError::new(format!("'{path}' is outside of sandbox")))
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

fn execute_template(_: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let data = match arguments {
        [_] => &Value::Nil,
        [_, data] => data,
        more => {
            let count = more.len();
            let text =
                format!("executeTemplate: wrong number of arguments, expected 1 or 2, but got {count}");
            return Err(CallError::new(text));
        }
    };
    call.execute_template(&text(arguments, 0), data).map(Value::from)
}
