package main

import (
	dependency "github.com/hashicorp/consul-template/dependency"
	"github.com/hashicorp/consul-template/template"
)

// brain holds the few pairs and services that the cases ask for; the tests
// build the same values (tests/oracle/world.rs).
func brain() *template.Brain {
	known := template.NewBrain()
	remember(known, "app", []*dependency.KeyPair{
		pair("app", "name", "shop"),
		pair("app", "db/host", "10.0.0.5"),
		pair("app", "db/port", "5432"),
		pair("app", "db/pool/size", "20"),
		pair("app", "cache/host", "10.0.0.6"),
	})
	remember(known, "clash", []*dependency.KeyPair{
		pair("clash", "db", "plain"),
		pair("clash", "db/host", "10.0.0.5"),
	})
	remember(known, "none", []*dependency.KeyPair{})

	services, err := dependency.NewHealthServiceQuery("web")
	check(err)
	known.Remember(services, []*dependency.HealthService{
		service("web1", 8080, map[string]string{"zone": "eu", "rank": "2", "team": "a.b/c"}, "blue", "prod"),
		service("web2", 8081, map[string]string{"zone": "us", "rank": "10"}, "green", "prod"),
		service("web3", 8080, map[string]string{"rank": "x"}, "blue"),
	})
	catalog, err := dependency.NewCatalogServicesQuery("")
	check(err)
	known.Remember(catalog, []*dependency.CatalogSnippet{
		{Name: "api", Tags: dependency.ServiceTags{"prod", "v2"}},
		{Name: "web", Tags: dependency.ServiceTags{"prod"}},
		{Name: "bare", Tags: dependency.ServiceTags{}},
	})
	return known
}

func remember(known *template.Brain, prefix string, pairs []*dependency.KeyPair) {
	query, err := dependency.NewKVListQuery(prefix)
	check(err)
	known.Remember(query, pairs)
}

func pair(prefix, key, value string) *dependency.KeyPair {
	return &dependency.KeyPair{
		Path: prefix + "/" + key, Key: key, Value: value,
		CreateIndex: 10, ModifyIndex: 12, LockIndex: 0, Flags: 3, Session: "",
	}
}

func service(id string, port int, meta map[string]string, tags ...string) *dependency.HealthService {
	return &dependency.HealthService{
		Node: "node-" + id, NodeID: "", NodeAddress: "10.1.0.1",
		ServiceMeta: meta, Address: "10.1.0.1", ID: id, Name: "web",
		Tags: tags, Status: "passing", Port: port,
	}
}
