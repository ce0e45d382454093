package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/serve"
)

// crew is a desk at which a team signs in.
type crew struct {
	*desk
	users, cert, key string
	stop             func() int
}

const crewPassword = "correct horse battery"

// newCrew has a person of each role, called as it is, and a certificate.
func newCrew(t *testing.T) *crew { return crewOf(newDesk(t, apstest.Config{Tenants: 2})) }

func crewOf(d *desk) *crew {
	c := &crew{desk: d, users: filepath.Join(d.folder, "people.txt"), cert: filepath.Join(d.folder, "cert.pem"), key: filepath.Join(d.folder, "key.pem")}
	for _, role := range serve.Roles() {
		c.user(crewPassword, string(role), "--role", string(role))
	}
	c.certify(1)
	return c
}

// user runs bulkimport serve user.
func (c *crew) user(password string, args ...string) {
	c.t.Helper()
	v, errs := new(veil), new(bytes.Buffer)
	status := run(c.t.Context(), append([]string{"serve", "user", "--users", c.users}, args...), &env{in: strings.NewReader(password + "\n"), out: newDoor(io.Discard, v), err: newDoor(errs, v), exit: os.Exit, veil: v,
		lookup: func(name string) (string, bool) { value, ok := c.variables[name]; return value, ok }})
	if status != 0 {
		c.t.Fatalf("serve user %s: %d %s", args, status, errs)
	}
}

// certify writes a certificate of this number for this machine.
func (c *crew) certify(number int64) {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	ours := &x509.Certificate{SerialNumber: big.NewInt(number), Subject: pkix.Name{CommonName: "team"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"import.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	cert, err := x509.CreateCertificate(rand.Reader, ours, ours, key.Public(), key)
	if err != nil {
		c.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(c.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	c.write(c.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

func (c *crew) write(path string, text []byte) {
	c.t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// opens starts the server with these flags; with none it has TLS and the file of people.
func (c *crew) opens(flags ...string) {
	c.t.Helper()
	if flags == nil {
		flags = []string{"--tls-cert", c.cert, "--tls-key", c.key, "--users", c.users, "--listen", "127.0.0.1:0"}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	status := make(chan int, 1)
	c.out, c.err = new(transcript), new(transcript)
	go func() { status <- c.run(ctx, c.out, c.err, append([]string{"serve"}, flags...)...) }()
	ended := false
	c.stop = func() int {
		if ended {
			return -1
		}
		ended = true
		cancel(&interruption{os.Interrupt})
		return <-status
	}
	c.t.Cleanup(func() { c.stop() })
	c.browser = &browser{t: c.t, origin: strings.TrimSpace(waitAddress(c.t, c.out, c.err))}
}

// visitor is a browser that believes any certificate and follows no redirect.
func (c *crew) visitor() *browser {
	c.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	c.t.Cleanup(transport.CloseIdleConnections)
	return &browser{c.t, c.origin, &http.Client{Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signIn sends the form of a sign-in.
func (b *browser) signIn(name, password string) (status int, text string) {
	b.t.Helper()
	code, body, _ := b.ask(http.MethodPost, "/sign-in", strings.NewReader(url.Values{"name": {name}, "password": {password}}.Encode()))
	return code, string(body)
}

// member is somebody who has signed in.
func (c *crew) member(name string) *browser {
	c.t.Helper()
	b := c.visitor()
	if status, text := b.signIn(name, crewPassword); status != http.StatusSeeOther {
		c.t.Fatalf("%s: %d %s", name, status, text)
	}
	return b
}

func (b *browser) status(method, path string) int {
	b.t.Helper()
	status, _, _ := b.ask(method, path, http.NoBody)
	return status
}

// TestTeamRoles goes to all addresses as everybody.
func TestTeamRoles(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	c.opens()
	table := (&service{}).table()
	patterns := slices.Sorted(maps.Keys(table)) // what signs out is the last
	stranger := c.visitor()
	for _, pattern := range append(patterns, "GET /", "GET /page/main.js") {
		method, path, _ := strings.Cut(pattern, " ")
		if got := stranger.status(method, strings.ReplaceAll(path, "{id}", "none")); got != http.StatusUnauthorized {
			t.Errorf("a stranger, %s: %d, want 401", pattern, got)
		}
	}
	for _, role := range serve.Roles() {
		b := c.member(string(role))
		for _, pattern := range patterns {
			method, path, _ := strings.Cut(pattern, " ")
			status, text, _ := b.ask(method, strings.ReplaceAll(path, "{id}", "none"), http.NoBody)
			refused := status == http.StatusForbidden && strings.Contains(string(text), "this needs the role "+string(table[pattern].least))
			if want := !role.Allows(table[pattern].least); refused != want || status == http.StatusUnauthorized {
				t.Errorf("%s, %s: %d %s, refused: want %v", role, pattern, status, text, want)
			}
		}
		if got := b.status("GET", "/api/where"); got != http.StatusUnauthorized {
			t.Errorf("%s, signed out: %d", role, got)
		}
	}
}

// TestTeamSession ends with the person's place in the file, or by an administrator.
func TestTeamSession(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	c.opens()
	boss := c.member("administer")
	_, _, header := boss.ask("GET", "/api/where", nil)
	if header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	if got := header.Get("Referrer-Policy"); got != "same-origin" { // with no-referrer a browser's form says that it comes from nowhere
		t.Errorf("Referrer-Policy %s", got)
	}
	u, err := url.Parse(c.origin)
	if err != nil {
		t.Fatal(err)
	}
	if got := boss.client.Jar.Cookies(u); len(got) != 1 || !strings.HasPrefix(got[0].Name, "__Host-") {
		t.Errorf("cookies %v", got)
	}
	for name, ends := range map[string]func(){
		"another role":     func() { c.user(crewPassword, "look", "--role", "import") },
		"another password": func() { c.user("another password", "look", "--role", "look") },
		"taken out":        func() { c.user("", "look", "--remove") },
		"an administrator": func() {
			for _, one := range get[[]serve.Presence](boss, "/api/sessions") {
				if one.Person.Name == "look" {
					post[[]serve.Presence](boss, "/api/sessions/end", map[string]string{"id": one.ID})
				}
			}
		},
	} {
		c.user(crewPassword, "look", "--role", "look")
		b := c.member("look")
		if got := b.status("GET", "/api/where"); got != http.StatusOK {
			t.Fatalf("%s, before: %d", name, got)
		}
		ends()
		if got := b.status("GET", "/api/where"); got != http.StatusUnauthorized {
			t.Errorf("%s: %d, want 401", name, got)
		}
	}
	acts := get[journalAnswer](boss, "/api/journal?count=2").Acts
	if len(acts) != 2 || acts[0].Time.Before(acts[1].Time) || acts[0].Who == "" {
		t.Errorf("journal: %+v", acts)
	}
}

// TestTeamCertificate shows a renewed certificate without a new start, and the old one
// while the new one is not whole.
func TestTeamCertificate(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	c.opens()
	serial := func() int64 {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(c.origin, "https://"), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	got := []int64{serial()}
	c.write(c.cert, []byte("half"))
	got = append(got, serial())
	c.certify(22)
	got = append(got, serial())
	if diff := cmp.Diff([]int64{1, 1, 22}, got); diff != "" {
		t.Errorf("serial numbers (-want +got)\n%s", diff)
	}
	if said := c.err.String(); strings.Count(said, "not a certificate and its key") == 0 {
		t.Errorf("not told: %s", said)
	}
	if _, err := tls.Dial("tcp", strings.TrimPrefix(c.origin, "https://"), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	status, _ := c.desk.status421(c.visitor(), "elsewhere.example")
	if status != http.StatusMisdirectedRequest {
		t.Errorf("a name that the certificate has not: %d", status)
	}
}

// status421 asks by another name.
func (d *desk) status421(b *browser, host string) (int, string) {
	d.t.Helper()
	req, err := http.NewRequest("GET", b.origin+"/sign-in", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Host = host
	answer, err := b.client.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// TestTeamProxy believes the proxies that are named, and no stranger.
func TestTeamProxy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		proxies string
		header  map[string]string
		want    int
	}{
		"the proxy":                 {"127.0.0.1", map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "import.example", "X-Forwarded-For": "192.0.2.1"}, 200},
		"the proxy, without TLS":    {"127.0.0.1", map[string]string{"X-Forwarded-Proto": "http"}, 403},
		"the proxy, after a liar":   {"127.0.0.1", map[string]string{"X-Forwarded-Proto": "https, http"}, 403},
		"the proxy, says nothing":   {"127.0.0.1", nil, 403},
		"a stranger as the proxy":   {"192.0.2.0/24", map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "import.example"}, 403},
		"another page by the proxy": {"127.0.0.1", map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "import.example", "Origin": "https://elsewhere.example"}, 403},
		"our page by the proxy":     {"127.0.0.1", map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "import.example", "Origin": "https://import.example"}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrew(t)
			c.opens("--behind-proxy", test.proxies, "--users", c.users)
			if got, text := c.stranger("GET", "/sign-in", test.header); got != test.want {
				t.Errorf("%d %s, want %d", got, text, test.want)
			}
			if got, _ := c.stranger("GET", "/healthz", nil); got != http.StatusOK {
				t.Errorf("health: %d", got)
			}
		})
	}
}

// TestTeamRefused does not begin where people could not come in safely.
func TestTeamRefused(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	open := filepath.Join(c.folder, "open.txt")
	c.write(open, nil)
	if err := os.Chmod(open, 0o660); err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(c.folder, "odd.txt")
	c.write(odd, []byte("# people\nkim:import:secret\n"))
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"beyond this machine, for nobody": {[]string{"--listen", "0.0.0.0:0"}, "nobody is named who may come in"},
		"TLS for nobody":                  {[]string{"--tls-cert", c.cert, "--tls-key", c.key}, "nobody is named who may come in"},
		"people without TLS":              {[]string{"--listen", "0.0.0.0:0", "--users", c.users}, "a team needs TLS"},
		"half a certificate":              {[]string{"--tls-cert", c.cert, "--users", c.users}, "go together"},
		"a key of another":                {[]string{"--tls-cert", c.cert, "--tls-key", c.users, "--users", c.users}, "not a certificate and its key"},
		"no proxy":                        {[]string{"--behind-proxy", "proxy", "--users", c.users}, "no list of addresses"},
		"a file that others may write":    {[]string{"--behind-proxy", "127.0.0.1", "--users", open}, "can be changed by its group"},
		"a file that is not there":        {[]string{"--behind-proxy", "127.0.0.1", "--users", open + "x"}, "there is no file"},
		"a line that is not understood":   {[]string{"--behind-proxy", "127.0.0.1", "--users", odd}, "line 2: the hash is none of bcrypt"},
		"user: a file others may write":   {[]string{"user", "kim", "--role", "look", "--users", open}, "can be changed by its group"},
		"user: no role":                   {[]string{"user", "kim", "--role", "boss", "--users", c.users}, "is no role"},
		"user: a name with a colon":       {[]string{"user", "kim:x", "--role", "look", "--users", c.users}, "is no name of a person"},
		"user: nobody":                    {[]string{"user", "kim", "--remove", "--users", c.users}, "nobody in"},
		"user: no password":               {[]string{"user", "kim", "--role", "look", "--users", c.users}, "password is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.HasPrefix(test.want, "can be changed") {
				t.Skip("no modes of files here")
			}
			var out, errs bytes.Buffer
			status := c.run(t.Context(), &out, &errs, append([]string{"serve"}, test.args...)...)
			if !strings.Contains(errs.String(), test.want) || !strings.Contains(errs.String(), "hint: ") || status != 1 && status != 2 {
				t.Errorf("exit status %d: %s, want %q", status, &errs, test.want)
			}
		})
	}
	info, err := os.Stat(c.users)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestTeamMetrics tells numbers to this machine, to who is signed in, and to who has the token.
func TestTeamMetrics(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	token := filepath.Join(c.folder, "token.txt")
	c.write(token, []byte("a token that nobody guesses\n"))
	c.opens("--behind-proxy", "127.0.0.1", "--users", c.users, "--metrics-token", token)
	by := func(more ...string) map[string]string {
		header := map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "import.example", "X-Forwarded-For": "192.0.2.1"}
		for i := 0; i < len(more); i += 2 {
			header[more[i]] = more[i+1]
		}
		return header
	}
	request, err := http.NewRequest(http.MethodPost, c.origin+"/sign-in", strings.NewReader(url.Values{"name": {"look"}, "password": {crewPassword}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range by() {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if len(answer.Cookies()) != 1 {
		t.Fatalf("by the proxy: %s", answer.Status)
	}
	in := answer.Cookies()[0]
	for name, test := range map[string]struct {
		header map[string]string
		want   int
	}{
		"this machine":             {nil, 200},
		"a stranger":               {by(), 403},
		"who says it is here":      {by("X-Forwarded-For", "127.0.0.1"), 403},
		"the proxy, for nobody":    {map[string]string{"X-Forwarded-Proto": "https"}, 403},
		"who is signed in":         {by("Cookie", in.Name+"="+in.Value), 200},
		"who has been":             {by("Cookie", in.Name+"=x"+in.Value), 403},
		"who has the token":        {by("Authorization", "Bearer a token that nobody guesses"), 200},
		"who has a part of it":     {by("Authorization", "Bearer a token that nobody"), 403},
		"who has it as a password": {by("Authorization", "Basic a token that nobody guesses"), 403},
		"who has none":             {by("Authorization", "Bearer "), 403},
	} {
		if got, text := c.stranger("GET", "/metrics", test.header); got != test.want {
			t.Errorf("%s: %d %s, want %d", name, got, text, test.want)
		}
	}
	c.write(token, []byte("short"))
	var out, errs bytes.Buffer
	if status := c.run(t.Context(), &out, &errs, "serve", "--behind-proxy", "127.0.0.1", "--users", c.users, "--ledger", filepath.Join(c.folder, "other.db"), "--metrics-token", token); status != statusUsage || !strings.Contains(errs.String(), "needs 20") {
		t.Errorf("a short token: %d %s", status, &errs)
	}
}
