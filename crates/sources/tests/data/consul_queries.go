// What consul-template 0.40 makes of queries, well and badly written: writes consul_queries.json to its output.
//
// Run it in a module that requires github.com/hashicorp/consul-template v0.40.0:
//
//	go run consul_queries.go > consul_queries.json
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"

	dep "github.com/hashicorp/consul-template/dependency"
)

type row struct {
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	Shown string `json:"shown,omitempty"`
	Error string `json:"error,omitempty"`
}

func one(kind, s string) row {
	r := row{Kind: kind, Text: s}
	var d fmt.Stringer
	var err error
	switch kind {
	case "key":
		q, e := dep.NewKVGetQuery(s)
		err = e
		if e == nil {
			q.EnableBlocking()
			d = q
		}
	case "list":
		d, err = dep.NewKVListQuery(s)
	case "services":
		d, err = dep.NewCatalogServicesQuery(s)
	case "service":
		d, err = dep.NewHealthServiceQuery(s)
	case "connect":
		d, err = dep.NewHealthConnectQuery(s)
	case "catalog_service":
		d, err = dep.NewCatalogServiceQuery(s)
	case "nodes":
		d, err = dep.NewCatalogNodesQuery(s)
	case "node":
		d, err = dep.NewCatalogNodeQuery(s)
	case "peerings":
		d, err = dep.NewListPeeringQuery(s)
	}
	if err != nil {
		r.Error = err.Error()
	} else {
		r.Shown = d.String()
	}
	return r
}

func main() {
	kinds := []string{"key", "list", "services", "service", "connect", "catalog_service", "nodes", "node", "peerings"}
	texts := []string{"", "/", "//", "/a", "a", "a/b c", "a@dc-1", "a@dc.1", "a@", "@dc", "a?ns=x", "a?ns=x&partition=y", "a?ns=x@dc", "a@dc?ns=x",
		"a?", "?ns=x", "?partition=p", "?peer=p", "a?peer=p", "a?sameness-group=g", "a?sg=g", "a?peer=p&sameness-group=g", "a?ns", "a?ns=&ns=b", "a?ns=b&ns=c",
		"a?&&ns=b", "a?foo=bar", "a?ns=x&foo", "a?ns==x", "a?ns=a=b", "tag.web", "v1.2.web", ".web", "web.", "tag..web", "a=b:c.web", "we=b", "web|passing", "web|any,passing", "web|passing,passing",
		"web|", "web|,", "web|bad", "web|passing, warning", "web|warning,critical,maintenance", "web~near", "web~_agent", "web~", "web@dc~n|any", "web~n@dc", "web|any~n",
		"tag.web?ns=n&partition=p@dc~near|critical", "web\n", "we\"b", "we\\b", "wé", "a\tb", "key with spaces", "日本", "a\x07", "a\u200b", "a|b", "a~b", "n-1.x_y", "a b@dc", "web?ns=a-b_c", "web?ns=a.b", "web?ns=a+b", "web|PASSING", "web|_"}
	rng := rand.New(rand.NewSource(7))
	alphabet := []string{"a", "web", "tag", ".", ".", "@", "@dc1", "~", "~n1", "|", "|any", "passing", ",", "?", "?ns=x", "&", "=", "partition=p", "peer=q", "-", "_", "/", ":", "é", " ", "warning"}
	for i := 0; i < 120; i++ {
		s := ""
		for n := 1 + rng.Intn(7); n > 0; n-- {
			s += alphabet[rng.Intn(len(alphabet))]
		}
		texts = append(texts, s)
	}
	var rows []row
	for _, t := range texts {
		for _, k := range kinds {
			rows = append(rows, one(k, t))
		}
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	fmt.Println("[")
	for i, r := range rows {
		if i > 0 {
			fmt.Print(",")
		}
		out.Encode(r)
	}
	fmt.Println("]")
}
