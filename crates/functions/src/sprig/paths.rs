//! Paths with slashes, as Go's `path` takes them apart. This program runs where `filepath` does the same.

use preflight_gotemplate::Type;

use crate::table::{Given as _, OfText, Table};

pub(super) fn register(table: &mut Table<'_>) {
    let parts: [(&str, &str, OfText); 4] =
        [("base", "osBase", base), ("dir", "osDir", dir), ("clean", "osClean", clean), ("ext", "osExt", ext)];
    for (name, system, part) in parts {
        table.text(name, part);
        table.alias(&[system], name);
    }
    table.add("isAbs", [Type::String], Type::Bool, |_, given| Ok(given.text(0).starts_with(b"/").into()));
    table.alias(&["osIsAbs"], "isAbs");
}

/// The last part.
fn base(path: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return b".".to_vec();
    }
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let last = path[..end].rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if last.is_empty() { b"/".to_vec() } else { last.to_vec() }
}

/// All but the last part.
fn dir(path: &[u8]) -> Vec<u8> {
    let end = path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    clean(&path[..end])
}

/// The shortest path that leads to the same place, going by its text alone.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(last) if *last != b".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(part),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", &joined[..]].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

/// The last part's ending, with its point.
fn ext(path: &[u8]) -> Vec<u8> {
    let last = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    last.iter().rposition(|byte| *byte == b'.').map_or_else(Vec::new, |point| last[point..].to_vec())
}
