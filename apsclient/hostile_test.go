package apsclient_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"bulkimport/apsclient"
)

// TestEchoedToken lets the platform tell an order that holds the token it was asked
// with: nobody may read it there, and the caller knows what to hide.
func TestEchoedToken(t *testing.T) {
	endpoint := &identity{platform: func(_ int, w http.ResponseWriter, r *http.Request) bool {
		_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		fmt.Fprintf(w, `{"orderId":"1","orderNumber":%q,"status":"CP","accountName":"token=%s"}`, token, token)
		return true
	}}
	var mu sync.Mutex
	var told []string
	server := httptest.NewServer(endpoint)
	defer server.Close()
	c := newClient(t, apsclient.Config{
		URL:    server.URL,
		OAuth2: &apsclient.OAuth2{TokenURL: server.URL + "/token", ClientID: "me", ClientSecret: clientSecret},
		Secret: func(s string) { mu.Lock(); defer mu.Unlock(); told = append(told, s) },
	})
	order, err := c.NewOrders(testService).Get(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v %s", order, order.Raw); strings.Contains(text, "nobody-may-see") {
		t.Errorf("the order holds the token: %s", text)
	}
	if len(told) != 1 || told[0] != "token-nobody-may-see-1" {
		t.Errorf("told %q, want the token", told)
	}
}

// TestAmplification answers with little text that would take much memory.
func TestAmplification(t *testing.T) {
	for name, element := range map[string]string{"objects": "{}", "lists": "[]", "numbers": "1"} {
		t.Run(name, func(t *testing.T) {
			body := "[" + strings.Repeat(element+",", 5_000_000) + element + "]"
			c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var err error
			for _, err = range c.Plans(t.Context()) {
			}
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), "values") {
				t.Errorf("error %v, want one that says how many values are too many", err)
			}
			if grew := (after.TotalAlloc - before.TotalAlloc) >> 20; grew > 200 {
				t.Errorf("%d MB were allocated for %d MB", grew, len(body)>>20)
			}
		})
	}
}

// TestDotSegments refuses ids that lead to another place.
func TestDotSegments(t *testing.T) {
	asked := 0
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { asked++; io.WriteString(w, `{"orderId":"x"}`) })
	for _, id := range []string{"..", "."} {
		if _, err := c.NewOrders(testService).Get(t.Context(), id); err == nil || !strings.Contains(err.Error(), "cannot be") {
			t.Errorf("%q: error %v", id, err)
		}
	}
	if asked != 0 {
		t.Errorf("the platform was asked %d times", asked)
	}
	if _, err := c.NewOrders(testService).Get(t.Context(), "a..b"); err != nil {
		t.Errorf("an id with dots inside: %v", err)
	}
}

// TestBrokenProxy refuses a proxy that would be left aside, without telling its password.
func TestBrokenProxy(t *testing.T) {
	for _, proxy := range []string{"http://u:" + testSecret + "@proxy:port", "http://u:" + testSecret + "%zz@proxy", "http://"} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
			if name == "https_proxy" && runtime.GOOS == "windows" {
				continue // the same variable
			}
			t.Run(name, func(t *testing.T) {
				t.Setenv("HTTPS_PROXY", "")
				t.Setenv("https_proxy", "")
				t.Setenv(name, proxy)
				_, err := apsclient.New(apsclient.Config{URL: "https://hub.example.com", OAuth1: &apsclient.OAuth1{Key: testKey, Secret: testSecret}})
				if err == nil || !strings.Contains(err.Error(), name) {
					t.Fatalf("error %v, want one that names %s", err, name)
				}
				noSecret(t, err.Error())
			})
		}
	}
}

// TestLoopback is the one test of what this machine is.
func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"localhost.example.com": false, "127.0.0.1.example.com": false, "10.0.0.1": false, "": false, "0.0.0.0": false,
	} {
		if got := apsclient.Loopback(host); got != want {
			t.Errorf("Loopback(%q) = %t", host, got)
		}
	}
}
