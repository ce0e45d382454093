package apsclient_test

import (
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bulkimport/apsclient"
)

func TestClock(t *testing.T) {
	var ahead atomic.Int64
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Duration(ahead.Load())).UTC().Format(http.TimeFormat))
		io.WriteString(w, `{"orderId":"x"}`)
	})
	if _, known := c.Skew(); known {
		t.Error("the skew is known before any answer")
	}
	for _, want := range []time.Duration{0, time.Hour, -20 * time.Minute, 0} {
		ahead.Store(int64(want))
		greeting, err := c.Check(t.Context())
		if err != nil || greeting.Date.IsZero() {
			t.Fatal(greeting, err)
		}
		skew, known := c.Skew()
		if diff := (skew - want).Abs(); !known || diff > 2*time.Second {
			t.Errorf("skew %v, want about %v", skew, want)
		}
		if diff := time.Until(c.Now()) - want; diff.Abs() > 2*time.Second {
			t.Errorf("the platform's clock is off by %v", diff)
		}
	}
}

// wallClock is a wall clock that a test sets; time passes on it by the test's
// word only.
type wallClock struct{ ahead atomic.Int64 }

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func (w *wallClock) now() time.Time { return noon.Add(time.Duration(w.ahead.Load())) }

func (w *wallClock) pass(d time.Duration) { w.ahead.Add(int64(d)) }

// A signature carries the time of the machine's own clock, right or wrong.
func TestSignatureTellsTheWallClock(t *testing.T) {
	var signed string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed = r.Header.Get("Authorization")
		io.WriteString(w, `{}`)
	}))
	defer server.Close()
	clock := new(wallClock)
	c := newClient(t, apsclient.Config{URL: server.URL, Clock: clock.now})
	for _, at := range []time.Duration{0, time.Hour, -48 * time.Hour} {
		clock.ahead.Store(int64(at))
		if _, err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(`oauth_timestamp="%d"`, noon.Add(at).Unix()); !strings.Contains(signed, want) {
			t.Errorf("%v: signed with %s, want %s", at, signed, want)
		}
	}
}

// A token is renewed, and a failure is forgotten, by the machine's clock. A
// clock that was set back tells nothing of either.
func TestTokenLivesByTheWallClock(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		passes time.Duration
		want   int32 // token requests
	}{
		{"a moment", 200, time.Second, 1},
		{"shortly before its end", 200, 81 * time.Second, 2},
		{"long after its end", 200, time.Hour, 2},
		{"set back", 200, -time.Minute, 2},
		{"a failure, a moment ago", 500, 4 * time.Second, 1},
		{"a failure, a while ago", 500, 5 * time.Second, 2},
		{"a failure, set back", 500, -time.Hour, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := identity{expires: 100, answer: func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				if test.status != 200 {
					w.WriteHeader(test.status)
				}
				return test.status != 200
			}}
			server := httptest.NewServer(&i)
			defer server.Close()
			clock := new(wallClock)
			c := newClient(t, apsclient.Config{URL: server.URL, Clock: clock.now,
				OAuth2: &apsclient.OAuth2{TokenURL: server.URL + "/token", ClientID: "c", ClientSecret: clientSecret}})
			for _, passes := range []time.Duration{test.passes, 0} {
				if _, err := c.NewOrders("x").Place(t.Context(), someOrder()); (err == nil) != (test.status == 200) {
					t.Fatal(err)
				}
				clock.pass(passes)
			}
			if n := i.tokens.Load(); n != test.want {
				t.Errorf("%d token requests, want %d", n, test.want)
			}
		})
	}
}

// A certificate is good or not by the machine's clock.
func TestCertificateByTheWallClock(t *testing.T) {
	server, pool := certified(t, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = noon.Add(-time.Hour), noon.Add(time.Hour) })
	for _, test := range []struct {
		name  string
		ahead time.Duration
		words string // empty: it is accepted
	}{
		{"in time", 0, ""},
		{"behind", -2 * time.Hour, "it is valid only from Thu, 01 Jan 2026 11:00:00 UTC"},
		{"ahead", 2 * time.Hour, "it was valid until Thu, 01 Jan 2026 13:00:00 UTC"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := new(wallClock)
			clock.pass(test.ahead)
			c := newClient(t, apsclient.Config{URL: server.URL, RootCAs: pool, Clock: clock.now})
			_, err := c.Check(t.Context())
			// The server knows nothing, which it can say only once it is trusted.
			if trusted := apsclient.KindOf(err) == apsclient.NoService; trusted != (test.words == "") || !strings.Contains(err.Error(), test.words) {
				t.Errorf("error %v, want %q", err, test.words)
			}
		})
	}
}
