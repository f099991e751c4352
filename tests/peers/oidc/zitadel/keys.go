package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// signingKey is a key of the provider: the first one signs, all are published.
type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

func newSigningKey() (*signingKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	return &signingKey{id: random(), key: key}, err
}

func (k *signingKey) ID() string                                { return k.id }
func (*signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k *signingKey) Key() any                                  { return k.key }

// published is the half of a key that others see.
type published struct{ *signingKey }

func (published) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (published) Use() string                        { return "sig" }
func (k published) Key() any                         { return &k.key.PublicKey }

func (s *store) SigningKey(context.Context) (op.SigningKey, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.keys[0], nil
}

func (*store) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

func (s *store) KeySet(context.Context) ([]op.Key, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	keys := make([]op.Key, 0, len(s.keys))
	for _, key := range s.keys {
		keys = append(keys, published{key})
	}
	return keys, nil
}

// rotate puts a new key in front; those that signed before are still published, or are not.
func (s *store) rotate(keep bool) error {
	key, err := newSigningKey()
	if err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if !keep {
		s.keys = nil
	}
	s.keys = append([]*signingKey{key}, s.keys...)
	return nil
}
