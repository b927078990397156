//! Where the linker put what: the map that lld writes for `-Map`.
//!
//! It is a table of the columns `VMA LMA Size Align Out In Symbol`, the numbers but the alignment in hexadecimal. How far the
//! name in a line is indented tells what it is: an output section, an input section with its file, or a symbol.

use std::ops::Range;

/// Before the name of an input section; twice that before a symbol's.
const INDENT: &str = "        ";

/// A section of an object file in the program, which the linker moves as a whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'map> {
    /// The addresses that it has in the running program.
    pub(super) addresses: Range<u64>,
    /// Which section of the program it is in.
    pub(super) within: &'map str,
    /// The object, `ARCHIVE(OBJECT)` of an archive's, or `<internal>` for what the linker made.
    pub(super) file: &'map str,
    /// The section of that file.
    pub(super) section: &'map str,
    /// The first name that it has for the linker.
    pub(super) symbol: Option<&'map str>,
}

/// All that is in memory when the program runs, in the map's order.
pub(super) fn pieces(map: &str) -> Vec<Piece<'_>> {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut within = "";
    for line in map.lines() {
        let Some((addresses, what)) = columns(line) else { continue };
        let Some(what) = what.strip_prefix(INDENT) else {
            within = what;
            continue;
        };
        if let Some(symbol) = what.strip_prefix(INDENT) {
            if let Some(piece) = pieces.last_mut() {
                piece.symbol.get_or_insert(symbol);
            }
        } else if let Some((file, section)) = input(what) {
            pieces.push(Piece { addresses, within, file, section, symbol: None });
        }
    }
    // What is for debuggers only has no address.
    pieces.retain(|piece| piece.addresses.start > 0);
    pieces
}

/// From the first piece's first byte to the last one's last.
pub(super) fn span(pieces: &[Piece<'_>]) -> Range<u64> {
    let first = pieces.iter().map(|piece| piece.addresses.start).min();
    let end = pieces.iter().map(|piece| piece.addresses.end).max();
    first.unwrap_or_default()..end.unwrap_or_default()
}

/// The addresses in a line, and what is behind its numbers.
fn columns(line: &str) -> Option<(Range<u64>, &str)> {
    let (address, rest) = line.trim_start().split_once(' ')?;
    let (_loaded_at, rest) = rest.trim_start().split_once(' ')?;
    let (size, rest) = rest.trim_start().split_once(' ')?;
    let (_alignment, what) = rest.trim_start().split_once(' ')?;
    let [address, size] = [address, size].map(|number| u64::from_str_radix(number, 16).ok());
    Some((address?..address?.checked_add(size?)?, what))
}

/// `FILE:(SECTION)`.
fn input(what: &str) -> Option<(&str, &str)> {
    let (file, section) = what.rsplit_once(":(")?;
    Some((file, section.strip_suffix(')')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "\
             VMA              LMA     Size Align Out     In      Symbol
          200600           200600       18     8 .rodata
          200600           200600       10     8         /a b/main.o:(.rodata..Lanon.1f.2)
          200610           200610        8     1         /usr/libc.a(C-ctype.o):(.rodata)
          200610           200610        4     1                 _nl_C_name
          200614           200614        4     1                 _nl_C_class
          300000           300000       20    16 .text
          300000           300000       20    16         /a b/main.o:(.text._ZN4main17h0E)
          300000           300000       20     1                 _ZN4main17h0E
               0                0       90     1 .debug_info
               0                0       90     1         /a b/main.o:(.debug_info)
";

    #[test]
    fn a_map_tells_what_is_where() {
        let constant = Piece {
            addresses: 0x20_0600..0x20_0610,
            within: ".rodata",
            file: "/a b/main.o",
            section: ".rodata..Lanon.1f.2",
            symbol: None,
        };
        let of_archive = Piece {
            addresses: 0x20_0610..0x20_0618,
            within: ".rodata",
            file: "/usr/libc.a(C-ctype.o)",
            section: ".rodata",
            symbol: Some("_nl_C_name"),
        };
        let function = Piece {
            addresses: 0x30_0000..0x30_0020,
            within: ".text",
            file: "/a b/main.o",
            section: ".text._ZN4main17h0E",
            symbol: Some("_ZN4main17h0E"),
        };
        let pieces = pieces(MAP);
        assert_eq!(span(&pieces), 0x20_0600..0x30_0020);
        assert_eq!(pieces, [constant, of_archive, function]);
    }

    #[test]
    fn what_is_no_map_has_no_pieces() {
        assert_eq!(pieces("Archive member included to satisfy reference\n\n.text  0x401000 0x10 a.o\n"), []);
        assert_eq!(span(&[]), 0..0);
    }
}
