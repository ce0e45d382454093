package apsclient

import (
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
	unsent  atomic.Bool
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

// mayHaveArrived reports whether the platform may have received the request.
// It is to be asked after the round trip has failed. An HTTP/1 round trip that
// fails waits for its writer first, so what was not written by then never will
// be; without its complete header a request has no effect. An HTTP/2
// connection gives no such promise.
func (a *attempt) mayHaveArrived() bool {
	switch {
	case a.unsent.Load():
		return false
	case a.shared:
		return a.gotConn.Load()
	default:
		return a.written.Load()
	}
}

var errNothingWritten = errors.New("the connection was closed before anything was written")

// refuseRewind stands as GetBody of a request that must not be sent twice.
// net/http asks for a second body in one case only when the method is POST and
// no idempotency header is set: nothing was written to a kept connection. That
// is worth knowing, and no second body is given, so nothing is sent again.
func (a *attempt) refuseRewind() (io.ReadCloser, error) {
	a.unsent.Store(true)
	return nil, errNothingWritten
}
