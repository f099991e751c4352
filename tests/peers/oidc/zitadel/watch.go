package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// seen is a request of a client. No token is in it.
type seen struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	// At the token endpoint.
	Grant  string `json:"grant"`
	Status int    `json:"status"`
	// The error in the answer, if there is one.
	Error string `json:"error"`
	// When it came, in milliseconds since the provider began.
	At int64 `json:"at"`
}

// watched notes each request, and does to the token endpoint what a test ordered. An answer is noted when it is made, which
// is before it is held up.
func (s *store) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note := seen{Method: r.Method, Path: r.URL.Path, At: time.Since(s.began).Milliseconds()}
		if r.URL.Path == tokenPath {
			note.Grant = r.PostFormValue("grant_type")
			if !s.wait(r, func(now settings) delay { return now.DelayBefore }, note.Grant) {
				// Who asked is gone before it was looked at: nothing happened.
				return
			}
		}
		answer := &recorded{header: http.Header{}, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		note.Status = answer.status
		if answer.status >= 400 {
			var body struct {
				Error string `json:"error"`
			}
			_ = json.Unmarshal(answer.body.Bytes(), &body)
			note.Error = body.Error
		}
		s.mutex.Lock()
		s.seen = append(s.seen, note)
		ordered := s.settings
		s.mutex.Unlock()
		if r.URL.Path == tokenPath {
			if answer.status == http.StatusOK {
				answer.omit(ordered.omitted(note.Grant))
			}
			s.wait(r, func(now settings) delay { return now.DelayAfter }, note.Grant)
		}
		answer.send(w)
	})
}

func (s settings) omitted(grant string) []string {
	if grant == "refresh_token" {
		return s.OmitAtRefresh
	}
	return s.OmitAtLogin
}

// wait holds a request up, and says whether who asked still waits. It looks at the settings all the while: a test that takes
// a delay back lets go what it holds.
func (s *store) wait(r *http.Request, ordered func(settings) delay, grant string) bool {
	began := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for time.Since(began) < ordered(s.current()).of(grant) {
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return false
		}
	}
	return true
}

// recorded is an answer that is not sent yet.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorded) Header() http.Header             { return r.header }
func (r *recorded) WriteHeader(status int)          { r.status = status }
func (r *recorded) Write(bytes []byte) (int, error) { return r.body.Write(bytes) }

// omit takes members out of an answer in JSON.
func (r *recorded) omit(names []string) {
	var body map[string]json.RawMessage
	if len(names) == 0 || json.Unmarshal(r.body.Bytes(), &body) != nil {
		return
	}
	for _, name := range names {
		delete(body, name)
	}
	r.body.Reset()
	_ = json.NewEncoder(&r.body).Encode(body)
}

func (r *recorded) send(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(r.body.Len()))
	w.WriteHeader(r.status)
	_, _ = r.body.WriteTo(w)
}
