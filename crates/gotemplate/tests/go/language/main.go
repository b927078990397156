// The oracle of the language: runs templates of ours through Go's own text/template and keeps what came out.
//
//	go run . ../../data/language
//
// writes one JSON file a feature, a case a line, and `values.json` with the data that mechanical cases share.
// The Rust tests build the same data and compare every byte.
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"unicode/utf8"
)

// Case is one template with its data, as a person writes it.
type Case struct {
	Name    string
	Text    string
	Data    string // in the notation of notation.go
	Left    string
	Right   string
	Missing string // the mode of missingkey
}

// Outcome is a case and what Go made of it, as the tests read it.
type Outcome struct {
	Name       string  `json:"name,omitempty"`
	Text       *string `json:"text,omitempty"`
	TextHex    string  `json:"text_hex,omitempty"`
	Data       int     `json:"data"` // a place in the file's list of data
	Left       string  `json:"left,omitempty"`
	Right      string  `json:"right,omitempty"`
	Missing    string  `json:"missing,omitempty"`
	Output     *string `json:"output,omitempty"`
	OutputHex  string  `json:"output_hex,omitempty"`
	ParseError string  `json:"parse_error,omitempty"`
	ExecError  string  `json:"exec_error,omitempty"`
}

var features = map[string][]Case{}

// feature adds cases to the file of that name.
func feature(name string, groups ...[]Case) {
	for _, group := range groups {
		features[name] = append(features[name], group...)
	}
}

// about makes a case of every text, all with the same data.
func about(name, data string, texts ...string) []Case {
	return each(Case{Name: name, Data: data}, texts...)
}

// each makes a case of every text, alike in everything else.
func each(alike Case, texts ...string) []Case {
	var cases []Case
	for index, text := range texts {
		made := alike
		made.Name = fmt.Sprintf("%s %d", alike.Name, index+1)
		made.Text = text
		cases = append(cases, made)
	}
	return cases
}

func main() {
	if len(os.Args) == 5 && os.Args[1] == "-mutants" {
		count, _ := strconv.Atoi(os.Args[2])
		seed, _ := strconv.ParseUint(os.Args[3], 10, 64)
		fmt.Println(keepCases(os.Args[4], mutants(count, seed)), "cases")
		return
	}
	folder := os.Args[1]
	var names []string
	for name := range features {
		names = append(names, name)
	}
	sort.Strings(names)
	total := 0
	for _, name := range names {
		total += keepCases(filepath.Join(folder, name+".json"), features[name])
	}
	write(filepath.Join(folder, "values.json"), sharedValues())
	fmt.Println(total, "cases")
}

// keepCases runs cases and writes them with what came out, but not those that print addresses; it tells how many.
func keepCases(path string, cases []Case) int {
	var lines, data []string
	for _, made := range cases {
		outcome := run(made)
		if address(made, outcome) || outcome.ExecError == "too much" {
			continue
		}
		data, outcome.Data = place(data, made.Data)
		lines = append(lines, encode(outcome))
	}
	write(path, "{\"data\": [\n"+strings.Join(data, ",\n")+"\n],\n\"cases\": [\n"+strings.Join(lines, ",\n")+"\n]}\n")
	return len(lines)
}

// sortCases puts cases into an order that does not change.
func sortCases(cases []Case) {
	sort.Slice(cases, func(one, two int) bool {
		return cases[one].Name+cases[one].Text < cases[two].Name+cases[two].Text
	})
}

func run(made Case) Outcome {
	outcome := Outcome{Name: made.Name, Left: made.Left, Right: made.Right, Missing: made.Missing}
	outcome.Text, outcome.TextHex = keep(made.Text)
	parsed := template.New("test").Delims(made.Left, made.Right).Funcs(functions)
	if made.Missing != "" {
		parsed.Option("missingkey=" + made.Missing)
	}
	parsed, err := parsed.Parse(made.Text)
	if err != nil {
		outcome.ParseError = err.Error()
		return outcome
	}
	data := build([]byte(made.Data))
	var output limited
	if err := parsed.Execute(&output, data); err != nil {
		outcome.ExecError = err.Error()
		return outcome
	}
	outcome.Output, outcome.OutputHex = keep(output.String())
	return outcome
}

// place finds a notation in the list, or adds it.
func place(data []string, notation string) ([]string, int) {
	for index, known := range data {
		if known == notation {
			return data, index
		}
	}
	return append(data, notation), len(data)
}

var (
	pointer     = regexp.MustCompile("0x[0-9a-f]{6,}")
	static      = regexp.MustCompile("\\b0x5[0-9a-f]{5}\\b") // functions lie where the linker puts them
	hexadecimal = regexp.MustCompile("%[^a-z]*[xXbo]|%#")
)

// address tells whether a pointer was printed, which no two runs do alike; a text that asks for hexadecimal digits gets
// them for numbers too, but the same ones again.
func address(made Case, outcome Outcome) bool {
	if again := run(made); encode(again) != encode(outcome) {
		return true
	}
	asked := outcome.Text != nil && hexadecimal.MatchString(*outcome.Text)
	said := outcome.ExecError
	if outcome.Output != nil && !asked {
		said += *outcome.Output
	}
	return pointer.MatchString(said) || outcome.Output != nil && static.MatchString(*outcome.Output)
}

// keep gives a text as it is, or as hexadecimal digits when JSON cannot hold it.
func keep(text string) (*string, string) {
	if utf8.ValidString(text) {
		return &text, ""
	}
	return nil, hex.EncodeToString([]byte(text))
}

func encode(outcome Outcome) string {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(outcome); err != nil {
		panic(err)
	}
	return strings.TrimSpace(line.String())
}

func write(path, text string) {
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		panic(err)
	}
}
