package apsclient

import (
	"crypto/tls"
	"net/http"
	"time"
)

// line is the way some requests go, as those of one listing, and who hears their dates.
// A nil line is the pool, and nobody.
type line struct {
	transport *http.Transport // its own, nil: the pool
	signer    http.RoundTripper
	heard     func(time.Time)
}

// newLine is the line that q asks for.
func (c *Client) newLine(q OrderQuery) *line {
	l := &line{heard: q.Heard}
	if q.Fresh {
		l.transport = c.freshTransport()
		l.signer = c.newSigner(l.transport, c.clock)
	}
	return l
}

// freshTransport has connections of its own.
func (c *Client) freshTransport() *http.Transport {
	t := c.transport.Clone()
	if t.TLSClientConfig != nil {
		// A resumed session may lead to the node it was begun with.
		t.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	}
	return t
}

// over is what sends the requests of a line.
func (c *Client) over(l *line) http.RoundTripper {
	if l == nil || l.signer == nil {
		return c.signer
	}
	return l.signer
}

func (l *line) hear(date time.Time) {
	if l != nil && l.heard != nil {
		l.heard(date)
	}
}

func (l *line) close() {
	if l.transport != nil {
		l.transport.CloseIdleConnections()
	}
}
