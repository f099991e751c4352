package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// store is what the provider remembers, and the library's Storage. One lock guards all of it.
type store struct {
	mutex    sync.Mutex
	began    time.Time
	issuer   string
	settings settings
	clients  map[string]bool
	users    map[string]*user
	devices  map[string]*device
	sessions map[string]*session
	// Refresh tokens that were ever given, by their text, those that were used included.
	refreshTokens map[string]*refreshToken
	// Access tokens, by their id.
	accessTokens map[string]accessToken
	keys         []*signingKey
	slowDowns    int
	refreshes    int
	seen         []seen
}

func newStore(issuer string) (*store, error) {
	key, err := newSigningKey()
	if err != nil {
		return nil, err
	}
	s := &store{
		began:         time.Now(),
		issuer:        issuer,
		settings:      defaults(),
		clients:       map[string]bool{"harmony-cli": true},
		users:         map[string]*user{},
		devices:       map[string]*device{},
		sessions:      map[string]*session{},
		refreshTokens: map[string]*refreshToken{},
		accessTokens:  map[string]accessToken{},
		keys:          []*signingKey{key},
	}
	for _, person := range people() {
		s.users[person.ID] = person
	}
	return s, nil
}

func (s *store) current() settings {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.settings
}

func (s *store) issuerNow() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.issuer
}

// What belongs to logins in a browser that is sent to and fro, which no client here does.
var errNoCodeFlow = errors.New("this provider has no authorization code flow")

func (*store) CreateAuthRequest(context.Context, *oidc.AuthRequest, string) (op.AuthRequest, error) {
	return nil, errNoCodeFlow
}

func (*store) AuthRequestByID(context.Context, string) (op.AuthRequest, error) {
	return nil, errNoCodeFlow
}

func (*store) AuthRequestByCode(context.Context, string) (op.AuthRequest, error) {
	return nil, errNoCodeFlow
}

func (*store) SaveAuthCode(context.Context, string, string) error {
	return errNoCodeFlow
}

func (*store) DeleteAuthRequest(context.Context, string) error {
	return errNoCodeFlow
}
