package apsclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"
)

const (
	maxBody           = 16 << 20 // bytes of an answer, after decompression
	maxAnswerHeader   = 1 << 20
	maxRequest        = 16 << 10 // bytes written at once; the last check comes before the first of them
	connectTimeout    = 15 * time.Second
	requestTimeout    = 300 * time.Second
	tokenTimeout      = 30 * time.Second
	defaultWidth      = 16
	maxURL            = 7800 // bytes; verifiers and proxies stop at 8 KB
	spareConnections  = 2
	idleConnectionAge = 4 * time.Second
)

// newTransport is a pool of HTTP/1.1 connections as wide as the concurrency,
// and a little wider, so that a look never waits behind the orders.
func newTransport(cfg Config) *http.Transport {
	width := cfg.Connections + spareConnections
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(cfg.HTTP2)
	return &http.Transport{
		Proxy:               proxyOf,
		DialContext:         dialer(cfg),
		TLSHandshakeTimeout: cfg.ConnectTimeout,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            cfg.RootCAs,
			Time:               cfg.Clock,
			ClientSessionCache: tls.NewLRUClientSessionCache(width),
		},
		MaxIdleConns:        0,
		MaxIdleConnsPerHost: width,
		MaxConnsPerHost:     width,
		// Shorter than the keep-alive of common servers (5 s and up): an order
		// written to a connection the server is just closing is in doubt.
		IdleConnTimeout:        idleConnectionAge,
		MaxResponseHeaderBytes: maxAnswerHeader,
		WriteBufferSize:        maxRequest,
		Protocols:              &protocols,
	}
}

// proxyOf is the proxy of the environment for a request. Plain http stays on this
// machine, however the variables are set.
func proxyOf(req *http.Request) (*url.URL, error) {
	if req.URL.Scheme == "http" {
		return nil, nil
	}
	return http.ProxyFromEnvironment(req)
}

// checkProxy refuses a proxy that net/http would silently go around.
func checkProxy() error {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		if !strings.Contains(value, "://") {
			value = "http://" + value
		}
		if u, err := url.Parse(value); err != nil || u.Hostname() == "" {
			// The text is left out: it may hold a password.
			return fmt.Errorf("the variable %s is not the address of a proxy: correct it, for example http://proxy.example.com:3128, or unset it", name)
		}
		return nil
	}
	return nil
}

// dialer opens connections as cfg says, in ConnectTimeout. What is called this
// machine has to be this machine.
func dialer(cfg Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	if cfg.Dial == nil {
		d := net.Dialer{Timeout: cfg.ConnectTimeout, KeepAlive: 30 * time.Second}
		here := d
		here.Control = onlyLoopback
		return func(ctx context.Context, network, addr string) (net.Conn, error) {
			if host, _, err := net.SplitHostPort(addr); err == nil && Loopback(host) {
				return here.DialContext(ctx, network, addr)
			}
			return d.DialContext(ctx, network, addr)
		}
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, cfg.ConnectTimeout)
		defer cancel()
		return cfg.Dial(ctx, network, addr)
	}
}

// CertPool returns the system's certificate authorities and those of pem, the
// contents of a CA file.
func CertPool(pem []byte) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate found: a CA file holds one or more blocks that begin with -----BEGIN CERTIFICATE-----")
	}
	return pool, nil
}

// checkAddress parses an address a secret will be sent to, or signed for.
// Plain http is allowed to this machine only.
func checkAddress(what, address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil || u.Opaque != "":
		// The text is left out: url.Error repeats it, with any password in it.
		return nil, fmt.Errorf("%s is not a valid URL, for example https://hub.example.com", what)
	case address == "":
		return nil, fmt.Errorf("%s is missing, for example https://hub.example.com", what)
	case u.User != nil:
		return nil, fmt.Errorf("%s must not hold a user name or password", what)
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, fmt.Errorf("%s must not have a query or fragment", what)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%s has no host name, for example https://hub.example.com", what)
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r > unicode.MaxASCII }):
		return nil, fmt.Errorf("%s has letters beyond ASCII in its host name: write it in the xn-- form", what)
	}
	u.Host = strings.ToLower(strings.TrimSuffix(u.Host, ":"))
	switch strings.ToLower(u.Scheme) {
	case "https":
	case "http":
		if !Loopback(u.Hostname()) {
			return nil, fmt.Errorf("%s is plain http: use https (plain http is allowed to this machine only)", what)
		}
	default:
		return nil, fmt.Errorf("%s has the scheme %q: use https", what, u.Scheme)
	}
	return u, nil
}

// Loopback reports whether a host, without its port, is this machine, without
// asking DNS.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// onlyLoopback keeps a connection to localhost on this machine, whatever the name
// was resolved to.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if host, _, err := net.SplitHostPort(address); err != nil || !Loopback(host) {
		return errors.New("the name localhost leads to another machine")
	}
	return nil
}
