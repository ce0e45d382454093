package apsclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptrace"
	"sync/atomic"
)

// attempt watches one request on its way out and can say afterwards whether
// the platform may have seen it.
type attempt struct {
	shared  bool // HTTP/2: the connection goes on writing after an error
	gotConn atomic.Bool
	written atomic.Bool
}

// watch returns a context under which net/http reports to a.
func (a *attempt) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { a.gotConn.Store(true) },
		WroteHeaders: func() { a.written.Store(true) },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err == nil {
				a.written.Store(true)
			}
		},
	})
}

// mayHaveArrived reports whether the platform may have received the request
// whose round trip failed with err. An HTTP/1 round trip that fails waits for
// its writer first, so what was not written by then never will be; without its
// complete header a request has no effect. An HTTP/2 connection gives no such
// promise.
func (a *attempt) mayHaveArrived(err error) bool {
	switch {
	case errors.Is(err, errNothingWritten):
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

var errNothingWritten = errors.New("the connection was closed before anything was written")

// refuseRewind stands as GetBody of a request that must not be sent twice.
// With a POST that has no idempotency header, a transport asks for a second
// body only when it knows that nothing of the request was written, or that the
// platform did not look at it (HTTP/2). That is worth knowing: the error comes
// back from the round trip, and since no second body is given, nothing is sent
// again behind our back. (An http.Client would ask on a redirect, too; none is
// used.)
func refuseRewind() (io.ReadCloser, error) { return nil, errNothingWritten }
