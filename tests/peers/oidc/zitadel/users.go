package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// user is a person, or a machine. As in Zitadel, its id is a number and not its login name.
type user struct {
	ID    string `json:"id"`
	Login string `json:"login"`
	Name  string `json:"name"`
	// Empty: there is none.
	Email string   `json:"email"`
	Roles []string `json:"roles"`
	// Claims of a test's own, in id_tokens, JWT access tokens and at userinfo.
	Claims map[string]any `json:"claims"`
	// The keys of a machine, by id. A person has none.
	keys map[string]any
}

// The organisation that grants the roles.
const (
	organisation       = "310000000000000001"
	organisationDomain = "harmony.example"
)

func people() []*user {
	return []*user{
		{ID: "320000000000000001", Login: "anna", Name: "Anna Berg", Email: "anna@harmony.example", Roles: []string{"developer"}},
		{ID: "320000000000000002", Login: "ben", Name: "Ben Dahl", Email: "ben@harmony.example"},
	}
}

// find looks a user up by login name or id. The caller holds the lock.
func (s *store) find(name string) (*user, error) {
	for _, found := range s.users {
		if found.ID == name || found.Login == name {
			return found, nil
		}
	}
	return nil, errors.New("no user " + name)
}

const (
	projectPrefix = "urn:zitadel:iam:org:project:"
	rolesClaim    = projectPrefix + "roles"
)

// projects are the ids that scopes ask to have among the audiences: urn:zitadel:iam:org:project:id:{id}:aud.
func projects(scopes []string) []string {
	var ids []string
	for _, scope := range scopes {
		id, isProject := strings.CutPrefix(scope, projectPrefix+"id:")
		id, isAudience := strings.CutSuffix(id, ":aud")
		if isProject && isAudience && id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// roles are the claims about roles, shaped as Zitadel shapes them: role, then organisation, then its domain.
func (u *user) roles(scopes []string, assert bool) map[string]any {
	granted := map[string]map[string]string{}
	for _, role := range u.Roles {
		if assert || slices.Contains(scopes, projectPrefix+"role:"+role) || slices.Contains(scopes, "urn:zitadel:iam:org:projects:roles") {
			granted[role] = map[string]string{organisation: organisationDomain}
		}
	}
	claims := map[string]any{}
	if len(granted) == 0 {
		return claims
	}
	claims[rolesClaim] = granted
	for _, project := range projects(scopes) {
		claims[projectPrefix+project+":roles"] = granted
	}
	return claims
}

// claims that are Zitadel's or a test's own. The caller holds the lock.
func (s *store) claims(userID string, scopes []string) map[string]any {
	known := s.users[userID]
	if known == nil {
		return nil
	}
	claims := known.roles(scopes, s.settings.AssertRoles)
	for name, value := range known.Claims {
		claims[name] = value
	}
	return claims
}

// describe says about a user what the scopes allow.
func (s *store) describe(info *oidc.UserInfo, userID string, scopes []string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known := s.users[userID]
	if known == nil {
		return errors.New("no such user")
	}
	info.Subject = known.ID
	if slices.Contains(scopes, oidc.ScopeProfile) {
		info.Name = known.Name
		info.PreferredUsername = known.Login + "@" + organisationDomain
	}
	if slices.Contains(scopes, oidc.ScopeEmail) && known.Email != "" {
		info.Email = known.Email
		info.EmailVerified = true
	}
	for name, value := range s.claims(userID, scopes) {
		info.AppendClaims(name, value)
	}
	return nil
}

// SetUserinfoFromScopes is deprecated by the library.
func (*store) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest fills an id_token.
func (s *store) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, request op.IDTokenRequest, scopes []string) error {
	return s.describe(info, request.GetSubject(), scopes)
}

// SetUserinfoFromToken answers at userinfo.
func (s *store) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, tokenID, subject, _ string) error {
	scopes, err := s.scopesOf(tokenID)
	if err != nil {
		return err
	}
	return s.describe(info, subject, scopes)
}

func (*store) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errors.New("this provider introspects nothing")
}

// GetPrivateClaimsFromScopes fills an access token that is a JWT.
func (s *store) GetPrivateClaimsFromScopes(_ context.Context, userID, _ string, scopes []string) (map[string]any, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.claims(userID, scopes), nil
}
