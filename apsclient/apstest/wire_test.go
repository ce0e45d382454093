package apstest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
)

// wire is a bare client: it signs and sends, and knows nothing else.
type wire struct {
	t           testing.TB
	srv         *apstest.Server
	http        *http.Client
	key, secret string
	at          func() time.Time
	nonce       string // fixed, if set
	bearer      string // instead of a signature, if set
	edit        func(*http.Request)
}

func newWire(t testing.TB, srv *apstest.Server) *wire {
	tr := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(tr.CloseIdleConnections)
	return &wire{t: t, srv: srv, http: &http.Client{Transport: tr}, key: srv.Key(), secret: srv.Secret(), at: time.Now}
}

func esc(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// sign makes the Authorization header of RFC 5849 for a request without a form.
func (w *wire) sign(method, target string) string {
	base, query, _ := strings.Cut(target, "?")
	nonce := w.nonce
	if nonce == "" {
		nonce = rand.Text()
	}
	oauth := [][2]string{{"oauth_consumer_key", w.key}, {"oauth_nonce", nonce}, {"oauth_signature_method", "HMAC-SHA1"},
		{"oauth_timestamp", fmt.Sprint(w.at().Unix())}, {"oauth_version", "1.0"}}
	var pairs []string
	for _, p := range oauth {
		pairs = append(pairs, p[0]+"="+esc(p[1]))
	}
	if query != "" {
		for _, part := range strings.Split(query, "&") {
			k, v, _ := strings.Cut(part, "=")
			k, _ = url.QueryUnescape(k)
			v, _ = url.QueryUnescape(v)
			pairs = append(pairs, esc(k)+"="+esc(v))
		}
	}
	slices.Sort(pairs) // names here have no character below "="
	mac := hmac.New(sha1.New, []byte(esc(w.secret)+"&"))
	io.WriteString(mac, method+"&"+esc(base)+"&"+esc(strings.Join(pairs, "&")))
	header := `OAuth oauth_signature="` + esc(base64.StdEncoding.EncodeToString(mac.Sum(nil))) + `"`
	for _, p := range oauth {
		header += `, ` + p[0] + `="` + esc(p[1]) + `"`
	}
	return header
}

type reply struct {
	*http.Response
	body []byte
	err  error
}

func (w *wire) send(ctx context.Context, method, path, body string) reply {
	target := w.srv.URL() + path
	var rd io.Reader
	if body != "" {
		rd = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, rd)
	if err != nil {
		w.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", w.sign(method, target))
	if w.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+w.bearer)
	}
	if w.edit != nil {
		w.edit(req)
	}
	res, err := w.http.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{Response: res, body: b, err: err}
}

func (w *wire) get(path string) reply {
	w.t.Helper()
	return w.send(w.t.Context(), "GET", path, "")
}

// want fails the test unless the status is as expected.
func (r reply) want(t testing.TB, status int) reply {
	t.Helper()
	if r.err != nil {
		t.Fatalf("no answer: %v", r.err)
	}
	if r.StatusCode != status {
		t.Fatalf("status %d, want %d: %s", r.StatusCode, status, r.body)
	}
	return r
}

func (r reply) json(t testing.TB, v any) {
	t.Helper()
	if err := json.NewDecoder(bytes.NewReader(r.body)).Decode(v); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
}

func (w *wire) orders() string { return "/aps/2/resources/" + w.srv.OrderServiceID() + "/orders" }

func tenantsOf(srv *apstest.Server) []apstest.Tenant { return slices.Collect(srv.Tenants()) }

// orderFor is the body of an import order for the first subscription of a tenant.
func orderFor(srv *apstest.Server, t apstest.Tenant) string {
	return orderBody(t.AccountID, srv.Plans()[0].ID, "azure-import/"+t.Subscriptions[0], t.Domain, t.Subscriptions[0])
}

func orderBody(account, plan, reference, domain, sub string) string {
	return fmt.Sprintf(`{"type":"SALES","accountId":%q,"poNumber":%q,"products":[{"planId":%q,"period":{"unit":"MONTH","duration":1},`+
		`"activationParams":[{"key":"tenant","value":%q},{"key":"csp_subscription_id","value":%q}]}]}`,
		account, reference, plan, domain, sub)
}

func (w *wire) place(t apstest.Tenant) reply {
	return w.send(w.t.Context(), "POST", w.orders(), orderFor(w.srv, t))
}

// placed places an order that must succeed, and returns its id.
func (w *wire) placed(t apstest.Tenant) string {
	w.t.Helper()
	var got struct{ OrderID string }
	w.place(t).want(w.t, 200).json(w.t, &got)
	if got.OrderID == "" {
		w.t.Fatal("no orderId")
	}
	return got.OrderID
}

type order struct {
	OrderID, OrderNumber, Type, Status, ProvisioningStatus string
	PoNumber                                               *string
	AccountID, OrderDate                                   string
	ErrorDetails                                           map[string]string
	Products                                               json.RawMessage
}

func (w *wire) order(id string) order {
	w.t.Helper()
	var o order
	w.get(w.orders()+"/"+id).want(w.t, 200).json(w.t, &o)
	return o
}

// rawGet sends a request line exactly as given and returns the whole answer.
func rawGet(t testing.TB, w *wire, target string) string {
	t.Helper()
	host := strings.TrimPrefix(w.srv.URL(), "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nAuthorization: %s\r\n\r\n", target, host, w.sign("GET", w.srv.URL()+target))
	b, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func newRequest(method, target, body, authorization string) (*http.Request, error) {
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", authorization)
	return req, nil
}
