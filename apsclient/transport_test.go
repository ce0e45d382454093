package apsclient_test

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"bulkimport/apsclient"
)

func pemOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func TestNewRefuses(t *testing.T) {
	good := &apsclient.OAuth1{Key: testKey, Secret: testSecret}
	for _, test := range []struct {
		name  string
		cfg   apsclient.Config
		words string
	}{
		{"no address", apsclient.Config{OAuth1: good}, "address is missing"},
		{"plain http", apsclient.Config{URL: "http://hub.example.com", OAuth1: good}, "use https"},
		{"plain http to a name that looks like loopback", apsclient.Config{URL: "http://127.0.0.1.example.com", OAuth1: good}, "use https"},
		{"no scheme", apsclient.Config{URL: "hub.example.com", OAuth1: good}, "https"},
		{"host and port alone", apsclient.Config{URL: "hub.example.com:8080", OAuth1: good}, "https"},
		{"ftp", apsclient.Config{URL: "ftp://hub.example.com", OAuth1: good}, "use https"},
		{"password in the address", apsclient.Config{URL: "https://u:" + testSecret + "@hub.example.com", OAuth1: good}, "must not hold a user name"},
		{"broken address with a password", apsclient.Config{URL: "https://u:" + testSecret + "@hub.example.com:x y/%zz", OAuth1: good}, "not a valid URL"},
		{"query", apsclient.Config{URL: "https://hub.example.com?x=" + testSecret, OAuth1: good}, "query"},
		{"no host", apsclient.Config{URL: "https:///aps", OAuth1: good}, "no host"},
		{"letters beyond ASCII", apsclient.Config{URL: "https://hüb.example.com", OAuth1: good}, "xn--"},
		{"no credentials", apsclient.Config{URL: "https://hub.example.com"}, "no credentials"},
		{"empty secret", apsclient.Config{URL: "https://hub.example.com", OAuth1: &apsclient.OAuth1{Key: "k"}}, "empty"},
		{"two credentials", apsclient.Config{URL: "https://hub.example.com", OAuth1: good, OAuth2: &apsclient.OAuth2{}}, "both"},
		{"plain http token address", apsclient.Config{URL: "https://hub.example.com", OAuth2: &apsclient.OAuth2{TokenURL: "http://sso.example.com/t", ClientID: "c", ClientSecret: "s"}}, "token address is plain http"},
		{"no client id", apsclient.Config{URL: "https://hub.example.com", OAuth2: &apsclient.OAuth2{TokenURL: "https://sso.example.com/t", ClientSecret: "s"}}, "client id"},
		{"no client secret", apsclient.Config{URL: "https://hub.example.com", OAuth2: &apsclient.OAuth2{TokenURL: "https://sso.example.com/t", ClientID: "c"}}, "client secret"},
		{"path assumption", apsclient.Config{URL: "https://hub.example.com", OAuth1: good, Wire: apsclient.Wire{PlansPath: "plans"}}, "path.plans"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := apsclient.New(test.cfg)
			if err == nil || !strings.Contains(err.Error(), test.words) {
				t.Fatalf("error %v does not say %q", err, test.words)
			}
			noSecret(t, err.Error())
		})
	}
	for _, url := range []string{"https://hub.example.com/", "HTTPS://HUB.example.com:8443/base/", "http://localhost:1", "http://[::1]:1", "http://127.9.9.9"} {
		if _, err := apsclient.New(apsclient.Config{URL: url, OAuth1: good}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestBasePath(t *testing.T) {
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.RequestURI)
		io.WriteString(w, `{"orderId":"x"}`)
	}))
	defer server.Close()
	c := newClient(t, apsclient.Config{URL: server.URL + "/hub%20a/"})
	if _, err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.NewOrders(testService).Get(t.Context(), "a b/ü?"); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(paths, " "), "/hub%20a/aps /hub%20a/aps/2/resources/"+testService+"/orders/a%20b%2F%C3%BC%3F"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

func TestTLS(t *testing.T) {
	for _, test := range []struct {
		name  string
		http2 bool
		proto string
	}{{"HTTP/1.1", false, "HTTP/1.1"}, {"HTTP/2", true, "HTTP/2.0"}} {
		t.Run(test.name, func(t *testing.T) {
			var proto string
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				proto = r.Proto
				io.Copy(io.Discard, r.Body)
				io.WriteString(w, `{"orderId":"x"}`)
			}))
			server.EnableHTTP2 = true
			server.StartTLS()
			defer server.Close()
			pool, err := apsclient.CertPool(pemOf(server))
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(t, apsclient.Config{URL: server.URL, RootCAs: pool, HTTP2: test.http2})
			if _, err := c.NewOrders(testService).Place(t.Context(), someOrder()); err != nil {
				t.Fatal(err)
			}
			if proto != test.proto {
				t.Errorf("spoke %s, want %s", proto, test.proto)
			}
			c.Close()
		})
	}
}

// With HTTP/2 an order that was begun and cut off is in doubt too.
func TestHTTP2InDoubt(t *testing.T) {
	var posts atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		posts.Add(1)
		panic(http.ErrAbortHandler)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	pool, _ := apsclient.CertPool(pemOf(server))
	c := newClient(t, apsclient.Config{URL: server.URL, RootCAs: pool, HTTP2: true})
	_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
	if apsclient.KindOf(err) != apsclient.InDoubt || posts.Load() != 1 {
		t.Errorf("error %v after %d posts, want in doubt after 1", err, posts.Load())
	}
	c.Close()
}

func TestCertPool(t *testing.T) {
	if _, err := apsclient.CertPool([]byte("not a certificate")); err == nil || !strings.Contains(err.Error(), "BEGIN CERTIFICATE") {
		t.Errorf("error %v, want one that says what a CA file is", err)
	}
}

// The pool keeps a connection for every order in flight.
func TestConnectionsAreKept(t *testing.T) {
	const width, rounds = 24, 20
	var dialled atomic.Int32
	server := httptest.NewUnstartedServer(say(201, nil, `{"orderId":"x"}`))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			dialled.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	c := newClient(t, apsclient.Config{URL: server.URL, Connections: width})
	o := c.NewOrders(testService)
	var workers sync.WaitGroup
	for range width {
		workers.Go(func() {
			for range rounds {
				if _, err := o.Place(t.Context(), someOrder()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	// net/http dials ahead, and a busy machine may cost a connection or two; a
	// pool of its default size would dial nearly every time.
	if n := dialled.Load(); n > 2*width {
		t.Errorf("%d connections for %d orders at %d in flight", n, width*rounds, width)
	}
}

// Refusals with a body leave the connection usable too.
func TestConnectionsAreKeptAfterRefusals(t *testing.T) {
	var dialled atomic.Int32
	server := httptest.NewUnstartedServer(say(400, nil, strings.Repeat("x", 100_000)))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			dialled.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	c := newClient(t, apsclient.Config{URL: server.URL})
	for range 10 {
		c.NewOrders(testService).Place(t.Context(), someOrder())
	}
	if n := dialled.Load(); n != 1 {
		t.Errorf("%d connections for 10 refusals in a row", n)
	}
}

// TestProxy runs this test again with a proxy in the environment, which
// net/http reads once in a process: the request reaches the platform through
// the proxy's tunnel.
func TestProxy(t *testing.T) {
	address := os.Getenv("APSCLIENT_TEST_PROXY")
	if address == "" {
		proxied(t)
		return
	}
	pool, err := apsclient.CertPool([]byte(os.Getenv("APSCLIENT_TEST_CA")))
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, apsclient.Config{URL: address, RootCAs: pool})
	_, err = c.NewOrders(testService).Place(t.Context(), someOrder())
	fmt.Printf("placed: %v kind: %v\n", err, apsclient.KindOf(err))
	c.Close()
}

func proxied(t *testing.T) {
	server := httptest.NewTLSServer(say(201, nil, `{"orderId":"x"}`))
	defer server.Close()
	target := server.Listener.Addr().String()
	tunnel := listen(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		req, err := http.ReadRequest(r)
		if err != nil || req.Method != "CONNECT" || req.Host != "example.com:443" {
			io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
			return
		}
		far, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		defer far.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(far, r); far.Close() }()
		io.Copy(conn, far)
	})
	refusing := listen(t, func(conn net.Conn) {
		readRequest(bufio.NewReader(conn))
		io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
	})
	here := httptest.NewServer(say(201, nil, `{"orderId":"x"}`))
	defer here.Close()
	_, port, _ := net.SplitHostPort(here.Listener.Addr().String())
	for _, test := range []struct{ name, url, proxy, want string }{
		{"through the tunnel", "https://example.com", "http://" + tunnel, "placed: <nil>"},
		{"the proxy wants a password", "https://example.com", "http://" + refusing, "kind: not sent"},
		{"no proxy there, a password in its address", "https://example.com", "http://user:" + testSecret + "@" + freePort(t), "kind: not sent"},
		// net/http knows this machine by its name in small letters only.
		{"plain http stays on this machine", "http://LOCALHOST:" + port, "http://" + refusing, "placed: <nil>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxy$")
			cmd.Env = append(os.Environ(), "APSCLIENT_TEST_PROXY="+test.url, "APSCLIENT_TEST_CA="+string(pemOf(server)), "HTTPS_PROXY="+test.proxy, "https_proxy="+test.proxy,
				"HTTP_PROXY="+test.proxy, "http_proxy="+test.proxy, "NO_PROXY=", "no_proxy=")
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), test.want) {
				t.Errorf("%v, %s\nwant %s", err, out, test.want)
			}
			noSecret(t, string(out))
		})
	}
}
