package apstest_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
)

const accountsPath = "/aps/2/collections/accounts"

func TestSignature(t *testing.T) {
	srv := apstest.NewServer(t)
	replace := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			h := r.Header.Get("Authorization")
			if !strings.Contains(h, old) {
				t.Errorf("no %q in %q", old, h)
			}
			r.Header.Set("Authorization", strings.Replace(h, old, new, 1))
		}
	}
	for _, tt := range []struct {
		name   string
		path   string
		change func(*wire)
		says   string // "" = accepted
	}{
		{"plain", "/aps", nil, ""},
		{"RQL", accountsPath + "?eq(id,1000009),sort(id),limit(0,10)", nil, ""},
		{"RQL with =", accountsPath + "?sort(id),id=eq=5", nil, ""},
		{"encoded value", accountsPath + "?eq(companyName,M%C3%BCller%20%26%20S%C3%B6hne%2C%20%28x%29)", nil, ""},
		{"encoded plus", accountsPath + "?eq(companyName,%2B41)", nil, ""},
		{"ampersands", accountsPath + "?sort(id)&limit(0,1)&ge(id,1)", nil, ""},
		{"sort with plus", accountsPath + "?sort(+id)", nil, ""},
		{"dollar in value", accountsPath + "?eq(companyName,a$b)", nil, ""},
		{"wrong secret", "/aps", func(w *wire) { w.secret += "x" }, "does not match"},
		{"wrong key", "/aps", func(w *wire) { w.key += "x" }, "key is not known"},
		{"299 s behind", "/aps", func(w *wire) { w.at = func() time.Time { return time.Now().Add(-299 * time.Second) } }, ""},
		{"299 s ahead", "/aps", func(w *wire) { w.at = func() time.Time { return time.Now().Add(299 * time.Second) } }, ""},
		{"310 s behind", "/aps", func(w *wire) { w.at = func() time.Time { return time.Now().Add(-310 * time.Second) } }, "clock"},
		{"310 s ahead", "/aps", func(w *wire) { w.at = func() time.Time { return time.Now().Add(310 * time.Second) } }, "clock"},
		{"short nonce", "/aps", func(w *wire) { w.nonce = "abc" }, "3 characters"},
		{"long nonce", "/aps", func(w *wire) { w.nonce = strings.Repeat("a", 51) }, "51 characters"},
		{"nonce with +", "/aps", func(w *wire) { w.nonce = "abcdefgh+jklmnop" }, "letters and digits"},
		{"other method", "/aps", func(w *wire) { w.edit = replace(`HMAC-SHA1`, `HMAC-SHA256`) }, "HMAC-SHA1"},
		{"other version", "/aps", func(w *wire) { w.edit = replace(`oauth_version="1.0"`, `oauth_version="2.0"`) }, "oauth_version"},
		{"a token", "/aps", func(w *wire) { w.edit = replace(`oauth_version=`, `oauth_token="x", oauth_version=`) }, "oauth_token"},
		{"body hash", "/aps", func(w *wire) { w.edit = replace(`oauth_version=`, `oauth_body_hash="x", oauth_version=`) }, "oauth_body_hash"},
		{"no timestamp", "/aps", func(w *wire) { w.edit = replace("oauth_timestamp", "realm") }, "oauth_timestamp is missing"},
		{"given twice", "/aps", func(w *wire) { w.edit = replace(`oauth_version=`, `oauth_nonce="abcdefghijklmnop", oauth_version=`) }, "twice"},
		{"no quotes", "/aps", func(w *wire) { w.edit = replace(`"1.0"`, `1.0`) }, "list of name"},
		{"Basic", "/aps", func(w *wire) { w.edit = func(r *http.Request) { r.SetBasicAuth("a", "b") } }, "begin with OAuth or Bearer"},
		{"no header", "/aps", func(w *wire) { w.edit = func(r *http.Request) { r.Header.Del("Authorization") } }, "Authorization header is needed"},
		{"realm is not signed", "/aps", func(w *wire) { w.edit = replace("OAuth ", `OAuth realm="x", `) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t, srv)
			if tt.change != nil {
				tt.change(w)
			}
			r := w.get(tt.path)
			if tt.says == "" {
				r.want(t, 200)
				return
			}
			r.want(t, 401)
			if !strings.Contains(string(r.body), tt.says) || !strings.Contains(string(r.body), "APS::Util::AuthenticationFailed") {
				t.Errorf("body %s does not say %q", r.body, tt.says)
			}
			if strings.Contains(string(r.body), srv.Secret()) {
				t.Error("the secret is in the answer")
			}
		})
	}
}

func TestNonceReuse(t *testing.T) {
	srv := apstest.NewServer(t)
	w := newWire(t, srv)
	now := time.Now()
	w.nonce, w.at = "abcdefghijklmnop", func() time.Time { return now }
	w.get("/aps").want(t, 200)
	w.get("/aps").want(t, 401)
	w.at = func() time.Time { return now.Add(time.Second) }
	w.get("/aps").want(t, 200) // another second is another signature
}

// TestHostAsSent has the signature made over a host with capitals and a
// default port, and sent that way.
func TestHostAsSent(t *testing.T) {
	srv := apstest.NewServer(t)
	w := newWire(t, srv)
	w.edit = func(r *http.Request) {
		r.Host = "PANEL.Example.COM:80"
		r.Header.Set("Authorization", w.sign("GET", "http://panel.example.com/aps"))
	}
	w.get("/aps").want(t, 200)
	w.edit = func(r *http.Request) {
		r.Host = "panel.example.com:8080"
		r.Header.Set("Authorization", w.sign("GET", "http://panel.example.com/aps"))
	}
	w.get("/aps").want(t, 401)
}

// TestOAuthlib signs with an implementation that is not ours.
func TestOAuthlib(t *testing.T) {
	python := ""
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(p, "-c", "import oauthlib").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		t.Skip("python3-oauthlib is not installed")
	}
	srv := apstest.NewServer(t)
	for _, path := range []string{"/aps", accountsPath + "?sort(id),limit(0,10)", accountsPath + "?eq(companyName,M%C3%BCller%20%26%20S%C3%B6hne)",
		accountsPath + "?sort(+id)&limit(0,3)", accountsPath + "?id=eq=1000003", accountsPath + "?like(companyName,*%2B*)"} {
		out, err := exec.Command(python, "-c", `import sys
from oauthlib.oauth1 import Client
print(Client(sys.argv[1], client_secret=sys.argv[2]).sign(sys.argv[3])[1]["Authorization"])`, srv.Key(), srv.Secret(), srv.URL()+path).Output()
		if err != nil {
			t.Fatal(err)
		}
		w := newWire(t, srv)
		w.edit = func(r *http.Request) { r.Header.Set("Authorization", strings.TrimSpace(string(out))) }
		w.get(path).want(t, 200)
	}
}
