//! The order of the constants in the program: those that tasks touch stand beside one another, at its beginning.
//!
//! Most have no name that the linker could be given, but each stands in a section of its own, which a linker script can
//! name. The linker joins equal texts and numbers of all objects into one section, in which nothing is beside what it is
//! used with; [`APART`] has it leave them where they are.

use super::map::Piece;
use super::trace::Touched;
use std::cmp::Reverse;
use std::fmt::Write as _;

/// Without it the linker joins equal constants. They are 15 KiB.
pub(super) const APART: &str = "-Wl,-O0";

/// Of what is larger, a task touches but little: if it stood among the small ones, they would be further apart.
const PAGE: u64 = 4096;

/// The constants that tasks touch, for the linker: those that the same tasks touch beside one another.
pub(super) fn in_order<'pieces>(
    pieces: &'pieces [Piece<'pieces>],
    touched: &Touched,
) -> Vec<&'pieces Piece<'pieces>> {
    let own = pieces.iter().filter(|piece| piece.within == ".rodata" && piece.file != "<internal>");
    let mut kinds: Vec<(&Piece<'_>, u8)> =
        own.map(|piece| (piece, touched.kinds(&piece.addresses))).collect();
    kinds.retain(|(_, kinds)| *kinds != 0);
    kinds.sort_by_key(|(piece, kinds)| (size(piece) > PAGE, Reverse(*kinds)));
    kinds.into_iter().map(|(piece, _)| piece).collect()
}

/// What tells the linker to put these first, before all that it would put first by itself.
pub(super) fn script(constants: &[&Piece<'_>]) -> String {
    let mut script = String::from("SECTIONS { .rodata.first : {\n");
    for piece in constants {
        let _ = writeln!(script, "\"{}\"(\"{}\")", file(piece.file), piece.section);
    }
    script + "} } INSERT BEFORE .gcc_except_table;\n"
}

fn size(piece: &Piece<'_>) -> u64 {
    piece.addresses.end - piece.addresses.start
}

/// A script has `ARCHIVE:OBJECT` where a map has `ARCHIVE(OBJECT)`.
fn file(of_map: &str) -> String {
    let of_archive = of_map.strip_suffix(')').and_then(|file| file.rsplit_once('('));
    of_archive.map_or_else(|| of_map.to_owned(), |(archive, object)| format!("{archive}:{object}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    fn piece(
        addresses: Range<u64>,
        within: &'static str,
        file: &'static str,
        section: &'static str,
    ) -> Piece<'static> {
        Piece { addresses, within, file, section, symbol: None }
    }

    #[test]
    fn what_a_run_touches_comes_first_and_what_is_large_last() {
        let pieces = [
            piece(0..8, ".rodata", "a.o", ".rodata.check"),
            piece(8..16, ".rodata", "a.o", ".rodata.nobody"),
            piece(16..8016, ".rodata", "a.o", ".rodata.large"),
            piece(8016..8024, ".rodata", "a.o", ".rodata.run"),
            piece(8024..8032, ".rodata", "<internal>", ".rodata.cst8"),
            piece(8032..8040, ".text", "a.o", ".text.run"),
        ];
        let mut touched = Touched::nothing(0..8040);
        for (kind, addresses) in [(2, 7..8), (4, 16..17), (4, 8016..8040)] {
            touched.note(kind, &addresses);
        }
        let sections: Vec<&str> =
            in_order(&pieces, &touched).into_iter().map(|piece| piece.section).collect();
        assert_eq!(sections, [".rodata.run", ".rodata.check", ".rodata.large"]);
    }

    #[test]
    fn a_script_names_objects_and_those_of_archives() {
        let own = piece(0..8, ".rodata", "/a b/main.o", ".rodata..Lanon.1f.2");
        let of_archive = piece(8..16, ".rodata", "/usr/libc.a(C-ctype.o)", ".rodata");
        assert_eq!(
            script(&[&own, &of_archive]),
            "SECTIONS { .rodata.first : {\n\"/a b/main.o\"(\".rodata..Lanon.1f.2\")\n\
             \"/usr/libc.a:C-ctype.o\"(\".rodata\")\n} } INSERT BEFORE .gcc_except_table;\n"
        );
    }
}
