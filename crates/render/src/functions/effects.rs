//! `plugin` and `writeToFile`: noted here, done by the engine when the template is complete.

use preflight_gotemplate::{Call, CallError, Functions, Signature, Type, Value};

use super::{add, text};
use crate::effects::{PluginCall, WriteToFile};
use crate::run::Run;

pub(super) fn register(table: &mut Functions) {
    let plugin_signature = Signature::new([Type::String]).variadic(Type::String).returns(Type::String);
    add(table, "plugin", plugin_signature, plugin);
    let four = [Type::String, Type::String, Type::String, Type::String];
    add(
        table,
        "writeToFile",
        Signature::new(four).variadic(Type::String).returns(Type::String),
        write_to_file,
    );
}

fn plugin(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let program = text(arguments, 0);
    if program.is_empty() || !run.is_complete_so_far() {
        return Ok("".into());
    }
    let words = (1..arguments.len()).map(|index| text(arguments, index).trim().to_owned());
    let arguments = words.filter(|word| !word.is_empty()).collect();
    let plugin = PluginCall { program, arguments, line: call.line() };
    match run.plugins.output(&plugin) {
        Some(Ok(output)) => Ok(output.into()),
        Some(Err(failure)) => Err(CallError::new(failure)),
        None => {
            run.want_plugin(plugin);
            Ok("".into())
        }
    }
}

/// `writeToFile path user group mode [flags] content`.
fn write_to_file(run: &Run, call: &Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
    let written_mode = text(arguments, 3);
    let Ok(mode) = u32::from_str_radix(&written_mode, 8) else {
        return Err(CallError::new(format!("writeToFile: the mode {written_mode:?} is not an octal number")));
    };
    let rest = arguments.get(4..).unwrap_or_default();
    let (flags, content) = match rest {
        [] => {
            return Err(CallError::new(
                "writeToFile: there is nothing to write: its last argument is the content",
            ));
        }
        [flags, content] => (flags.to_text().unwrap_or_default().into_owned(), content),
        [content] | [.., content] => (String::new(), content),
    };
    let mut contents = content.as_bytes().unwrap_or_default().to_vec();
    if flags.contains("newline") {
        contents.push(b'\n');
    }
    run.want_write(WriteToFile {
        path: text(arguments, 0),
        user: text(arguments, 1),
        group: text(arguments, 2),
        mode,
        append: flags.contains("append"),
        contents,
        line: call.line(),
    });
    Ok("".into())
}
