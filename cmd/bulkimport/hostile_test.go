package main

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
)

// What nobody may find raw in what a command leaves: a terminal would obey it, or
// nobody would see it.
const hostileText = "\x1b[31m\u009b2J\x7f\u202e\u200f\u2066\U000e0041"

var hostileMarks = []string{"\x1b", "\u009b", "\x7f", "\u202e", "\u200f", "\u2066", "\U000e0041"}

// hostileNames puts the text, and the token that was asked with, behind each name that
// a platform tells.
func hostileNames(t *testing.T, s *apstest.Server, tokens map[string]bool) string {
	to, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`("(?:name|companyName|displayName|message|orderStatusDescription)"\s*:\s*")([^"]*)"`)
	token := regexp.MustCompile(`"access_token"\s*:\s*"([^"]*)"`)
	quoted := strings.Trim(strconv.QuoteToASCII("\u009b2J\u007f\u202e\u200f\u2066"), `"`)
	quoted = `\u001b[31m` + strings.ReplaceAll(quoted, `\x7f`, `\u007f`) + `\udb40\udc41`
	far := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Header.Del("Accept-Encoding") },
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			if m := token.FindSubmatch(body); m != nil {
				tokens[string(m[1])] = true
			}
			_, bearer, _ := strings.Cut(r.Request.Header.Get("Authorization"), " ")
			body = names.ReplaceAll(body, []byte("${1}${2}"+quoted+bearer+`"`))
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.ContentLength = int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return err
		},
	})
	t.Cleanup(far.Close)
	return far.URL
}

// TestHostile runs every command against a platform, a file and a command line full of
// what a terminal would obey, and of secrets.
func TestHostile(t *testing.T) {
	s, err := apstest.Start(apstest.Config{Tenants: 3, Provisioning: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	folder := t.TempDir()
	tokens := map[string]bool{}
	address := hostileNames(t, s, tokens)
	o := s.OAuth2()
	variables := map[string]string{
		"HOME": folder, "XDG_CONFIG_HOME": filepath.Join(folder, "config"), "XDG_STATE_HOME": filepath.Join(folder, "state"),
		"BULKIMPORT_URL": address, "BULKIMPORT_TOKEN_URL": address + strings.TrimPrefix(o.TokenURL, s.URL()),
		"BULKIMPORT_CLIENT_ID": o.ClientID, "BULKIMPORT_CLIENT_SECRET": o.ClientSecret,
	}
	in := func(name string) string { return filepath.Join(folder, name) }
	hostileName := hostileText
	if runtime.GOOS == "windows" { // which takes no such name
		hostileName = "\u202e\u2066"
	}
	evil := in("evil" + hostileName + ".csv")
	plan := s.Plans()[0].ID
	var texts []string
	do := func(args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		v := new(veil)
		e := &env{in: strings.NewReader(""), out: newDoor(&out, v), err: newDoor(&errs, v), exit: os.Exit, veil: v,
			lookup: func(name string) (string, bool) { value, ok := variables[name]; return value, ok }}
		status := run(t.Context(), args, e)
		texts = append(texts, args[0])
		for name, text := range map[string]string{"stdout": out.String(), "stderr": errs.String()} {
			if args[0] == "download" { // a table, as other programs read it
				text = strings.ReplaceAll(text, "\u200f", "")
			}
			innocent(t, strings.Join(args, " ")+" (exit "+strconv.Itoa(status)+"): "+name, text, o.ClientSecret, tokens)
		}
	}

	do("plans")
	do("plans", "--json")
	do("accounts")
	do("accounts", "--json")
	do("download", "-o", in("a.csv"), "--plan", plan)
	do("download", "-o", in("a.xlsx"), "--plan", plan)
	do("download")
	accounts, err := os.ReadFile(in("a.csv"))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(accounts), "\r\n")
	bad := head + ",note" + hostileText + "\r\nx" + hostileText + o.ClientSecret + ".onmicrosoft.com," + hostileText + "," + hostileText + ",=1+1" + hostileText + ",a@b" + hostileText + ",1" + hostileText + "," + hostileText + "\r\n" + rest
	if err := os.WriteFile(evil, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	do("validate", evil)
	do("validate", evil, "--json")
	do("validate", evil, "--clean", in("clean.csv"))
	do("import", evil, "--yes", "--results", in("evil.results.csv"))
	do("import", in("a.csv"), "--yes", "--results", in("r.csv"), "--report", in("r.html"), "--settle", "1s")
	do("import", in("a.csv"), "--yes", "--results", in("r.xlsx"), "--json")
	do("status")
	do("status", "--json")
	do("status", "--row", hostileText+o.ClientSecret)
	do("reconcile")
	do("audit", in("r.csv"))
	do("audit", evil)
	do("report", in("r.csv"), "-o", in("again.html"))
	do("report", evil, "-o", in("evil.html"))
	do("stop")
	do("ledger", "copy", evil+".db")
	do("login", "--url", "https://u:"+o.ClientSecret+"%zz@h"+hostileText)
	do("logout", "--profile", hostileText)
	do("profiles")
	do("doctor")
	do("doctor", "--json")
	do("demo", "--"+hostileText)
	do("sandbox", "--listen", hostileText)
	do("serve", "--listen", hostileText)
	do("work", "--listen", hostileText)
	do("version")
	do("completion", hostileText)
	do("completion", "bash")
	do("no"+hostileText, "x")

	for _, c := range newRoot(&env{veil: new(veil)}, func() {}).Commands() {
		if c.GroupID != "" && !strings.Contains(strings.Join(texts, " "), c.Name()) {
			t.Errorf("%s is not tried", c.Name())
		}
	}
	for _, name := range []string{"a.xlsx", "clean.csv", "r.csv", "r.xlsx", "r.html", "again.html"} {
		if _, err := os.Stat(in(name)); err != nil {
			t.Error(err)
		}
	}
	if s.OrderCount() != 3 {
		t.Errorf("%d orders, want 3", s.OrderCount())
	}
	if len(tokens) == 0 {
		t.Error("no token was fetched")
	}
	err = filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() || path == evil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".xlsx") {
			text = unzipped(t, text)
		}
		name := strings.ToValidUTF8(filepath.Base(path), "")
		if strings.HasPrefix(name, "evil.results") { // an operator's own cells are as they were
			return nil
		}
		if !strings.Contains(path, "ledger.db") && !strings.Contains(path, ".csv.db") { // lengths and ids look like anything there
			// A mark of direction is part of a name in some scripts.
			innocent(t, name, strings.ReplaceAll(string(text), "\u200f", ""), o.ClientSecret, tokens)
		}
		for secret := range tokens {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds a token", name)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// innocent fails if a text holds anything of what was planted.
func innocent(t *testing.T, what, text, secret string, tokens map[string]bool) {
	t.Helper()
	for _, mark := range hostileMarks {
		if i := strings.Index(text, mark); i >= 0 {
			t.Errorf("%q has %q raw: %q", what, mark, text[max(0, i-60):min(len(text), i+40)])
			break
		}
	}
	for token := range tokens {
		if strings.Contains(text, token) {
			t.Errorf("%q holds a token", what)
		}
	}
	if strings.Contains(text, secret) {
		t.Errorf("%q holds the secret", what)
	}
}

// unzipped is all that is in a workbook.
func unzipped(t *testing.T, book []byte) []byte {
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}
