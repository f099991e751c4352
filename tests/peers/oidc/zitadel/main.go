// An OpenID provider for tests, on Zitadel's own library: device logins, rotated refresh tokens, machine users, Zitadel's
// claims and paths. What a test orders comes over a second listener, which no client is told of.
//
// It prints one line of JSON when it listens, and ends when its standard input does, so that it outlives no test.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	public, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := "http://" + public.Addr().String()
	store, err := newStore(issuer)
	if err != nil {
		return err
	}
	provider, err := newProvider(store)
	if err != nil {
		return err
	}
	ended := make(chan error, 3)
	go func() { ended <- http.Serve(public, store.watched(provider)) }()
	go func() { ended <- http.Serve(control, controls(store)) }()
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		ended <- err
	}()
	listening := map[string]any{
		"issuer":  issuer,
		"listens": public.Addr().String(),
		"control": control.Addr().String(),
		"clients": store.clientIDs(),
	}
	if err := json.NewEncoder(os.Stdout).Encode(listening); err != nil {
		return err
	}
	return <-ended
}

// random gives a token that nobody guesses.
func random() string {
	return rand.Text()
}
