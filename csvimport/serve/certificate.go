package serve

import (
	"crypto/tls"
	"net"
	"os"
	"sync"
	"time"
)

// Certificate is a TLS certificate in files, read anew when they change. While the new
// ones cannot be used, the old one is shown. It is safe for concurrent use.
type Certificate struct {
	cert, key string
	told      func(error)

	mu     sync.Mutex
	used   *tls.Certificate
	of     stamps // of the files that are used
	failed stamps // of those that could not be
}

// stamps are by which a change of the two files is seen.
type stamps [2]struct {
	at   time.Time
	size int64
}

// OpenCertificate reads a certificate and its key, in PEM. told hears of each renewal
// that cannot be used.
func OpenCertificate(cert, key string, told func(error)) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, told: told}
	c.of = c.stamps()
	pair, err := tls.LoadX509KeyPair(cert, key)
	c.used = &pair
	return c, err
}

func (c *Certificate) stamps() (s stamps) {
	for i, path := range []string{c.cert, c.key} {
		if info, err := os.Stat(path); err == nil {
			s[i].at, s[i].size = info.ModTime(), info.Size()
		}
	}
	return s
}

// current is the certificate as the files have it.
func (c *Certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.stamps()
	if now == c.of || now == c.failed {
		return c.used
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		c.failed = now
		c.told(err)
		return c.used
	}
	c.used, c.of, c.failed = &pair, now, stamps{}
	return c.used
}

// Names reports whether the certificate is for a host.
func (c *Certificate) Names(host string) bool { return c.current().Leaf.VerifyHostname(host) == nil }

// Secure has a listener speak TLS, 1.2 or newer.
func (c *Certificate) Secure(l net.Listener) net.Listener {
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	})
}
