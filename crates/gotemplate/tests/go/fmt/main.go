// Writes what real Go's fmt and strconv make of our cases, as data that the Rust tests read.
//
//	go run . ../../data      writes strconv.json and fmt.json there
//	go run . printable       prints the table of src/strconv/printable.rs
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . FOLDER | printable")
		os.Exit(2)
	}
	if os.Args[1] == "printable" {
		printable()
		return
	}
	write(filepath.Join(os.Args[1], "strconv.json"), strconvCases())
	write(filepath.Join(os.Args[1], "fmt.json"), fmtCases())
}

func write(path string, content string) {
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// text is a byte string as JSON: each byte is the rune of its number, so that bytes that are not UTF-8 survive.
func text(bytes string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(bytes); i++ {
		switch c := bytes[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(rune(c))
		}
	}
	b.WriteByte('"')
	return b.String()
}

// lines is a JSON array with one element a line.
func lines(elements []string) string {
	return "[\n" + strings.Join(elements, ",\n") + "\n]"
}
