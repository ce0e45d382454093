package apsclient_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/machine/machinetest"
)

// pipe is a network of one address, in memory.
type pipe struct {
	calls chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipe() *pipe { return &pipe{calls: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipe) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipe) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.calls <- theirs:
		return ours, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Clocks and network are what the client and the stand-in are given: a whole
// platform and a machine of another time fit into a bubble.
func TestInMemory(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	synctest.Test(t, func(t *testing.T) {
		platform, err := apstest.New(apstest.Config{Tenants: 2, Strict: true, Provisioning: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		network := newPipe()
		server := &http.Server{Handler: platform}
		served := make(chan error, 1)
		go func() { served <- server.Serve(network) }()

		laptop := machinetest.New("laptop")
		laptop.Set(-4 * time.Minute)
		client, err := apsclient.New(apsclient.Config{
			URL: "http://127.0.0.1", OAuth1: &apsclient.OAuth1{Key: platform.Key(), Secret: platform.Secret()},
			Clock: laptop.Now, Dial: network.Dial,
		})
		if err != nil {
			t.Fatal(err)
		}
		orders, err := client.Orders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if skew, known := client.Skew(); !known || (skew-4*time.Minute).Abs() > 2*time.Second {
			t.Errorf("the platform's clock is %v ahead, known: %t", skew, known)
		}
		var tenant apstest.Tenant
		for tenant = range platform.Tenants() {
			break
		}
		accounts, err := collect(client.Accounts(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		placed, err := orders.Place(t.Context(), apsclient.OrderRequest{
			AccountID: accounts[0].APSID, PlanID: platform.Plans()[0].ID, Reference: "azure-import/" + tenant.Subscriptions[0],
			Tenant: tenant.Domain, Subscription: tenant.Subscriptions[0],
		})
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
		client.Close()
		server.Close()
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
		if err := platform.Close(); err != nil {
			t.Error(err)
		}
	})
}
