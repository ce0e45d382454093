package apsclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bulkimport/apsclient"

	"github.com/google/go-cmp/cmp"
)

const (
	clientSecret = "client-secret-nobody-may-see"
	password     = "password-nobody-may-see"
)

// identity is a token endpoint with a platform beside it.
type identity struct {
	tokens   atomic.Int32 // token requests
	calls    atomic.Int32 // requests to the platform
	bearer   atomic.Value // what the platform was shown last
	forms    []string
	expires  int // seconds; 0 is left out
	answer   func(n int, w http.ResponseWriter, r *http.Request) bool
	platform func(n int, w http.ResponseWriter, r *http.Request) bool
}

func (i *identity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		n := int(i.tokens.Add(1))
		r.ParseForm()
		i.forms = append(i.forms, r.Form.Encode())
		if i.answer != nil && i.answer(n, w, r) {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		expires := ""
		if i.expires > 0 {
			expires = fmt.Sprintf(`,"expires_in":%d`, i.expires)
		}
		fmt.Fprintf(w, `{"access_token":"token-nobody-may-see-%d","token_type":"Bearer"%s}`, n, expires)
		return
	}
	n := int(i.calls.Add(1))
	i.bearer.Store(r.Header.Get("Authorization"))
	io.Copy(io.Discard, r.Body)
	if i.platform != nil && i.platform(n, w, r) {
		return
	}
	io.WriteString(w, `{"orderId":"x"}`)
}

func (i *identity) client(t *testing.T, cred apsclient.OAuth2) *apsclient.Client {
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	cred.TokenURL, cred.ClientID = server.URL+"/token", "bulkimport"
	return newClient(t, apsclient.Config{URL: server.URL, OAuth2: &cred})
}

var clientCredentials = apsclient.OAuth2{ClientSecret: clientSecret}

func TestTokenGrants(t *testing.T) {
	for _, test := range []struct {
		name string
		cred apsclient.OAuth2
		want string
	}{
		{"client credentials", clientCredentials, "client_id=bulkimport&client_secret=" + clientSecret + "&grant_type=client_credentials"},
		{"password", apsclient.OAuth2{ClientSecret: clientSecret, Username: "importer", Password: password},
			"client_id=bulkimport&client_secret=" + clientSecret + "&grant_type=password&password=" + password + "&username=importer"},
		{"password of a public client", apsclient.OAuth2{Username: "importer", Password: password},
			"client_id=bulkimport&grant_type=password&password=" + password + "&username=importer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var i identity
			placed, err := i.client(t, test.cred).NewOrders("x").Place(t.Context(), someOrder())
			if err != nil || i.bearer.Load() != "Bearer token-nobody-may-see-1" {
				t.Errorf("placed %+v, %v", placed, err)
			}
			if diff := cmp.Diff([]string{test.want}, i.forms); diff != "" {
				t.Errorf("token requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOneTokenForAllWorkers(t *testing.T) {
	i := identity{answer: func(int, http.ResponseWriter, *http.Request) bool { time.Sleep(50 * time.Millisecond); return false }}
	o := i.client(t, clientCredentials).NewOrders("x")
	var workers sync.WaitGroup
	for range 64 {
		workers.Go(func() {
			if _, err := o.Place(t.Context(), someOrder()); err != nil {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	if n := i.tokens.Load(); n != 1 {
		t.Errorf("%d token requests for 64 workers", n)
	}
}

// A failing token endpoint is not asked again by every worker: that would lock
// the account.
func TestOneFailureForAllWorkers(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   apsclient.Kind
		words  string
	}{
		{"wrong secret", 401, nil, `{"error":"unauthorized_client","error_description":"Invalid client secret ` + clientSecret + `"}`, apsclient.Credentials, "unauthorized_client"},
		{"wrong password", 400, nil, `{"error":"invalid_grant","error_description":"<b>Invalid</b> user\u0007 credentials"}`, apsclient.Credentials, "Invalid user credentials"},
		{"an error called success", 200, nil, `{"error":"invalid_client"}`, apsclient.Credentials, "invalid_client"},
		{"no such realm", 404, nil, `{"error":"Realm does not exist"}`, apsclient.Credentials, "404"},
		{"a web page", 200, map[string]string{"Content-Type": "text/html"}, `<html>` + clientSecret, apsclient.Credentials, "not with a token"},
		{"no token", 200, nil, `{"token_type":"Bearer"}`, apsclient.Credentials, "not with a token"},
		{"a redirect", 307, map[string]string{"Location": "/elsewhere"}, ``, apsclient.Credentials, "307"},
		{"slow down", 429, map[string]string{"Retry-After": "3"}, ``, apsclient.SlowDown, "429"},
		{"down for a while", 503, map[string]string{"Retry-After": "3"}, ``, apsclient.SlowDown, "503"},
		{"down", 503, nil, `<html>`, apsclient.NotSent, "503"},
		{"broken", 500, nil, ``, apsclient.NotSent, "500"},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := identity{answer: func(_ int, w http.ResponseWriter, r *http.Request) bool {
				time.Sleep(10 * time.Millisecond)
				if test.header == nil {
					w.Header().Set("Content-Type", "application/json")
				}
				say(test.status, test.header, test.body)(w, r)
				return true
			}}
			o := i.client(t, apsclient.OAuth2{ClientSecret: clientSecret, Username: "u", Password: password}).NewOrders("x")
			var workers sync.WaitGroup
			for range 32 {
				workers.Go(func() {
					_, err := o.Place(t.Context(), someOrder())
					e, ok := errors.AsType[*apsclient.Error](err)
					if !ok || e.Kind != test.want || !strings.Contains(e.Error(), test.words) || e.Op != "fetch token" {
						t.Errorf("error %v, want kind %v and %q", err, test.want, test.words)
						return
					}
					if test.want == apsclient.SlowDown && e.RetryAfter != 3*time.Second {
						t.Errorf("retry after %v", e.RetryAfter)
					}
					checkWords(t, e)
				})
			}
			workers.Wait()
			if n := i.tokens.Load(); n != 1 {
				t.Errorf("%d token requests for 32 workers", n)
			}
			if n := i.calls.Load(); n != 0 {
				t.Errorf("%d orders sent without a token", n)
			}
		})
	}
}

func TestTokenEndpointUnreachable(t *testing.T) {
	c := newClient(t, apsclient.Config{URL: "https://hub.example.com", OAuth2: &apsclient.OAuth2{TokenURL: "http://" + freePort(t), ClientID: "c", ClientSecret: clientSecret}})
	_, err := c.NewOrders("x").Place(t.Context(), someOrder())
	if apsclient.KindOf(err) != apsclient.NotSent || !strings.Contains(err.Error(), "no access token could be had") {
		t.Errorf("error %v, want not sent, for want of a token", err)
	}
}

// A read that earns a 401 is repeated with another token, an order is not: the 401
// may be the echo of a delivery that created it. Its error says whether another
// token may do.
func TestRenewalAfter401(t *testing.T) {
	refuse := func(w http.ResponseWriter) bool { w.WriteHeader(401); return true }
	t.Run("an order is sent once", func(t *testing.T) {
		i := identity{platform: func(n int, w http.ResponseWriter, r *http.Request) bool { return n == 2 && refuse(w) }}
		c := i.client(t, clientCredentials)
		if _, err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := c.NewOrders("x").Place(t.Context(), someOrder())
		e, ok := errors.AsType[*apsclient.Error](err)
		if !ok || e.Kind != apsclient.Credentials || !e.Written || !e.Renewed || i.calls.Load() != 2 {
			t.Errorf("error %+v after %d calls, want credentials, written and renewed after 2", e, i.calls.Load())
		}
		placed, err := c.NewOrders("x").Place(t.Context(), someOrder())
		if err != nil || i.bearer.Load() != "Bearer token-nobody-may-see-2" {
			t.Errorf("placed %+v, %v, want with the second token", placed, err)
		}
	})
	t.Run("a token refused at its first use", func(t *testing.T) {
		i := identity{platform: func(n int, w http.ResponseWriter, r *http.Request) bool { return refuse(w) }}
		_, err := i.client(t, clientCredentials).NewOrders("x").Place(t.Context(), someOrder())
		e, ok := errors.AsType[*apsclient.Error](err)
		if !ok || e.Kind != apsclient.Credentials || !e.Written || e.Renewed || i.calls.Load() != 1 || !strings.Contains(e.Error(), "a fresh one") {
			t.Errorf("error %+v after %d calls, want credentials, written, and of a fresh token", e, i.calls.Load())
		}
	})
	t.Run("reads for ever", func(t *testing.T) {
		i := identity{platform: func(n int, w http.ResponseWriter, r *http.Request) bool { return n > 1 && refuse(w) }}
		c := i.client(t, clientCredentials)
		c.Check(t.Context())
		_, err := c.Check(t.Context())
		if e, ok := errors.AsType[*apsclient.Error](err); !ok || e.Kind != apsclient.Credentials || e.Renewed || i.calls.Load() != 3 || i.tokens.Load() != 2 {
			t.Errorf("error %+v after %d calls and %d tokens, want credentials after 3 and 2", e, i.calls.Load(), i.tokens.Load())
		}
	})
	t.Run("reads too", func(t *testing.T) {
		i := identity{platform: func(n int, w http.ResponseWriter, r *http.Request) bool { return n == 1 && refuse(w) }}
		if _, err := i.client(t, clientCredentials).Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("all workers at once, one renewal", func(t *testing.T) {
		i := identity{platform: func(n int, w http.ResponseWriter, r *http.Request) bool {
			return r.Header.Get("Authorization") == "Bearer token-nobody-may-see-1" && refuse(w)
		}}
		c := i.client(t, clientCredentials)
		var workers sync.WaitGroup
		for range 32 {
			workers.Go(func() {
				if _, err := c.Check(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		workers.Wait()
		if n := i.tokens.Load(); n != 2 {
			t.Errorf("%d tokens, want 2", n)
		}
	})
	t.Run("OAuth 1 has nothing to renew", func(t *testing.T) {
		calls := 0
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { calls++; w.WriteHeader(401) })
		if _, err := c.NewOrders("x").Place(t.Context(), someOrder()); apsclient.KindOf(err) != apsclient.Credentials || calls != 1 {
			t.Errorf("error %v after %d orders", err, calls)
		}
	})
}

// Tokens are renewed at four fifths of their life, by the machine's clock, however
// long it is.
func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	for _, life := range []int{1, 60, 300, 3600, 86_400} {
		t.Run(fmt.Sprint(life, " s"), func(t *testing.T) {
			i := identity{expires: life}
			server := httptest.NewServer(&i)
			defer server.Close()
			begun := time.Now()
			now := begun
			c := newClient(t, apsclient.Config{URL: server.URL, Clock: func() time.Time { return now },
				OAuth2: &apsclient.OAuth2{TokenURL: server.URL + "/token", ClientID: "bulkimport", ClientSecret: clientSecret}})
			whole := time.Duration(life) * time.Second
			for _, at := range []struct {
				after time.Duration
				want  int32
			}{{0, 1}, {whole * 79 / 100, 1}, {whole * 80 / 100, 2}, {whole * 159 / 100, 2}, {whole * 160 / 100, 3}} {
				now = begun.Add(at.after)
				if _, err := c.Check(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n := i.tokens.Load(); n != at.want {
					t.Errorf("%d tokens after %v, want %d", n, at.after, at.want)
				}
			}
		})
	}
}

// One caller giving up does not fail the others, and is not kept waiting.
func TestTokenWaitEndsWithTheCaller(t *testing.T) {
	asked, release := make(chan struct{}, 4), make(chan struct{})
	i := identity{answer: func(n int, w http.ResponseWriter, r *http.Request) bool {
		asked <- struct{}{}
		if n == 1 {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		return false
	}}
	o := i.client(t, clientCredentials).NewOrders("x")
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { _, err := o.Place(ctx, someOrder()); first <- err }()
	<-asked
	second := make(chan error)
	go func() { _, err := o.Place(t.Context(), someOrder()); second <- err }()
	waiting, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := o.Place(waiting, someOrder()); apsclient.KindOf(err) != apsclient.NotSent || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want not sent, over time", err)
	}
	cancel()
	if err := <-first; apsclient.KindOf(err) != apsclient.NotSent || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want not sent, interrupted", err)
	}
	if err := <-second; err != nil {
		t.Errorf("the other caller: %v", err)
	}
	close(release)
}
