package apstest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// How far a signed timestamp may be from the server's clock.
const (
	window      = 300 * time.Second          // default of Config.Window
	shortWindow = 30 * time.Second           // fault stamps-short
	noWindow    = 100 * 365 * 24 * time.Hour // fault stamps-old
)

// window is how old a signed timestamp may be.
func (c *call) window() time.Duration {
	switch {
	case c.strikes("stamps-old"):
		return noWindow
	case c.strikes("stamps-short"):
		return shortWindow
	}
	return c.s.cfg.Window
}

// pair is one parameter of a signature base string (RFC 5849, 3.4.1.3).
type pair struct{ name, value string }

// signed is a request as the signature sees it, taken from the wire.
type signed struct {
	method, scheme, host string
	path, query          string // raw, as received
	authorization        string // after the word OAuth
}

// verifyOAuth1 checks a two-legged OAuth 1.0a signature (RFC 5849, 3.2) and
// remembers its nonce. Its errors say what a developer has to mend.
func (s *Server) verifyOAuth1(r signed, now time.Time, oldest time.Duration) error {
	params, err := authorizationParams(r.authorization)
	if err != nil {
		return err
	}
	oauth := make(map[string]string, len(params))
	for _, p := range params {
		if _, twice := oauth[p.name]; twice {
			return fmt.Errorf("%s is given twice", p.name)
		}
		oauth[p.name] = p.value
	}
	if err := s.checkOAuthParams(oauth); err != nil {
		return err
	}
	key, secret := s.credentials()
	if oauth["oauth_consumer_key"] != key {
		return errors.New("the consumer key is not known")
	}
	seconds, err := strconv.ParseInt(oauth["oauth_timestamp"], 10, 64)
	if err != nil || seconds <= 0 {
		return errors.New("oauth_timestamp is not a number of seconds")
	}
	if away := now.Sub(time.Unix(seconds, 0)); away > oldest+time.Second || away < -s.cfg.Window {
		return fmt.Errorf("oauth_timestamp is %d s away from this server's clock, %d s at most are allowed", int64(away.Abs().Seconds()), int64(oldest.Seconds()))
	}
	base, err := baseString(r, params)
	if err != nil {
		return err
	}
	got, err := base64.StdEncoding.DecodeString(oauth["oauth_signature"])
	if err != nil {
		return errors.New("oauth_signature is not base64")
	}
	mac := hmac.New(sha1.New, []byte(percentEncode(secret)+"&"))
	mac.Write(base)
	if subtle.ConstantTimeCompare(mac.Sum(nil), got) != 1 {
		return fmt.Errorf("the signature does not match the base string %s", base)
	}
	if !s.nonces.first(seconds, oauth["oauth_nonce"], now) {
		return errors.New("this oauth_nonce has been used before with this oauth_timestamp")
	}
	return nil
}

func (s *Server) checkOAuthParams(oauth map[string]string) error {
	for name := range oauth {
		switch name {
		case "oauth_consumer_key", "oauth_signature_method", "oauth_timestamp", "oauth_nonce", "oauth_version", "oauth_signature":
		case "oauth_token":
			// Two-legged: an empty token is harmless, but nothing a client should send.
			if s.cfg.Strict || oauth[name] != "" {
				return errors.New("oauth_token has no place in a two-legged signature")
			}
		default:
			return fmt.Errorf("%s is not known here", name)
		}
	}
	for _, name := range []string{"oauth_consumer_key", "oauth_signature_method", "oauth_timestamp", "oauth_nonce", "oauth_signature"} {
		if oauth[name] == "" {
			return fmt.Errorf("%s is missing", name)
		}
	}
	if version, ok := oauth["oauth_version"]; ok && version != "1.0" || !ok && s.cfg.Strict {
		return errors.New("oauth_version must be 1.0")
	}
	if oauth["oauth_signature_method"] != "HMAC-SHA1" {
		return errors.New("oauth_signature_method must be HMAC-SHA1")
	}
	nonce := oauth["oauth_nonce"]
	if len(nonce) < 16 || len(nonce) > 50 {
		return fmt.Errorf("oauth_nonce has %d characters, 16 to 50 are allowed", len(nonce))
	}
	for i := range len(nonce) {
		if c := nonce[i] | 0x20; (c < 'a' || c > 'z') && (nonce[i] < '0' || nonce[i] > '9') {
			return errors.New("oauth_nonce may hold letters and digits only")
		}
	}
	return nil
}

// authorizationParams reads name="value" pairs separated by commas, both
// percent-encoded (RFC 5849, 3.5.1). The realm is left out.
func authorizationParams(header string) ([]pair, error) {
	var params []pair
	for part := range strings.SplitSeq(header, ",") {
		part = strings.Trim(part, " \t")
		if part == "" {
			continue
		}
		name, quoted, ok := strings.Cut(part, "=")
		if !ok || len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
			return nil, errors.New("the Authorization header is not a list of name=\"value\"")
		}
		value, err := percentDecode(quoted[1 : len(quoted)-1])
		if err != nil {
			return nil, fmt.Errorf("the Authorization header: %w", err)
		}
		if name, err = percentDecode(name); err != nil {
			return nil, fmt.Errorf("the Authorization header: %w", err)
		}
		if strings.EqualFold(name, "realm") {
			continue
		}
		params = append(params, pair{name, value})
	}
	return params, nil
}

// baseString is the signature base string of RFC 5849, 3.4.1. A query is read
// as a form: pairs between &, the first = ends the name, + is a space.
func baseString(r signed, params []pair) ([]byte, error) {
	encoded := make([]pair, 0, len(params)+4)
	for _, p := range params {
		if p.name != "oauth_signature" {
			encoded = append(encoded, pair{percentEncode(p.name), percentEncode(p.value)})
		}
	}
	for part := range strings.SplitSeq(r.query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, err1 := percentDecode(strings.ReplaceAll(name, "+", " "))
		value, err2 := percentDecode(strings.ReplaceAll(value, "+", " "))
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("the query: %w", err)
		}
		encoded = append(encoded, pair{percentEncode(name), percentEncode(value)})
	}
	slices.SortFunc(encoded, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	var list strings.Builder
	for i, p := range encoded {
		if i > 0 {
			list.WriteByte('&')
		}
		list.WriteString(p.name)
		list.WriteByte('=')
		list.WriteString(p.value)
	}
	host := strings.ToLower(r.host)
	if r.scheme == "http" {
		host = strings.TrimSuffix(host, ":80")
	} else {
		host = strings.TrimSuffix(host, ":443")
	}
	var b bytes.Buffer
	b.WriteString(strings.ToUpper(r.method))
	b.WriteByte('&')
	b.WriteString(percentEncode(r.scheme + "://" + host + r.path))
	b.WriteByte('&')
	b.WriteString(percentEncode(list.String()))
	return b.Bytes(), nil
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// percentEncode is the encoding of RFC 5849, 3.6.
func percentEncode(s string) string {
	n := 0
	for i := range len(s) {
		if !unreserved(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+2*n)
	for i := range len(s) {
		if c := s[i]; unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(b)
}

func percentDecode(s string) (string, error) {
	if strings.IndexByte(s, '%') < 0 {
		return s, nil
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", fmt.Errorf("a percent sign without two digits in %q", s)
		}
		v, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("a percent sign without two digits in %q", s)
		}
		b = append(b, byte(v))
		i += 2
	}
	return string(b), nil
}

// nonces remembers what was signed, for as long as its timestamp is accepted.
type nonces struct {
	mu      sync.Mutex
	seed    maphash.Seed
	minutes map[int64]map[uint64]struct{}
}

func newNonces() *nonces {
	return &nonces{seed: maphash.MakeSeed(), minutes: make(map[int64]map[uint64]struct{})}
}

// first reports whether the nonce is new for its timestamp, and keeps it. Only
// a hash is kept: a million nonces are some 20 MB.
func (n *nonces) first(seconds int64, nonce string, now time.Time) bool {
	var h maphash.Hash
	h.SetSeed(n.seed)
	h.WriteString(nonce)
	sum := mix(h.Sum64() ^ mix(uint64(seconds)))
	minute := seconds / 60
	n.mu.Lock()
	defer n.mu.Unlock()
	set := n.minutes[minute]
	if set == nil {
		set = make(map[uint64]struct{})
		n.minutes[minute] = set
		for m := range n.minutes {
			if time.Unix((m+1)*60, 0).Before(now.Add(-2 * window)) {
				delete(n.minutes, m)
			}
		}
	}
	if _, seen := set[sum]; seen {
		return false
	}
	set[sum] = struct{}{}
	return true
}
