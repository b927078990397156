//! JSON, YAML and TOML.

use preflight_gotemplate::{CallError, Type, Value};

use crate::json::{self, Escape};
use crate::table::{Given as _, Table, no_type};
use crate::{text, toml, yaml};

type Write = fn(&Value, Escape) -> Result<Vec<u8>, CallError>;

pub(super) fn register(table: &mut Table<'_>) {
    let empty = || Ok(Value::map::<Vec<u8>>([]));
    table.add("parseJSON", [Type::String], Type::Any, move |_, given| match given.text(0) {
        b"" => empty(),
        text => json::parse(text),
    });
    table.add("parseYAML", [Type::String], Type::Any, move |_, given| match given.text(0) {
        b"" => empty(),
        text => yaml::parse(text).map_err(CallError::new),
    });
    let writers: [(&'static str, Write, Escape); 4] = [
        ("toJSON", json::compact, Escape::Html),
        ("toJSONPretty", json::indented, Escape::Html),
        ("toUnescapedJSON", json::compact, Escape::Needed),
        ("toUnescapedJSONPretty", json::indented, Escape::Needed),
    ];
    for (name, write, escape) in writers {
        table.add(name, [Type::Any], Type::String, move |_, given| {
            let written =
                write(given.value(0), escape).map_err(|fault| fault.prefixed(&format!("{name}: ")))?;
            Ok(written.into())
        });
    }
    table.add("toYAML", [Type::Any], Type::String, |_, given| {
        let written = yaml::write(given.value(0)).map_err(CallError::new)?;
        Ok(text::trim_space(written.as_bytes()).into())
    });
    table.add("toTOML", [Type::Any], Type::String, |_, given| {
        if matches!(given.value(0), Value::Nil) {
            return no_type();
        }
        let written =
            toml::write(given.value(0)).map_err(|fault| CallError::new(format!("toTOML: {fault}")))?;
        Ok(text::trim_space(&written).into())
    });
}
