package main

import (
	"html/template"
	"net/http"
	"slices"
)

// The page on which a person types a code, says who they are, and decides. Plain forms: it is read by a browser in tests.
var pages = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Device login</title></head><body>
<h1>Device login</h1>
{{if .Said}}<p id="said">{{.Said}}</p>{{end}}
{{if .Ask}}<form method="get"><label>Code <input id="user_code" name="user_code" autofocus></label>
<button id="next">Next</button></form>{{end}}
{{if .Code}}<p><span id="client">{{.Client}}</span> asks to log in. It shows the code <strong id="code">{{.Code}}</strong>.</p>
<form method="post"><input type="hidden" name="user_code" value="{{.Code}}">
<label>You are <select id="user" name="user">{{range .Users}}<option>{{.}}</option>{{end}}</select></label>
<button id="approve" name="decision" value="approve">Approve</button>
<button id="deny" name="decision" value="deny">Deny</button></form>{{end}}
</body></html>
`))

type shown struct {
	Said   string
	Ask    bool
	Code   string
	Client string
	Users  []string
}

func page(s *store) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, content := http.StatusOK, shown{}
		code := r.FormValue("user_code")
		switch {
		case r.Method == http.MethodPost:
			content.Said = "Denied. You may close this page."
			err := error(nil)
			if r.PostFormValue("decision") == "approve" {
				content.Said = "Approved. You may close this page."
				err = s.approve(code, r.PostFormValue("user"))
			} else {
				err = s.deny(code)
			}
			if err != nil {
				status, content = http.StatusBadRequest, shown{Said: err.Error()}
			}
		case code == "":
			content.Ask = true
		default:
			status, content = s.offered(code)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_ = pages.Execute(w, content)
	})
}

// offered is what a person decides on.
func (s *store) offered(code string) (int, shown) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found, err := s.byUserCode(code)
	if err == nil {
		err = found.open()
	}
	if err != nil {
		return http.StatusBadRequest, shown{Said: err.Error(), Ask: true}
	}
	content := shown{Code: found.userCode, Client: found.client}
	for _, known := range s.users {
		if known.keys == nil {
			content.Users = append(content.Users, known.Login)
		}
	}
	slices.Sort(content.Users)
	return http.StatusOK, content
}
