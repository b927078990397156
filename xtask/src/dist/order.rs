//! The order of the functions in the program: those that a start calls stand beside one another. So do its constants.
//!
//! Linux brings a program into memory in pieces of 64 KiB around whatever is touched, so a start that calls two thousand
//! functions all over 15 MiB has most of them resident. What is touched, valgrind finds out by running the benchmarks'
//! first tasks; then the program is linked once more, which takes a second. The list is made anew for each build, for the
//! names hold hashes that change with every dependency.
//!
//! What several kinds of tasks call stands together, and what one of them calls alone: each kind then touches few pieces. A
//! run comes first, for it stays, while the others end.

use super::constants::{self, APART};
use super::map::{self, Piece};
use super::trace::Touched;
use crate::bench::{self, Phase};
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How cargo linked a program.
pub(super) struct Linked {
    /// For the shell, as rustc prints it.
    line: String,
    program: PathBuf,
}

impl Linked {
    /// Runs cargo. It says how it links only when it does; `record` keeps that for when it finds nothing to do.
    ///
    /// # Errors
    /// When cargo fails, or never said it.
    pub(super) fn by(cargo: &mut Command, record: &Path) -> Result<Self, Failure> {
        let output = cargo.stderr(Stdio::inherit()).output().map_err(Failure::io("start", "cargo"))?;
        if !output.status.success() {
            return Err(Failure::Command {
                program: "cargo rustc --release".to_owned(),
                status: output.status.to_string(),
                output: "its output is above".to_owned(),
            });
        }
        let said = String::from_utf8_lossy(&output.stdout);
        let failed = |action| Failure::io(action, record.display());
        if let Some(line) = said.lines().find(|line| program(line).is_some()) {
            let folder = record.parent().unwrap_or(record);
            fs::create_dir_all(folder).map_err(failed("make the folder of"))?;
            fs::write(record, line).map_err(failed("write"))?;
        }
        let line = fs::read_to_string(record).map_err(failed("read"))?;
        let unclear = || Failure::Answer { peer: "rustc --print link-args".to_owned(), answer: line.clone() };
        let program = program(&line).ok_or_else(unclear)?;
        Ok(Self { line, program })
    }

    /// The program.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// Links it without symbols, and with what a start calls and touches beside one another where this machine can run it
    /// and has valgrind.
    ///
    /// # Errors
    /// When it cannot be run or linked.
    pub(super) fn again_in_order(&self, is_ours: bool) -> Result<(), Failure> {
        let has_valgrind = Command::new("valgrind").arg("--version").output().is_ok();
        if !(is_ours && has_valgrind && self.line.contains("lld")) {
            eprintln!(
                "linked in no order: valgrind is missing, the linker is not lld, or this machine cannot run the program"
            );
            return self.link("-Wl,-s");
        }
        let folder = tempfile::tempdir().map_err(Failure::io("make", "a temporary folder"))?;
        let [map, list, script] = ["map", "order", "script"].map(|name| folder.path().join(name));
        let written =
            |path: &Path, text: String| fs::write(path, text).map_err(Failure::io("write", path.display()));
        // What is linked by now may be the stripped one of an earlier build.
        self.link(&format!("{APART} -Wl,--no-demangle -Wl,-Map={}", map.display()))?;
        let text = fs::read_to_string(&map).map_err(Failure::io("read", map.display()))?;
        let pieces = map::pieces(&text);
        let touched = self.touched(&pieces)?;
        let functions = in_order(callers(&pieces, &touched));
        let constants = constants::in_order(&pieces, &touched);
        eprintln!("linking with {} functions and {} constants in order", functions.len(), constants.len());
        written(&list, functions.iter().map(|name| format!("{name}\n")).collect())?;
        written(&script, constants::script(&constants))?;
        let order = format!("-Wl,--symbol-ordering-file={} -Wl,--no-warn-symbol-ordering", list.display());
        self.link(&format!("-Wl,-s {APART} {order} -Wl,-T,{}", script.display()))
    }

    fn link(&self, more: &str) -> Result<(), Failure> {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{} {more}", self.line)]).current_dir(crate::servers::root());
        let output = shell.output().map_err(Failure::io("start", "sh"))?;
        if output.status.success() {
            return Ok(());
        }
        let (program, status) = ("the linker".to_owned(), output.status.to_string());
        Err(Failure::Command {
            program,
            status,
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// What most starts touch.
    fn touched(&self, pieces: &[Piece<'_>]) -> Result<Touched, Failure> {
        let mut touched = Touched::nothing(map::span(pieces));
        bench::each_start(&self.program, |phase, start| touched.by(bit(phase), start))?;
        Ok(touched)
    }
}

/// The functions that tasks call, by the names that the linker knows.
fn callers(pieces: &[Piece<'_>], touched: &Touched) -> Callers {
    let functions = pieces.iter().filter(|piece| piece.within == ".text");
    let named =
        functions.filter_map(|piece| Some((piece.symbol?.to_owned(), touched.kinds(&piece.addresses))));
    let mut callers = Callers::new();
    for (name, kinds) in named.filter(|(_, kinds)| *kinds != 0) {
        *callers.entry(name).or_default() |= kinds;
    }
    callers
}

/// What glibc calls where valgrind does not look: at a start with what the kernel maps for the clock. The two functions for
/// texts that it has in another form for valgrind's processor. And what only some services need between fork and exec.
const UNSEEN: [&str; 8] = [
    "_dl_new_object",
    "_dl_setup_hash",
    "_dl_add_to_namespace_list",
    "__strcmp_evex",
    "__strstr_avx512",
    "__setsid",
    "__dup",
    "__chdir",
];

/// glibc has its functions for texts once for each kind of processor, and valgrind's knows no AVX-512.
const OF_OTHER_PROCESSORS: [&str; 2] = ["evex", "avx512"];

/// By which kinds of tasks each function is called, a bit for each.
type Callers = BTreeMap<String, u8>;

fn bit(phase: Phase) -> u8 {
    match phase {
        Phase::Run => 4,
        Phase::Check => 2,
        Phase::Render => 1,
    }
}

/// Those that the same tasks call beside one another, and what is called in their place.
fn in_order(called: Callers) -> Vec<String> {
    let mut all: Vec<(String, u8)> = UNSEEN.map(|name| (name.to_owned(), bit(Phase::Run))).to_vec();
    all.extend(called.iter().flat_map(|(name, callers)| {
        OF_OTHER_PROCESSORS
            .into_iter()
            .filter_map(|kind| Some((for_another_processor(name, kind)?, *callers)))
    }));
    all.retain(|(name, _)| !called.contains_key(name));
    all.extend(called);
    all.sort_by_key(|(_, callers)| std::cmp::Reverse(*callers));
    all.into_iter().map(|(name, _)| name).collect()
}

/// `__strlen_evex` of `__strlen_avx2`, `__memset_evex_unaligned` of `__memset_avx2_unaligned`.
fn for_another_processor(name: &str, kind: &str) -> Option<String> {
    let (function, rest) = name.strip_prefix("__")?.split_once("_avx")?;
    let rest = rest.strip_prefix('2').unwrap_or(rest);
    Some(format!("__{function}_{kind}{rest}"))
}

/// What a line of linking makes.
fn program(line: &str) -> Option<PathBuf> {
    let (path, _) = line.split_once("\"-o\" \"")?.1.split_once('"')?;
    Some(PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_calls_comes_first_and_what_several_call_stands_together() {
        let called = [("a", 1), ("b", 7), ("c", 4), ("d", 2), ("e", 7), ("f", 6)];
        let called = called.map(|(name, callers)| (name.to_owned(), callers)).into_iter().collect();
        let mut ordered = in_order(called);
        ordered.retain(|name| !UNSEEN.contains(&name.as_str()));
        assert_eq!(ordered, ["b", "e", "f", "c", "d", "a"]);
    }

    #[test]
    fn functions_for_other_processors_stand_where_ours_do() {
        let ordered = in_order([("__strlen_avx2".to_owned(), 2), ("__strlen_evex".to_owned(), 1)].into());
        assert!(ordered.iter().any(|name| name == "__strlen_avx512"));
        assert_eq!(ordered.iter().filter(|name| *name == "__strlen_evex").count(), 1, "{ordered:?}");
        let of = |name| for_another_processor(name, "evex");
        assert_eq!(of("__memset_avx2_unaligned_erms").as_deref(), Some("__memset_evex_unaligned_erms"));
        assert_eq!(of("_ZN1a2bc17h0E"), None);
    }

    #[test]
    fn what_is_linked_stands_in_the_line() {
        let line = r#"LC_ALL="C" "cc" "a b.o" "-o" "/target/deps/preflight-1" "-static""#;
        assert_eq!(program(line), Some(PathBuf::from("/target/deps/preflight-1")));
        assert_eq!(program("warning: nothing"), None);
    }
}
