// Serves Vault's core, kept in memory and sealed at first, with the key-value engine and password logins only:
// the full program links every cloud's library and takes far longer to build.
//
// Arguments: address, then optionally an address for TLS, a certificate and a key.
package main

import (
	"net/http"
	"os"

	"github.com/hashicorp/go-hclog"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/builtin/credential/userpass"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

var engines = map[consts.PluginType]map[string]logical.Factory{
	consts.PluginTypeSecrets:    {"kv": kv.Factory},
	consts.PluginTypeCredential: {"userpass": userpass.Factory},
}

type registry struct{}

func (registry) Contains(name string, kind consts.PluginType) bool {
	_, found := engines[kind][name]
	return found
}

func (registry) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	factory, found := engines[kind][name]
	return func() (interface{}, error) { return factory, nil }, found
}

func (registry) Keys(kind consts.PluginType) []string {
	names := []string{}
	for name := range engines[kind] {
		names = append(names, name)
	}
	return names
}

func (registry) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, registry{}.Contains(name, kind)
}

func (registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

func main() {
	if err := serve(os.Args[1], os.Args[2:]); err != nil {
		hclog.Default().Error("stopped", "error", err)
		os.Exit(1)
	}
}

func serve(address string, secure []string) error {
	handler, err := newHandler()
	if err != nil {
		return err
	}
	ended := make(chan error)
	go func() { ended <- http.ListenAndServe(address, handler) }()
	if len(secure) == 3 {
		go func() { ended <- http.ListenAndServeTLS(secure[0], secure[1], secure[2], handler) }()
	}
	return <-ended
}

func newHandler() (http.Handler, error) {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Info})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return nil, err
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:           storage,
		Logger:             logger,
		DisableMlock:       true,
		BuiltinRegistry:    registry{},
		LogicalBackends:    engines[consts.PluginTypeSecrets],
		CredentialBackends: engines[consts.PluginTypeCredential],
	})
	if err != nil {
		return nil, err
	}
	properties := &vault.HandlerProperties{Core: core, ListenerConfig: &configutil.Listener{}}
	return vaulthttp.Handler.Handler(properties), nil
}
