package apsclient_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var p = apsclient.P

func TestBaseString(t *testing.T) {
	two := []apsclient.Param{p("oauth_consumer_key", "k"), p("oauth_nonce", "n")}
	for _, test := range []struct {
		name, method, url string
		oauth             []apsclient.Param
		want              string
	}{
		{
			"RFC 5849 section 3.4.1.1, the form body's c2 and a3 beside", "POST",
			"http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
			[]apsclient.Param{p("oauth_consumer_key", "9djdj82h48djs9d2"), p("oauth_token", "kkk9d7dh3k39sjv7"), p("oauth_signature_method", "HMAC-SHA1"),
				p("oauth_timestamp", "137131201"), p("oauth_nonce", "7d8f3e4a"), p("c2", ""), p("a3", "2 q")},
			"POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
		},
		{
			"OAuth Core 1.0 A.5.1", "GET",
			"http://photos.example.net/photos?file=vacation.jpg&size=original",
			[]apsclient.Param{p("oauth_consumer_key", "dpf43f3p2l4k3l03"), p("oauth_token", "nnch734d00sl2jdk"), p("oauth_signature_method", "HMAC-SHA1"),
				p("oauth_timestamp", "1191242096"), p("oauth_nonce", "kllo9940pd9333jh"), p("oauth_version", "1.0")},
			"GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dkllo9940pd9333jh%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096%26oauth_token%3Dnnch734d00sl2jdk%26oauth_version%3D1.0%26size%3Doriginal",
		},
		{"default port of https", "GET", "https://Example.NET:443/r%20v/X?id=123", two,
			"GET&https%3A%2F%2Fexample.net%2Fr%2520v%2FX&id%3D123%26oauth_consumer_key%3Dk%26oauth_nonce%3Dn"},
		{"other port stays", "GET", "https://www.example.net:8080/?q=1", two,
			"GET&https%3A%2F%2Fwww.example.net%3A8080%2F&oauth_consumer_key%3Dk%26oauth_nonce%3Dn%26q%3D1"},
		{"port 80 of https stays", "GET", "https://example.net:80/", two,
			"GET&https%3A%2F%2Fexample.net%3A80%2F&oauth_consumer_key%3Dk%26oauth_nonce%3Dn"},
		{"IPv6 with default port, empty path", "GET", "http://[::1]:80", two,
			"GET&http%3A%2F%2F%5B%3A%3A1%5D%2F&oauth_consumer_key%3Dk%26oauth_nonce%3Dn"},
		{"a whole RQL query is one name", "GET", "https://h/r?implementing(http://t/x),limit(0,10)", two,
			"GET&https%3A%2F%2Fh%2Fr&implementing%2528http%253A%252F%252Ft%252Fx%2529%252Climit%25280%252C10%2529%3D%26oauth_consumer_key%3Dk%26oauth_nonce%3Dn"},
		{"an equals sign in RQL splits, once", "GET", "https://h/r?implementing(T),id=eq=5", two,
			"GET&https%3A%2F%2Fh%2Fr&implementing%2528T%2529%252Cid%3Deq%253D5%26oauth_consumer_key%3Dk%26oauth_nonce%3Dn"},
		{"plus is a space, %2B a plus", "GET", "https://h/r?a=b+c%2Bd", two,
			"GET&https%3A%2F%2Fh%2Fr&a%3Db%2520c%252Bd%26oauth_consumer_key%3Dk%26oauth_nonce%3Dn"},
		{"semicolon does not split", "GET", "https://h/r?a=1;b=2", two,
			"GET&https%3A%2F%2Fh%2Fr&a%3D1%253Bb%253D2%26oauth_consumer_key%3Dk%26oauth_nonce%3Dn"},
		{"repeated names sort by value", "GET", "https://h/r?x=2&x=10&x=1", two,
			"GET&https%3A%2F%2Fh%2Fr&oauth_consumer_key%3Dk%26oauth_nonce%3Dn%26x%3D1%26x%3D10%26x%3D2"},
		{"names sort as they are encoded", "GET", "https://h/r?%C3%BC=1&z=2&a=3&%7E=4", two,
			"GET&https%3A%2F%2Fh%2Fr&%25C3%25BC%3D1%26a%3D3%26oauth_consumer_key%3Dk%26oauth_nonce%3Dn%26z%3D2%26~%3D4"},
		{"empty pairs are none", "GET", "https://h/r?&a=&&b&", two,
			"GET&https%3A%2F%2Fh%2Fr&a%3D%26b%3D%26oauth_consumer_key%3Dk%26oauth_nonce%3Dn"},
		{"encoded comma is not a comma, but signs as one", "GET", "https://h/r?eq(a,b%2Cc)", two,
			"GET&https%3A%2F%2Fh%2Fr&eq%2528a%252Cb%252Cc%2529%3D%26oauth_consumer_key%3Dk%26oauth_nonce%3Dn"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := apsclient.BaseString(test.method, test.url, test.oauth...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("base string (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSignature(t *testing.T) {
	photos := []apsclient.Param{p("oauth_consumer_key", "dpf43f3p2l4k3l03"), p("oauth_token", "nnch734d00sl2jdk"), p("oauth_signature_method", "HMAC-SHA1")}
	for _, test := range []struct {
		name, base, consumer, token, want string
	}{
		{
			"OAuth Core 1.0 A.5.2",
			apsclient.BaseString("GET", "http://photos.example.net/photos?file=vacation.jpg&size=original",
				append(photos, p("oauth_timestamp", "1191242096"), p("oauth_nonce", "kllo9940pd9333jh"), p("oauth_version", "1.0"))...),
			"kd94hf93k423kf44", "pfkkdhi9sl3r4s00", "tR3+Ty81lMeYAr/Fid0kMTYa/WM=",
		},
		{
			"RFC 5849 section 1.2, temporary credentials: no token",
			apsclient.BaseString("POST", "https://photos.example.net/initiate", p("oauth_consumer_key", "dpf43f3p2l4k3l03"), p("oauth_signature_method", "HMAC-SHA1"),
				p("oauth_timestamp", "137131200"), p("oauth_nonce", "wIjqoS"), p("oauth_callback", "http://printer.example.com/ready")),
			"kd94hf93k423kf44", "", "74KNZJeDHnMBp0EMJ9ZHt/XKycU=",
		},
		{
			"RFC 5849 section 1.2, the photo",
			apsclient.BaseString("GET", "http://photos.example.net/photos?file=vacation.jpg&size=original",
				append(photos, p("oauth_timestamp", "137131202"), p("oauth_nonce", "chapoH"))...),
			"kd94hf93k423kf44", "pfkkdhi9sl3r4s00", "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := apsclient.Signature(test.base, test.consumer, test.token); got != test.want {
				t.Errorf("signature %s, want %s", got, test.want)
			}
		})
	}
}

// The header as a verifier reads it: a nonce of safe characters, no token, no
// body hash, and a request left as it was.
func TestSignedHeader(t *testing.T) {
	req := httptest.NewRequest("POST", "https://hub.example.com/aps/2/resources?eq(a,b)", strings.NewReader("{}"))
	req.Header.Set("Content-Type", "application/json")
	before := req.Clone(t.Context())
	signed := apsclient.Sign(apsclient.OAuth1{Key: "the key/1", Secret: "hush"}, req)
	header := signed.Header.Get("Authorization")
	want := regexp.MustCompile(`^OAuth oauth_consumer_key="the%20key%2F1", oauth_nonce="[A-Za-z0-9]{16,50}", oauth_signature_method="HMAC-SHA1", oauth_timestamp="\d{10}", oauth_version="1\.0", oauth_signature="[A-Za-z0-9%]{28,}"$`)
	if !want.MatchString(header) {
		t.Errorf("header %q does not match %s", header, want)
	}
	if diff := cmp.Diff(before.Header, req.Header); diff != "" {
		t.Errorf("the request was changed (-before +after):\n%s", diff)
	}
	again := apsclient.Sign(apsclient.OAuth1{Key: "the key/1", Secret: "hush"}, req)
	if again.Header.Get("Authorization") == header {
		t.Error("two signatures used one nonce")
	}
}

// oauthlib is the independent judge: it computes each signature again from the
// request as it is on the wire.
const judge = `
import sys, json
try:
    from oauthlib.oauth1.rfc5849 import signature, utils
    from oauthlib.common import Request, urldecode
except ImportError:
    print("no oauthlib"); sys.exit(3)
for line in sys.stdin:
    r = json.loads(line)
    try:
        uri_query = r["url"].partition("?")[2]
        params = signature.collect_parameters(uri_query=uri_query, headers={"Authorization": r["authorization"]}, exclude_oauth_signature=True)
        given = dict(utils.parse_authorization_header(r["authorization"]))["oauth_signature"]
        base = signature.signature_base_string(r["method"], signature.base_string_uri(r["url"], r["host"]), signature.normalize_parameters(params))
        want = signature.sign_hmac_sha1_with_client(base, type("C", (), {"client_secret": r["secret"], "resource_owner_secret": ""})())
        print(json.dumps({"ok": want == utils.unescape(given), "base": base}))
    except Exception as e:
        print(json.dumps({"ok": False, "base": repr(e)}))
`

type onWire struct {
	Method, URL, Host, Authorization, Secret string

	forged bool // must not be verified
}

func (w onWire) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"method": w.Method, "url": w.URL, "host": w.Host, "authorization": w.Authorization, "secret": w.Secret})
}

// judgedByOAuthlib runs all requests through one process.
func judgedByOAuthlib(t *testing.T, requests []onWire) {
	t.Helper()
	const python = "/usr/bin/python3"
	if _, err := os.Stat(python); err != nil || runtime.GOOS == "windows" { // wine shows it and cannot run it
		t.Skip("no " + python + " here: signatures are not verified by oauthlib (Debian: apt-get install python3-oauthlib)")
	}
	forged := requests[0]
	forged.URL, forged.forged = strings.Replace(forged.URL, "/aps", "/apt", 1)+"x", true
	requests = append(requests, forged)
	var in strings.Builder
	for _, r := range requests {
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", judge)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.CombinedOutput()
	if strings.HasPrefix(string(out), "no oauthlib") {
		t.Skip("python3-oauthlib is not installed: signatures are not verified by it (Debian: apt-get install python3-oauthlib)")
	}
	if err != nil {
		t.Fatalf("oauthlib: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(requests) {
		t.Fatalf("oauthlib judged %d of %d requests:\n%s", len(lines), len(requests), out)
	}
	for i, line := range lines {
		var verdict struct {
			OK   bool
			Base string
		}
		if err := json.Unmarshal([]byte(line), &verdict); err != nil {
			t.Fatalf("oauthlib said %q: %v", line, err)
		}
		if requests[i].forged {
			if verdict.OK {
				t.Errorf("oauthlib verifies a forged %s %s: it judges nothing", requests[i].Method, requests[i].URL)
			}
			continue
		}
		if !verdict.OK {
			t.Errorf("oauthlib does not verify %s %s\nits base string: %s", requests[i].Method, requests[i].URL, verdict.Base)
		}
	}
}

// signedFor signs one request as the transport would and tells it as it would
// be written to the wire.
func signedFor(t *testing.T, method, base, path, query string, cred apsclient.OAuth1) onWire {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path, u.RawQuery = path, query
	req := apsclient.Sign(cred, &http.Request{Method: method, URL: u, Header: http.Header{}})
	if req == nil {
		t.Fatal("nothing was signed")
	}
	return onWire{Method: method, URL: u.Scheme + "://" + u.Host + req.URL.RequestURI(), Host: u.Host,
		Authorization: req.Header.Get("Authorization"), Secret: cred.Secret}
}

func TestOAuthlibVerifies(t *testing.T) {
	names := []string{"Grüße & Söhne KG", "Contoso, with comma", "株式会社", "O'Neil (Ltd) [1]; 50%", "a+b=c*d?e/f", "# ! ~ - _ .", `"quoted" | {x} \ ^ `, "", " ", "%2C", "naïve\u00a0🚀"}
	cred := apsclient.OAuth1{Key: strings.Repeat("k", 32), Secret: strings.Repeat("s+/=&%", 21) + "ss"}
	var requests []onWire
	for _, base := range []string{"https://hub.example.com", "https://HUB.Example.com:443", "http://127.0.0.1:8080", "http://[::1]:80", "https://hub.example.com:8443"} {
		for _, name := range names {
			query := apsclient.Query(apsclient.And(apsclient.Eq("companyName", name), apsclient.Eq("adminContact.email", name+"@x.example")),
				apsclient.In("id", name, "2"), apsclient.StartsWith("poNumber", name), apsclient.SortDown("aps.id"), apsclient.Limit(0, 10))
			requests = append(requests, signedFor(t, "GET", base, "/aps/2/collections/accounts", query, cred))
		}
		for _, query := range []string{"", "a=", "a=1&a=0", "a+b=c+d", "a;b=1;c", "eq(a,b%2Cc)", "id=eq=5", "limit(0,1)&x=y", "%C3%BC=%C3%9F"} {
			requests = append(requests, signedFor(t, "POST", base, "/aps/2/resources/x/orders", query, cred))
		}
		requests = append(requests, signedFor(t, "GET", base, "/aps/2/a b/ü", "", apsclient.OAuth1{Key: "ä key", Secret: "ß"}))
	}
	judgedByOAuthlib(t, requests)
}

// Whatever can be asked for is signed so that oauthlib verifies it.
func TestOAuthlibVerifiesAnything(t *testing.T) {
	var requests []onWire
	rapid.Check(t, func(r *rapid.T) {
		value := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ !#%&'()*+,/:;=?@\[\]"|{}~.-]{0,12}`))
		query := apsclient.Query(apsclient.Eq("a", value.Draw(r, "eq")), apsclient.In("b", rapid.SliceOfN(value, 1, 4).Draw(r, "in")...),
			apsclient.Not(apsclient.Or(apsclient.StartsWith("c", value.Draw(r, "like")), apsclient.Ge("d.e", value.Draw(r, "ge")))))
		cred := apsclient.OAuth1{Key: rapid.StringN(1, 40, 80).Draw(r, "key"), Secret: rapid.StringN(1, 40, 80).Draw(r, "secret")}
		requests = append(requests, signedFor(t, "GET", "https://h.example", "/p", query, cred))
	})
	judgedByOAuthlib(t, requests)
}

// What the server is given is what was signed, byte for byte.
func TestSignatureOverTheWire(t *testing.T) {
	var requests []onWire
	cred := apsclient.OAuth1{Key: "key", Secret: "a secret of some length"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, onWire{Method: r.Method, URL: "http://" + r.Host + r.RequestURI, Host: r.Host, Authorization: r.Header.Get("Authorization"), Secret: cred.Secret})
		io.WriteString(w, `[]`)
	}))
	defer server.Close()
	c := newClient(t, apsclient.Config{URL: server.URL, OAuth1: &cred})
	o := c.NewOrders("0b4bb1a7-0b5e-4a2c-9a6a-7a7d6a0b6f0e")
	for _, q := range []apsclient.OrderQuery{
		{References: []string{"azure-import/1", "azure-import/2"}, Since: time.Now()},
		{ReferencePrefix: "azure-import/", AccountIDs: []string{"ü", "a,b"}},
	} {
		for _, err := range o.List(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	o.Estimate(t.Context(), someOrder())
	judgedByOAuthlib(t, requests)
}

func BenchmarkSign(b *testing.B) {
	u, _ := url.Parse("https://hub.example.com/aps/2/resources/0b4bb1a7-0b5e-4a2c-9a6a-7a7d6a0b6f0e/orders?in(poNumber,(azure-import%2F1,azure-import%2F2)),sort(-orderDate),limit(0,500)")
	req := &http.Request{Method: "GET", URL: u, Header: http.Header{"Accept": {"application/json"}, "User-Agent": {"x"}}}
	cred := apsclient.OAuth1{Key: strings.Repeat("k", 32), Secret: strings.Repeat("s", 128)}
	b.ReportAllocs()
	for b.Loop() {
		apsclient.Sign(cred, req)
	}
}
