// Reads every case through the real HCL 1 and keeps what came out: go run . ../cases
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/hashicorp/hcl"
	"github.com/hashicorp/hcl/hcl/ast"
	"github.com/hashicorp/hcl/hcl/token"
)

type outcome struct {
	Name    string `json:"name"`
	Input   string `json:"input"`
	Error   string `json:"error,omitempty"`
	Tree    any    `json:"tree,omitempty"`
	Decoded any    `json:"decoded,omitempty"`
}

func main() {
	folder := os.Args[1]
	var outcomes []outcome
	for _, path := range sorted(filepath.Join(folder, "*.txt")) {
		for _, part := range strings.Split("\n"+read(path), "\n@@@ ")[1:] {
			name, input, _ := strings.Cut(part, "\n")
			if !strings.HasSuffix(name, "(no line end)") {
				input += "\n"
			}
			outcomes = append(outcomes, run(name, input))
		}
	}
	for _, pattern := range []string{"*.hcl", "*.conf.json"} {
		for _, path := range sorted(filepath.Join(folder, pattern)) {
			outcomes = append(outcomes, run(filepath.Base(path), read(path)))
		}
	}
	text, err := json.MarshalIndent(outcomes, "", " ")
	check(err)
	check(os.WriteFile(filepath.Join(folder, "expected.json"), append(text, '\n'), 0o644))
}

func run(name, input string) (result outcome) {
	result = outcome{Name: name, Input: input}
	defer func() {
		if reason := recover(); reason != nil {
			result.Error = fmt.Sprint("panic: ", reason)
		}
	}()
	file, err := hcl.Parse(input)
	if err == nil {
		result.Tree = items(file.Node.(*ast.ObjectList))
		err = hcl.DecodeObject(&result.Decoded, file)
	}
	if err != nil {
		result.Tree, result.Decoded, result.Error = nil, nil, err.Error()
	}
	return result
}

func items(list *ast.ObjectList) []any {
	all := []any{}
	for _, item := range list.Items {
		var keys []any
		for _, key := range item.Keys {
			keys = append(keys, []any{key.Token.Value(), place(key.Token.Pos)})
		}
		all = append(all, map[string]any{"keys": keys, "value": value(item.Val)})
	}
	return all
}

func value(node ast.Node) any {
	switch node := node.(type) {
	case *ast.ObjectType:
		return map[string]any{"at": place(node.Lbrace), "object": items(node.List)}
	case *ast.ListType:
		elements := []any{}
		for _, element := range node.List {
			elements = append(elements, value(element))
		}
		return map[string]any{"at": place(node.Lbrack), "list": elements}
	case *ast.LiteralType:
		kinds := map[token.Type]string{
			token.NUMBER: "integer", token.FLOAT: "float", token.BOOL: "boolean", token.STRING: "text", token.HEREDOC: "text",
		}
		return map[string]any{"at": place(node.Token.Pos), kinds[node.Token.Type]: node.Token.Value()}
	}
	panic(fmt.Sprintf("unknown node %T", node))
}

func place(position token.Pos) string { return fmt.Sprintf("%d:%d", position.Line, position.Column) }

func sorted(pattern string) []string {
	paths, err := filepath.Glob(pattern)
	check(err)
	sort.Strings(paths)
	return paths
}

func read(path string) string {
	text, err := os.ReadFile(path)
	check(err)
	return string(text)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
