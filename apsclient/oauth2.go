package apsclient

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// OAuth2 are the credentials that newer platforms take. With a Username they
// are used for the password grant, else for the client credentials grant.
type OAuth2 struct {
	TokenURL     string // https; plain http to this machine only
	ClientID     string
	ClientSecret string
	Username     string
	Password     string
}

// bearerTransport puts the current token on requests. It never changes the
// request it is given.
type bearerTransport struct {
	tokens *tokenSource
	base   http.RoundTripper
}

// RoundTrip implements http.RoundTripper. A token that earns a 401 is not used
// again.
func (t *bearerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := t.tokens.token(req.Context())
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	resp, err := t.base.RoundTrip(authorized(req, "Bearer "+token.AccessToken))
	switch {
	case err != nil:
	case resp.StatusCode == http.StatusUnauthorized:
		t.tokens.spend(token)
		if a := attemptOf(req.Context()); a != nil {
			a.outlived = token.proved.Load()
		}
	case resp.StatusCode < 300:
		token.proved.Store(true)
	}
	return resp, err
}

// heldToken is an access token, and whether the platform has ever taken it.
type heldToken struct {
	*oauth2.Token
	proved atomic.Bool
}

const (
	// failureMemory is how long a failed token request speaks for all: with
	// every worker asking again by itself an account would soon be locked.
	failureMemory = 5 * time.Second
)

// tokenSource fetches one token for all workers, ahead of its expiry, and
// remembers a failure for a few seconds.
type tokenSource struct {
	fetch func(context.Context) (*oauth2.Token, error)
	clean cleaner
	told  func(string) // each token
	clock func() time.Time
	gate  chan struct{} // held while fetching

	mu      sync.Mutex
	current *heldToken
	fresh   span // in which current is used
	failed  *Error
	fails   span // in which failed speaks for all
	spent   int  // tokens refused before their end
}

// span is a stretch of wall time. A clock that was set back to before it is
// outside as well.
type span struct {
	from, to time.Time // to is zero: without end
}

func (s span) holds(at time.Time) bool {
	return !at.Before(s.from) && (s.to.IsZero() || at.Before(s.to))
}

func newTokenSource(config Config, base http.RoundTripper, clean cleaner) (*tokenSource, error) {
	cfg := *config.OAuth2
	if _, err := checkAddress("the token address", cfg.TokenURL); err != nil {
		return nil, err
	}
	if cfg.ClientID == "" {
		return nil, errors.New("the OAuth 2 client id is empty")
	}
	if cfg.Username == "" && cfg.ClientSecret == "" {
		return nil, errors.New("the OAuth 2 client secret is empty, and no user name is given for the password grant")
	}
	client := &http.Client{
		Transport:     &agentTransport{config.UserAgent, base},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s := &tokenSource{clean: clean, told: config.Secret, clock: config.Clock, gate: make(chan struct{}, 1)}
	s.fetch = func(ctx context.Context) (*oauth2.Token, error) {
		ctx = context.WithValue(ctx, oauth2.HTTPClient, client)
		// The way of sending the client's secret is fixed: probing for it would
		// double every failed attempt.
		if cfg.Username != "" {
			grant := oauth2.Config{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret,
				Endpoint: oauth2.Endpoint{TokenURL: cfg.TokenURL, AuthStyle: oauth2.AuthStyleInParams}}
			return grant.PasswordCredentialsToken(ctx, cfg.Username, cfg.Password)
		}
		grant := clientcredentials.Config{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret,
			TokenURL: cfg.TokenURL, AuthStyle: oauth2.AuthStyleInParams}
		return grant.Token(ctx)
	}
	return s, nil
}

// agentTransport names the program on requests made by x/oauth2.
type agentTransport struct {
	name string
	base http.RoundTripper
}

func (t *agentTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	named := req.Clone(req.Context())
	named.Header.Set("User-Agent", t.name)
	return t.base.RoundTrip(named)
}

// token returns the token in force, fetching one if need be. Only one caller
// fetches; the others wait for it, or for their own context.
func (s *tokenSource) token(ctx context.Context) (*heldToken, error) {
	if token, err := s.known(); token != nil || err != nil {
		return token, err
	}
	select {
	case s.gate <- struct{}{}:
		defer func() { <-s.gate }()
	case <-ctx.Done():
		return nil, &Error{Kind: NotSent, Op: opToken, Err: &plainError{"interrupted", ctx.Err()}}
	}
	if token, err := s.known(); token != nil || err != nil {
		return token, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, tokenTimeout, &patienceError{tokenTimeout})
	defer cancel()
	begun := s.clock()
	token, err := s.fetch(limited)
	now := s.clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		e := s.failure(ctx, limited, err)
		if ctx.Err() == nil { // a caller that gave up says nothing about the platform
			s.failed, s.fails = e, span{now, now.Add(max(failureMemory, e.RetryAfter))}
		}
		return nil, e
	}
	for _, secret := range []string{token.AccessToken, token.RefreshToken} {
		if secret != "" {
			s.clean.secrets.cover(secret)
			s.told(secret)
		}
	}
	s.current, s.failed = &heldToken{Token: token}, nil
	s.fresh = span{from: begun}
	if life := lifeOf(token); life > 0 {
		s.fresh.to = begun.Add(life / 5 * 4)
	}
	return s.current, nil
}

// lifeOf is how long a token was said to be good for, 0 if nothing was said. A
// token is renewed at four fifths of it: an order that earns a 401 costs a look.
func lifeOf(token *oauth2.Token) time.Duration {
	switch {
	case token.ExpiresIn > 0:
		return time.Duration(token.ExpiresIn) * time.Second
	case !token.Expiry.IsZero():
		return max(time.Until(token.Expiry), 1) // told by package time
	default:
		return 0
	}
}

// known returns the token or the failure still in force, or neither.
func (s *tokenSource) known() (*heldToken, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	if s.current != nil && s.fresh.holds(now) {
		return s.current, nil
	}
	if s.failed != nil && s.fails.holds(now) {
		e := *s.failed
		return nil, &e
	}
	return nil, nil
}

// spend takes a token out of use, unless another has taken its place.
func (s *tokenSource) spend(token *heldToken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == token {
		s.current = nil
		s.spent++
	}
}

// Renewed is how many access tokens the platform has refused before their end.
// With OAuth 1 it is 0.
func (c *Client) Renewed() int {
	if c.tokens == nil {
		return 0
	}
	c.tokens.mu.Lock()
	defer c.tokens.mu.Unlock()
	return c.tokens.spent
}

// errFreshToken is why a 401 is not answered with yet another token.
var errFreshToken = errors.New("the access token was a fresh one")

// failure sorts a failed token request. Whatever it was for has not been sent.
func (s *tokenSource) failure(caller, ctx context.Context, err error) *Error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		if isNetwork(err) || ctx.Err() != nil {
			return &Error{Kind: NotSent, Op: opToken, Err: plain(caller, ctx, explainer{"the token endpoint", s.clock()}, s.clean, err)}
		}
		return &Error{Kind: Credentials, Op: opToken, Err: errors.New("the token endpoint answered, but not with a token")}
	}
	e := &Error{Kind: Credentials, Op: opToken, Status: refused.Response.StatusCode,
		Code:    s.clean.line(refused.ErrorCode, 100),
		Message: s.clean.line(refused.ErrorDescription, 500)}
	ans := answer{status: e.Status, header: refused.Response.Header}
	if date, err := http.ParseTime(ans.header.Get("Date")); err == nil {
		ans.date, e.Date, e.Skew = date.UTC(), date.UTC(), date.Sub(s.clock())
	}
	switch {
	case e.Status == http.StatusTooManyRequests, e.Status == http.StatusServiceUnavailable && ans.header.Get("Retry-After") != "":
		e.Kind, e.RetryAfter = SlowDown, retryAfter(ans, s.clock())
	case e.Status >= 500, e.Status == http.StatusRequestTimeout:
		e.Kind = NotSent
	}
	return e
}
