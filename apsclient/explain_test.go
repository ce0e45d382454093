package apsclient_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient"

	"github.com/google/go-cmp/cmp"
)

// An error begins with what did not work, in words that mean something to
// somebody who has never seen the program's inside.
func TestErrorWords(t *testing.T) {
	gone := errors.New("nothing answers at 10.0.0.1:443 (connection refused)")
	for _, test := range []struct {
		name string
		err  apsclient.Error
		want string
	}{
		{"nothing there", apsclient.Error{Kind: apsclient.NotSent, Op: "greet the platform", Err: gone},
			"the platform could not be reached: nothing answers at 10.0.0.1:443 (connection refused)"},
		{"no APS bus", apsclient.Error{Kind: apsclient.NoService, Op: "greet the platform", Status: 200, Err: errors.New("its answer is a web page"), Message: "this is not an APS bus"},
			"the platform answered 200 OK, but its answer is a web page: this is not an APS bus"},
		{"credentials", apsclient.Error{Kind: apsclient.Credentials, Op: "greet the platform", Status: 401, Message: "no", Code: "APS::Util::AuthenticationFailed"},
			"the platform does not accept the credentials: it answered 401 Unauthorized: no (APS::Util::AuthenticationFailed)"},
		{"tenants", apsclient.Error{Kind: apsclient.Permission, Op: "list tenants", Status: 403, Message: "no", Code: "APS::Util::AccessViolation"},
			"the tenants could not be read: the platform answered 403 Forbidden: no (APS::Util::AccessViolation)"},
		{"accounts", apsclient.Error{Kind: apsclient.NotSent, Op: "list accounts", Err: gone},
			"the accounts could not be read: nothing answers at 10.0.0.1:443 (connection refused)"},
		{"plans", apsclient.Error{Kind: apsclient.InDoubt, Op: "list service plans", Err: errors.New("no answer within 5m0s")},
			"the service plans could not be read: no answer within 5m0s"},
		{"orders", apsclient.Error{Kind: apsclient.Refused, Op: "list orders", Status: 400}, "the orders could not be read: the platform answered 400 Bad Request"},
		{"an order", apsclient.Error{Kind: apsclient.Refused, Op: "read order", Status: 404}, "the order could not be read: the platform answered 404 Not Found"},
		{"a tenant", apsclient.Error{Kind: apsclient.InDoubt, Op: "read a tenant's subscriptions", Status: 500}, "a tenant's subscriptions could not be read: the platform answered 500 Internal Server Error"},
		{"service", apsclient.Error{Kind: apsclient.NoService, Op: "find the order service", Status: 404}, "the order service could not be found: the platform answered 404 Not Found"},
		{"not placed", apsclient.Error{Kind: apsclient.NotSent, Op: "place order", Err: gone}, "the order was not sent: nothing answers at 10.0.0.1:443 (connection refused)"},
		{"refused", apsclient.Error{Kind: apsclient.Refused, Op: "place order", Status: 409, Message: "no"}, "the order was refused: the platform answered 409 Conflict: no"},
		{"in doubt", apsclient.Error{Kind: apsclient.InDoubt, Op: "place order", Err: errors.New("no answer within 5m0s")}, "the order was sent, and no clear answer came: no answer within 5m0s"},
		{"busy", apsclient.Error{Kind: apsclient.Busy, Op: "place order", Status: 500, Message: "wait"}, "the order was not taken: the platform answered 500 Internal Server Error: wait"},
		{"estimate", apsclient.Error{Kind: apsclient.NoService, Op: "estimate order", Status: 404}, "no estimate was given: the platform answered 404 Not Found"},
		{"token", apsclient.Error{Kind: apsclient.Credentials, Op: "fetch token", Status: 401, Message: "Invalid client"}, "no access token could be had: the token endpoint answered 401 Unauthorized: Invalid client"},
		{"anything", apsclient.Error{Kind: apsclient.InDoubt, Op: "do something"}, "do something: in doubt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHints(t *testing.T) {
	for _, test := range []struct {
		name string
		err  apsclient.Error
		want string
	}{
		{"clock", apsclient.Error{Kind: apsclient.Credentials, Status: 401, Skew: -20 * time.Minute}, "clock"},
		{"key", apsclient.Error{Kind: apsclient.Credentials, Status: 401, Skew: 2 * time.Second}, "APS Bus Access"},
		{"token", apsclient.Error{Kind: apsclient.Credentials, Op: "fetch token", Status: 401}, "client id and secret"},
		{"network", apsclient.Error{Kind: apsclient.NotSent, Op: "place order"}, "address and the network"},
		{"rights", apsclient.Error{Kind: apsclient.Permission, Status: 403}, "http://www.odin.com/app/azure-csp/tenant GET"},
		{"rights in billing", apsclient.Error{Kind: apsclient.Permission, Wrapped: true, Status: 500}, "for the service plan"},
		{"service", apsclient.Error{Kind: apsclient.NoService, Status: 404}, "Order Management"},
		{"redirect", apsclient.Error{Kind: apsclient.InDoubt, Status: 302}, "redirects are not followed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.err.Hint(); !strings.Contains(got, test.want) {
				t.Errorf("hint %q does not say %q", got, test.want)
			}
			if test.err.UnknownAuthority() {
				t.Error("it is not about a certificate")
			}
		})
	}
}

// certified is a server whose certificate is made by make.
func certified(t *testing.T, make func(*x509.Certificate)) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "somebody"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	make(cert)
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	pool, err := apsclient.CertPool(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	return server, pool
}

// What TLS has against a connection is told without the words of a library,
// and with what to do.
func TestTLSWords(t *testing.T) {
	for _, test := range []struct {
		name    string
		make    func(*x509.Certificate)
		trusted bool
		words   string
		hint    string
	}{
		{"unknown authority", func(*x509.Certificate) {}, false, "this machine does not know the authority that signed it", "CA file"},
		{"another name", func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"hub.example.com"} }, true,
			"it is made out to hub.example.com", "use the address"},
		{"no name at all", func(c *x509.Certificate) { c.IPAddresses = nil }, true, "it is not made out to this address", "use the address"},
		{"expired", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, true, "it was valid until", "clock"},
		{"not yet valid", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }, true, "it is valid only from", "clock"},
		{"for another use", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }, true, "it is not meant for a server", "platform"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server, pool := certified(t, test.make)
			if !test.trusted {
				pool = nil
			}
			_, err := newClient(t, apsclient.Config{URL: server.URL, RootCAs: pool}).Check(t.Context())
			e, ok := errors.AsType[*apsclient.Error](err)
			if !ok || e.Kind != apsclient.NotSent {
				t.Fatalf("error %v, want one that says nothing was sent", err)
			}
			if !strings.Contains(e.Error(), "is not trusted: "+test.words) {
				t.Errorf("error %q does not say %q", e, test.words)
			}
			if !strings.Contains(e.Hint(), test.hint) {
				t.Errorf("hint %q does not say %q", e.Hint(), test.hint)
			}
			if unknown := !test.trusted; e.UnknownAuthority() != unknown {
				t.Errorf("unknown authority: %v, want %v", e.UnknownAuthority(), unknown)
			}
			noGo(t, e)
		})
	}
}

// noGo fails if an error talks like a Go library.
func noGo(t *testing.T, e *apsclient.Error) {
	t.Helper()
	for _, word := range []string{"tls:", "x509:", "net/http:", "http:", "dial tcp", "read tcp", "EOF", "malformed", "remote error"} {
		if strings.Contains(strings.ReplaceAll(e.Error(), "http://", ""), word) {
			t.Errorf("error %q says %q", e, word)
		}
	}
}

func TestTransportWords(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	// Each waits for the client to begin, and to close: what is to be seen does
	// not hang on who is faster.
	speaks := func(text string) string {
		return listen(t, func(c net.Conn) { c.Read(make([]byte, 1)); io.WriteString(c, text); io.Copy(io.Discard, c) })
	}
	greets := speaks("220 mail.example ESMTP\r\n")
	choosy := speaks("\x15\x03\x03\x00\x02\x02\x28") // a TLS alert: handshake failure
	for _, test := range []struct {
		name, url string
		ca        []byte
		words     string
	}{
		{"plain http", "https://" + strings.TrimPrefix(plain.URL, "http://"), nil, "answers plain http, not https"},
		{"no TLS", "https://" + greets, nil, "what answers there does not speak TLS"},
		{"no HTTP", "http://" + listen(t, func(c net.Conn) {
			readRequest(bufio.NewReader(c))
			io.WriteString(c, "220 mail.example ESMTP\r\n")
			io.Copy(io.Discard, c)
		}), nil, "what answers there does not speak HTTP"},
		{"old TLS", old.URL, pemOf(old), "offers no TLS 1.2 or newer"},
		{"refused by the other end", "https://" + choosy, nil, "the other end broke it off"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := apsclient.Config{URL: test.url, ConnectTimeout: 2 * time.Second, RequestTimeout: 2 * time.Second}
			if test.ca != nil {
				pool, err := apsclient.CertPool(test.ca)
				if err != nil {
					t.Fatal(err)
				}
				cfg.RootCAs = pool
			}
			_, err := newClient(t, cfg).NewOrders(testService).Place(t.Context(), someOrder())
			e, ok := errors.AsType[*apsclient.Error](err)
			if !ok || !strings.Contains(e.Error(), test.words) {
				t.Fatalf("error %v does not say %q", err, test.words)
			}
			noGo(t, e)
		})
	}
}

// A verifier that says what it signed says too much: the key, the nonce, and a
// wall of escapes.
func TestCredentialWordsAreShort(t *testing.T) {
	base := "GET&http%3A%2F%2F127.0.0.1%2Faps&oauth_consumer_key%3D" + testKey + "%26oauth_nonce%3DAAAABBBBCCCCDDDD%26oauth_signature_method%3DHMAC-SHA1"
	for _, test := range []struct{ name, says, want string }{
		{"a base string", "authentication failed: the signature does not match the base string " + base, "authentication failed: the signature does not match the base string …"},
		{"a base string alone", base, "…"},
		{"parameters one by one", "bad request oauth_consumer_key=" + testKey + " oauth_nonce=AAAABBBBCCCCDDDD", "bad request …"},
		{"long prose", strings.Repeat("no and no ", 40), strings.Repeat("no and no ", 12) + "…"},
		{"short prose", "the consumer key is not known", "the consumer key is not known"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := serve(t, say(401, nil, `{"error":"APS::Util::AuthenticationFailed","message":"`+test.says+`"}`))
			_, err := c.Check(t.Context())
			e, ok := errors.AsType[*apsclient.Error](err)
			if !ok || e.Kind != apsclient.Credentials {
				t.Fatalf("error %v, want one about credentials", err)
			}
			if diff := cmp.Diff(strings.TrimSpace(test.want), e.Message); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
			if strings.Contains(e.Error(), testKey) {
				t.Errorf("the key shows in %q", e)
			}
		})
	}
}
