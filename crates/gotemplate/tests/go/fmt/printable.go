package main

import (
	"fmt"
	"unicode"
)

// printable prints the ranges of printable runes above Latin-1, six a line.
func printable() {
	var ranges [][2]rune
	for r := rune(0x100); r <= unicode.MaxRune; r++ {
		if !unicode.IsPrint(r) {
			continue
		}
		if n := len(ranges); n > 0 && ranges[n-1][1] == r-1 {
			ranges[n-1][1] = r
		} else {
			ranges = append(ranges, [2]rune{r, r})
		}
	}
	fmt.Println("    // Unicode " + unicode.Version)
	for i, r := range ranges {
		fmt.Print([]string{"    ", " "}[min(i%6, 1)])
		fmt.Printf("(%#x, %#x),", r[0], r[1])
		if i%6 == 5 || i == len(ranges)-1 {
			fmt.Println()
		}
	}
}
