package apsclient_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/machine/machinetest"

	"go.uber.org/goleak"
)

// inBubble runs do in a bubble of its own: a platform and a client of it on a
// net within this process, with a clock each. Nothing may be left running.
func inBubble(t *testing.T, options func(*apstest.Config), config func(*apstest.Server, *apsclient.Config), do func(*testing.T, *apstest.Server, *apsclient.Client)) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	synctest.Test(t, func(t *testing.T) {
		var n apstest.Network
		s := apstest.NewServer(t, apstest.WithStrict(), func(c *apstest.Config) { c.Listener = n.Listen }, options)
		cfg := apsclient.Config{URL: s.URL(), OAuth1: &apsclient.OAuth1{Key: s.Key(), Secret: s.Secret()},
			RootCAs: s.RootCAs(), Dial: n.Dial}
		config(s, &cfg)
		do(t, s, newClient(t, cfg))
	})
	goleak.VerifyNone(t, before)
}

func asItIs(*apstest.Config)                           {}
func asUsual(*apstest.Server, *apsclient.Config)       {}
func withTLS(c *apstest.Config)                        { c.TLS = true }
func withHTTP2(_ *apstest.Server, c *apsclient.Config) { c.HTTP2 = true }
func withOAuth2(s *apstest.Server, c *apsclient.Config) {
	o := s.OAuth2()
	c.OAuth1, c.OAuth2 = nil, &apsclient.OAuth2{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret}
}

// The whole way without a socket and in fake time: one order is placed, takes
// its hour at the platform, and is listed.
func TestOrderInABubble(t *testing.T) {
	for _, test := range []struct {
		name    string
		options func(*apstest.Config)
		config  func(*apstest.Server, *apsclient.Config)
	}{
		{"plain", asItIs, asUsual},
		{"TLS", withTLS, asUsual},
		{"HTTP/2", withTLS, withHTTP2},
		{"OAuth 2", asItIs, withOAuth2},
	} {
		t.Run(test.name, func(t *testing.T) {
			provisioning := func(c *apstest.Config) { test.options(c); c.Provisioning = time.Hour }
			inBubble(t, provisioning, test.config, func(t *testing.T, s *apstest.Server, c *apsclient.Client) {
				o, err := c.Orders(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				r := requestFor(t, s, c, 0)
				placed, err := o.Place(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				for _, want := range []apsclient.Phase{apsclient.Waiting, apsclient.Good} {
					list, err := collect(o.List(t.Context(), apsclient.OrderQuery{References: []string{r.Reference}}))
					if err != nil || len(list) != 1 || list[0].ID != placed.OrderID || list[0].Phase() != want {
						t.Fatalf("orders %+v, %v, want the one placed, %v", list, err, want)
					}
					time.Sleep(time.Hour)
				}
				if n := s.OrderCount(); n != 1 {
					t.Errorf("%d orders", n)
				}
			})
		})
	}
}

// The platform's port is closed for a while.
func TestOutageInABubble(t *testing.T) {
	inBubble(t, asItIs, asUsual, func(t *testing.T, s *apstest.Server, c *apsclient.Client) {
		o, err := c.Orders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r := requestFor(t, s, c, 0)
		s.SetOutage(true)
		synctest.Wait() // for the client to see that its connection is gone
		_, err = o.Place(t.Context(), r)
		if apsclient.KindOf(err) != apsclient.NotSent || !errors.Is(err, syscall.ECONNREFUSED) || !strings.Contains(err.Error(), "nothing answers at "+strings.TrimPrefix(s.URL(), "http://")) {
			t.Errorf("error %v, want the connection refused", err)
		}
		s.EndOutage()
		s.SetFault("reset", 1)
		_, err = o.Place(t.Context(), r)
		if apsclient.KindOf(err) != apsclient.InDoubt || !strings.Contains(err.Error(), "the connection broke") {
			t.Errorf("error %v, want one in doubt", err)
		}
		s.ClearFaults()
		if _, err := o.Place(t.Context(), r); err != nil {
			t.Error(err)
		}
	})
}

// A dialer that never comes back is given up, by ConnectTimeout and by the
// caller.
func TestDialerThatHangs(t *testing.T) {
	for _, test := range []struct {
		name   string
		caller time.Duration
		want   time.Duration
		words  string
	}{
		{"for ever", time.Hour, 15 * time.Second, "no connection to 127.0.0.1 in time"},
		{"longer than the caller waits", time.Second, time.Second, "the time allowed for it was over"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, apsclient.Config{URL: "http://127.0.0.1", Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
					<-ctx.Done()
					return nil, ctx.Err()
				}})
				ctx, cancel := context.WithTimeout(t.Context(), test.caller)
				defer cancel()
				begun := time.Now()
				_, err := c.NewOrders(testService).Place(ctx, someOrder())
				if apsclient.KindOf(err) != apsclient.NotSent || !strings.Contains(err.Error(), test.words) {
					t.Errorf("error %v, want not sent: %s", err, test.words)
				}
				if took := time.Since(begun); took != test.want {
					t.Errorf("took %v, want %v", took, test.want)
				}
			})
		})
	}
}

// The stand-in needs not listen: it is a handler, here of a server of the test's
// own. The client is on a machine whose clock is wrong.
func TestHandlerInABubble(t *testing.T) {
	before := goleak.IgnoreCurrent()
	synctest.Test(t, func(t *testing.T) {
		platform, err := apstest.New(apstest.Config{Tenants: 2, Strict: true, Provisioning: time.Hour, Listen: "127.0.0.1:80"})
		if err != nil {
			t.Fatal(err)
		}
		var n apstest.Network
		listener, err := n.Listen("127.0.0.1:80")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: platform, ErrorLog: log.New(io.Discard, "", 0)}
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()

		laptop := machinetest.New("laptop")
		laptop.Set(-4 * time.Minute)
		client := newClient(t, apsclient.Config{URL: platform.URL(), OAuth1: &apsclient.OAuth1{Key: platform.Key(), Secret: platform.Secret()},
			Clock: laptop.Now, Dial: n.Dial})
		orders, err := client.Orders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if skew, known := client.Skew(); !known || (skew-4*time.Minute).Abs() > 2*time.Second {
			t.Errorf("the platform's clock is %v ahead, known: %t", skew, known)
		}
		request := requestFor(t, platform, client, 0)
		placed, err := orders.Place(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, status := range []string{"LO", "CP"} {
			list, err := collect(orders.List(t.Context(), apsclient.OrderQuery{IDs: []string{placed.OrderID}}))
			if err != nil || len(list) != 1 || list[0].Status != status {
				t.Fatalf("listed %+v, %v; want one in status %s", list, err, status)
			}
			time.Sleep(time.Hour)
		}
		for _, refuse := range []bool{true, false} {
			platform.SetOutage(refuse)
			if _, err := orders.Place(t.Context(), request); err == nil || platform.OrderCount() != 1 {
				t.Errorf("error %v, %d orders, in an outage (refused: %t)", err, platform.OrderCount(), refuse)
			}
		}
		platform.EndOutage()
		if _, err := client.Check(t.Context()); err != nil {
			t.Errorf("after the outage: %v", err)
		}
		client.Close()
		server.Close()
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	})
	goleak.VerifyNone(t, before)
}

// Two machines at one platform, in one process, each with its own clock.
func TestTwoMachines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n apstest.Network
		s := apstest.NewServer(t, func(c *apstest.Config) { c.Listener = n.Listen })
		var dials [2]atomic.Int32
		for i, ahead := range []time.Duration{-4 * time.Minute, time.Hour} {
			c := newClient(t, apsclient.Config{URL: s.URL(), OAuth1: &apsclient.OAuth1{Key: s.Key(), Secret: s.Secret()},
				Clock: func() time.Time { return time.Now().Add(ahead) },
				Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
					dials[i].Add(1)
					return n.Dial(ctx, network, addr)
				}})
			_, err := c.Check(t.Context())
			want := ahead.Abs() > 5*time.Minute // too far from the platform for a signature
			if want != (apsclient.KindOf(err) == apsclient.Credentials && err != nil) {
				t.Errorf("%v ahead: %v", ahead, err)
			}
			if skew, known := c.Skew(); !known || (skew+ahead).Abs() > time.Second {
				t.Errorf("%v ahead: skew %v, %v", ahead, skew, known)
			}
			if off := time.Until(c.Now()); off.Abs() > time.Second {
				t.Errorf("%v ahead: the platform's clock is off by %v", ahead, off)
			}
			if dials[i].Load() != 1 {
				t.Errorf("%v ahead: %d connections", ahead, dials[i].Load())
			}
		}
	})
}
