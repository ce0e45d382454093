package pgtest

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Wire stands between a ledger and its server, and can be cut. It is safe for
// concurrent use.
type Wire struct {
	listener net.Listener
	calls    atomic.Int64 // how often a connection was asked for
	commits  atomic.Int64 // seen so far
	whole    atomic.Int64 // of these, how many came with all of their transactions
	every    atomic.Int64 // of so many commits the answer of one is lost, and the connection with it; 0: none is
	delay    atomic.Int64 // ns, of what goes to the server
	open     sync.WaitGroup

	mu   sync.Mutex
	to   string
	cut  bool
	mute chan struct{} // closed once answers come through again; nil: they do
	tell func(answer []byte) []byte
	all  map[net.Conn]bool
}

// NewWire returns the address of a database as it is reached through a wire of its
// own.
func NewWire(tb testing.TB, address string) (string, *Wire) {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	w := &Wire{to: u.Host, tell: func(answer []byte) []byte { return answer }, all: make(map[net.Conn]bool)}
	if w.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		tb.Fatal(err)
	}
	w.open.Go(func() {
		for {
			c, err := w.listener.Accept()
			if err != nil {
				return
			}
			w.calls.Add(1)
			w.open.Go(func() { w.serve(c) })
		}
	})
	tb.Cleanup(func() {
		w.listener.Close()
		w.Answers(true)
		w.Cut()
		w.open.Wait()
	})
	u.Host = w.listener.Addr().String()
	return u.String() + "?sslmode=disable", w
}

// LoseEvery loses the answer of every nth commit, and the connection with it.
func (w *Wire) LoseEvery(n int64) { w.every.Store(n) }

// Delay holds what goes to the server back for so long.
func (w *Wire) Delay(d time.Duration) { w.delay.Store(int64(d)) }

// Calls is how often a connection was asked for.
func (w *Wire) Calls() int64 { return w.calls.Load() }

// Commits is how many commits have gone to the server.
func (w *Wire) Commits() int64 { return w.commits.Load() }

// Whole is how many of them came with the beginning of their transaction: nothing was
// asked in between.
func (w *Wire) Whole() int64 { return w.whole.Load() }

// Cut breaks all connections and lets no other be made until Mend.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for c := range w.all {
		c.Close()
	}
}

// Mend lets connections be made again.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = false
}

// Answers holds answers back, of connections to come as well, or lets them through.
func (w *Wire) Answers(through bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case through && w.mute != nil:
		close(w.mute)
		w.mute = nil
	case !through && w.mute == nil:
		w.mute = make(chan struct{})
	}
}

// Tell changes answers on their way.
func (w *Wire) Tell(change func(answer []byte) []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell = change
}

// To leads connections to come to the server of another address.
func (w *Wire) To(address string) {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = u.Host
}

// keep takes a connection in, unless the wire is cut.
func (w *Wire) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.cut {
		w.all[c] = true
	}
	return !w.cut
}

func (w *Wire) drop(c net.Conn) {
	c.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.all, c)
}

// muted is closed once answers may pass.
func (w *Wire) muted() chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mute
}

func (w *Wire) serve(client net.Conn) {
	defer w.drop(client)
	if !w.keep(client) {
		return
	}
	w.mu.Lock()
	to, tell := w.to, w.tell
	w.mu.Unlock()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer w.drop(server)
	if !w.keep(server) {
		return
	}
	var lost atomic.Bool
	answers := make(chan struct{})
	go func() {
		defer close(answers)
		defer client.Close()
		for b := make([]byte, 64<<10); ; {
			n, err := server.Read(b)
			if mute := w.muted(); mute != nil {
				<-mute
			}
			if err != nil || lost.Load() {
				return
			}
			if _, err := client.Write(tell(b[:n])); err != nil {
				return
			}
		}
	}()
	for b := make([]byte, 64<<10); ; {
		n, err := client.Read(b)
		if err != nil {
			break
		}
		if bytes.Contains(b[:n], []byte("COMMIT")) {
			if seen, every := w.commits.Add(1), w.every.Load(); every > 0 && seen%every == 0 {
				lost.Store(true)
			}
			if bytes.Contains(b[:n], []byte("BEGIN")) {
				w.whole.Add(1)
			}
		}
		if d := w.delay.Load(); d > 0 {
			time.Sleep(time.Duration(d))
		}
		if _, err := server.Write(b[:n]); err != nil {
			break
		}
	}
	server.Close()
	<-answers
}
