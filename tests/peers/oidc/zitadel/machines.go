package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The grant of RFC 7523: a machine signs an assertion with its key, and gets tokens for it.
const machineGrantType = string(oidc.GrantTypeBearer)

// keyFile is what Zitadel hands out for a machine's new key.
type keyFile struct {
	Type   string `json:"type"`
	KeyID  string `json:"keyId"`
	Key    string `json:"key"`
	UserID string `json:"userId"`
}

// machine makes a machine user with a key.
func (s *store) machine(login string, roles []string) (*keyFile, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, err := s.find(login); err == nil {
		return nil, errors.New("there is a user " + login)
	}
	id := strconv.Itoa(320000000000000001 + len(s.users))
	keyID := random()
	s.users[id] = &user{ID: id, Login: login, Name: login, Roles: roles, keys: map[string]any{keyID: &key.PublicKey}}
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return &keyFile{Type: "serviceaccount", KeyID: keyID, Key: string(text), UserID: id}, nil
}

// GetKeyByIDAndClientID finds the key that an assertion names.
func (s *store) GetKeyByIDAndClientID(_ context.Context, keyID, userID string) (*jose.JSONWebKey, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known := s.users[userID]
	if known == nil || known.keys[keyID] == nil {
		return nil, errors.New("no such key")
	}
	return &jose.JSONWebKey{KeyID: keyID, Use: "sig", Key: known.keys[keyID]}, nil
}

// ValidateJWTProfileScopes lets a machine ask for anything.
func (*store) ValidateJWTProfileScopes(_ context.Context, _ string, scopes []string) ([]string, error) {
	return scopes, nil
}

// machineRequest is a machine's login, with the audiences that Zitadel gives it: the projects that it asks for.
type machineRequest struct {
	user   string
	scopes []string
	at     time.Time
}

func (*machineRequest) GetAMR() []string         { return []string{"pwd"} }
func (r *machineRequest) GetAuthTime() time.Time { return r.at }
func (r *machineRequest) GetClientID() string    { return r.user }
func (r *machineRequest) GetScopes() []string    { return r.scopes }
func (r *machineRequest) GetSubject() string     { return r.user }

func (r *machineRequest) GetAudience() []string {
	if asked := projects(r.scopes); len(asked) > 0 {
		return asked
	}
	return []string{r.user}
}

// machineGrant verifies an assertion as the library does, and answers as Zitadel does: with an id_token where openid is
// asked for, and never with a refresh token.
func machineGrant(p *provider) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := op.ContextWithIssuer(r.Context(), p.store.issuerNow())
		answer, err := machineTokens(ctx, r, p)
		if err != nil {
			op.RequestError(w, r, oidc.ErrInvalidGrant().WithDescription("%s", err.Error()), nil)
			return
		}
		httphelper.MarshalJSON(w, answer)
	})
}

func machineTokens(ctx context.Context, r *http.Request, p *provider) (*oidc.AccessTokenResponse, error) {
	asked, err := op.ParseJWTProfileGrantRequest(r, p.Decoder())
	if err != nil {
		return nil, err
	}
	assertion, err := op.VerifyJWTAssertion(ctx, asked.Assertion, p.JWTProfileVerifier(ctx))
	if err != nil {
		return nil, err
	}
	request := &machineRequest{user: assertion.Subject, scopes: asked.Scope, at: time.Now().UTC()}
	as := &client{id: assertion.Subject, settings: p.store.current()}
	token, _, validity, err := op.CreateAccessToken(ctx, request, as.AccessTokenType(), p, as, "")
	if err != nil {
		return nil, err
	}
	answer := &oidc.AccessTokenResponse{
		AccessToken: token,
		TokenType:   oidc.BearerToken,
		ExpiresIn:   uint64(validity.Seconds()),
		Scope:       request.scopes,
	}
	if slices.Contains(request.scopes, oidc.ScopeOpenID) {
		answer.IDToken, err = op.CreateIDToken(ctx, op.IssuerFromContext(ctx), request, as.IDTokenLifetime(), token, "", p.store, as)
	}
	return answer, err
}
