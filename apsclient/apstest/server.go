package apstest

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server is a running stand-in, an http.Handler. It is safe for concurrent use.
type Server struct {
	cfg     Config
	world   world
	store   *store
	service string // aps.id of the order service

	clientSecret, password string // of the token endpoint
	accounts               *collection
	plans                  *collection
	tenants                *collection
	listings               listings
	nonces                 *nonces
	tokens                 tokens
	faults                 faults
	tally                  tally
	bucket                 bucket
	times                  times
	nodes                  atomic.Int64 // connections so far

	provision, skew atomic.Int64 // durations
	unavailable     atomic.Bool

	mu          sync.Mutex // guards what follows
	key, secret string
	clientNew   string // the client secret, once it was changed
	ops         map[Operation]bool
	addr        string
	http        *http.Server // nil while connections are refused
	closed      bool

	refusing bool // in an outage that refuses

	listens bool           // by itself
	running sync.WaitGroup // calls being served
	conns   atomic.Int64
	done    chan struct{}
	cert    *tls.Certificate
	roots   *x509.CertPool
}

// TB is the part of testing.TB that NewServer needs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// NewServer starts a stand-in that closes with the test. It keeps the newest
// 10,000 requests for Server.Requests.
func NewServer(tb TB, opts ...Option) *Server {
	tb.Helper()
	cfg := Config{Log: 10_000}
	for _, opt := range opts {
		opt(&cfg)
	}
	s, err := Start(cfg)
	if err != nil {
		tb.Fatalf("apstest: %v", err)
		return nil
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

// Start starts a stand-in that listens. It fails if the configuration is wrong,
// the address is taken, or a file cannot be opened.
func Start(cfg Config) (*Server, error) {
	s, err := New(cfg)
	if err != nil {
		return nil, err
	}
	s.listens = true
	if err := s.listen(s.cfg.Listen); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// New returns a stand-in that does not listen: it is an http.Handler, to be
// served by the caller in whatever way, until it is closed.
func New(cfg Config) (*Server, error) {
	// The caller's map and slice stay the caller's.
	cfg.Denied = slices.Clone(cfg.Denied)
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	key := guidKey(mix(cfg.Seed + 1))
	s := &Server{cfg: cfg, world: world{key: key, tenants: cfg.Tenants, subs: cfg.Subscriptions},
		nonces: newNonces(), tokens: tokens{ends: make(map[string]time.Time)},
		listings:     listings{byFilter: make(map[string]*listing)},
		faults:       faults{seed: mix(cfg.Seed), rows: make(map[row]int)},
		tally:        tally{keep: cfg.Log, byAccount: make(map[int]int)},
		key:          word(key, "consumer key", 32),
		secret:       word(key, "consumer secret", 128),
		clientSecret: word(key, "client secret", 32), password: word(key, "password", 20),
		ops: make(map[Operation]bool), done: make(chan struct{})}
	var random [16]byte
	rand.Read(random[:])
	if cfg.Draw != nil {
		binary.LittleEndian.PutUint64(random[:8], mix(uint64(key)+1))
		binary.LittleEndian.PutUint64(random[8:], mix(uint64(key)+2))
	}
	s.store = newStore(guidKey(binary.LittleEndian.Uint64(random[:8])))
	s.service = guidKey(binary.LittleEndian.Uint64(random[8:])).guid(guidService, 0, 0)
	s.store.shows = cfg.ImportShows
	if cfg.Lag != nil {
		s.store.lag = func(o *order) time.Duration {
			_, sub, _ := productImports(o.products, &s.cfg.Names)
			return cfg.Lag(o.seq, sub)
		}
	}
	s.accounts, s.plans, s.tenants = s.accountCollection(), s.planCollection(), s.tenantCollection()
	s.provision.Store(int64(cfg.Provisioning))
	s.skew.Store(int64(cfg.Skew))
	for _, op := range cfg.Denied {
		s.ops[op] = true
	}
	for kind, rate := range cfg.Faults {
		s.faults.set(kind, rate)
	}
	if cfg.TLS {
		cert, roots, err := newCertificate(cfg.Clock())
		if err != nil {
			return nil, err
		}
		s.cert, s.roots = &cert, roots
	}
	s.addr = cfg.Listen
	if err := s.openState(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// word makes a credential of n letters and digits from the seed.
func word(key guidKey, name string, n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	x := mix(uint64(key)) ^ hashText(name)
	for i := range b {
		x = mix(x)
		b[i] = letters[x%uint64(len(letters))]
	}
	return string(b)
}

// listen opens the address and serves it until it is shut again.
func (s *Server) listen(addr string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil || s.closed {
		return nil
	}
	l, err := s.cfg.Listener(addr)
	if err != nil {
		return err
	}
	s.addr = l.Addr().String()
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState:         s.connState,
		ConnContext:       s.ConnContext,
	}
	if s.cert != nil {
		s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*s.cert}}
		go s.http.ServeTLS(l, "", "")
	} else {
		go s.http.Serve(l)
	}
	return nil
}

// ConnContext gives a connection its node: where the stand-in does not listen by
// itself, it belongs into the http.Server that does.
func (s *Server) ConnContext(ctx context.Context, _ net.Conn) context.Context {
	n := s.nodes.Add(1) - 1
	return context.WithValue(ctx, nodeKey{}, int(n)%s.cfg.Nodes)
}

type nodeKey struct{}

// nodeCookie keeps a client at the node that it met first.
const nodeCookie = "APSNODE"

// nodeOf is the node that a request comes to.
func (s *Server) nodeOf(r *http.Request) int {
	if s.cfg.Node != nil {
		return s.cfg.Node(r) % s.cfg.Nodes
	}
	if cookie, err := r.Cookie(nodeCookie); err == nil {
		if node, err := strconv.Atoi(cookie.Value); err == nil && node >= 0 {
			return node % s.cfg.Nodes
		}
	}
	node, _ := r.Context().Value(nodeKey{}).(int)
	return node
}

func (s *Server) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
		s.tally.add("connections")
	case http.StateClosed, http.StateHijacked:
		s.conns.Add(-1)
	}
}

// shut closes the listener and every connection.
func (s *Server) shut() error {
	s.mu.Lock()
	server := s.http
	s.http = nil
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	return server.Close()
}

// begin counts a call in, unless the server is closing or out of reach.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.refusing {
		return false
	}
	s.running.Add(1)
	return true
}

// Close ends all connections, waits for the calls being served, and closes the
// files. Answers that are held back are given up.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	s.mu.Unlock()
	err := s.shut()
	s.running.Wait()
	for end := time.Now().Add(5 * time.Second); s.conns.Load() > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	return errors.Join(err, s.store.state.close(), s.store.log.close())
}

// wait waits for d, until the server closes, or, if r is not nil, until its
// client has gone.
func (s *Server) wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return // a timer due at once breaks go1.26's race detector in fake time
	}
	ctx := context.Background()
	if r != nil {
		ctx = r.Context()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.done:
	case <-ctx.Done():
	}
}

// URL returns the base address, without a path. Of a stand-in that does not
// listen it is the address that Config.Listen names.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cert != nil {
		return "https://" + s.addr
	}
	return "http://" + s.addr
}

// Key returns the OAuth 1.0a consumer key.
func (s *Server) Key() string {
	key, _ := s.credentials()
	return key
}

// Secret returns the OAuth 1.0a consumer secret.
func (s *Server) Secret() string {
	_, secret := s.credentials()
	return secret
}

func (s *Server) credentials() (key, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key, s.secret
}

func (s *Server) currentClientSecret() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.clientNew, s.clientSecret)
}

// SetCredentials changes the consumer key and secret, as re-creating the pair
// in the panel does: from now on the old ones are refused.
func (s *Server) SetCredentials(key, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key, s.secret = key, secret
}

// SetClientSecret changes the secret of the token endpoint, and revokes the
// tokens given out.
func (s *Server) SetClientSecret(secret string) {
	s.mu.Lock()
	s.clientNew = secret
	s.mu.Unlock()
	s.RevokeTokens()
}

// OrderServiceID returns the aps.id of the order service, which tells this
// platform from another.
func (s *Server) OrderServiceID() string { return s.service }

// Allow switches one Allowed Operation on or off.
func (s *Server) Allow(op Operation, allowed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ops[op] = !allowed
}

func (s *Server) denied(op Operation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ops[op]
}

// SetProvisioning changes what Config said, for orders placed from now on.
func (s *Server) SetProvisioning(d time.Duration) { s.provision.Store(int64(d)) }

// SetSkew changes what Config said, for requests that arrive from now on.
func (s *Server) SetSkew(d time.Duration) { s.skew.Store(int64(d)) }

func (s *Server) provisioning() time.Duration { return time.Duration(s.provision.Load()) }

func (s *Server) limit() float64 {
	if rate := s.faults.rate("rate-limit"); rate > 0 {
		return rate
	}
	return s.cfg.RateLimit
}

// SetOutage takes the whole platform down until EndOutage. With refuse the port
// is closed and open connections are cut; without, every request is answered by
// a 503 with Retry-After. Of a stand-in that does not listen the connections are
// cut once a request has come.
func (s *Server) SetOutage(refuse bool) {
	s.unavailable.Store(!refuse)
	s.refuse(refuse)
	if refuse {
		s.shut()
		return
	}
	if err := s.reopen(); err != nil {
		panic("apstest: " + err.Error())
	}
}

// EndOutage brings the platform back, on the same address.
func (s *Server) EndOutage() {
	s.unavailable.Store(false)
	s.refuse(false)
	if err := s.reopen(); err != nil {
		panic("apstest: " + err.Error())
	}
}

func (s *Server) refuse(refusing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusing = refusing
}

// reopen listens on the same port again; another process may hold it for a
// moment, as the near end of a connection of its own.
func (s *Server) reopen() error {
	if !s.listens {
		return nil
	}
	addr := strings.TrimPrefix(strings.TrimPrefix(s.URL(), "https://"), "http://")
	var err error
	for range 100 {
		if err = s.listen(addr); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("listen again on %s: %w", addr, err)
}

// bucket lets so many calls a second pass, and a fifth of that at once.
type bucket struct {
	mu   sync.Mutex
	held float64
	last time.Time
}

func (b *bucket) take(rate float64, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	burst := max(1, rate/5)
	if b.last.IsZero() {
		b.held = burst
	} else {
		b.held = min(burst, b.held+rate*now.Sub(b.last).Seconds())
	}
	b.last = now
	if b.held < 1 {
		return false
	}
	b.held--
	return true
}
