package apsclient_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bulkimport/apsclient"
)

// listen serves raw connections, one call of handle each, until the test ends.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	}()
	t.Cleanup(func() { l.Close(); <-done; conns.Wait() })
	return l.Addr().String()
}

// readRequest reads one whole request.
func readRequest(r *bufio.Reader) error {
	req, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// What happens to a connection decides whether an order may be sent again.
func TestPlaceTellsUnsentFromInDoubt(t *testing.T) {
	closeAfter := func(read func(*bufio.Reader, net.Conn)) func(net.Conn) {
		return func(conn net.Conn) { read(bufio.NewReader(conn), conn) }
	}
	for _, test := range []struct {
		name   string
		url    func(t *testing.T) string
		config func(*apsclient.Config)
		want   apsclient.Kind
		words  string
		cause  error
	}{
		{name: "nothing listens", url: func(t *testing.T) string { return "http://" + freePort(t) },
			want: apsclient.NotSent, words: "nothing answers at 127.0.0.1:", cause: connectionRefused},
		{name: "unknown host", url: func(t *testing.T) string { return "https://no-such-host.invalid" },
			want: apsclient.NotSent, words: "no-such-host.invalid"},
		{name: "not TLS", url: func(t *testing.T) string {
			return "https://" + listen(t, closeAfter(func(r *bufio.Reader, c net.Conn) { r.Peek(5); io.WriteString(c, "HTTP/1.0 400 Bad\r\n\r\n") }))
		}, want: apsclient.NotSent, words: "not sent"},
		{name: "silent TLS handshake", url: func(t *testing.T) string {
			return "https://" + listen(t, closeAfter(func(r *bufio.Reader, c net.Conn) { io.Copy(io.Discard, r) }))
		}, config: func(cfg *apsclient.Config) { cfg.ConnectTimeout = 100 * time.Millisecond }, want: apsclient.NotSent, words: "in time"},
		{name: "closed after the request", url: func(t *testing.T) string {
			return "http://" + listen(t, closeAfter(func(r *bufio.Reader, c net.Conn) { readRequest(r) }))
		}, want: apsclient.InDoubt, words: "the connection broke"},
		{name: "reset after the request", url: func(t *testing.T) string {
			return "http://" + listen(t, closeAfter(func(r *bufio.Reader, c net.Conn) { readRequest(r); c.(*net.TCPConn).SetLinger(0) }))
		}, want: apsclient.InDoubt, words: "the connection broke"},
		{name: "closed within the answer's header", url: func(t *testing.T) string {
			return "http://" + listen(t, closeAfter(func(r *bufio.Reader, c net.Conn) { readRequest(r); io.WriteString(c, "HTTP/1.1 201 Cre") }))
		}, want: apsclient.InDoubt, words: "the connection broke"},
		{name: "closed within the answer", url: func(t *testing.T) string {
			return "http://" + listen(t, closeAfter(func(r *bufio.Reader, c net.Conn) {
				readRequest(r)
				io.WriteString(c, "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"orderId\":")
			}))
		}, want: apsclient.InDoubt, words: "201 Created, but the connection broke"},
		{name: "not HTTP", url: func(t *testing.T) string {
			return "http://" + listen(t, closeAfter(func(r *bufio.Reader, c net.Conn) { readRequest(r); io.WriteString(c, "220 mail.example ESMTP\r\n") }))
		}, want: apsclient.InDoubt},
		{name: "no answer", url: func(t *testing.T) string {
			return "http://" + listen(t, closeAfter(func(r *bufio.Reader, c net.Conn) { io.Copy(io.Discard, r) }))
		}, config: func(cfg *apsclient.Config) { cfg.RequestTimeout = 100 * time.Millisecond },
			want: apsclient.InDoubt, words: "no answer within 100ms", cause: context.DeadlineExceeded},
		{name: "an answer without end", url: func(t *testing.T) string {
			return "http://" + listen(t, closeAfter(func(r *bufio.Reader, c net.Conn) {
				readRequest(r)
				io.WriteString(c, "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
				io.Copy(io.Discard, r)
			}))
		}, config: func(cfg *apsclient.Config) { cfg.RequestTimeout = 100 * time.Millisecond },
			want: apsclient.InDoubt, words: "201 Created, but no answer within 100ms", cause: context.DeadlineExceeded},
		{name: "a header without end", url: func(t *testing.T) string {
			return "http://" + listen(t, closeAfter(func(r *bufio.Reader, c net.Conn) {
				readRequest(r)
				io.WriteString(c, "HTTP/1.1 201 Created\r\n")
				for {
					if _, err := io.WriteString(c, "X-Filler: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
						return
					}
				}
			}))
		}, want: apsclient.InDoubt},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := apsclient.Config{URL: test.url(t)}
			if test.config != nil {
				test.config(&cfg)
			}
			c := newClient(t, cfg)
			_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
			e, ok := errors.AsType[*apsclient.Error](err)
			if !ok || e.Kind != test.want {
				t.Fatalf("error %v, want one of kind %v", err, test.want)
			}
			if !strings.Contains(e.Error(), test.words) {
				t.Errorf("error %q does not say %q", e, test.words)
			}
			if test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("error %v is not %v", err, test.cause)
			}
			checkWords(t, e)
			c.Close()
		})
	}
}

func TestUntrustedCertificate(t *testing.T) {
	reached := false
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	c := newClient(t, apsclient.Config{URL: server.URL})
	_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
	e, ok := errors.AsType[*apsclient.Error](err)
	if !ok || e.Kind != apsclient.NotSent || reached {
		t.Fatalf("error %v, reached %v; want not sent", err, reached)
	}
	if !strings.Contains(e.Error(), "is not trusted") || !strings.Contains(e.Hint(), "CA file") {
		t.Errorf("error %q with hint %q", e, e.Hint())
	}
}

func TestOldTLSRefused(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	server.StartTLS()
	defer server.Close()
	pool, err := apsclient.CertPool(pemOf(server))
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, apsclient.Config{URL: server.URL, RootCAs: pool})
	_, err = c.NewOrders(testService).Place(t.Context(), someOrder())
	if apsclient.KindOf(err) != apsclient.NotSent || !strings.Contains(err.Error(), "TLS") && !strings.Contains(err.Error(), "tls") {
		t.Errorf("error %v, want not sent for an old TLS", err)
	}
}

// Over a kept-alive connection net/http repeats some requests by itself. It
// must never repeat an order that has arrived.
func TestOrderArrivesOnceOnKeptConnection(t *testing.T) {
	var posts atomic.Int32
	addr := listen(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		if readRequest(r) != nil {
			return
		}
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		if readRequest(r) == nil {
			posts.Add(1) // executed, and then no answer
		}
	})
	c := newClient(t, apsclient.Config{URL: "http://" + addr})
	if _, err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
	if apsclient.KindOf(err) != apsclient.InDoubt {
		t.Errorf("error %v, want in doubt", err)
	}
	if n := posts.Load(); n != 1 {
		t.Errorf("the order arrived %d times, want once", n)
	}
}

// A read repeated over a broken kept connection is signed anew: a verifier that
// sees one nonce twice answers 401.
func TestEveryReadHasItsOwnNonce(t *testing.T) {
	nonces := map[string]int{}
	var mu sync.Mutex
	addr := listen(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		for n := 0; ; n++ {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			mu.Lock()
			nonces[req.Header.Get("Authorization")]++
			mu.Unlock()
			if n > 0 {
				return // read, and no answer
			}
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		}
	})
	c := newClient(t, apsclient.Config{URL: "http://" + addr})
	for range 5 {
		if _, err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for header, n := range nonces {
		if n > 1 {
			t.Errorf("sent %d times: %s", n, header)
		}
	}
	if len(nonces) < 9 {
		t.Errorf("%d requests, want 9: one each, and one more for each that got no answer", len(nonces))
	}
}

// brokenConn fails to write once it is told to.
type brokenConn struct {
	net.Conn
	broken *atomic.Bool
	after  int // bytes that still pass
}

func (c *brokenConn) Write(b []byte) (int, error) {
	if !c.broken.Load() {
		return c.Conn.Write(b)
	}
	n := min(c.after, len(b))
	c.after -= n
	if n > 0 {
		c.Conn.Write(b[:n])
	}
	if n < len(b) {
		return n, syscall.EPIPE
	}
	return n, nil
}

// A kept connection that takes not one byte has not taken the order; one that
// takes some may have.
func TestPlaceOnBrokenKeptConnection(t *testing.T) {
	for _, test := range []struct {
		name  string
		after int
		want  apsclient.Kind
	}{
		{"not a byte", 0, apsclient.NotSent},
		{"some bytes", 100, apsclient.InDoubt},
	} {
		t.Run(test.name, func(t *testing.T) {
			posts := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "POST" {
					posts++
				}
				io.WriteString(w, "{}")
			}))
			defer server.Close()
			var broken atomic.Bool
			c := newClient(t, apsclient.Config{URL: server.URL, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				return &brokenConn{Conn: conn, broken: &broken, after: test.after}, err
			}})
			if _, err := c.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			broken.Store(true)
			_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
			if apsclient.KindOf(err) != test.want {
				t.Errorf("error %v of kind %v, want %v", err, apsclient.KindOf(err), test.want)
			}
			if posts != 0 {
				t.Errorf("%d orders arrived", posts)
			}
			checkWords(t, err.(*apsclient.Error))
		})
	}
}

func TestPlaceCancelled(t *testing.T) {
	arrived := make(chan struct{}, 100)
	release := make(chan struct{})
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	o := c.NewOrders(testService)

	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := o.Place(ctx, someOrder())
		if apsclient.KindOf(err) != apsclient.NotSent || !errors.Is(err, context.Canceled) || len(arrived) > 0 {
			t.Errorf("error %v, want not sent", err)
		}
	})
	t.Run("while the platform works", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		_, err := o.Place(ctx, someOrder())
		if apsclient.KindOf(err) != apsclient.InDoubt || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "interrupted") {
			t.Errorf("error %v, want in doubt, interrupted", err)
		}
	})
	t.Run("the caller's deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := o.Place(ctx, someOrder())
		if apsclient.KindOf(err) != apsclient.InDoubt || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want in doubt", err)
		}
		<-arrived
	})
	t.Run("while waiting for a connection", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var hold sync.WaitGroup
		for range 18 { // the pool's whole width
			hold.Go(func() { o.Place(ctx, someOrder()) })
		}
		for range 18 {
			<-arrived
		}
		waiting, stop := context.WithTimeout(ctx, 20*time.Millisecond)
		defer stop()
		_, err := o.Place(waiting, someOrder())
		if apsclient.KindOf(err) != apsclient.NotSent {
			t.Errorf("error %v, want not sent", err)
		}
		cancel()
		hold.Wait()
	})
}

// A read is repeated twice at most, and only where that may help.
func TestReadsAreRepeated(t *testing.T) {
	for _, test := range []struct {
		name         string
		answers      []http.HandlerFunc
		wantRequests int
		want         apsclient.Kind // if it fails
		ok           bool
	}{
		{"well", []http.HandlerFunc{say(200, nil, `{}`)}, 1, 0, true},
		{"500, then well", []http.HandlerFunc{say(500, nil, ``), say(200, nil, `{}`)}, 2, 0, true},
		{"504, cut off, then well", []http.HandlerFunc{say(504, nil, `<html>`), say(200, map[string]string{"Content-Length": "100"}, `{`), say(200, nil, `{}`)}, 3, 0, true},
		{"500 for ever", []http.HandlerFunc{say(500, nil, ``)}, 3, apsclient.InDoubt, false},
		{"429", []http.HandlerFunc{say(429, nil, ``)}, 1, apsclient.SlowDown, false},
		{"401", []http.HandlerFunc{say(401, nil, ``)}, 1, apsclient.Credentials, false},
		{"403", []http.HandlerFunc{say(403, nil, ``)}, 1, apsclient.Permission, false},
		{"400", []http.HandlerFunc{say(400, nil, ``)}, 1, apsclient.Refused, false},
		{"302", []http.HandlerFunc{say(302, nil, ``)}, 1, apsclient.InDoubt, false},
		{"a web page", []http.HandlerFunc{say(200, nil, `<html>`)}, 1, apsclient.NoService, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			requests := 0
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests++
				test.answers[min(requests, len(test.answers))-1](w, r)
			})
			_, err := c.Check(t.Context())
			if test.ok != (err == nil) || err != nil && apsclient.KindOf(err) != test.want {
				t.Errorf("error %v, want kind %v", err, test.want)
			}
			if requests != test.wantRequests {
				t.Errorf("%d requests, want %d", requests, test.wantRequests)
			}
		})
	}
}
