//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/serve/oidc/oidctest"
)

// balanced is two servers of a team with one database, behind what speaks TLS for them
// and sends each request to the one that a test names.
type balanced struct {
	*crew
	servers [2]*crew
	to      atomic.Pointer[url.URL]
}

// newBalanced starts them with flags, beside those of the proxy.
func newBalanced(t *testing.T, flags func(*crew) []string) *balanced {
	t.Helper()
	d := newDesk(t, apstest.Config{Tenants: 2})
	databases.Need(t)
	d.variables["BULKIMPORT_LEDGER"] = databases.Fresh(t)
	first := crewOf(d)
	second := crewOf(first.elsewhere())
	people, err := os.ReadFile(first.users)
	if err != nil {
		t.Fatal(err)
	}
	second.write(second.users, people)
	b := &balanced{crew: first, servers: [2]*crew{first, second}}
	for _, c := range b.servers {
		c.opens(append([]string{"--behind-proxy", "127.0.0.1", "--listen", "127.0.0.1:0"}, flags(c)...)...)
	}
	b.at(0)
	front := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(b.to.Load())
		r.SetXForwarded()
	}})
	t.Cleanup(front.Close)
	b.origin = front.URL
	return b
}

// at has requests go to a server.
func (b *balanced) at(server int) {
	b.t.Helper()
	to, err := url.Parse(strings.TrimSpace(b.servers[server].out.String()))
	if err != nil {
		b.t.Fatal(err)
	}
	b.to.Store(to)
}

// elsewhere is a machine of its own for another server of the desk's team.
func (d *desk) elsewhere() *desk {
	d.t.Helper()
	folder := d.t.TempDir()
	other := &desk{t: d.t, folder: folder, platform: d.platform, variables: map[string]string{}}
	for name, value := range d.variables {
		other.variables[name] = value
	}
	other.variables["HOME"], other.variables["XDG_CONFIG_HOME"], other.variables["XDG_STATE_HOME"] = folder, filepath.Join(folder, "config"), filepath.Join(folder, "state")
	return other
}

func byPassword(c *crew) []string { return []string{"--users", c.users} }

// TestBalanced has who signed in at one server be in at the other, and out at both.
func TestBalanced(t *testing.T) {
	t.Parallel()
	b := newBalanced(t, byPassword)
	boss, kim := b.member("administer"), b.member("look")
	front, err := url.Parse(b.origin)
	if err != nil {
		t.Fatal(err)
	}
	cookie := kim.client.Jar.Cookies(front)[0]
	in := func(name string, who *browser, want int) {
		t.Helper()
		for i := range b.servers {
			b.at(i)
			if got := who.status("GET", "/api/me"); got != want {
				t.Errorf("%s, at server %d: %d, want %d", name, i, got, want)
			}
		}
	}
	in("signed in", kim, http.StatusOK)
	b.at(1)
	kim.ask("POST", "/sign-out", nil)
	kim.client.Jar.SetCookies(front, []*http.Cookie{cookie}) // whoever has taken it
	in("signed out", kim, http.StatusUnauthorized)
	in("another", boss, http.StatusOK)

	again := b.member("import") // at the second
	b.at(0)
	for _, one := range get[[]serve.Presence](boss, "/api/sessions") {
		if one.Person.Name == "import" {
			post[[]serve.Presence](boss, "/api/sessions/end", map[string]string{"id": one.ID})
		}
		if strings.Contains(one.ID, cookie.Value) {
			t.Error("a session's ID tells its secret")
		}
	}
	in("ended by an administrator", again, http.StatusUnauthorized)
}

// TestBalancedTries counts wrong passwords at all servers.
func TestBalancedTries(t *testing.T) {
	t.Parallel()
	b := newBalanced(t, byPassword)
	who := b.visitor()
	wrong := func() int {
		status, _ := who.signIn("nobody", "a wrong password")
		return status
	}
	const many = 60 // one comes back every six seconds
	for i := 0; wrong() != http.StatusTooManyRequests; i++ {
		if i == many {
			t.Fatalf("after %d wrong passwords another is looked at", many)
		}
	}
	b.at(1)
	if got := wrong(); got != http.StatusTooManyRequests {
		t.Errorf("at the other server: %d, want 429", got)
	}
}

// TestBalancedOIDC has a sign-in that one server began end at the other.
func TestBalancedOIDC(t *testing.T) {
	t.Parallel()
	provider := oidctest.Start(t, map[string]any{"email": "kim@example.com", "email_verified": true, "roles": "import"})
	b := newBalanced(t, func(c *crew) []string {
		secret := filepath.Join(c.folder, "client.txt")
		c.write(secret, []byte(oidctest.ClientSecret+"\n"))
		c.variables["BULKIMPORT_OIDC_CLIENT_SECRET_FILE"] = secret
		return []string{"--oidc-issuer", provider.URL, "--oidc-client-id", oidctest.ClientID}
	})
	kim := b.visitor()
	back := kim.goes()
	b.at(1)
	if status, text := kim.comes(back); status != http.StatusOK || !strings.Contains(text, `content="0;url=/"`) {
		t.Fatalf("at the other server: %d %s", status, text)
	}
	b.at(0)
	if me := get[serve.Person](kim, "/api/me"); me.Name != "kim@example.com" {
		t.Errorf("at the first: %+v", me)
	}
	if status, _ := kim.comes(back); status != http.StatusUnauthorized {
		t.Errorf("the same answer again: %d", status)
	}
}
