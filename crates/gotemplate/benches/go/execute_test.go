// The same templates and data as benches/execute.rs, in Go's own text/template:
//
//	go test -bench . -benchtime 1s
package benches

import (
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"strings"
	"testing"
	"text/template"
)

type Service struct {
	Name, Address string
	Port, Weight  int
	Backup        bool
	Tags          []string
}

type Upstream struct {
	Name    string
	Servers []Service
}

func services(count int) []Service {
	var all []Service
	for i := range count {
		all = append(all, Service{"web", fmt.Sprintf("10.0.%d.%d", i/256, i%256), 8000 + i, i % 100, i%7 == 0, []string{"http", "v2"}})
	}
	return all
}

func data() map[string]any {
	settings := map[string]any{}
	var names []string
	var upstreams []Upstream
	for i := range 100 {
		name := fmt.Sprintf("key_%03d", i)
		names = append(names, name)
		settings[name] = "value of " + name
	}
	for i := range 20 {
		upstreams = append(upstreams, Upstream{fmt.Sprintf("upstream_%d", i), services(10)})
	}
	return map[string]any{"Settings": settings, "Names": names, "Services": services(1000), "Upstreams": upstreams, "Environment": "production"}
}

var functions = template.FuncMap{
	"upper": strings.ToUpper, "lower": strings.ToLower, "trim": strings.TrimSpace,
	"replace": func(from, to, text string) string { return strings.ReplaceAll(text, from, to) },
	"indent":  func(spaces int, text string) string { return strings.Repeat(" ", spaces) + text },
	"join":    func(separator string, items []string) string { return strings.Join(items, separator) },
	"split":   func(separator, text string) []string { return strings.Split(text, separator) },
	"add":     func(a, b int) int { return a + b },
}

func source(name string) string {
	if name == "plain" {
		return strings.Repeat("A line of plain text, without any action in it whatsoever.\n", 170)
	}
	content, err := os.ReadFile("../templates/" + name + ".tmpl")
	if err != nil {
		panic(err)
	}
	return string(content)
}

var names = []string{"plain", "config", "services", "nested", "helpers", "control"}

func BenchmarkExecute(b *testing.B) {
	values := data()
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			parsed := template.Must(template.New(name).Funcs(functions).Parse(source(name)))
			b.ReportAllocs()
			for b.Loop() {
				if err := parsed.Execute(io.Discard, values); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkExecuteIntoBuffer(b *testing.B) {
	values := data()
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			parsed := template.Must(template.New(name).Funcs(functions).Parse(source(name)))
			b.ReportAllocs()
			for b.Loop() {
				var out strings.Builder
				if err := parsed.Execute(&out, values); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, name := range names {
		text := source(name)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				template.Must(template.New(name).Funcs(functions).Parse(text))
			}
		})
	}
}

// Writes the length and FNV-1a sum of each output, which benches/execute.rs compares its own with.
func TestOutputs(t *testing.T) {
	var lines strings.Builder
	for _, name := range names {
		var out strings.Builder
		if err := template.Must(template.New(name).Funcs(functions).Parse(source(name))).Execute(&out, data()); err != nil {
			t.Fatal(name, err)
		}
		sum := fnv.New64a()
		io.WriteString(sum, out.String())
		fmt.Fprintf(&lines, "%s %d %016x\n", name, out.Len(), sum.Sum64())
		if testing.Verbose() {
			t.Log(out.String()[:300])
		}
	}
	if err := os.WriteFile("../expected.txt", []byte(lines.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
