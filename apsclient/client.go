package apsclient

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bulkimport/apsclient/shape"
)

// Config says where the platform is and who asks. A zero field stands for the
// default written beside it.
type Config struct {
	URL            string         // base address, https; plain http to this machine only; needed
	OAuth1         *OAuth1        // exactly one of OAuth1 and OAuth2 is needed
	OAuth2         *OAuth2        // exactly one of OAuth1 and OAuth2 is needed
	Wire           Wire           // names, paths and values: those of Wire.Assumptions
	Connections    int            // width of the pool, the ceiling of concurrency: 16
	RootCAs        *x509.CertPool // authorities to trust: the system's; see CertPool
	ConnectTimeout time.Duration  // of a connection, and again of its TLS handshake: 15 s
	RequestTimeout time.Duration  // of a whole request, answer included: 300 s
	UserAgent      string         // "bulkimport"
	HTTP2          bool           // offer HTTP/2 too, which is slower than a pool: no
	Logger         *slog.Logger   // takes requests at level debug, without secrets: none

	// Clock tells this machine's wall time: time.Now. Signatures, the lives of
	// tokens and certificates, and the platform's clock are told by it; how
	// long to wait is told by package time. It is called concurrently.
	Clock func() time.Time
	// Random draws from 0 to below 1 how long to pause before a read is
	// repeated: math/rand. It is called concurrently.
	Random func() float64
	// Dial connects to the platform, the token endpoint or a proxy; address is
	// host:port: as net.Dialer.DialContext does it. TLS is spoken over whatever
	// it returns. It is called concurrently, and ctx ends after ConnectTimeout.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Record is told each request to the platform and what came of it, without
	// credentials; requests for tokens are left out. It is called concurrently.
	Record func(Exchange)
	// Secret is told each access token before it is used, so that the caller
	// can keep it out of what it prints: nobody. It is called concurrently.
	Secret func(string)
}

// Client speaks to one platform. It is safe for concurrent use.
type Client struct {
	base      *url.URL
	signer    http.RoundTripper // used by itself: an http.Client would follow redirects
	newSigner func(over http.RoundTripper, now func() time.Time) http.RoundTripper
	transport *http.Transport
	tokens    *tokenSource // nil with OAuth 1
	wire      Wire
	width     int
	timeout   time.Duration
	pause     time.Duration // at most, before a read is repeated first
	random    func() float64
	userAgent string
	http2     bool
	log       *slog.Logger
	clean     cleaner
	clock     func() time.Time
	record    func(Exchange) // nil: nobody is told

	shape *shape.Template

	unsorted sync.Map // by op: lists that the platform tells only as they come

	skew      atomic.Int64 // platform's clock less ours, nanoseconds
	skewKnown atomic.Bool
	heard     atomic.Int64 // latest Date header, seconds since 1970; 0 is none
}

// New returns a client, or says what is wrong with cfg. It sends nothing.
func New(cfg Config) (*Client, error) {
	base, err := checkAddress("the platform's address", cfg.URL)
	if err != nil {
		return nil, err
	}
	if err := checkProxy(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	if err := cfg.Wire.check(); err != nil {
		return nil, err
	}
	base.Path = strings.TrimRight(base.Path, "/")
	base.RawPath = strings.TrimRight(base.RawPath, "/")
	c := &Client{
		base:      base,
		transport: newTransport(cfg),
		wire:      cfg.Wire,
		width:     cfg.Connections,
		timeout:   cfg.RequestTimeout,
		pause:     firstPause,
		random:    cfg.Random,
		userAgent: cfg.UserAgent,
		http2:     cfg.HTTP2,
		log:       cfg.Logger,
		clock:     cfg.Clock,
		record:    cfg.Record,
	}
	if c.shape, err = c.wire.Shape(); err != nil {
		return nil, err
	}
	switch {
	case cfg.OAuth1 != nil && cfg.OAuth2 != nil:
		return nil, errors.New("both OAuth 1 and OAuth 2 credentials are given: use one of them")
	case cfg.OAuth1 != nil:
		cred := *cfg.OAuth1
		if cred.Key == "" || cred.Secret == "" {
			return nil, errors.New("the consumer key or the consumer secret is empty")
		}
		c.clean = newCleaner(cred.Secret)
		c.newSigner = func(over http.RoundTripper, now func() time.Time) http.RoundTripper {
			return &oauth1Transport{cred: cred, base: over, now: now, nonce: newNonce}
		}
	case cfg.OAuth2 != nil:
		c.clean = newCleaner(cfg.OAuth2.ClientSecret, cfg.OAuth2.Password)
		c.tokens, err = newTokenSource(cfg, c.transport, c.clean)
		if err != nil {
			return nil, err
		}
		c.newSigner = func(over http.RoundTripper, _ func() time.Time) http.RoundTripper {
			return &bearerTransport{tokens: c.tokens, base: over}
		}
	default:
		return nil, errors.New("no credentials: give an OAuth 1 consumer key and secret, or OAuth 2 credentials")
	}
	c.signer = c.newSigner(c.transport, c.clock)
	return c, nil
}

// Shape is the shape of the orders it places.
func (c *Client) Shape() *shape.Template { return c.shape }

func (cfg Config) withDefaults() Config {
	cfg.Wire = cfg.Wire.filled()
	if cfg.Connections <= 0 {
		cfg.Connections = defaultWidth
	}
	if cfg.ConnectTimeout <= 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	if cfg.RequestTimeout <= 0 {
		cfg.RequestTimeout = requestTimeout
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "bulkimport"
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Secret == nil {
		cfg.Secret = func(string) {}
	}
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	return cfg
}

// Close closes the idle connections. Calls under way are not disturbed.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Wire returns the assumptions in force, none of them empty.
func (c *Client) Wire() Wire { return c.wire.filled() }

// call is one request as the wire sees it, before it is signed.
type call struct {
	op      string // what is asked for, one of the op constants
	method  string
	path    string // below the base address, escaped
	query   string // raw
	body    []byte
	missing missing
	check   func() error  // asked once, right before the body is written
	line    *line         // nil: the pool
	age     time.Duration // of the signature, by this machine's clock
}

// bodyOf is the body of cl, which asks last where only the reading of it comes
// late enough.
func (cl call) bodyOf(shared bool, last *lastWord) io.ReadCloser {
	body := unrepeatable(cl.body)
	if shared && last != nil {
		return &checkedBody{body, last}
	}
	return body
}

// missing is what a 404 says is not there.
type missing uint8

const (
	either  missing = iota // the service, or a thing named in the request: the answer tells
	service                // the service itself
	thing                  // the thing that the path names
)

// do sends cl once and returns its answer if the status is 2xx; any other
// outcome is an *Error. With OAuth 2 a 401 renews the token and sends once
// more, but for an order: its 401 may be the echo of a delivery that created it.
func (c *Client) do(ctx context.Context, cl call) (answer, error) {
	ans, err := c.once(ctx, cl)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusUnauthorized && c.tokens != nil && e.Op == cl.op {
		if cl.op == opPlace {
			if !e.Renewed {
				e.Err = errFreshToken
			}
			return ans, err
		}
		ans, err = c.once(ctx, cl)
		if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusUnauthorized && e.Op == cl.op {
			e.Err, e.Renewed = errFreshToken, false
		}
	}
	return ans, err
}

func (c *Client) once(ctx context.Context, cl call) (answer, error) {
	caller := ctx
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, &patienceError{c.timeout})
	defer cancel()
	try := &attempt{shared: c.http2}
	if cl.check != nil {
		try.last = &lastWord{ask: cl.check}
	}
	req, err := c.request(try.watch(ctx), cl)
	if err != nil {
		return answer{}, &Error{Kind: NotSent, Op: cl.op, Err: err}
	}
	req.Body = cl.bodyOf(try.shared, try.last)
	begun := c.clock()
	resp, err := c.over(cl.line).RoundTrip(req)
	if err == nil && try.last.no() != nil {
		resp.Body.Close() // an answer to nothing
		err = try.last.no()
	}
	if err != nil {
		err = c.failure(cl, try, caller, ctx, err)
		c.log.LogAttrs(caller, slog.LevelDebug, "request", slog.String("op", cl.op), slog.String("method", cl.method),
			slog.String("path", cl.path), slog.Duration("took", c.clock().Sub(begun)), slog.String("error", err.Error()))
		c.tell(cl, answer{})
		return answer{}, err
	}
	ans := answer{status: resp.StatusCode, header: resp.Header}
	var readErr error
	ans.body, readErr = readBody(resp)
	ans.body = c.clean.body(ans.body)
	c.learnTime(&ans, begun)
	c.tell(cl, ans)
	c.log.LogAttrs(caller, slog.LevelDebug, "request", slog.String("op", cl.op), slog.String("method", cl.method),
		slog.String("path", cl.path), slog.Int("status", ans.status), slog.Duration("took", c.clock().Sub(begun)))
	if ans.status < 200 || ans.status > 299 {
		e := c.refusal(cl, ans)
		e.Renewed = try.outlived
		return answer{}, e
	}
	if readErr != nil {
		e := c.failure(cl, try, caller, ctx, readErr)
		e.Status, e.Date = ans.status, ans.date
		return answer{}, e
	}
	return ans, nil
}

func (c *Client) request(ctx context.Context, cl call) (*http.Request, error) {
	target := *c.base
	path, err := url.PathUnescape(cl.path)
	if err != nil {
		return nil, errors.New("the path holds a broken escape")
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return nil, fmt.Errorf("%s is asked for by an id that leads to another place: an id cannot be %q", cl.op, segment)
		}
	}
	target.RawPath = target.EscapedPath() + cl.path
	target.Path += path
	target.RawQuery = cl.query
	req := (&http.Request{
		Method: cl.method, URL: &target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Accept": jsonType, "User-Agent": {c.userAgent}},
		ContentLength: int64(len(cl.body)),
	}).WithContext(ctx)
	if cl.body != nil {
		req.Header["Content-Type"] = jsonType
		req.GetBody = refuseRewind
	}
	return req, nil
}

var jsonType = []string{"application/json"}

const (
	readRetries = 2                      // how often a read is repeated
	firstPause  = 300 * time.Millisecond // at most; four times as long the second time
)

// get reads, and hands the answer to decode. What is safe to repeat is
// repeated at most twice, after a pause with jitter: no answer, an unclear
// answer, or one that decode cannot read. A request to slow down is the
// caller's to pace.
func (c *Client) get(ctx context.Context, cl call, decode func(answer) error) error {
	cl.method = http.MethodGet
	for n := 0; ; n++ {
		ans, err := c.do(ctx, cl)
		if err == nil {
			if err = decode(ans); err == nil {
				return nil
			}
			err = c.unreadable(cl, ans, err)
		}
		if n == readRetries || !repeatable(err) {
			return err
		}
		// What was never sent may go over another connection at once.
		if (n > 0 || KindOf(err) != NotSent) && !c.rest(ctx, c.pause<<(2*n)) {
			return err
		}
	}
}

// repeatable reports whether a read that failed like this may go better.
func repeatable(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if errors.Is(err, errTooLarge) || e.Status >= 300 && e.Status < 400 || untrusted(e.Err) {
		return false
	}
	return e.Kind == NotSent || e.Kind == InDoubt
}

// rest waits, at most so long and at least a quarter of it, and reports whether
// ctx still holds.
func (c *Client) rest(ctx context.Context, most time.Duration) bool {
	timer := time.NewTimer(most/4 + time.Duration(c.random()*float64(most*3/4+1)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
