package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// client is a native application without a secret. It has the settings of when it was asked for: the library asks at each
// request.
type client struct {
	id       string
	settings settings
}

func (s *store) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !s.clients[id] {
		// A plain error would come out as the provider's own fault.
		return nil, oidc.ErrInvalidClient().WithDescription("no such client")
	}
	return &client{id: id, settings: s.settings}, nil
}

func (*store) AuthorizeClientIDSecret(context.Context, string, string) error {
	return errors.New("no client has a secret")
}

func (s *store) clientIDs() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	ids := make([]string, 0, len(s.clients))
	for id := range s.clients {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (c *client) GetID() string                        { return c.id }
func (*client) RedirectURIs() []string                 { return nil }
func (*client) PostLogoutRedirectURIs() []string       { return nil }
func (*client) ApplicationType() op.ApplicationType    { return op.ApplicationTypeNative }
func (*client) AuthMethod() oidc.AuthMethod            { return oidc.AuthMethodNone }
func (*client) ResponseTypes() []oidc.ResponseType     { return nil }
func (*client) LoginURL(string) string                 { return devicePath }
func (*client) DevMode() bool                          { return false }
func (*client) ClockSkew() time.Duration               { return 0 }
func (c *client) IDTokenLifetime() time.Duration       { return seconds(c.settings.IDTokenSeconds) }
func (c *client) IDTokenUserinfoClaimsAssertion() bool { return c.settings.UserinfoInIDToken }

func (*client) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeDeviceCode, oidc.GrantTypeRefreshToken}
}

func (c *client) AccessTokenType() op.AccessTokenType {
	if c.settings.OpaqueAccessTokens {
		return op.AccessTokenTypeBearer
	}
	return op.AccessTokenTypeJWT
}

func (*client) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

func (*client) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

// IsScopeAllowed lets Zitadel's own scopes through.
func (*client) IsScopeAllowed(string) bool {
	return true
}
