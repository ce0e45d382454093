package apsclient_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"bulkimport/apsclient"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const busyProse = `There is already an open Change Order #SO000017. This order prohibits placing an order of the same order type for this subscription.`

// Every answer of the platform, and what the caller may do about it.
func TestPlaceSortsAnswers(t *testing.T) {
	json := map[string]string{"Content-Type": "application/json"}
	html := map[string]string{"Content-Type": "text/html"}
	for _, test := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   apsclient.Error
	}{
		{"400 code type message", 400, json, `{"code":400,"type":"ValidationError","message":"the plan is not sold"}`,
			apsclient.Error{Kind: apsclient.Refused, Status: 400, Code: "400", Message: "the plan is not sold"}},
		{"409", 409, json, `{"error":"APS::Conflict","message":"subscription is already imported"}`,
			apsclient.Error{Kind: apsclient.Refused, Status: 409, Code: "APS::Conflict", Message: "subscription is already imported"}},
		{"422 message by language", 422, json, `{"error":"X","message":{"de":"nein","en_US":"no"}}`,
			apsclient.Error{Kind: apsclient.Refused, Status: 422, Code: "X", Message: "no"}},
		{"400 empty", 400, nil, ``, apsclient.Error{Kind: apsclient.Refused, Status: 400}},
		{"400 with an error object", 400, json, `{"error":{"code":"E1","message":"nested"}}`,
			apsclient.Error{Kind: apsclient.Refused, Status: 400, Code: "E1", Message: "nested"}},
		{"400 with a list of errors", 400, json, `[{"code":"E1","message":"first"},{"code":"E2","message":"second"}]`,
			apsclient.Error{Kind: apsclient.Refused, Status: 400, Code: "E1", Message: "first"}},
		{"404 of a named thing", 404, json, `{"code":404,"type":"NotFound","message":"service plan x is not found"}`,
			apsclient.Error{Kind: apsclient.Refused, Status: 404, Code: "404", Message: "service plan x is not found"}},
		{"404 page", 404, html, `<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1><hr>nginx</body></html>`,
			apsclient.Error{Kind: apsclient.NoService, Status: 404, Message: "404 Not Found nginx"}},
		{"404 empty", 404, nil, ``, apsclient.Error{Kind: apsclient.NoService, Status: 404}},
		{"405", 405, html, `no`, apsclient.Error{Kind: apsclient.NoService, Status: 405, Message: "no"}},
		{"401", 401, json, `{"error":"APS::Util::AuthenticationFailed","message":"bad signature"}`,
			apsclient.Error{Kind: apsclient.Credentials, Status: 401, Code: "APS::Util::AuthenticationFailed", Message: "bad signature"}},
		{"401 empty", 401, nil, ``, apsclient.Error{Kind: apsclient.Credentials, Status: 401}},
		{"403 failed authentication", 403, json, `{"error":"APS::Util::AuthenticationFailed","message":"bad key"}`,
			apsclient.Error{Kind: apsclient.Credentials, Status: 403, Code: "APS::Util::AuthenticationFailed", Message: "bad key"}},
		{"403 access violation", 403, json, `{"error":"APS::Util::AccessViolation","message":"no"}`,
			apsclient.Error{Kind: apsclient.Permission, Status: 403, Code: "APS::Util::AccessViolation", Message: "no"}},
		{"403 page", 403, html, `<html>Forbidden</html>`, apsclient.Error{Kind: apsclient.Permission, Status: 403, Message: "Forbidden"}},
		{"429", 429, nil, ``, apsclient.Error{Kind: apsclient.SlowDown, Status: 429}},
		{"429 seconds", 429, map[string]string{"Retry-After": "7"}, ``, apsclient.Error{Kind: apsclient.SlowDown, Status: 429, RetryAfter: 7 * time.Second}},
		{"503 with Retry-After", 503, map[string]string{"Retry-After": "2.5"}, ``, apsclient.Error{Kind: apsclient.SlowDown, Status: 503, RetryAfter: 2500 * time.Millisecond}},
		{"503 with a Retry-After of nonsense", 503, map[string]string{"Retry-After": "soon"}, ``, apsclient.Error{Kind: apsclient.SlowDown, Status: 503}},
		{"503 with a Retry-After of nothing", 503, map[string]string{"Retry-After": "-NaN"}, ``, apsclient.Error{Kind: apsclient.SlowDown, Status: 503}},
		{"503 with a Retry-After of for ever", 503, map[string]string{"Retry-After": "1e300"}, ``, apsclient.Error{Kind: apsclient.SlowDown, Status: 503, RetryAfter: 24 * time.Hour}},
		{"503", 503, html, `<h1>503</h1>`, apsclient.Error{Kind: apsclient.InDoubt, Status: 503, Message: "503"}},
		{"busy", 500, json, `{"code":500,"type":"InternalServerError","message":"` + busyProse + `"}`,
			apsclient.Error{Kind: apsclient.Busy, Status: 500, Code: "500", Message: busyProse}},
		{"busy within an APSError", 500, json, `{"error":"APS::Hosting::APSError","packageId":"p1","message":"409 Conflict ` + busyProse + `","http_request":"POST /x"}`,
			apsclient.Error{Kind: apsclient.Busy, Status: 500, Code: "APS::Hosting::APSError", Message: "409 Conflict " + busyProse, Support: "packageId=p1, http_request=POST /x"}},
		{"busy as 409", 409, json, `{"message":"` + busyProse + `"}`, apsclient.Error{Kind: apsclient.Busy, Status: 409, Message: busyProse}},
		{"busy in plain text", 500, nil, busyProse, apsclient.Error{Kind: apsclient.Busy, Status: 500, Message: busyProse}},
		{"500 around a 404", 500, json, `{"error":"APS::Hosting::APSError","packageId":"p1","message":"404 Not Found offer","http_request":"GET /offer"}`,
			apsclient.Error{Kind: apsclient.Refused, Wrapped: true, Status: 500, Code: "APS::Hosting::APSError", Message: "404 Not Found offer", Support: "packageId=p1, http_request=GET /offer"}},
		{"500 around a 500", 500, json, `{"error":"APS::Hosting::APSError","message":"500 Internal Server Error"}`,
			apsclient.Error{Kind: apsclient.InDoubt, Status: 500, Code: "APS::Hosting::APSError", Message: "500 Internal Server Error"}},
		{"500 around a time-out", 500, json, `{"error":"APS::Hosting::APSError","message":"408 Request Timeout"}`,
			apsclient.Error{Kind: apsclient.InDoubt, Status: 500, Code: "APS::Hosting::APSError", Message: "408 Request Timeout"}},
		{"500 that mentions a number", 500, json, `{"message":"4040 rows"}`, apsclient.Error{Kind: apsclient.InDoubt, Status: 500, Message: "4040 rows"}},
		{"500 page beginning with 404", 500, html, `<p>404 Not Found</p>`, apsclient.Error{Kind: apsclient.InDoubt, Status: 500, Message: "404 Not Found"}},
		{"busy as 403", 403, json, `{"message":"` + busyProse + `"}`, apsclient.Error{Kind: apsclient.Busy, Status: 403, Message: busyProse}},
		{"access denied in billing", 500, json, `{"error":"APS::Hosting::APSError","message":"BillingAPIFault: Access Denied"}`,
			apsclient.Error{Kind: apsclient.Permission, Wrapped: true, Status: 500, Code: "APS::Hosting::APSError", Message: "BillingAPIFault: Access Denied"}},
		{"access denied in billing, as a page", 500, html, `<p>BillingAPIFault:</p> <b>Access  denied</b>`,
			apsclient.Error{Kind: apsclient.Permission, Wrapped: true, Status: 500, Message: "BillingAPIFault: Access denied"}},
		{"access denied in billing, around a 400", 500, json, `{"error":"APS::Hosting::APSError","message":"400 Bad Request BillingAPIFault: Access Denied"}`,
			apsclient.Error{Kind: apsclient.Permission, Wrapped: true, Status: 500, Code: "APS::Hosting::APSError", Message: "400 Bad Request BillingAPIFault: Access Denied"}},
		{"another fault in billing", 500, json, `{"message":"BillingAPIFault: timeout"}`,
			apsclient.Error{Kind: apsclient.InDoubt, Status: 500, Message: "BillingAPIFault: timeout"}},
		{"already imported is no busy account", 500, json, `{"message":"the subscription is already imported by another order"}`,
			apsclient.Error{Kind: apsclient.InDoubt, Status: 500, Message: "the subscription is already imported by another order"}},
		{"500 empty", 500, nil, ``, apsclient.Error{Kind: apsclient.InDoubt, Status: 500}},
		{"502 page", 502, html, `<html><body>Bad Gateway</body></html>`, apsclient.Error{Kind: apsclient.InDoubt, Status: 502, Message: "Bad Gateway"}},
		{"501 page", 501, html, `<p>not made</p>`, apsclient.Error{Kind: apsclient.InDoubt, Status: 501, Message: "not made"}},
		{"504 page", 504, html, `<HTML><HEAD><TITLE>Gateway Time-out</TITLE></HEAD><BODY>The gateway &lt;b&gt;did not&lt;/b&gt; answer</BODY></HTML>`,
			apsclient.Error{Kind: apsclient.InDoubt, Status: 504, Message: "Gateway Time-out: The gateway did not answer"}},
		{"302 is not followed", 302, map[string]string{"Location": "https://login.example/?x"}, ``,
			apsclient.Error{Kind: apsclient.InDoubt, Status: 302, Message: "redirected to https://login.example/?x"}},
		{"307 is not followed", 307, map[string]string{"Location": "/elsewhere"}, ``,
			apsclient.Error{Kind: apsclient.InDoubt, Status: 307, Message: "redirected to /elsewhere"}},
		{"408", 408, nil, ``, apsclient.Error{Kind: apsclient.InDoubt, Status: 408}},
		{"418", 418, nil, ``, apsclient.Error{Kind: apsclient.InDoubt, Status: 418}},
		{"413", 413, nil, ``, apsclient.Error{Kind: apsclient.Refused, Status: 413}},
		{"JSON called text", 400, map[string]string{"Content-Type": "text/plain"}, `{"message":"still JSON"}`, apsclient.Error{Kind: apsclient.Refused, Status: 400, Message: "still JSON"}},
		{"text called JSON", 400, json, `not JSON at all`, apsclient.Error{Kind: apsclient.Refused, Status: 400, Message: "not JSON at all"}},
		{"truncated JSON", 400, json, `{"message":"half a mess`, apsclient.Error{Kind: apsclient.Refused, Status: 400, Message: `{"message":"half a mess`}},
		{"terminal escapes and direction overrides", 400, json, `{"message":"\u001b[31mred\u001b[0m\u0007 \u202egnp.exe\r\nnext"}`,
			apsclient.Error{Kind: apsclient.Refused, Status: 400, Message: "[31mred[0m gnp.exe next"}},
		{"HTML in JSON", 400, json, `{"message":"<script>alert(1)</script><b>bold</b> &amp; plain"}`,
			apsclient.Error{Kind: apsclient.Refused, Status: 400, Message: "alert(1) bold & plain"}},
		{"ids for support in headers", 500, map[string]string{"X-Correlation-Id": "c-1"}, `{"message":"no","requestId":"r-1"}`,
			apsclient.Error{Kind: apsclient.InDoubt, Status: 500, Message: "no", Support: "requestId=r-1, X-Correlation-Id=c-1"}},
		{"a secret told back", 400, json, `{"message":"signed with ` + testSecret + `","http_request":"GET /\nAuthorization: OAuth oauth_signature=\"AAAABBBBCCCCDDDDEEEEFFFF%3D\""}`,
			apsclient.Error{Kind: apsclient.Refused, Status: 400, Message: "signed with (secret)", Support: `http_request=GET / Authorization: OAuth oauth_signature="(secret)"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			requests := 0
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests++
				say(test.status, test.header, test.body)(w, r)
			})
			_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
			var got *apsclient.Error
			if !errors.As(err, &got) {
				t.Fatalf("error %v, want an *Error", err)
			}
			test.want.Op, test.want.Written = "place order", true
			if diff := cmp.Diff(test.want, *got, cmpopts.IgnoreFields(apsclient.Error{}, "Date", "Skew", "OrderNumber", "OrderID", "Exists")); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if requests != 1 {
				t.Errorf("%d requests, want 1", requests)
			}
			checkWords(t, got)
		})
	}
}

// checkWords holds an error to what may be shown to a person.
func checkWords(t *testing.T, e *apsclient.Error) {
	t.Helper()
	for _, text := range []string{e.Error(), e.Hint(), e.Message, e.Code, e.Support} {
		noSecret(t, text)
		if i := strings.IndexFunc(text, func(r rune) bool { return unicode.Is(unicode.C, r) }); i >= 0 {
			t.Errorf("control character in %q", text)
		}
		if strings.Contains(text, "<script") || strings.Contains(text, "<html") {
			t.Errorf("HTML in %q", text)
		}
		if len(text) > 3000 {
			t.Errorf("text of %d bytes", len(text))
		}
	}
}

// A no that says that an order is there may be the echo of our own: it tells
// which, as far as the platform does.
func TestOrdersNamedInANo(t *testing.T) {
	const id = "f0817852-282c-4047-a4d3-f6501939d5a6"
	for _, test := range []struct {
		name       string
		status     int
		body       string
		number, id string
		exists     bool
	}{
		{name: "busy", status: 500, body: busyProse, number: "SO000017", exists: true},
		{name: "busy, no number", status: 500, body: "There is already an open order. This order prohibits placing an order of the same type.", exists: true},
		{name: "busy, only what it prohibits", status: 500, body: "Order #SO000018 prohibits placing an order", number: "SO000018", exists: true},
		{name: "409 by number", status: 409, body: `{"message":"Order SO000123 already exists"}`, number: "SO000123", exists: true},
		{name: "400 by number, small letters", status: 400, body: `{"message":"the order #so000123 exists already."}`, number: "SO000123", exists: true},
		{name: "422 by number without letters", status: 422, body: `{"message":"order 1000234 has already been placed for this PO number"}`, number: "1000234", exists: true},
		{name: "number at the end", status: 409, body: `{"message":"An order with this poNumber already exists: SO000124"}`, number: "SO000124", exists: true},
		{name: "by id", status: 409, body: `{"message":"order with id ` + strings.ToUpper(id) + ` already exists"}`, id: id, exists: true},
		{name: "by id in brackets", status: 409, body: `{"message":"The subscription has already been ordered (order ` + id + `)"}`, id: id, exists: true},
		{name: "by both", status: 409, body: `{"message":"already ordered: order #SO000125, order id: ` + id + `"}`, number: "SO000125", id: id, exists: true},
		{name: "in members", status: 409, body: `{"message":"duplicate","orderId":"` + strings.ToUpper(id) + `","orderNumber":"SO000126"}`, number: "SO000126", id: id, exists: true},
		{name: "in the code", status: 400, body: `{"error":"OrderAlreadyExists","message":"no"}`, exists: true},
		{name: "in a page", status: 500, body: `<html><body>Duplicate order <b>SO000127</b></body></html>`, number: "SO000127", exists: true},
		{name: "a subscription", status: 409, body: `{"message":"subscription ` + testSub + ` already exists"}`, exists: true},
		{name: "a subscription that was imported", status: 409, body: `{"message":"subscription is already imported"}`, exists: true},
		{name: "an account that has one", status: 400, body: `{"message":"the account already has a subscription of this plan"}`, exists: true},
		{name: "an order for a subscription", status: 409, body: `{"message":"an order for subscription ` + testSub + ` already exists"}`, exists: true},
		{name: "a user", status: 409, body: `{"message":"user ben already exists"}`},
		{name: "an order that is not there", status: 404, body: `{"message":"order #SO000123 is not found"}`},
		{name: "a number that is no order's", status: 400, body: `{"message":"plan AZ0145 is not sold, error 10234"}`},
		{name: "members of nothing", status: 400, body: `{"message":"no","orderId":null,"orderNumber":""}`},
		{name: "words beside", status: 400, body: `{"message":"in order 12 months are needed"}`},
		{name: "nothing", status: 500},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := serve(t, say(test.status, nil, test.body))
			_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
			e, ok := errors.AsType[*apsclient.Error](err)
			if !ok || e.OrderNumber != test.number || e.OrderID != test.id || e.Exists != test.exists {
				t.Errorf("error %v names number %q, id %q, exists %v; want %q, %q, %v", err, e.OrderNumber, e.OrderID, e.Exists, test.number, test.id, test.exists)
			}
		})
	}
}

// What looks like success but is not clear is in doubt.
func TestPlaceTellsOneFormOfAnID(t *testing.T) {
	c, _ := serve(t, say(200, nil, `{"orderId":" F0817852-282C-4047-A4D3-F6501939D5A6"}`))
	placed, err := c.NewOrders(testService).Place(t.Context(), someOrder())
	if err != nil || placed.OrderID != "f0817852-282c-4047-a4d3-f6501939d5a6" {
		t.Errorf("order %q, error %v, want its id as lists tell it", placed.OrderID, err)
	}
}

func TestPlaceUnclearSuccess(t *testing.T) {
	for _, test := range []struct {
		name, body, words string
		status            int
	}{
		{"no order id", `{}`, "does not tell an order id", 200},
		{"null order id", `{"orderId":null}`, "does not tell an order id", 200},
		{"empty order id", `{"orderId":""}`, "does not tell an order id", 201},
		{"empty body", ``, "empty", 201},
		{"no content", ``, "empty", 204},
		{"web page", `<html><title>Sign in</title></html>`, "web page", 200},
		{"cut off", `{"orderId":"f0817852-28`, "cut off", 200},
		{"text", `OK`, "not JSON", 200},
		{"too large", `{"x":"` + strings.Repeat("a", 17<<20) + `"}`, "larger than 16 MiB", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := serve(t, say(test.status, nil, test.body))
			_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
			var got *apsclient.Error
			if !errors.As(err, &got) || got.Kind != apsclient.InDoubt || got.Status != test.status {
				t.Fatalf("error %#v, want in doubt with status %d", err, test.status)
			}
			if !strings.Contains(got.Error(), test.words) {
				t.Errorf("error %q does not say %q", got, test.words)
			}
			checkWords(t, got)
		})
	}
}

func TestPlaceTolerates(t *testing.T) {
	for _, test := range []struct {
		name, body, want string
		status           int
	}{
		{"as documented", `{"orderId":"f0817852-282c-4047-a4d3-f6501939d5a6"}`, "f0817852-282c-4047-a4d3-f6501939d5a6", 200},
		{"created", `{"orderId":"x"}`, "x", 201},
		{"accepted", `{"orderId":"x"}`, "x", 202},
		{"a number", `{"orderId":12345678901234567890,"more":[1]}`, "12345678901234567890", 200},
		{"byte order mark", "\xef\xbb\xbf{\"orderId\":\"x\"}\r\n", "x", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := serve(t, say(test.status, map[string]string{"Content-Type": "text/html"}, test.body))
			placed, err := c.NewOrders(testService).Place(t.Context(), someOrder())
			if err != nil || placed.OrderID != test.want || placed.Status != test.status || placed.Date.IsZero() {
				t.Errorf("placed %+v, %v, want order %s", placed, err, test.want)
			}
		})
	}
}

func TestGzip(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(409)
		z := gzip.NewWriter(w)
		fmt.Fprint(z, `{"message":"squeezed"}`)
		z.Close()
	})
	_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
	if apsclient.KindOf(err) != apsclient.Refused || !strings.Contains(err.Error(), "squeezed") {
		t.Errorf("error %v, want a refusal that says squeezed", err)
	}
}

// A small answer that unpacks to gigabytes is stopped at 16 MiB.
func TestGzipBomb(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for range 18 {
			if _, err := z.Write(zeros); err != nil {
				return
			}
		}
		z.Close()
	})
	_, err := c.NewOrders(testService).Get(t.Context(), "x")
	if apsclient.KindOf(err) != apsclient.InDoubt || !strings.Contains(err.Error(), "larger than 16 MiB") {
		t.Errorf("error %v, want: too large", err)
	}
}

func TestMegabyteOfText(t *testing.T) {
	c, _ := serve(t, say(500, nil, strings.Repeat("all work and no play ", 50_000)))
	_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
	if apsclient.KindOf(err) != apsclient.InDoubt || len(err.Error()) > 1500 {
		t.Errorf("error of %d bytes, want a short one in doubt", len(err.Error()))
	}
}

// FuzzComplaint: whatever a stranger answers, it is sorted without a panic and
// its words are fit to be shown.
func FuzzComplaint(f *testing.F) {
	for _, body := range []string{``, `{}`, `[]`, `{"error":{"message":[1,{"en":2}]}}`, `<html><title>x</title>`, `<!--`, `<`, "\x1b[31m", `{"message":"` + busyProse + `"}`, `{"message":"404 \u202e"}`, `&lt;script&gt;alert(1)&lt;/script&gt;`} {
		f.Add(400, "text/html", body)
		f.Add(500, "application/json", body)
	}
	c, err := apsclient.New(apsclient.Config{URL: "http://127.0.0.1:1", OAuth1: &apsclient.OAuth1{Key: testKey, Secret: testSecret}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		e := c.Complaint("place order", status, http.Header{"Content-Type": {contentType}}, []byte(body+testSecret))
		checkWords(t, e)
		if e.Kind == apsclient.NotSent {
			t.Error("an answer came for what was not sent")
		}
	})
}
