// Writes src/parse/letters.rs: which runes may stand in a name, from Go's own Unicode tables.
//
//	go run . > ../../../src/parse/letters.rs
package main

import (
	"fmt"
	"unicode"
)

func main() {
	fmt.Println("//! Which runes may stand in a name: letters and decimal digits.")
	fmt.Println("//!")
	fmt.Println("//! The tables are written by `tests/go/letters` from Go's own Unicode tables.")
	fmt.Printf("\n/// Whether Go's `unicode.IsLetter` or `unicode.IsDigit` holds, or it is `_`.\n")
	fmt.Println("pub(crate) fn is_alphanumeric(rune: char) -> bool {")
	fmt.Println("    match rune {")
	fmt.Println("        '_' | 'a'..='z' | 'A'..='Z' | '0'..='9' => true,")
	fmt.Println("        '\\0'..='\\x7f' => false,")
	fmt.Println("        _ => {")
	fmt.Println("            let code = u32::from(rune);")
	fmt.Println("            let after = NAMES.partition_point(|(first, _)| *first <= code);")
	fmt.Println("            after > 0 && code <= NAMES[after - 1].1")
	fmt.Println("        }")
	fmt.Println("    }")
	fmt.Println("}")
	fmt.Printf("\n/// The first and last rune of every range above ASCII.\n#[rustfmt::skip]\nconst NAMES: &[(u32, u32)] = &[")
	fmt.Printf("\n    // Unicode %s", unicode.Version)
	var ranges [][2]rune
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		if n := len(ranges); n > 0 && ranges[n-1][1] == r-1 {
			ranges[n-1][1] = r
		} else {
			ranges = append(ranges, [2]rune{r, r})
		}
	}
	for i, r := range ranges {
		if i%6 == 0 {
			fmt.Print("\n    ")
		} else {
			fmt.Print(" ")
		}
		fmt.Printf("(0x%x, 0x%x),", r[0], r[1])
	}
	fmt.Println("\n];")
}
