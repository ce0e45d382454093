package apsclient_test

import (
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient"

	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	if os.Getenv("APSCLIENT_TEST_PROXY") != "" { // one test of TestProxy's own
		os.Exit(m.Run())
	}
	goleak.VerifyTestMain(m)
}

const (
	testKey    = "0123456789abcdef0123456789abcdef"
	testSecret = "this-is-the-consumer-secret-nobody-may-see"
)

func newClient(t testing.TB, cfg apsclient.Config) *apsclient.Client {
	t.Helper()
	if cfg.OAuth1 == nil && cfg.OAuth2 == nil {
		cfg.OAuth1 = &apsclient.OAuth1{Key: testKey, Secret: testSecret}
	}
	c, err := apsclient.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.SetPause(time.Millisecond)
	return c
}

// serve starts a platform made of one handler.
func serve(t testing.TB, handler http.HandlerFunc) (*apsclient.Client, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newClient(t, apsclient.Config{URL: server.URL}), server
}

// say answers every request with the same.
func say(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

const (
	testService = "0b4bb1a7-0b5e-4a2c-9a6a-7a7d6a0b6f0e"
	testSub     = "a83a31ab-92b2-4a3f-8a49-7b8b5a3e0f01"
)

func someOrder() apsclient.OrderRequest {
	return apsclient.OrderRequest{
		AccountID:    "6f1b2c3d-0000-4000-8000-000000000001",
		PlanID:       "453f357f-5ba1-4a9e-9a35-0f0a1b2c3d4e",
		Reference:    "azure-import/" + testSub,
		Tenant:       "ben.onmicrosoft.com",
		Subscription: testSub,
		CutOff:       "2026-01-01T00:00:00.000Z",
	}
}

// collect reads a sequence to its end.
func collect[T any](seq func(func(T, error) bool)) (list []T, err error) {
	for v, e := range seq {
		if e != nil {
			return list, e
		}
		list = append(list, v)
	}
	return list, nil
}

// noSecret fails if a secret shows in any of the texts.
func noSecret(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, secret := range []string{testSecret, "client-secret-nobody-may-see", "password-nobody-may-see", "token-nobody-may-see"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q shows in %q", secret, text)
			}
		}
	}
}
