package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// Mutants are the cases' own texts with something cut, doubled, exchanged or put in. They are many and new with every
// seed, so they are not kept:
//
//	go run . -mutants COUNT SEED FILE
//	PREFLIGHT_LANGUAGE_CASES=FILE cargo test -p preflight-gotemplate --test language

var (
	tokens = regexp.MustCompile(`\{\{-?|-?\}\}|"[^"]*"|\.?[A-Za-z]\w*|\$\w*|:?=|[0-9.]+|\s+|.`)
	// What would be counted through for hours.
	endless = regexp.MustCompile(`range.*(\d{6}|\d[eE_]\d|0x|\.(duration|durations|wide|Timeout|u64|i64|u8|million|big|just|huge|large|f\b)|'|add|len|sum|multiply|takes|Twice|func|template)`)
	wide    = regexp.MustCompile(`%[^a-z]*\d{5}`)
	spices  = []string{
		"{{", "}}", "{{- ", " -}}", "(", ")", "|", " | ", ".", ",", "$", "$x", ":=", " = ", "\"", "`", "'", "'a'", " ", "\n", "nil", "true",
		"0", "1", "-1", "1.5", "1e3", "0x1", "1i", "\"s\"", ".a", ".b", ".c", ".d", ".x", ".absent", "if ", "else", "else if ", "end", "{{end}}", "{{else}}",
		"range ", "with ", "define \"t\"", "template \"t\" ", "block \"t\" ", "break", "continue", "print ", "printf \"%v\" ", "len ", "index ", "slice ",
		"eq ", "lt ", "and ", "or ", "not ", "call ", "html ", "echo ", "add 1 ", "fail", "/*", "*/", "\xff", "é", "@", "\\", "%", "{{.}}", "{{break}}", "$x := ",
	}
)

// mutants makes new cases of known ones.
func mutants(count int, seed uint64) []Case {
	var parents []Case
	for _, cases := range features {
		for _, made := range cases {
			if len(made.Text) < 400 && made.Name != "" {
				parents = append(parents, made)
			}
		}
	}
	random := rand.New(rand.NewPCG(seed, 1))
	// The order of a map is new in every run.
	sortCases(parents)
	var made []Case
	for len(made) < count {
		child := parents[random.IntN(len(parents))]
		other := parents[random.IntN(len(parents))]
		for range 1 + random.IntN(3) {
			child.Text = mutated(random, child.Text, other.Text)
		}
		child.Name = fmt.Sprint("mutant ", len(made))
		if endless.MatchString(strings.ReplaceAll(child.Text, "\n", " ")) || wide.MatchString(child.Text) || len(child.Text) > 500 {
			continue
		}
		made = append(made, child)
	}
	return made
}

func mutated(random *rand.Rand, text, other string) string {
	parts := tokens.FindAllString(text, -1)
	if len(parts) == 0 {
		return spices[random.IntN(len(spices))]
	}
	at := random.IntN(len(parts))
	switch random.IntN(7) {
	case 0: // cut short
		return text[:random.IntN(len(text)+1)]
	case 1: // without a part
		parts[at] = ""
	case 2: // a part twice
		parts[at] += parts[at]
	case 3: // two parts exchanged
		with := random.IntN(len(parts))
		parts[at], parts[with] = parts[with], parts[at]
	case 4: // something else in a part's place
		parts[at] = spices[random.IntN(len(spices))]
	case 5: // something put in
		parts[at] += spices[random.IntN(len(spices))]
	case 6: // a part of another text
		if foreign := tokens.FindAllString(other, -1); len(foreign) > 0 {
			parts[at] = foreign[random.IntN(len(foreign))]
		}
	}
	return strings.Join(parts, "")
}

// limited takes a megabyte and then no more.
type limited struct{ bytes.Buffer }

func (l *limited) Write(text []byte) (int, error) {
	if l.Len() > 1<<20 {
		return 0, fmt.Errorf("too much")
	}
	return l.Buffer.Write(text)
}
