package main

import (
	"fmt"
	"strings"
)

// What follows is made by crossing lists: every constant with every verb, every kind with every function.

var kinds = []struct{ name, notation string }{
	{"int", `5`}, {"zero", `0`}, {"minus", `-7`}, {"i8", `{"$":"int8","v":-128}`}, {"i64", `{"$":"int64","v":"9223372036854775807"}`}, {"u", `{"$":"uint","v":5}`}, {"u8", `{"$":"uint8","v":255}`},
	{"u64", `{"$":"uint64","v":"18446744073709551615"}`}, {"uptr", `{"$":"uintptr","v":1}`}, {"float", `2.5`}, {"whole", `{"$":"float64","v":1e6}`}, {"f32", `{"$":"float32","v":0.1}`}, {"nan", `{"$":"float64","v":"NaN"}`}, {"inf", `{"$":"float64","v":"-Inf"}`},
	{"c64", `{"$":"complex64","v":"1.5-2i"}`}, {"c128", `{"$":"complex128","v":"1+2i"}`}, {"true", `true`}, {"string", `"héllo"`}, {"digits", `"12"`}, {"empty", `""`}, {"binary", `{"$":"string","v":{"hex":"61ff00"}}`}, {"nil", `null`},
	{"list", `[1,"a",null,2.5]`}, {"ints", `{"$":"[]int","v":[1,2,3]}`}, {"nilints", `{"$":"[]int"}`}, {"strings", `{"$":"[]string","v":["x","y z"]}`}, {"bytes", `{"$":"[]uint8","v":{"hex":"41ff"}}`}, {"bytearray", `{"$":"[2]uint8","v":[65,66]}`}, {"array", `{"$":"[2]float64","v":[1.5,2]}`}, {"lists", `{"$":"[][]int","v":[[1],[],null]}`},
	{"map", `{"b":1,"a":"x","c":null}`}, {"typed", `{"$":"map[string]int","v":{"z":26,"a":1}}`}, {"nilmap", `{"$":"map[string]int"}`}, {"bools", `{"$":"map[bool]string","v":[[true,"yes"],[false,"no"]]}`}, {"maps", `{"$":"map[string]map[string]int","v":{"o":{"i":1}}}`}, {"listmap", `{"$":"[]map[string]any","v":[{"a":1},null]}`},
	{"intptr", `{"$":"*int","v":3}`}, {"nilptr", `{"$":"*int"}`}, {"service", `{"$":"fixture","v":"nil service"}`}, {"plain", `{"$":"fixture","v":"plain"}`}, {"plains", `{"$":"fixture","v":"plains"}`}, {"plainmap", `{"$":"fixture","v":"plain map"}`}, {"level", `{"$":"fixture","v":"level"}`}, {"levels", `{"$":"fixture","v":"levels"}`}, {"levelmap", `{"$":"fixture","v":"level map"}`}, {"tags", `{"$":"fixture","v":"tags"}`}, {"attributes", `{"$":"fixture","v":"attributes"}`},
	{"error", `{"$":"fixture","v":"error"}`}, {"fault", `{"$":"fixture","v":"fault"}`}, {"func", `{"$":"fixture","v":"func"}`}, {"nilfunc", `{"$":"fixture","v":"nil func"}`}, {"channel", `{"$":"fixture","v":"channel"}`}, {"duration", `{"$":"time.Duration","v":1500000000}`}, {"durations", `{"$":"[]time.Duration","v":[1,1000]}`},
}

// sharedValues is one map with a value of every kind.
func sharedValues() string {
	var lines []string
	for _, kind := range kinds {
		lines = append(lines, fmt.Sprintf("%q: %s", kind.name, kind.notation))
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}\n"
}

var constants = []string{"0", "1", "-1", "255", "65", "1.0", "1.5", "-2.5", "1e6", "1e21", "0.0001", "'a'", "'☺'", "2i", "1-1i", `"text"`, `""`, `"é\n"`, `"12"`, "true", "false", "nil", "9223372036854775807"}

func init() {
	shared := Case{Data: `{"$":"shared"}`}
	add := func(name string, texts ...string) {
		for _, text := range texts {
			made := shared
			made.Text = text
			features[name] = append(features[name], made)
		}
	}
	addresses := map[string]bool{"intptr": true, "func": true, "channel": true, "fault": true}
	for _, verb := range strings.Split("v d s q x X t c U e E f F g G b o O T p w", " ") {
		for _, constant := range constants {
			add("verbs_of_constants", fmt.Sprintf(`{{printf "%%%s" %s}}`, verb, constant))
		}
		for _, kind := range kinds {
			if verb == "p" || addresses[kind.name] && verb != "v" && verb != "s" && verb != "T" || kind.name == "bools" && verb == "t" {
				continue
			}
			add("verbs_of_kinds", fmt.Sprintf(`{{printf "%%%s" .%s}}`, verb, kind.name))
		}
	}
	for _, flags := range strings.Split("+v #v 8v -8v 08v .3v +d #d 08d -8d 8.3d x|#x #X # x +q #q -8s 8s .2s 08s 8.2f +.1e 08.3f #g #o #b +x", " ") {
		for _, kind := range kinds {
			if addresses[kind.name] || strings.Contains(flags, "|") || flags == "#" {
				continue
			}
			add("flags_of_kinds", fmt.Sprintf(`{{printf "%%%s|" .%s}}`, flags, kind.name))
		}
		for _, constant := range constants {
			add("flags_of_constants", fmt.Sprintf(`{{printf "%%%s|" %s}}`, flags, constant))
		}
	}
	for _, kind := range kinds {
		// A range over a number of billions ends with nobody there.
		endless := kind.name == "i64" || kind.name == "u64" || kind.name == "duration"
		for _, form := range []string{"{{.K}}", "{{print .K}}", "{{len .K}}", "{{not .K}}", "{{if .K}}yes{{else}}no{{end}}", "{{with .K}}yes{{else}}no{{end}}", "{{range .K}}<{{.}}>{{else}}none{{end}}", "{{range $i, $x := .K}}{{$i}}:{{$x}} {{else}}none{{end}}",
			"{{index .K 0}}", "{{index .K 1}}", "{{index .K \"a\"}}", "{{index .K nil}}", "{{index .K}}", "{{index .ints .K}}", "{{index .map .K}}", "{{index .typed .K}}", "{{slice .K}}", "{{slice .K 1}}", "{{slice .K 0 1}}", "{{slice .ints .K}}", "{{call .K}}", "{{call .K 1}}", "{{call .func .K}}",
			"{{html .K}}", "{{js .K}}", "{{urlquery .K}}", "{{println .K}}", "{{print \"a\" .K 1}}", "{{.K.field}}", "{{.K.Field}}", "{{.K.a}}", "{{.K 1}}", "{{1 | .K}}", "{{.K | echo}}", "{{$x := .K}}{{$x}}", "{{and .K 1}}", "{{or .K 1}}", "{{and 1 .K}}", "{{template \"t\" .K}}{{define \"t\"}}{{.}}{{end}}",
			"{{takesBool .K}}", "{{takesInt .K}}", "{{takesInt8 .K}}", "{{takesInt64 .K}}", "{{takesUint .K}}", "{{takesUint8 .K}}", "{{takesFloat .K}}", "{{takesComplex .K}}", "{{takesString .K}}", "{{takesStrings .K}}", "{{takesAnys .K}}", "{{takesMap .K}}", "{{takesDuration .K}}", "{{takesError .K}}", "{{takesService .K}}", "{{takesPointer .K}}", "{{takesBytes .K}}", "{{takesFunc .K}}", "{{sum 1 .K}}", "{{joined \",\" .K}}", "{{.K | takesString}}", "{{.K | takesInt}}",
			"{{eq .K nil}}", "{{eq nil .K}}", "{{ne .K nil}}", "{{eq .K 5}}", "{{eq .K \"12\"}}", "{{eq .K true}}", "{{eq .K 2.5}}", "{{lt .K 5}}", "{{lt .K \"x\"}}", "{{lt .K 2.5}}", "{{gt 5 .K}}", "{{le nil .K}}"} {
			if endless && strings.Contains(form, "range") {
				continue
			}
			if addresses[kind.name] && (strings.Contains(form, "print") || strings.Contains(form, "html") || strings.Contains(form, "js ") || strings.Contains(form, "urlq")) {
				continue
			}
			add("functions_of_kinds", strings.ReplaceAll(form, ".K", "."+kind.name))
		}
		for _, other := range kinds {
			add("pairs_compared", fmt.Sprintf("{{eq .%s .%s}}", kind.name, other.name))
			add("pairs_ordered", fmt.Sprintf("{{lt .%s .%s}}", kind.name, other.name))
		}
	}
	for _, constant := range constants {
		for _, form := range []string{"{{K}}", "{{print K}}", "{{print 1 K \"a\"}}", "{{len K}}", "{{not K}}", "{{if K}}yes{{else}}no{{end}}", "{{with K}}{{.}}{{else}}no{{end}}", "{{range K}}{{break}}{{else}}none{{end}}", "{{index .ints K}}", "{{index .map K}}", "{{index K 0}}", "{{slice .ints K}}", "{{html K}}", "{{js K}}", "{{urlquery K}}", "{{K | echo}}", "{{1 | K}}", "{{K 1}}", "{{(K)}}", "{{(K).x}}", "{{K.x}}", "{{$x := K}}{{$x}}", "{{template \"t\" K}}{{define \"t\"}}{{.}}{{end}}", "{{printf K}}", "{{call K}}", "{{takesInt K}}", "{{takesInt8 K}}", "{{takesUint K}}", "{{takesUint8 K}}", "{{takesFloat K}}", "{{takesComplex K}}", "{{takesString K}}", "{{takesBool K}}", "{{takesStrings K}}", "{{takesDuration K}}", "{{takesError K}}", "{{takesPointer K}}", "{{echo K}}", "{{takesInt (K)}}", "{{takesUint (K)}}", "{{takesFloat (K)}}", "{{K | takesInt}}", "{{K | takesFloat}}", "{{range $i, $x := K}}{{break}}{{end}}", "{{if $x := K}}{{$x}}{{end}}", "{{and K 1}}", "{{or K 1}}"} {
			add("functions_of_constants", strings.ReplaceAll(form, "K", constant))
		}
		for _, other := range constants {
			add("constants_compared", fmt.Sprintf("{{eq %s %s}}", constant, other), fmt.Sprintf("{{lt %s %s}}", constant, other), fmt.Sprintf("{{print %s %s}}", constant, other))
		}
	}
}
