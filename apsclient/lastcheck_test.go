package apsclient_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"bulkimport/apsclient"
)

var errStale = errors.New("what was seen is too old")

// The last check decides, on each kind of connection, first used and kept.
func TestLastCheck(t *testing.T) {
	for _, test := range []struct {
		name       string
		tls, http2 bool
		kept       bool
	}{
		{name: "HTTP/1"}, {name: "HTTP/1, kept", kept: true},
		{name: "TLS", tls: true}, {name: "TLS, kept", tls: true, kept: true},
		{name: "HTTP/2", tls: true, http2: true}, {name: "HTTP/2, kept", tls: true, http2: true, kept: true},
		{name: "HTTP/2 offered and not taken", http2: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var heads, bodies atomic.Int32
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					heads.Add(1)
					if body, err := io.ReadAll(r.Body); err == nil && len(body) > 0 {
						bodies.Add(1)
					}
				}
				io.WriteString(w, `{"orderId":"x"}`)
			}))
			cfg := apsclient.Config{HTTP2: test.http2}
			if server.EnableHTTP2 = test.http2; test.tls {
				server.StartTLS()
				cfg.RootCAs, _ = apsclient.CertPool(pemOf(server))
			} else {
				server.Start()
			}
			cfg.URL = server.URL
			c := newClient(t, cfg)
			defer c.Close()
			if test.kept {
				if _, err := c.Check(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			o, r, asked := c.NewOrders(testService), someOrder(), 0
			for _, no := range []func() error{
				func() error { asked++; return errStale },
				func() error { asked++; panic("no") },
			} {
				r.Check = no
				_, err := o.Place(t.Context(), r)
				e, ok := errors.AsType[*apsclient.Error](err)
				if !ok || e.Kind != apsclient.NotSent || e.Written {
					t.Errorf("error %v, want not sent and not written", err)
				}
				if asked == 1 && !errors.Is(err, errStale) || asked == 2 && !strings.Contains(err.Error(), "panicked") {
					t.Errorf("error %v does not have its cause", err)
				}
				if test.kept {
					c.Check(t.Context())
				}
			}
			r.Check = func() error {
				if asked++; bodies.Load() > 0 {
					t.Error("the body was there before the check")
				}
				return nil
			}
			if _, err := o.Place(t.Context(), r); err != nil {
				t.Error(err)
			}
			server.Close() // waits for what the handlers still do
			if asked != 3 || bodies.Load() != 1 {
				t.Errorf("asked %d times and %d orders arrived, want 3 and 1", asked, bodies.Load())
			}
			if !test.http2 && heads.Load() != 1 {
				t.Errorf("%d headers arrived, want the one that was checked", heads.Load())
			}
		})
	}
}

// Where the check fails HTTP/1 writes not one byte, however long the credentials
// are: an access token may have kilobytes.
func TestLastCheckWritesNothing(t *testing.T) {
	for _, length := range []int{32, 9000} {
		got := make(chan int64, 1)
		addr := listen(t, func(conn net.Conn) {
			n, _ := io.Copy(io.Discard, conn)
			got <- n
		})
		c := newClient(t, apsclient.Config{URL: "http://" + addr, OAuth1: &apsclient.OAuth1{Key: strings.Repeat("k", length), Secret: testSecret}})
		r := someOrder()
		r.Check = func() error { return errStale }
		if _, err := c.NewOrders(testService).Place(t.Context(), r); apsclient.KindOf(err) != apsclient.NotSent {
			t.Errorf("error %v, want not sent", err)
		}
		if n := <-got; n != 0 {
			t.Errorf("%d bytes were written with a key of %d, want none", n, length)
		}
	}
}

// The answer says that the order was written.
func TestWritten(t *testing.T) {
	c, _ := serve(t, say(409, nil, `{"message":"no"}`))
	_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
	if e, ok := errors.AsType[*apsclient.Error](err); !ok || e.Kind != apsclient.Refused || !e.Written {
		t.Errorf("error %v, want refused and written", err)
	}
}
