package apsclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// attempt watches one request on its way out and can say afterwards whether
// the platform may have seen it.
type attempt struct {
	shared  bool // HTTP/2: the connection goes on writing after an error
	gotConn atomic.Bool
	written atomic.Bool
	last    *lastWord // nil: nobody has one

	// outlived is set where a token was refused that the platform had taken
	// before. It is read once the round trip is over.
	outlived bool

	mu   sync.Mutex
	conn net.Conn
}

// watch returns a context under which net/http reports to a.
func (a *attempt) watch(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, attemptKey{}, a)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      a.connected,
		WroteHeaders: a.beforeFlush,
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err == nil {
				a.written.Store(true)
			}
		},
	})
}

type attemptKey struct{}

// attemptOf is the attempt that watches the request of ctx, nil if none does.
func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

func (a *attempt) connected(i httptrace.GotConnInfo) {
	a.gotConn.Store(true)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conn = i.Conn
}

// beforeFlush is where HTTP/1 has the header in its buffer, and writes it
// together with a body in memory as soon as this returns. A connection closed
// here takes none of it.
func (a *attempt) beforeFlush() {
	if a.last != nil && !a.shared && a.last.say() != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.conn.Close()
		return
	}
	a.written.Store(true)
}

// mayHaveArrived reports whether the platform may have received the request
// whose round trip failed with err. An HTTP/1 round trip that fails waits for
// its writer first, so what was not written by then never will be; without its
// complete header a request has no effect. An HTTP/2 connection gives no such
// promise.
func (a *attempt) mayHaveArrived(err error) bool {
	switch {
	case errors.Is(err, errNothingWritten), a.last.no() != nil:
		return false
	case a.shared:
		return a.gotConn.Load()
	default:
		return a.written.Load()
	}
}

// unrepeatable is a body that net/http does not know how to rewind, also where
// it is empty. A request without a body it repeats by itself when a kept
// connection breaks, with the very signature it had, and a nonce used twice is
// answered 401: bad credentials, it would seem. Reads are repeated by
// Client.get, signed anew. Of a reader in memory it knows that it will not
// block, and writes head and body at once.
func unrepeatable(body []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }

// lastWord is a caller's question, asked once at the last moment before the
// body is on the wire.
type lastWord struct {
	ask  func() error
	once sync.Once
	err  error
	said atomic.Bool // err is there to be read
}

// say asks, if nobody has. A panic is a no: it must not fall upon net/http.
func (w *lastWord) say() error {
	w.once.Do(func() {
		defer w.said.Store(true)
		defer func() {
			if p := recover(); p != nil {
				w.err = fmt.Errorf("the last check before the order panicked: %v", p)
			}
		}()
		w.err = w.ask()
	})
	return w.err
}

// no is why the body was not written, nil if it was, or may still be.
func (w *lastWord) no() error {
	if w == nil || !w.said.Load() {
		return nil
	}
	return w.err
}

// checkedBody asks before its first byte. HTTP/2 has written the header by
// then; a header whose body never comes creates nothing.
type checkedBody struct {
	io.ReadCloser
	last *lastWord
}

func (b *checkedBody) Read(p []byte) (int, error) {
	if err := b.last.say(); err != nil {
		return 0, err
	}
	return b.ReadCloser.Read(p)
}

var errNothingWritten = errors.New("the connection was closed before anything was written")

// refuseRewind stands as GetBody of a request that must not be sent twice.
// With a POST that has no idempotency header, a transport asks for a second
// body only when it knows that nothing of the request was written, or that the
// platform did not look at it (HTTP/2). That is worth knowing: the error comes
// back from the round trip, and since no second body is given, nothing is sent
// again behind our back. (An http.Client would ask on a redirect, too; none is
// used.)
func refuseRewind() (io.ReadCloser, error) { return nil, errNothingWritten }
