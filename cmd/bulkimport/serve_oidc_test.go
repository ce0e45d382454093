package main

import (
	"net/http"

	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/serve/oidc/oidctest"
)

// opensFor starts the server for the people of a provider.
func (c *crew) opensFor(provider *oidctest.Provider) {
	c.t.Helper()
	secret := filepath.Join(c.folder, "client.txt")
	c.write(secret, []byte(oidctest.ClientSecret+"\n"))
	c.variables["BULKIMPORT_OIDC_CLIENT_SECRET_FILE"] = secret
	c.opens("--tls-cert", c.cert, "--tls-key", c.key, "--listen", "127.0.0.1:0", "--oidc-issuer", provider.URL, "--oidc-client-id", oidctest.ClientID,
		"--oidc-claim", "groups", "--oidc-role", "importers=import", "--oidc-role", "cn=bosses,ou=all=administer")
}

// goes goes to the provider and returns the address by which it sends the browser back.
func (b *browser) goes() *url.URL {
	b.t.Helper()
	status, text, header := b.ask(http.MethodGet, "/sign-in/provider", nil)
	if status != http.StatusSeeOther {
		b.t.Fatalf("to the provider: %d %s", status, text)
	}
	answer, err := b.client.Get(header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		b.t.Fatalf("at the provider: %s", answer.Status)
	}
	return back
}

// comes follows that address, as a browser that comes from elsewhere.
func (b *browser) comes(back *url.URL) (status int, text string) {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, back.String(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	answer, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	var page strings.Builder
	if err := answer.Write(&page); err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, page.String()
}

// TestTeamOIDC lets the people of a provider in, by the role it says they have; a
// stranger gets nothing, and words.
func TestTeamOIDC(t *testing.T) {
	t.Parallel()
	kim := map[string]any{"email": "kim@example.com", "email_verified": true, "groups": []string{"importers"}}
	provider := oidctest.Start(t, kim)
	c := newCrew(t)
	c.opensFor(provider)
	b := c.visitor()
	if status, text := b.comes(b.goes()); status != http.StatusOK || !strings.Contains(text, `content="0;url=/"`) {
		t.Fatalf("kim: %d %s", status, text)
	}
	if me := get[serve.Person](b, "/api/me"); me != (serve.Person{Name: "kim@example.com", Role: serve.Import}) {
		t.Errorf("kim is %+v", me)
	}
	with := func(name string, value any) func(*browser) *url.URL {
		return func(b *browser) *url.URL {
			claims := map[string]any{name: value}
			for key, value := range kim {
				if key != name {
					claims[key] = value
				}
			}
			provider.Say(claims)
			return b.goes()
		}
	}
	for name, test := range map[string]struct {
		back func(*browser) *url.URL
		want int
		page string
		log  string
	}{
		"no role":          {with("groups", "staff"), 403, "You have no role here.", "let in kim@example.com from 127.0.0.1: the person has no role here"},
		"another audience": {with("aud", "another"), 401, "does not hold", "expected audience"},
		"another nonce":    {with("nonce", "another"), 401, "does not hold", "another nonce"},
		"expired":          {with("exp", 1_700_000_000), 401, "does not hold", "token is expired"},
		"denied": {func(b *browser) *url.URL {
			back := b.goes()
			back.RawQuery = "error=access_denied&state=" + back.Query().Get("state")
			return back
		}, 401, "has not let you in", "access_denied"},
		"a code of their own": {func(b *browser) *url.URL {
			back := b.goes()
			back.RawQuery = "code=x&state=" + back.Query().Get("state")
			return back
		}, 401, "has not let you in", "invalid_grant"},
		"begun by another": {func(*browser) *url.URL { return c.visitor().goes() }, 401, "was not begun here", "was not begun in this browser"},
		"begun nowhere": {func(b *browser) *url.URL {
			back, _ := url.Parse(b.origin + "/sign-in/back?code=x&state=x")
			return back
		}, 401, "was not begun here", "was not begun in this browser"},
		"once more": {func(b *browser) *url.URL {
			back := b.goes()
			jar := b.client.Jar
			b.comes(back)
			b.client.Jar = jar
			return back
		}, 401, "was not begun here", "was not begun in this browser"},
		"the provider is down": {func(b *browser) *url.URL { back := b.goes(); provider.Down(true); return back }, 502, "The provider does not answer.", "does not answer as one should"},
	} {
		provider.Down(false)
		provider.Say(kim)
		b := c.visitor()
		status, text := b.comes(test.back(b))
		if status != test.want || !strings.Contains(text, test.page) {
			t.Errorf("%s: %d %s, want %d with %q", name, status, text, test.want, test.page)
		}
		if !strings.Contains(c.err.String(), test.log) {
			t.Errorf("%s: the log has no %q: %s", name, test.log, c.err)
		}
		if name != "once more" && b.status(http.MethodGet, "/api/files") != http.StatusUnauthorized {
			t.Errorf("%s: a stranger is in", name)
		}
	}
	provider.Down(false)
	if status, _ := b.signIn("import", crewPassword); status != http.StatusMethodNotAllowed {
		t.Errorf("by password: %d", status)
	}
	guesser := c.visitor()
	answers := map[int]int{}
	for range 40 {
		status, _ := guesser.comes(&url.URL{Scheme: "https", Host: strings.TrimPrefix(c.origin, "https://"), Path: "/sign-in/back", RawQuery: "code=x&state=x"})
		answers[status]++
	}
	if answers[401]+answers[429] != 40 || answers[429] < 20 {
		t.Errorf("40 tries: %v", answers)
	}
}

// TestTeamOIDCKept ends with words where the provider cannot be asked as it was named, and
// begins without one that is down.
func TestTeamOIDCKept(t *testing.T) {
	t.Parallel()
	provider := oidctest.Start(t, map[string]any{"groups": "importers"})
	c := newCrew(t)
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no client":        {[]string{"--oidc-issuer", provider.URL, "--behind-proxy", "127.0.0.1"}, "--oidc-client-id is missing"},
		"no issuer":        {[]string{"--oidc-client-id", "x", "--behind-proxy", "127.0.0.1"}, "--oidc-issuer is missing"},
		"no TLS":           {[]string{"--oidc-issuer", "http://id.example.com", "--oidc-client-id", "x", "--behind-proxy", "127.0.0.1"}, "is not the https:// address"},
		"no role":          {[]string{"--oidc-issuer", provider.URL, "--oidc-client-id", "x", "--oidc-role", "staff=boss", "--behind-proxy", "127.0.0.1"}, "is not VALUE=ROLE"},
		"two ways":         {[]string{"--oidc-issuer", provider.URL, "--oidc-client-id", "x", "--users", c.users, "--behind-proxy", "127.0.0.1"}, "two ways to come in"},
		"without anything": {[]string{"--oidc-issuer", provider.URL, "--oidc-client-id", "x"}, "a team needs TLS"},
	} {
		out, errs := new(transcript), new(transcript)
		if status := c.run(t.Context(), out, errs, append([]string{"serve"}, test.args...)...); status != statusUsage || !strings.Contains(errs.String(), test.want) || !strings.Contains(errs.String(), "hint: ") {
			t.Errorf("%s: %d %s, want %q", name, status, errs, test.want)
		}
	}
	provider.Down(true)
	c.opensFor(provider)
	b := c.visitor()
	if status, text, _ := b.ask(http.MethodGet, "/sign-in/provider", nil); status != http.StatusBadGateway || !strings.Contains(string(text), "does not answer") {
		t.Errorf("down: %d %s", status, text)
	}
	if !strings.Contains(c.err.String(), "note: until the provider answers nobody signs in") {
		t.Errorf("not told: %s", c.err)
	}
	provider.Down(false)
	if status, text := b.comes(b.goes()); status != http.StatusOK {
		t.Errorf("up again: %d %s", status, text)
	}
	if text, err := os.ReadFile(filepath.Join(c.folder, "state", "bulkimport", "ledger.serve", "audit.jsonl")); err != nil || strings.Contains(string(text)+c.err.String(), oidctest.ClientSecret) {
		t.Errorf("the secret is told: %v %s %s", err, text, c.err)
	}
}
