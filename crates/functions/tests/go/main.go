// Command oracle runs every template of ../cases through consul-template's own
// functions and writes what came out, or the error, to ../data.
//
//	cd crates/functions/tests/go && go run . ../cases ../data
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/consul-template/template"
)

// Case is one line of a case file and what became of it.
type Case struct {
	Template string  `json:"template"`
	Output   *string `json:"output,omitempty"`
	Hex      *string `json:"output_hex,omitempty"`
	Error    *string `json:"error,omitempty"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: oracle CASES DATA")
		os.Exit(2)
	}
	setUp()
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*.txt"))
	check(err)
	total := 0
	for _, file := range files {
		cases := run(file)
		total += len(cases)
		write(filepath.Join(os.Args[2], strings.TrimSuffix(filepath.Base(file), ".txt")+".json"), cases)
	}
	fmt.Println(len(files), "files,", total, "cases")
}

// setUp gives every run the same process environment and time zone.
func setUp() {
	os.Clearenv()
	for _, pair := range []string{"TZ=UTC", "FROM_PROCESS=process", "SHADOWED=process", "BLANK="} {
		name, value, _ := strings.Cut(pair, "=")
		check(os.Setenv(name, value))
	}
}

func run(file string) []Case {
	text, err := os.ReadFile(file)
	check(err)
	var cases []Case
	for _, line := range strings.Split(string(text), "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cases = append(cases, execute(line))
	}
	return cases
}

func execute(text string) Case {
	result := Case{Template: text}
	compiled, err := template.NewTemplate(&template.NewTemplateInput{Contents: text})
	check(err)
	answer, err := compiled.Execute(&template.ExecuteInput{
		Brain: brain(),
		Env:   []string{"GREETING=hello", "EMPTY=", "SHADOWED=custom", "PAIR=a=b", "HOST=db.example"},
	})
	switch {
	case err != nil:
		message := err.Error()
		result.Error = &message
	case utf8.Valid(answer.Output):
		output := string(answer.Output)
		result.Output = &output
	default:
		encoded := hex.EncodeToString(answer.Output)
		result.Hex = &encoded
	}
	return result
}

func write(path string, cases []Case) {
	file, err := os.Create(path)
	check(err)
	defer file.Close()
	encoder := json.NewEncoder(file)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	check(encoder.Encode(cases))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}
