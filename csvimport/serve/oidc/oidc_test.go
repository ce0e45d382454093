package oidc_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/serve/oidc"
	"bulkimport/csvimport/serve/oidc/oidctest"
)

const back = "https://import.example/sign-in/back"

// at goes to the provider and returns what it has the browser say.
func at(t *testing.T, address string) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	to, err := answer.Location()
	if err != nil {
		t.Fatalf("the provider does not send the browser back: %s", answer.Status)
	}
	return to.Query()
}

// TestSignIn lets people in with the role that the provider says they have, and nobody else.
func TestSignIn(t *testing.T) {
	t.Parallel()
	verified := map[string]any{"email": "kim@example.com", "email_verified": true, "groups": []any{"staff", "importers"}}
	with := func(name string, value any) map[string]any {
		claims := map[string]any{name: value}
		for key, value := range verified {
			if _, set := claims[key]; !set {
				claims[key] = value
			}
		}
		return claims
	}
	for name, test := range map[string]struct {
		claims map[string]any
		o      oidc.Options // changes of the usual ones
		want   serve.Person
		err    error
	}{
		"a verified address":            {claims: verified, want: serve.Person{Name: "kim@example.com", Role: serve.Import}},
		"the highest of several roles":  {claims: with("groups", []any{"importers", "bosses"}), want: serve.Person{Name: "kim@example.com", Role: serve.Administer}},
		"one role, as a text":           {claims: with("groups", "importers"), want: serve.Person{Name: "kim@example.com", Role: serve.Import}},
		"an address nobody vouches for": {claims: with("email_verified", false), want: serve.Person{Name: "kim@example.com (4711)", Role: serve.Import}},
		"a name of their own choice":    {claims: map[string]any{"preferred_username": "boss@example.com", "groups": "importers"}, want: serve.Person{Name: "boss@example.com (4711)", Role: serve.Import}},
		"no name":                       {claims: map[string]any{"groups": "importers"}, want: serve.Person{Name: "4711", Role: serve.Import}},
		"no role":                       {claims: with("groups", []any{"staff"}), err: oidc.ErrNoRole, want: serve.Person{Name: "kim@example.com"}},
		"our name for a role, unmapped": {claims: with("groups", "administer"), err: oidc.ErrNoRole, want: serve.Person{Name: "kim@example.com"}},
		"a claim of another kind":       {claims: with("groups", map[string]any{"importers": true}), err: oidc.ErrNoRole, want: serve.Person{Name: "kim@example.com"}},
		"another audience":              {claims: with("aud", "another"), err: oidc.ErrToken},
		"another issuer":                {claims: with("iss", "https://elsewhere.example"), err: oidc.ErrToken},
		"another nonce":                 {claims: with("nonce", "another"), err: oidc.ErrToken},
		"no nonce":                      {claims: with("nonce", ""), err: oidc.ErrToken},
		"expired":                       {claims: with("exp", time.Now().Add(-time.Minute).Unix()), err: oidc.ErrToken},
		"a wrong secret of the client":  {claims: verified, o: oidc.Options{ClientSecret: "wrong"}, err: oidc.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider := oidctest.Start(t, test.claims)
			o := oidc.Options{Issuer: provider.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Claim: "groups", Roles: map[string]serve.Role{"importers": serve.Import, "bosses": serve.Administer}}
			if test.o.ClientSecret != "" {
				o.ClientSecret = test.o.ClientSecret
			}
			p := oidc.New(o)
			address, secret, err := p.Begin(t.Context(), back)
			if err != nil {
				t.Fatal(err)
			}
			who, err := p.End(t.Context(), back, secret, at(t, address))
			if diff := cmp.Diff(test.want, who); diff != "" || !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Errorf("%v, want %v (-want +got):\n%s", err, test.err, diff)
			}
		})
	}
}

// TestFlow ends a sign-in in the browser that began it, soon, and once.
func TestFlow(t *testing.T) {
	t.Parallel()
	provider := oidctest.Start(t, map[string]any{"roles": "look"})
	now := time.Now()
	p := oidc.New(oidc.Options{Issuer: provider.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Claim: "roles", Now: func() time.Time { return now }})
	begin := func() (said url.Values, secret string) {
		address, secret, err := p.Begin(t.Context(), back)
		if err != nil {
			t.Fatal(err)
		}
		return at(t, address), secret
	}
	said, secret := begin()
	otherSaid, otherSecret := begin()
	for name, try := range map[string]struct {
		secret string
		said   url.Values
	}{
		"no secret":              {"", said},
		"another's secret":       {otherSecret, said},
		"another's answer":       {secret, otherSaid},
		"a secret of their own":  {"1.x", url.Values{"code": said["code"], "state": {""}}},
		"no state":               {secret, url.Values{"code": said["code"]}},
		"a younger secret":       {"9" + secret, said},
		"another server's state": {secret, url.Values{"code": said["code"], "state": {"x"}}},
	} {
		if who, err := p.End(t.Context(), back, try.secret, try.said); !errors.Is(err, oidc.ErrFlow) || who.Name != "" {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
	if who, err := p.End(t.Context(), back, secret, said); err != nil || who.Role != serve.Look {
		t.Fatalf("%+v, %v", who, err)
	}
	if _, err := p.End(t.Context(), back, secret, said); !errors.Is(err, oidc.ErrFlow) {
		t.Errorf("once more: %v", err)
	}
	if _, err := p.End(t.Context(), back, otherSecret, url.Values{"state": otherSaid["state"], "error": {"access_denied"}}); !errors.Is(err, oidc.ErrRefused) {
		t.Errorf("denied: %v", err)
	}
	said, secret = begin()
	now = now.Add(oidc.Lasts + time.Second)
	if _, err := p.End(t.Context(), back, secret, said); !errors.Is(err, oidc.ErrFlow) {
		t.Errorf("too late: %v", err)
	}
}

// TestProvider follows a provider that has another key, goes, and comes back.
func TestProvider(t *testing.T) {
	t.Parallel()
	provider := oidctest.Start(t, map[string]any{"roles": "look"})
	p := oidc.New(oidc.Options{Issuer: provider.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Claim: "roles"})
	provider.Down(true)
	if err := p.Find(t.Context()); !errors.Is(err, oidc.ErrUnreachable) {
		t.Errorf("down: %v", err)
	}
	provider.Down(false)
	for name, change := range map[string]func(){"as found": func() {}, "another key": func() { provider.Rotate(t) }} {
		change()
		address, secret, err := p.Begin(t.Context(), back)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.End(t.Context(), back, secret, at(t, address)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	address, secret, err := p.Begin(t.Context(), back)
	if err != nil {
		t.Fatal(err)
	}
	said := at(t, address)
	provider.Down(true)
	if who, err := p.End(t.Context(), back, secret, said); !errors.Is(err, oidc.ErrUnreachable) || who.Name != "" {
		t.Errorf("down at its end: %+v, %v", who, err)
	}
	if err := oidc.New(oidc.Options{Issuer: provider.URL + "/other"}).Find(t.Context()); !errors.Is(err, oidc.ErrUnreachable) {
		t.Errorf("another issuer: %v", err)
	}
}

// TestShared has a sign-in that one server began end at another of the same store, once.
func TestShared(t *testing.T) {
	t.Parallel()
	provider := oidctest.Start(t, map[string]any{"roles": "look"})
	var store serve.Memory
	servers := make([]*oidc.Provider, 3)
	for i := range servers {
		servers[i] = oidc.New(oidc.Options{Issuer: provider.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Claim: "roles"})
		if i < 2 {
			servers[i].Share(&store)
		}
	}
	address, secret, err := servers[0].Begin(t.Context(), back)
	if err != nil {
		t.Fatal(err)
	}
	said := at(t, address)
	for _, end := range []struct {
		name   string
		server int
		err    error
	}{{"one that has another store", 2, oidc.ErrFlow}, {"another", 1, nil}, {"the one where it began, again", 0, oidc.ErrFlow}} {
		if who, err := servers[end.server].End(t.Context(), back, secret, said); !errors.Is(err, end.err) || (err == nil) != (end.err == nil) || err == nil && who.Role != serve.Look {
			t.Errorf("%s: %+v, error %v, want %v", end.name, who, err, end.err)
		}
	}
}
