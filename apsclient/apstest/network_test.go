package apstest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"bulkimport/apsclient/apstest"
)

func TestNetwork(t *testing.T) {
	var n apstest.Network
	if _, err := n.Dial(t.Context(), "tcp", "127.0.0.1:80"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %v, where nobody listens", err)
	}
	l, err := n.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if _, err := n.Listen(at); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("error %v of a second listener", err)
	}
	other, err := n.Listen("127.0.0.1:0")
	if err != nil || other.Addr().String() == at {
		t.Fatalf("%v, %v, want another address than %s", other, err, at)
	}
	defer other.Close()
	if _, err := n.Listen("127.0.0.1"); err == nil {
		t.Error("listens without a port")
	}

	go func() {
		conn, _ := l.Accept()
		io.WriteString(conn, "hello")
		conn.Close()
	}()
	conn, err := n.Dial(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(conn); string(said) != "hello" || err != nil {
		t.Errorf("read %q, %v", said, err)
	}

	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := n.Dial(ctx, "tcp", at); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, while nobody accepts", err)
	}
	refused := make(chan error)
	go func() { _, err := n.Dial(t.Context(), "tcp", at); refused <- err }()
	l.Close()
	if err := <-refused; !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error %v, of a listener that closed", err)
	}
	l.Close() // again
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v of a closed listener", err)
	}
	if l, err = n.Listen(at); err != nil {
		t.Errorf("the address is not free again: %v", err)
	}
	l.Close()
}

// A platform on a net of its own: an outage closes its port, and its clock is
// the one it was given.
func TestServerOnNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n apstest.Network
		ahead := 40 * 24 * time.Hour
		srv := apstest.NewServer(t, func(c *apstest.Config) {
			c.Listener = n.Listen
			c.Clock = func() time.Time { return time.Now().Add(ahead) }
		})
		w := newWire(t, srv)
		w.http.Transport.(*http.Transport).DialContext = n.Dial
		w.get("/aps").want(t, 401)
		w.at = func() time.Time { return time.Now().Add(ahead) }
		r := w.get("/aps").want(t, 200)
		if date, err := http.ParseTime(r.Header.Get("Date")); err != nil || time.Until(date) < ahead-time.Second {
			t.Errorf("Date %v, %v", date, err)
		}
		srv.SetOutage(true)
		if r := w.get("/aps"); !errors.Is(r.err, syscall.ECONNREFUSED) {
			t.Errorf("answer %+v, want the connection refused", r)
		}
		srv.EndOutage()
		w.get("/aps").want(t, 200)
	})
}
