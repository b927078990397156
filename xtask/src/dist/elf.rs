//! Just enough of the ELF64 format to tell a static binary: one without a program header of the type `PT_INTERP`,
//! which names the dynamic loader. The format is that of elf(5).

/// Names the dynamic loader.
const PT_INTERP: u32 = 3;
/// Where the header says at which offset the program headers begin.
const E_PHOFF: usize = 32;
/// Where the header says how long one program header is, and after it how many there are.
const E_PHENTSIZE: usize = 54;

/// Whether these are the bytes of a little-endian ELF64 program that needs no dynamic loader. What is no such file is
/// not static either.
pub(super) fn is_static(bytes: &[u8]) -> bool {
    program_header_types(bytes).is_some_and(|types| !types.is_empty() && !types.contains(&PT_INTERP))
}

fn program_header_types(bytes: &[u8]) -> Option<Vec<u32>> {
    // Magic number, 64 bits, little-endian.
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let first = usize::try_from(u64::from_le_bytes(field(bytes, E_PHOFF)?)).ok()?;
    let length = usize::from(u16::from_le_bytes(field(bytes, E_PHENTSIZE)?));
    let count = usize::from(u16::from_le_bytes(field(bytes, E_PHENTSIZE + 2)?));
    let starts = (0..count).map(|index| first.checked_add(index * length));
    starts.map(|start| field(bytes, start?).map(u32::from_le_bytes)).collect()
}

fn field<const LENGTH: usize>(bytes: &[u8], start: usize) -> Option<[u8; LENGTH]> {
    bytes.get(start..start.checked_add(LENGTH)?)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with these program header types behind it.
    fn program(types: &[u32]) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[E_PHOFF] = 64;
        bytes[E_PHENTSIZE] = 56;
        bytes[E_PHENTSIZE + 2] = u8::try_from(types.len()).unwrap();
        for kind in types {
            bytes.extend(kind.to_le_bytes());
            bytes.extend([0; 52]);
        }
        bytes
    }

    #[test]
    fn a_program_without_an_interpreter_is_static() {
        assert!(is_static(&program(&[1, 1, 2])));
        assert!(!is_static(&program(&[6, 3, 1])));
    }

    #[test]
    fn this_test_is_not() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(is_static(&own), cfg!(target_feature = "crt-static"));
    }

    #[test]
    fn what_is_no_program_or_is_cut_short_is_not_static() {
        let whole = program(&[1, 2]);
        for cut in 0..whole.len() - 52 {
            assert!(!is_static(&whole[..cut]), "cut at {cut}");
        }
        assert!(!is_static(b"#!/bin/sh\n"));
    }
}
