package apsclient

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"
)

// What tests in the external package need to reach.

// Param is a name and a value that are signed.
type Param = param

// P makes a Param.
func P(name, value string) Param { return param{name, value} }

// BaseString is the signature base string of a request.
func BaseString(method, rawURL string, oauth ...Param) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		panic(err)
	}
	return string(baseString(method, u, "", oauth))
}

var (
	Signature    = func(base, consumer, token string) string { return signature([]byte(base), consumer, token) }
	QueryParams  = queryParams
	Name         = func(p Param) string { return p.name }
	Value        = func(p Param) string { return p.value }
	CleanText    = cleaner{}.text
	HTMLText     = htmlText
	RangeTotal   = rangeTotal
	Moment       = func(s string) time.Time { return moment(s) }
	CheckAddress = checkAddress
)

// Endless reads pages of new elements of a list that always has so many more to come,
// untold if negative, until it is given up.
func Endless(size, more int) (elements int, err error) {
	r := reading{listing: listing{size: size}, seen: newIDSet(), announced: untold, before: untold}
	for err == nil && !r.done {
		total := untold
		if r.seen.length += size; more >= 0 {
			total = r.start + size + more
		}
		err = r.advance(size, size, total)
	}
	return r.seen.length, err
}

// The RQL builder.
type Expr = expr

var (
	Eq           = eq
	Ge           = ge
	In           = in
	And          = and
	Or           = or
	Not          = not
	StartsWith   = startsWith
	SortDown     = sortDown
	Limit        = limit
	Choose       = choose
	Implementing = implementing
	Query        = query
)

// Sign returns req as OAuth 1 would send it.
func Sign(cred OAuth1, req *http.Request) *http.Request {
	var signed *http.Request
	t := &oauth1Transport{cred: cred, now: time.Now, nonce: newNonce, base: roundTripper(func(r *http.Request) (*http.Response, error) {
		signed = r
		return nil, net.ErrClosed
	})}
	t.RoundTrip(req)
	return signed
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Decode decodes an order answer.
func (o *Orders) Decode(body []byte) (Order, error) {
	v, err := decodeJSON(body)
	if err != nil {
		return Order{}, err
	}
	return o.decode(v), nil
}

// Complaint sorts an error answer.
func (c *Client) Complaint(op string, status int, header http.Header, body []byte) *Error {
	return c.refusal(call{op: op, method: http.MethodPost}, answer{status: status, header: header, body: body})
}

// NewOrders is an order service at a known place.
func (c *Client) NewOrders(id string) *Orders {
	return &Orders{ID: id, c: c, path: c.wire.ResourcesPath + "/" + id}
}

// Ask sends a query as a call would.
func (c *Client) Ask(ctx context.Context, path, query string) error {
	_, err := c.do(ctx, call{op: "ask", method: http.MethodGet, path: path, query: query})
	return err
}

// SetPause sets the first pause before a read is repeated.
func (c *Client) SetPause(d time.Duration) { c.pause = d }
