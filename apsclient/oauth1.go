package apsclient

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OAuth1 is a staff member's access to the APS bus: consumer key and secret,
// used two-legged, without a token.
type OAuth1 struct {
	Key, Secret string
}

// oauth1Transport signs requests with OAuth 1.0a, HMAC-SHA1, header
// parameters (RFC 5849). It never changes the request it is given. It signs
// what is on the wire: URL.RawQuery is taken as it stands, and a body is not
// signed unless it is a form, which this client never sends.
type oauth1Transport struct {
	cred  OAuth1
	base  http.RoundTripper
	now   func() time.Time
	nonce func() string
}

// RoundTrip implements http.RoundTripper.
func (t *oauth1Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.base.RoundTrip(authorized(req, t.header(req)))
}

// authorized is req with an Authorization header.
func authorized(req *http.Request, header string) *http.Request {
	signed := req.WithContext(req.Context()) // a shallow copy
	signed.Header = make(http.Header, len(req.Header)+1)
	maps.Copy(signed.Header, req.Header)
	signed.Header["Authorization"] = []string{header}
	return signed
}

// header is the value of the Authorization header for req.
func (t *oauth1Transport) header(req *http.Request) string {
	oauth := append(make([]param, 0, 6),
		param{"oauth_consumer_key", t.cred.Key},
		param{"oauth_nonce", t.nonce()},
		param{"oauth_signature_method", "HMAC-SHA1"},
		param{"oauth_timestamp", strconv.FormatInt(t.now().Unix(), 10)},
		param{"oauth_version", "1.0"},
	)
	base := baseString(req.Method, req.URL, req.Host, oauth)
	oauth = append(oauth, param{"oauth_signature", signature(base, t.cred.Secret, "")})
	b := append(make([]byte, 0, 320), "OAuth "...)
	for i, p := range oauth {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(append(b, p.name...), `="`...)
		b = append(appendEscaped(b, p.value), '"')
	}
	return string(b)
}

// newNonce is 26 characters of A-Z and 2-7, 130 random bits. Verifiers refuse
// the + / = of base64.
func newNonce() string { return rand.Text() }

type param struct{ name, value string }

// baseString is the signature base string of RFC 5849 section 3.4.1.
func baseString(method string, u *url.URL, host string, oauth []param) []byte {
	all := append(queryParams(u.RawQuery), oauth...)
	for i, p := range all {
		all[i] = param{escape(p.name, ""), escape(p.value, "")}
	}
	slices.SortFunc(all, func(a, b param) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	b := append(make([]byte, 0, 512), strings.ToUpper(method)...)
	b = appendEscaped(append(b, '&'), baseURI(u, host))
	// The normalised parameters are escaped a second time: = and & between
	// them, and every % of the first.
	separator := "&"
	for _, p := range all {
		b = appendEscaped(append(b, separator...), p.name)
		b = appendEscaped(append(b, "%3D"...), p.value)
		separator = "%26"
	}
	if len(all) == 0 {
		b = append(b, '&')
	}
	return b
}

// baseURI is the base string URI of RFC 5849 section 3.4.1.2: scheme and host
// in lower case, the default port left out, no query.
func baseURI(u *url.URL, host string) string {
	if host == "" {
		host = u.Host
	}
	scheme := strings.ToLower(u.Scheme)
	host = strings.ToLower(host)
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return scheme + "://" + host + path
}

// queryParams takes a raw query apart as a form (RFC 5849 section 3.4.1.3.1).
// It is done by hand because url.ParseQuery refuses a semicolon. A whole RQL
// expression is one name with an empty value.
func queryParams(raw string) []param {
	list := make([]param, 0, 8)
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		list = append(list, param{unescapeForm(name), unescapeForm(value)})
	}
	return list
}

// unescapeForm decodes a form component; an escape that is none stays as it
// is.
func unescapeForm(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}

// signature is RFC 5849 section 3.4.2, HMAC-SHA1.
func signature(base []byte, consumerSecret, tokenSecret string) string {
	mac := hmac.New(sha1.New, []byte(escape(consumerSecret, "")+"&"+escape(tokenSecret, "")))
	mac.Write(base)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
