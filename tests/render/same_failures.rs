//! Templates that cannot be rendered end as with consul-template: the same exit code, line, column and words.

use libtest_mimic::Trial;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::peer::Peer;
use crate::{program, same_bytes, seed};

/// How a run ended: its exit code, and what follows `template: ` in its error.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Ending {
    code: Option<i32>,
    message: String,
}

/// One test a template of `failing/`.
pub(crate) fn trials(peer: &Peer) -> Vec<Trial> {
    let trial = |name: String| {
        let peer = peer.clone();
        Trial::test(format!("same failures: {name}"), move || prove(&peer, &name).map_err(Into::into))
    };
    same_bytes::names_of_templates(&here()).into_iter().map(trial).collect()
}

fn here() -> PathBuf {
    seed::project().join("tests/render/failing")
}

fn prove(peer: &Peer, name: &str) -> Result<(), String> {
    let expected = match peer {
        Peer::Real(real) => {
            let ending = ending(real, name)?;
            held_against_what_is_kept(name, &ending)?;
            ending
        }
        Peer::Kept => kept()?.remove(name).ok_or("nothing is kept of it")?,
    };
    let ours = ending(&program::ours(), name)?;
    // The real one gives its templates no name; ours is the file's, so that one knows where to look.
    let file = format!("{name}.ctmpl");
    let named = expected
        .message
        .replacen("template: :", &format!("template: {file}:"), 1)
        .replace("executing \"\"", &format!("executing \"{file}\""))
        .replace("with template \"\"", &format!("with template \"{file}\""));
    if ours.code != expected.code || !ours.message.starts_with(&named) {
        return Err(format!(
            "instead of {:?} {named}\nit is {:?} {}",
            expected.code, ours.code, ours.message
        ));
    }
    Ok(())
}

/// Renders one template, which must fail.
fn ending(with: &Path, name: &str) -> Result<Ending, String> {
    let consul = same_bytes::consul_of_features()?;
    let place = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = format!("{name}.ctmpl");
    std::fs::copy(here().join(&file), place.path().join(&file)).map_err(|error| error.to_string())?;
    let (address, template) = (consul.address(), format!("{file}:out/{name}"));
    let arguments = ["-once", "-log-level", "err", "-consul-addr", &address, "-template", &template];
    let output = program::run(with, place.path(), &arguments)?;
    if place.path().join("out").join(name).exists() {
        return Err(format!("{} wrote the file all the same", with.display()));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let message = said.find("template: ").map(|start| &said[start..]);
    let message = message.ok_or_else(|| format!("{}: {}", with.display(), program::told(&output)))?;
    Ok(Ending { code: output.status.code(), message: message.lines().next().unwrap_or_default().to_owned() })
}

fn kept() -> Result<BTreeMap<String, Ending>, String> {
    let path = here().join("expected.json");
    let text = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// What is kept must be what the real one does; it is written anew when that is asked for.
fn held_against_what_is_kept(name: &str, ending: &Ending) -> Result<(), String> {
    static WRITING: Mutex<()> = Mutex::new(());
    if !same_bytes::keeps_anew() {
        let kept = kept()?.remove(name);
        let told = format!("kept is {kept:?}, but consul-template ends as {ending:?}");
        return if kept.as_ref() == Some(ending) { Ok(()) } else { Err(told) };
    }
    let _turn = WRITING.lock();
    let mut all = kept().unwrap_or_default();
    all.insert(name.to_owned(), ending.clone());
    let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
    std::fs::write(here().join("expected.json"), text + "\n").map_err(|error| error.to_string())
}
