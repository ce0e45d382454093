// Package oidc lets people in whom an OpenID Connect provider knows: by authorization code,
// with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9700).
//
// What ends a sign-in lies with the browser that began it, and the provider's answer counts
// there alone, and once.
package oidc

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"bulkimport/csvimport/serve"
)

// Lasts is how long a person may take at the provider.
const Lasts = 10 * time.Minute

const (
	patience  = 15 * time.Second
	mostBytes = 1 << 20 // of an answer
	mostName  = 200     // bytes
)

// Reasons why nobody comes in. What a library says of one is wrapped in it, for a log.
var (
	ErrUnreachable = errors.New("the provider does not answer as one should")
	ErrFlow        = errors.New("this sign-in was not begun in this browser, has ended, or was begun too long ago")
	ErrRefused     = errors.New("the provider did not let the person in")
	ErrToken       = errors.New("what the provider says of the person does not hold")
	ErrStore       = errors.New("what is kept of sign-ins cannot be reached")
	ErrNoRole      = errors.New("the person has no role here")
)

// Options say who the provider is and what its claims mean.
type Options struct {
	Issuer       string
	ClientID     string
	ClientSecret string // empty for a public client
	// Claim is the claim of the ID token, a text or a list of texts, that has a person's roles.
	Claim string
	// Roles are ours by what stands in the claim. If there are none, the claim has our names.
	Roles map[string]serve.Role
	// Now is the time; the wall clock if nil.
	Now func() time.Time
	// Store keeps what belongs to sign-ins, which end at any server that has it; in memory
	// if nil.
	Store serve.Store
}

// Provider lets people in. It is safe for concurrent use.
type Provider struct {
	o      Options
	client *http.Client

	mu    sync.Mutex
	found *oidc.Provider // nil until it has answered
	key   key            // of all sign-ins; nil until one begins
}

// New returns a provider that was not asked yet.
func New(o Options) *Provider {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Store == nil {
		o.Store = new(serve.Memory)
	}
	return &Provider{o: o, client: &http.Client{
		Timeout: patience, Transport: bounded{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Share has sign-ins end at any server of this store. It is called before the first begins.
func (p *Provider) Share(s serve.Store) { p.o.Store = s }

// Find asks the provider for its addresses, if it has not told them yet. The error is
// [ErrUnreachable].
func (p *Provider) Find(ctx context.Context) error {
	_, err := p.find(ctx)
	return err
}

func (p *Provider) find(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	found := p.found
	p.mu.Unlock()
	if found != nil {
		return found, nil
	}
	// The keys are fetched by the context of this call, later on too.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found = found
	return found, nil
}

// Begin begins a sign-in that ends at the address back: it returns the provider's address
// for the person, and a secret for their browser to keep. The error is [ErrUnreachable] or
// [ErrStore].
func (p *Provider) Begin(ctx context.Context, back string) (address, secret string, err error) {
	found, err := p.find(ctx)
	if err != nil {
		return "", "", err
	}
	key, err := p.keyOf(ctx)
	if err != nil {
		return "", "", err
	}
	secret = strconv.FormatInt(p.o.Now().Unix(), 10) + "." + rand.Text() + rand.Text()
	return p.config(found, back).AuthCodeURL(key.derived("state", secret), oidc.Nonce(key.derived("nonce", secret)),
		oauth2.S256ChallengeOption(key.derived("verifier", secret))), secret, nil
}

// Kinds of things in a store.
const (
	kindKey   = "sign-in key"
	kindEnded = "sign-in ended" // by the key of its secret
)

// key is that of all sign-ins.
type key []byte

// keyOf is the key, which the first server makes.
func (p *Provider) keyOf(ctx context.Context) (k key, err error) {
	p.mu.Lock()
	k = p.key
	p.mu.Unlock()
	if k != nil {
		return k, nil
	}
	err = p.o.Store.Change(ctx, kindKey, "", func(old []byte) ([]byte, time.Time) {
		if k = old; old == nil {
			k = key(rand.Text() + rand.Text())
		}
		return k, time.Unix(1<<33, 0) // more than two centuries
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key = k
	return k, nil
}

// derived is what a sign-in needs, from the secret of its browser: a stranger who begins
// many makes us keep nothing.
func (k key) derived(what, secret string) string {
	h := hmac.New(sha256.New, k)
	io.WriteString(h, what+"\n"+secret)
	return hex.EncodeToString(h.Sum(nil))
}

func (p *Provider) config(found *oidc.Provider, back string) *oauth2.Config {
	at := found.Endpoint()
	at.AuthStyle = p.style(found)
	return &oauth2.Config{ClientID: p.o.ClientID, ClientSecret: p.o.ClientSecret, Endpoint: at, RedirectURL: back,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
}

// style is how we say who we are, as the provider wants it: were both ways tried, a code
// would be given twice, and the second answer hide the first.
func (p *Provider) style(found *oidc.Provider) oauth2.AuthStyle {
	var told struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	err := found.Claims(&told)
	if p.o.ClientSecret == "" || err == nil && len(told.Methods) > 0 && !slices.Contains(told.Methods, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader // what holds if a provider tells nothing
}

// End ends a sign-in with what the provider has the browser say, and returns who it is, by
// a name that no other person of the provider has. Errors are those of this package; with
// [ErrNoRole] the name is known.
func (p *Provider) End(ctx context.Context, back, secret string, said url.Values) (who serve.Person, err error) {
	key, err := p.keyOf(ctx)
	if err != nil {
		return who, err
	}
	first := false
	if equal(said.Get("state"), key.derived("state", secret)) {
		first, err = p.first(ctx, secret)
	}
	switch {
	case err != nil:
		return who, err
	case !first:
		return who, ErrFlow
	case said.Get("error") != "" || said.Get("code") == "":
		return who, fmt.Errorf("%w: %q", ErrRefused, said.Get("error"))
	}
	found, err := p.find(ctx)
	if err != nil {
		return who, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.config(found, back).Exchange(ctx, said.Get("code"), oauth2.VerifierOption(key.derived("verifier", secret)))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response.StatusCode < http.StatusInternalServerError {
		return who, fmt.Errorf("%w: %q", ErrRefused, refused.ErrorCode)
	}
	if err != nil {
		return who, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	raw, _ := token.Extra("id_token").(string)
	return p.believe(ctx, found, raw, key.derived("nonce", secret))
}

// first reports whether a sign-in is young enough, and comes to its end for the first time.
func (p *Provider) first(ctx context.Context, secret string) (first bool, err error) {
	begun, _, _ := strings.Cut(secret, ".")
	at, broken := strconv.ParseInt(begun, 10, 64)
	until := time.Unix(at, 0).Add(Lasts)
	if broken != nil || p.o.Now().After(until) {
		return false, nil
	}
	err = p.o.Store.Change(ctx, kindEnded, serve.KeyOf(secret), func(old []byte) ([]byte, time.Time) {
		first = old == nil
		return []byte("1"), until
	})
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrStore, err)
	}
	return first, nil
}

// algorithms are those by which anybody can tell who has signed; none, and those with a
// shared secret, are not among them.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// believe reads an ID token: its signature, issuer, audience, time and nonce have to hold.
func (p *Provider) believe(ctx context.Context, found *oidc.Provider, raw, nonce string) (who serve.Person, err error) {
	id, err := found.Verifier(&oidc.Config{ClientID: p.o.ClientID, SupportedSigningAlgs: algorithms, Now: p.o.Now}).Verify(ctx, raw)
	if err != nil {
		return who, fmt.Errorf("%w: %w", ErrToken, err)
	}
	if !equal(id.Nonce, nonce) {
		return who, fmt.Errorf("%w: another nonce", ErrToken)
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return who, fmt.Errorf("%w: %w", ErrToken, err)
	}
	who = serve.Person{Name: name(claims, id.Subject), Role: p.role(claims)}
	if who.Role == "" {
		return who, ErrNoRole
	}
	return who, nil
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// name is what a person is called. A provider vouches for an address that it has verified
// and for its own subject; all else a person may have chosen to be taken for another.
func name(claims map[string]any, subject string) string {
	email, _ := claims["email"].(string)
	if verified, _ := claims["email_verified"].(bool); verified && email != "" && len(email) <= mostName {
		return email
	}
	for _, claim := range []string{"preferred_username", "name", "email"} {
		if text, _ := claims[claim].(string); strings.TrimSpace(text) != "" && len(text) <= mostName {
			return text + " (" + subject + ")"
		}
	}
	return subject
}

// role is the most a person may, empty if nothing.
func (p *Provider) role(claims map[string]any) serve.Role {
	most := -1
	for _, text := range texts(claims[p.o.Claim]) {
		role := serve.Role(text)
		if len(p.o.Roles) > 0 {
			role = p.o.Roles[text]
		}
		most = max(most, slices.Index(serve.Roles(), role))
	}
	if most < 0 {
		return ""
	}
	return serve.Roles()[most]
}

// texts are those of a claim: one, or a list.
func texts(claim any) (all []string) {
	switch claim := claim.(type) {
	case string:
		return []string{claim}
	case []any:
		for _, one := range claim {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
	}
	return all
}

// bounded lets no answer be longer than a provider's are.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, mostBytes), answer.Body}
	}
	return answer, err
}
