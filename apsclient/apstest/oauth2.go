package apstest

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"
)

// OAuth2 is what a client needs for a token: the password grant with Username
// and Password, or client_credentials without.
type OAuth2 struct {
	TokenURL               string
	ClientID, ClientSecret string
	Username, Password     string
}

const tokenPath = "/auth/realms/sandbox/protocol/openid-connect/token"

// tokens are the bearer tokens given out, with their ends.
type tokens struct {
	mu   sync.Mutex
	ends map[string]time.Time
}

func (t *tokens) issue(life time.Duration, now time.Time) string {
	var raw [32]byte
	rand.Read(raw[:])
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	t.mu.Lock()
	defer t.mu.Unlock()
	for old, end := range t.ends {
		if now.After(end) {
			delete(t.ends, old)
		}
	}
	t.ends[token] = now.Add(life)
	return token
}

func (t *tokens) valid(token string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	end, ok := t.ends[token]
	return ok && now.Before(end)
}

func (t *tokens) revoke(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.ends, token)
}

func (t *tokens) revokeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.ends)
}

// OAuth2 returns the credentials of the token endpoint.
func (s *Server) OAuth2() OAuth2 {
	return OAuth2{TokenURL: s.URL() + tokenPath, ClientID: "bulkimport", ClientSecret: s.clientSecret,
		Username: "importer", Password: s.password}
}

// RevokeTokens makes every bearer token given out so far invalid: the next
// request with one is answered 401, and a new one can be had.
func (s *Server) RevokeTokens() { s.tokens.revokeAll() }

// token answers a token request (RFC 6749, 4.3 and 4.4); the client shows
// itself by HTTP Basic or in the form, not both (2.3).
func (s *Server) token(c *call) answer {
	if media, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";"); media != "application/x-www-form-urlencoded" {
		return oauthError(http.StatusBadRequest, "invalid_request", "the token request must be a form")
	}
	form := make(map[string]string)
	for part := range strings.SplitSeq(string(c.body), "&") {
		name, value, _ := strings.Cut(part, "=")
		name, err1 := percentDecode(strings.ReplaceAll(name, "+", " "))
		value, err2 := percentDecode(strings.ReplaceAll(value, "+", " "))
		if _, twice := form[name]; twice || err1 != nil || err2 != nil {
			return oauthError(http.StatusBadRequest, "invalid_request", "the form cannot be read")
		}
		switch name {
		case "grant_type", "client_id", "client_secret", "username", "password", "scope":
		default:
			if s.cfg.Strict {
				return oauthError(http.StatusBadRequest, "invalid_request", name+" is not known")
			}
		}
		form[name] = value
	}
	id, secret := form["client_id"], form["client_secret"]
	if user, pass, basic := c.r.BasicAuth(); basic {
		if secret != "" {
			return oauthError(http.StatusBadRequest, "invalid_request", "client secret given twice")
		}
		// RFC 6749, 2.3.1: both are form-encoded before they go into the header.
		var err1, err2 error
		id, err1 = percentDecode(strings.ReplaceAll(user, "+", " "))
		secret, err2 = percentDecode(strings.ReplaceAll(pass, "+", " "))
		if err1 != nil || err2 != nil {
			return oauthError(http.StatusBadRequest, "invalid_request", "the Authorization header cannot be read")
		}
	}
	want := s.OAuth2()
	if id != want.ClientID || !same(secret, s.currentClientSecret()) {
		return oauthError(http.StatusUnauthorized, "unauthorized_client", "Invalid client or Invalid client credentials")
	}
	switch form["grant_type"] {
	case "client_credentials":
	case "password":
		if form["username"] != want.Username || !same(form["password"], want.Password) {
			return oauthError(http.StatusUnauthorized, "invalid_grant", "Invalid user credentials")
		}
	default:
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type")
	}
	life := s.cfg.TokenLife
	return jsonAnswer(http.StatusOK, object{
		{"access_token", s.tokens.issue(life, c.now)},
		{"expires_in", int(life.Seconds())},
		{"token_type", "Bearer"},
	})
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func oauthError(status int, code, words string) answer {
	return jsonAnswer(status, object{{"error", code}, {"error_description", words}})
}
