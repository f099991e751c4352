package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// device is a login that a device began.
type device struct {
	client   string
	userCode string
	scopes   []string
	expires  time.Time
	// Who approved it; empty before.
	user     string
	approved time.Time
	denied   bool
	used     bool
}

func (s *store) StoreDeviceAuthorization(_ context.Context, client, deviceCode, userCode string, expires time.Time, scopes []string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, err := s.byUserCode(userCode); err == nil {
		return op.ErrDuplicateUserCode
	}
	s.devices[deviceCode] = &device{client: client, userCode: userCode, scopes: slices.Clone(scopes), expires: expires}
	return nil
}

// GetDeviceAuthorizatonState is asked at each poll; the library turns any error but one into access_denied.
func (s *store) GetDeviceAuthorizatonState(_ context.Context, client, deviceCode string) (*op.DeviceAuthorizationState, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.slowDowns > 0 {
		s.slowDowns--
		// That one: it becomes slow_down.
		return nil, context.DeadlineExceeded
	}
	found := s.devices[deviceCode]
	if found == nil || found.client != client || found.used {
		return nil, errors.New("no such device code, or it was used")
	}
	state := &op.DeviceAuthorizationState{
		ClientID: client,
		Audience: append([]string{client}, projects(found.scopes)...),
		Scopes:   slices.Clone(found.scopes),
		Expires:  found.expires,
		Denied:   found.denied,
	}
	// The library looks at the end of a code that nobody approved, and at no other.
	if found.user != "" && time.Now().Before(found.expires) {
		// The library asks once and then makes the tokens, so this is where a code is used up.
		found.used = true
		state.Done = true
		state.Subject = found.user
		state.AuthTime = found.approved
		state.AMR = []string{"pwd"}
	}
	return state, nil
}

// byUserCode finds a login by what a person types, in any case and with or without the dash. The caller holds the lock.
func (s *store) byUserCode(typed string) (*device, error) {
	plain := func(code string) string { return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code)) }
	for _, found := range s.devices {
		if plain(found.userCode) == plain(typed) {
			return found, nil
		}
	}
	return nil, errors.New("no login has the code " + typed)
}

// open says why a login can no longer be decided on. The caller holds the lock.
func (d *device) open() error {
	switch {
	case d.user != "" || d.denied:
		return errors.New("it was decided already")
	case !time.Now().Before(d.expires):
		return errors.New("the code has expired")
	}
	return nil
}

func (s *store) approve(userCode, login string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.byUserCode(userCode)
	if err != nil {
		return err
	}
	if err := found.open(); err != nil {
		return err
	}
	person, err := s.find(login)
	if err != nil {
		return err
	}
	found.user = person.ID
	found.approved = time.Now()
	return nil
}

func (s *store) deny(userCode string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.byUserCode(userCode)
	if err != nil {
		return err
	}
	if err := found.open(); err != nil {
		return err
	}
	found.denied = true
	return nil
}

func (s *store) expire(userCode string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.byUserCode(userCode)
	if err != nil {
		return err
	}
	found.expires = time.Now().Add(-time.Second)
	return nil
}

// pending are the logins that wait for a person, the oldest first.
type pending struct {
	UserCode string   `json:"user_code"`
	Client   string   `json:"client"`
	Scopes   []string `json:"scopes"`
}

func (s *store) pending() []pending {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var waiting []*device
	for _, found := range s.devices {
		if found.open() == nil {
			waiting = append(waiting, found)
		}
	}
	slices.SortFunc(waiting, func(a, b *device) int { return a.expires.Compare(b.expires) })
	listed := make([]pending, 0, len(waiting))
	for _, found := range waiting {
		listed = append(listed, pending{UserCode: found.userCode, Client: found.client, Scopes: found.scopes})
	}
	return listed
}
