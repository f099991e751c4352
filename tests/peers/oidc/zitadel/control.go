package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// order is what a test sends; each verb reads what it needs of it.
type order struct {
	UserCode string   `json:"user_code"`
	User     string   `json:"user"`
	Times    int      `json:"times"`
	Keep     bool     `json:"keep"`
	Issuer   string   `json:"issuer"`
	Client   string   `json:"client"`
	Login    string   `json:"login"`
	Roles    []string `json:"roles"`
}

type done struct{}

// controls is the second listener. Every call is a POST with JSON, and so is the answer; an error is a 400 with its words.
func controls(s *store) http.Handler {
	mux := http.NewServeMux()
	verb := func(name string, carry func(order) (any, error)) {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
			var given order
			answer(w, func() (any, error) {
				if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
					return nil, err
				}
				return carry(given)
			})
		})
	}
	verb("approve", func(o order) (any, error) { return done{}, s.approve(o.UserCode, o.User) })
	verb("deny", func(o order) (any, error) { return done{}, s.deny(o.UserCode) })
	verb("expire", func(o order) (any, error) { return done{}, s.expire(o.UserCode) })
	verb("pending", func(order) (any, error) { return s.pending(), nil })
	verb("end-sessions", func(o order) (any, error) {
		ended, err := s.endOf(o.User)
		return map[string]int{"ended": ended}, err
	})
	verb("rotate-keys", func(o order) (any, error) { return done{}, s.rotate(o.Keep) })
	verb("machine", func(o order) (any, error) { return s.machine(o.Login, o.Roles) })
	verb("slow-down", func(o order) (any, error) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.slowDowns = o.Times
		return done{}, nil
	})
	verb("issuer", func(o order) (any, error) {
		if !strings.HasPrefix(o.Issuer, "http") {
			return nil, errors.New("an issuer is an address")
		}
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.issuer = o.Issuer
		return done{}, nil
	})
	verb("client", func(o order) (any, error) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.clients[o.Client] = true
		return done{}, nil
	})
	verb("forget-requests", func(order) (any, error) {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.seen, s.refreshes = nil, 0
		return done{}, nil
	})
	verb("requests", func(order) (any, error) {
		sessions := s.alive()
		s.mutex.Lock()
		defer s.mutex.Unlock()
		return map[string]any{"requests": append([]seen{}, s.seen...), "refreshes": s.refreshes, "sessions": sessions}, nil
	})
	mux.HandleFunc("POST /settings", func(w http.ResponseWriter, r *http.Request) {
		answer(w, func() (any, error) { return s.change(r) })
	})
	mux.HandleFunc("POST /user", func(w http.ResponseWriter, r *http.Request) {
		answer(w, func() (any, error) { return s.putUser(r) })
	})
	return mux
}

func answer(w http.ResponseWriter, carry func() (any, error)) {
	body, err := carry()
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		body = map[string]string{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(body)
}

// change sets what is named, and leaves the rest; a name that is none is an error.
func (s *store) change(r *http.Request) (settings, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	changed := s.settings
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&changed); err != nil {
		return settings{}, err
	}
	s.settings = changed
	return changed, nil
}

// putUser makes a person, or changes one: what is not named stays.
func (s *store) putUser(r *http.Request) (*user, error) {
	var raw json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&raw); err != nil {
		return nil, err
	}
	var named user
	if err := json.Unmarshal(raw, &named); err != nil {
		return nil, err
	}
	if named.ID == "" || named.Login == "" {
		return nil, errors.New("a user has an id and a login")
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	changed := user{}
	if known := s.users[named.ID]; known != nil {
		changed = *known
	}
	if err := json.Unmarshal(raw, &changed); err != nil {
		return nil, err
	}
	s.users[changed.ID] = &changed
	return &changed, nil
}
