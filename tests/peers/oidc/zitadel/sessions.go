package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// session is one login and all tokens that come of it.
type session struct {
	user     string
	client   string
	audience []string
	scopes   []string
	amr      []string
	authTime time.Time
	ended    bool
}

type refreshToken struct {
	session *session
	// It was given for another one.
	used bool
}

type accessToken struct {
	// A machine's has none.
	session *session
	scopes  []string
	expires time.Time
	revoked bool
}

// refreshRequest is a session as the library sees it at a refresh; the scopes may be fewer there.
type refreshRequest struct {
	session *session
	scopes  []string
}

func (r *refreshRequest) GetAMR() []string                 { return r.session.amr }
func (r *refreshRequest) GetAudience() []string            { return slices.Clone(r.session.audience) }
func (r *refreshRequest) GetAuthTime() time.Time           { return r.session.authTime }
func (r *refreshRequest) GetClientID() string              { return r.session.client }
func (r *refreshRequest) GetScopes() []string              { return r.scopes }
func (r *refreshRequest) GetSubject() string               { return r.session.user }
func (r *refreshRequest) SetCurrentScopes(scopes []string) { r.scopes = scopes }

// CreateAccessToken is asked where no refresh token is to be given.
func (s *store) CreateAccessToken(_ context.Context, request op.TokenRequest) (string, time.Time, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	id, expires := s.access(nil, request.GetScopes())
	return id, expires, nil
}

// CreateAccessAndRefreshTokens is asked at a login with offline_access, and at each refresh.
func (s *store) CreateAccessAndRefreshTokens(_ context.Context, request op.TokenRequest, current string) (string, string, time.Time, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	failed := func(err error) (string, string, time.Time, error) { return "", "", time.Time{}, err }
	if login, isLogin := request.(*op.DeviceAuthorizationState); isLogin {
		begun := &session{
			user:     login.Subject,
			client:   login.ClientID,
			audience: slices.Clone(login.GetAudience()),
			scopes:   slices.Clone(login.Scopes),
			amr:      login.AMR,
			authTime: login.AuthTime,
		}
		s.sessions[random()] = begun
		token := random()
		s.refreshTokens[token] = &refreshToken{session: begun}
		id, expires := s.access(begun, login.Scopes)
		return id, token, expires, nil
	}
	// Looked at again, because another refresh may have come between.
	found, err := s.usable(current)
	if err != nil {
		return failed(oidc.ErrInvalidGrant().WithDescription("%s", err.Error()))
	}
	s.refreshes++
	id, expires := s.access(found.session, request.GetScopes())
	if !s.settings.RotateRefreshTokens {
		return id, current, expires, nil
	}
	found.used = true
	token := random()
	s.refreshTokens[token] = &refreshToken{session: found.session}
	return id, token, expires, nil
}

// TokenRequestByRefreshToken begins a refresh; the library turns an error into invalid_grant.
func (s *store) TokenRequestByRefreshToken(_ context.Context, token string) (op.RefreshTokenRequest, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.usable(token)
	if err != nil {
		return nil, err
	}
	return &refreshRequest{session: found.session, scopes: slices.Clone(found.session.scopes)}, nil
}

// usable finds a refresh token. One that was used before was stolen from somebody: the whole session ends. The caller holds
// the lock.
func (s *store) usable(token string) (*refreshToken, error) {
	found := s.refreshTokens[token]
	switch {
	case found == nil:
		return nil, errors.New("no such refresh token")
	case found.session.ended:
		return nil, errors.New("the session has ended")
	case found.used:
		found.session.ended = true
		return nil, errors.New("the refresh token was used before: the session ends")
	}
	return found, nil
}

// access makes an access token. The caller holds the lock.
func (s *store) access(of *session, scopes []string) (string, time.Time) {
	id := random()
	expires := time.Now().UTC().Add(seconds(s.settings.AccessTokenSeconds))
	s.accessTokens[id] = accessToken{session: of, scopes: slices.Clone(scopes), expires: expires}
	return id, expires
}

// scopesOf an access token that is still good.
func (s *store) scopesOf(tokenID string) ([]string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, known := s.accessTokens[tokenID]
	if !known || found.revoked || time.Now().After(found.expires) || (found.session != nil && found.session.ended) {
		return nil, oidc.ErrAccessDenied().WithDescription("the token is not valid")
	}
	return found.scopes, nil
}

// GetRefreshTokenInfo says whether a text that is to be revoked is a refresh token.
func (s *store) GetRefreshTokenInfo(_ context.Context, client, token string) (string, string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := s.refreshTokens[token]
	if found == nil || found.session.client != client {
		return "", "", op.ErrInvalidRefreshToken
	}
	return found.session.user, token, nil
}

// RevokeToken ends the session of a refresh token, or one access token. What is not known is revoked already.
func (s *store) RevokeToken(_ context.Context, token, _, client string) *oidc.Error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if found := s.refreshTokens[token]; found != nil && found.session.client == client {
		found.session.ended = true
	}
	if found, known := s.accessTokens[token]; known {
		found.revoked = true
		s.accessTokens[token] = found
	}
	return nil
}

// TerminateSession is a person's log-out.
func (s *store) TerminateSession(_ context.Context, user, client string) error {
	s.end(func(of *session) bool { return of.user == user && of.client == client })
	return nil
}

// end ends sessions, and says how many it were.
func (s *store) end(which func(*session) bool) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	count := 0
	for _, found := range s.sessions {
		if !found.ended && which(found) {
			found.ended = true
			count++
		}
	}
	return count
}

// endOf is what an administrator does when somebody leaves.
func (s *store) endOf(login string) (int, error) {
	s.mutex.Lock()
	person, err := s.find(login)
	s.mutex.Unlock()
	if err != nil {
		return 0, err
	}
	return s.end(func(of *session) bool { return of.user == person.ID }), nil
}

// alive counts the sessions that were not ended.
func (s *store) alive() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	count := 0
	for _, found := range s.sessions {
		if !found.ended {
			count++
		}
	}
	return count
}
