package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// Where a person approves a device.
const devicePath = "/device"

const (
	tokenPath  = "/oauth/v2/token"
	devicePoll = "/oauth/v2/device_authorization"
)

// provider is the library's, except for what it fixes when it is made and a test changes later.
type provider struct {
	*op.Provider
	store *store
}

// DeviceAuthorization is asked at each device authorization: lifetimes are settings.
func (p *provider) DeviceAuthorization() op.DeviceAuthorizationConfig {
	settings := p.store.current()
	return op.DeviceAuthorizationConfig{
		Lifetime:     seconds(settings.DeviceCodeSeconds),
		PollInterval: seconds(settings.IntervalSeconds),
		UserFormPath: devicePath,
		UserCode:     op.UserCodeBase20,
	}
}

// newProvider is all that clients and browsers see.
func newProvider(s *store) (http.Handler, error) {
	config := &op.Config{GrantTypeRefreshToken: true, AuthMethodPrivateKeyJWT: true}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		return nil, err
	}
	// The issuer may be moved behind a proxy while it runs, so it is asked of the store each time.
	issuer := func(bool) (op.IssuerFromRequest, error) {
		return func(*http.Request) string { return s.issuerNow() }, nil
	}
	made, err := op.NewProvider(config, s, issuer, op.WithAllowInsecure(), zitadelsPaths)
	if err != nil {
		return nil, err
	}
	own := &provider{Provider: made, store: s}
	library := op.CreateRouter(own)
	machines := machineGrant(own)
	mux := http.NewServeMux()
	mux.Handle(devicePath, page(s))
	mux.HandleFunc(tokenPath, func(w http.ResponseWriter, r *http.Request) {
		// The library's own answer to a machine has no id_token, and the issuer as audience; Zitadel's is different.
		if r.PostFormValue("grant_type") == machineGrantType {
			machines.ServeHTTP(w, r)
			return
		}
		library.ServeHTTP(w, r)
	})
	mux.Handle("/", library)
	return mux, nil
}

// zitadelsPaths puts the endpoints where Zitadel has them.
func zitadelsPaths(p *op.Provider) error {
	endpoints := []struct {
		path string
		set  func(*op.Endpoint) op.Option
	}{
		{"/oauth/v2/authorize", op.WithCustomAuthEndpoint},
		{tokenPath, op.WithCustomTokenEndpoint},
		{"/oauth/v2/introspect", op.WithCustomIntrospectionEndpoint},
		{"/oidc/v1/userinfo", op.WithCustomUserinfoEndpoint},
		{"/oauth/v2/revoke", op.WithCustomRevocationEndpoint},
		{"/oidc/v1/end_session", op.WithCustomEndSessionEndpoint},
		{"/oauth/v2/keys", op.WithCustomKeysEndpoint},
		{devicePoll, op.WithCustomDeviceAuthorizationEndpoint},
	}
	for _, endpoint := range endpoints {
		if err := endpoint.set(op.NewEndpoint(endpoint.path))(p); err != nil {
			return err
		}
	}
	return nil
}

func seconds(number int) time.Duration {
	return time.Duration(number) * time.Second
}

// Health is asked by the library's /ready.
func (*store) Health(context.Context) error {
	return nil
}
