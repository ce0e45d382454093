package postgres_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/postgres"
)

// proxy stands between a ledger and its server.
type proxy struct {
	listener net.Listener
	to       string
	commits  atomic.Int64 // seen so far
	every    int64        // of so many commits the answer of one is lost, and the connection with it
	open     sync.WaitGroup
}

// between returns the address of a ledger with a proxy in between.
func between(t *testing.T, address string, every int64) (string, *proxy) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{to: u.Host, every: every}
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.open.Go(func() {
		for {
			c, err := p.listener.Accept()
			if err != nil {
				return
			}
			p.open.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		p.listener.Close()
		p.open.Wait()
	})
	u.Host = p.listener.Addr().String()
	return u.String() + "?sslmode=disable", p
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	var lost atomic.Bool
	answers := make(chan struct{})
	go func() {
		defer close(answers)
		defer client.Close()
		for b := make([]byte, 64<<10); ; {
			n, err := server.Read(b)
			if err != nil || lost.Load() {
				return
			}
			if _, err := client.Write(b[:n]); err != nil {
				return
			}
		}
	}()
	for b := make([]byte, 64<<10); ; {
		n, err := client.Read(b)
		if err != nil {
			break
		}
		if bytes.Contains(b[:n], []byte("COMMIT")) && p.commits.Add(1)%p.every == 0 {
			lost.Store(true)
		}
		if _, err := io.Copy(server, bytes.NewReader(b[:n])); err != nil {
			break
		}
	}
	server.Close()
	<-answers
}

// A commit whose answer was lost was done, and is not done twice.
func TestLostAnswers(t *testing.T) {
	where := cluster.Fresh(t)
	_, straight := openAs(t, where, postgres.Options{})
	address, p := between(t, where, 3)
	_, b := openAs(t, address, postgres.Options{})
	r := mustBegin(t, b)
	const n = 60
	for i := range n {
		e, granted, err := r.Intend(t.Context(), ledgertest.Entry(i))
		if err != nil || !granted {
			t.Fatalf("row %d: granted %v, %v", i, granted, err)
		}
		e.State, e.HTTPStatus = ledger.Refused, 400
		if err := r.Record(t.Context(), "refused", e); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		got, events, err := straight.Story(t.Context(), ledgertest.ID("sub", i))
		if err != nil || len(got) != 1 || got[0].Sends != 1 || got[0].State != ledger.Refused || len(events) != 1 {
			t.Errorf("row %d: %+v, %d events, %v", i, got, len(events), err)
		}
	}
	if lost := p.commits.Load() / p.every; lost < n/3 {
		t.Errorf("%d answers were lost", lost)
	}
	if err := r.End(t.Context(), "done"); err != nil {
		t.Error(err)
	}
}
