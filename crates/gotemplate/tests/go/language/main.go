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
	folder := os.Args[1]
	var names []string
	for name := range features {
		names = append(names, name)
	}
	sort.Strings(names)
	total, dropped := 0, 0
	for _, name := range names {
		var lines, data []string
		for _, made := range features[name] {
			outcome := run(made)
			if address(outcome) {
				dropped++
				continue
			}
			data, outcome.Data = place(data, made.Data)
			lines = append(lines, encode(outcome))
		}
		total += len(lines)
		write(filepath.Join(folder, name+".json"),
			"{\"data\": [\n"+strings.Join(data, ",\n")+"\n],\n\"cases\": [\n"+strings.Join(lines, ",\n")+"\n]}\n")
	}
	write(filepath.Join(folder, "values.json"), sharedValues())
	fmt.Println(total, "cases, without", dropped, "that print addresses")
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
	var output bytes.Buffer
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
	hexadecimal = regexp.MustCompile("%[^a-z]*[xXbo]|%#")
)

// address tells whether a pointer was printed, which no two runs do alike; a text that asks for hexadecimal digits gets
// them for numbers.
func address(outcome Outcome) bool {
	asked := outcome.Text != nil && hexadecimal.MatchString(*outcome.Text)
	if outcome.Output != nil && !asked && pointer.MatchString(*outcome.Output) {
		return true
	}
	return pointer.MatchString(outcome.ExecError)
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
