package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulkimport/apsclient/apstest"
)

// What nobody may find raw in what a command leaves: a terminal would obey it, or
// nobody would see it.
const hostileText = "\x1b[31m\u009b2J\x7f\u202e\u200f\u2066\U000e0041"

var hostileMarks = []string{"\x1b", "\u009b", "\x7f", "\u202e", "\u200f", "\u2066", "\U000e0041"}

// Of these a file of numbers has none by chance.
var hostileRuns = []string{"\x1b[31m", "\u009b2J", "\x7f\u202e", "\u202e", "\u2066", "\U000e0041"}

// planted are the secrets that nobody may find in anything, those fetched meanwhile
// among them.
type planted struct {
	mu      sync.Mutex
	secrets map[string]bool
}

func (p *planted) add(secrets ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range secrets {
		if p.secrets == nil {
			p.secrets = map[string]bool{}
		}
		p.secrets[s] = true
	}
}

func (p *planted) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.secrets)
}

// kept fails if a text holds a secret.
func (p *planted) kept(t *testing.T, what, text string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for secret := range p.secrets {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("%q holds a secret: %q", what, text[max(0, i-60):min(len(text), i+len(secret)+10)])
		}
	}
}

// innocent fails if a text holds anything of what was planted.
func (p *planted) innocent(t *testing.T, what, text string) {
	t.Helper()
	free(t, what, text, hostileMarks)
	p.kept(t, what, text)
}

// free fails if a text holds one of the marks.
func free(t *testing.T, what, text string, marks []string) {
	t.Helper()
	for _, mark := range marks {
		if i := strings.Index(text, mark); i >= 0 {
			t.Errorf("%q has %q raw: %q", what, mark, text[max(0, i-60):min(len(text), i+40)])
			return
		}
	}
}

// What a hostile platform spoils of its answers.
var (
	someNames = regexp.MustCompile(`("(?:name|companyName|displayName|message|orderStatusDescription)"\s*:\s*")([^"]*)"`)
	allTexts  = regexp.MustCompile(`(:\s*")((?:[^"\\]|\\.)*)"`)
)

// hostileNames is a platform that puts the text, and the secrets that it knows, behind
// each of these texts that it tells.
func hostileNames(t *testing.T, s *apstest.Server, p *planted, texts *regexp.Regexp) string {
	to, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	token := regexp.MustCompile(`"access_token"\s*:\s*"([^"]*)"`)
	quoted := strings.Trim(strconv.QuoteToASCII("\u009b2J\u007f\u202e\u200f\u2066"), `"`)
	quoted = `\u001b[31m` + strings.ReplaceAll(quoted, `\x7f`, `\u007f`) + `\udb40\udc41`
	far := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Header.Del("Accept-Encoding") },
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			if m := token.FindSubmatch(body); m != nil {
				p.add(string(m[1]))
			} else {
				_, bearer, _ := strings.Cut(r.Request.Header.Get("Authorization"), " ")
				body = texts.ReplaceAll(body, []byte("${1}${2}"+quoted+bearer+s.OAuth2().ClientSecret+`"`))
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.ContentLength = int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return err
		},
	})
	t.Cleanup(far.Close)
	return far.URL
}

// victim runs commands in a folder, with settings and on a platform that are full of what
// a terminal would obey, and of secrets.
type victim struct {
	*planted
	t         *testing.T
	platform  *apstest.Server
	folder    string
	variables map[string]string
	tried     map[string]bool
	moved     string        // where the ledger went
	patience  time.Duration // with what would go on for ever
}

func newVictim(t *testing.T, texts *regexp.Regexp) *victim {
	s, err := apstest.Start(apstest.Config{Tenants: 3, Provisioning: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	v := &victim{planted: new(planted), t: t, platform: s, folder: t.TempDir(), tried: map[string]bool{}, patience: time.Second}
	o := s.OAuth2()
	v.add(o.ClientSecret)
	address := hostileNames(t, s, v.planted, texts)
	v.variables = map[string]string{
		"HOME": v.folder, "XDG_CONFIG_HOME": v.in("config"), "XDG_STATE_HOME": v.in("state"), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
		"BULKIMPORT_URL": address, "BULKIMPORT_TOKEN_URL": address + strings.TrimPrefix(o.TokenURL, s.URL()),
		"BULKIMPORT_CLIENT_ID": o.ClientID, "BULKIMPORT_CLIENT_SECRET": o.ClientSecret,
	}
	t.Chdir(v.folder) // what is named without a folder is left there too
	return v
}

func (v *victim) in(name string) string { return filepath.Join(v.folder, name) }

// do runs a command, of which nothing that was planted may come out.
func (v *victim) do(args ...string) int { v.t.Helper(); return v.typed("", args...) }

// typed is do with something on stdin. What would go on for ever is stopped.
func (v *victim) typed(input string, args ...string) int {
	v.t.Helper()
	var out, errs bytes.Buffer
	hidden := new(veil)
	e := &env{in: strings.NewReader(input), out: newDoor(&out, hidden), err: newDoor(&errs, hidden), exit: os.Exit, veil: hidden,
		lookup: func(name string) (string, bool) { value, ok := v.variables[name]; return value, ok }}
	ctx := v.t.Context()
	c, _, err := newRoot(e, func() {}).Find(args)
	if err == nil {
		v.tried[c.CommandPath()] = true
	}
	if slices.Contains([]string{"sandbox", "serve", "work"}, args[0]) {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, v.patience)
		defer stop()
	}
	status := run(ctx, args, e)
	for name, text := range map[string]string{"stdout": out.String(), "stderr": errs.String()} {
		if args[0] == "download" { // a table, as other programs read it
			text = strings.ReplaceAll(text, "\u200f", "")
		}
		v.innocent(v.t, strings.Join(args, " ")+" (exit "+strconv.Itoa(status)+"): "+name, text)
	}
	return status
}

// file writes a file into the folder.
func (v *victim) file(name, text string) string {
	v.t.Helper()
	if err := os.WriteFile(v.in(name), []byte(text), 0o600); err != nil {
		v.t.Fatal(err)
	}
	return v.in(name)
}

// files looks through all that was written, but for files that a person has made, and
// for a person's own cells, which a table has as they were.
func (v *victim) files(cells []string, own ...string) {
	v.t.Helper()
	var pairs []string
	for _, cell := range cells {
		pairs = append(pairs, cell, "", strings.ReplaceAll(cell, "\x1b", "_x001B_"), "") // as CSV has it, and a workbook
	}
	others := strings.NewReplacer(pairs...)
	err := filepath.Walk(v.folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() || slices.Contains(own, path) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch filepath.Ext(path) {
		case ".xlsx":
			text = []byte(others.Replace(string(unzipped(v.t, text))))
		case ".csv":
			text = []byte(others.Replace(string(text)))
		}
		name := strings.ToValidUTF8(filepath.Base(path), "")
		if bytes.HasPrefix(text, []byte("SQLite format")) || strings.HasSuffix(path, "-wal") || strings.HasSuffix(path, "-shm") {
			v.kept(v.t, name, string(text))
			text = bytes.ReplaceAll(text, []byte(v.moved), nil) // where it went, to be found again as it is
			free(v.t, name, string(text), hostileRuns)
			return nil
		}
		// A mark of direction is part of a name in some scripts.
		v.innocent(v.t, name, strings.ReplaceAll(string(text), "\u200f", ""))
		return nil
	})
	if err != nil {
		v.t.Error(err)
	}
}

// hostileName is the text as far as a file can be called so.
func hostileName() string {
	if runtime.GOOS == "windows" {
		return "\u202e\u2066"
	}
	return hostileText
}

// TestHostile runs every command against a platform, a file and a command line full of
// what a terminal would obey, and of secrets.
func TestHostile(t *testing.T) {
	v := newVictim(t, someNames)
	in, do := v.in, v.do
	secret := v.platform.OAuth2().ClientSecret
	evil := in("evil" + hostileName() + ".csv")
	plan := v.platform.Plans()[0].ID

	do("plans")
	do("plans", "--json")
	do("plans", "--verbose")
	do("accounts")
	do("accounts", "--json")
	do("accounts", "--find", "contoso"+hostileText)
	do("download", "-o", in("a.csv"), "--plan", plan)
	do("download", "-o", in("a.xlsx"), "--plan", plan)
	do("download", "--filter", hostileText)
	do("download")
	accounts, err := os.ReadFile(in("a.csv"))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(accounts), "\r\n")
	note := "note" + hostileText + secret
	cells := []string{"x" + hostileText + secret + ".onmicrosoft.com", "p" + hostileText, "s" + hostileText, "=1+1" + hostileText, "a@b" + hostileText, "1" + hostileText, "n" + hostileText}
	if err := os.WriteFile(evil, []byte(head+","+note+"\r\n"+strings.Join(cells, ",")+"\r\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	do("validate", evil)
	do("validate", evil, "--json")
	do("validate", evil, "--offline")
	do("validate", evil, "--offline", "--json")
	do("validate", evil, in("a.csv"))
	do("validate", evil, "--clean", in("clean.csv"))
	do("validate", in("a.xlsx"), "--clean", in("clean.xlsx"))
	do("validate", evil, "--annotate", in("evil.mend.csv"))
	do("validate", evil, "--annotate", in("evil.mend.xlsx"))
	do("import", evil, "--yes", "--results", in("evil.results.csv"))
	do("import", in("a.csv"), "--dry-run")
	do("import", in("a.csv"), "--yes", "--results", in("r.csv"), "--report", in("r.html"), "--settle", "1s")
	do("import", in("a.csv"), "--yes", "--results", in("r.xlsx"), "--json")
	do("import", evil, "--yes", "--skip-invalid", "--results", in("evil.results.csv"), "--report", in("evil.results.html"))
	do("import", evil, "--yes", "--skip-invalid", "--results", in("evil.results.xlsx"), "--json")
	do("status")
	do("status", "--json")
	do("status", "--row", hostileText+secret)
	do("status", "--row", "SO000001")
	do("reconcile")
	do("reconcile", "--json")
	do("reconcile", v.file("evil.look.csv", "reference,tenant,subscription,account_id,account_name,plan,sent_at,known,order_number,order_id,found,note\r\nx"+hostileText+secret+",y"+hostileText+",z"+hostileText+",,,,,,,,found"+hostileText+",note"+hostileText+"\r\n"))
	do("audit", in("r.csv"))
	do("audit", in("r.csv"), "--json")
	do("audit", evil)
	do("audit", in("evil.results.csv"))
	do("report", in("r.csv"), "-o", in("again.html"))
	do("report", evil, "-o", in("evil.html"))
	do("report", in("evil.results.csv"), "-o", in("evil.results2.html"))
	do("report", in("evil.results.csv"), "--only", "invalid", "-o", in("evil.results3.xlsx"))
	do("report", "--only", "unknown", "-o", in("look.csv"))
	do("report", "--run", "2", "-o", in("run.csv"))
	do("report", "--run", "2", "-o", in("run.html"))
	do("report", "--cancel-list")
	do("report", "--cancel-list", "-o", in("cancel.csv"))
	do("stop")
	do("ledger")
	do("ledger", "copy", "--to", in("backup.db"))
	do("ledger", "copy", evil+".db")
	do("ledger", "copy", evil+".db", "postgres://importer:"+secret+"@127.0.0.1:1/"+hostileText, "--yes")
	do("login", "--url", "https://u:"+secret+"%zz@h"+hostileText)
	v.typed(secret+"\n", "login", "--no-keyring", "--no-check", "--profile", "kept", "--url", "https://hub.example", "--consumer-key", "key"+hostileText)
	do("logout", "--profile", hostileText)
	do("profiles")
	do("profiles", "--json")
	do("logout", "--profile", "kept")
	do("doctor")
	do("doctor", "--json")
	do("doctor", "--assumptions")
	do("doctor", "--shapes")
	do("doctor", "--compare", "SO000001")
	do("doctor", "--compare", hostileText)
	do("doctor", "--learn", "SO000001", "--yes", "--profile", "learned")
	do("doctor", "--record", in("record.txt"))
	v.moved = evil + ".db"
	do("ledger", "move", "--to", v.moved, "--yes")
	do("status")
	do("ledger", "adopt", "--ledger", evil+".db")
	do("ledger", "adopt", "--ledger", evil+".db", "--no-other-copy")
	do("status", "--ledger", "postgres://importer:"+secret+"@127.0.0.1:1/x"+hostileText)
	do("demo")
	do("demo", "--"+hostileText)
	do("sandbox", "--listen", hostileText)
	do("sandbox", "--listen", "127.0.0.1:0", "--replay", in("record.txt"))
	do("sandbox", "--listen", "127.0.0.1:0", "--replay", evil)
	do("sandbox", "--listen", "127.0.0.1:0", "--state", in("state"+hostileName()+".json"))
	do("serve", "--listen", hostileText)
	do("serve", "--no-browser", "--port", "0")
	v.typed(secret+"\n", "serve", "user", "kim"+hostileText, "--role", "look", "--users", in("people.txt"))
	v.typed(secret+"\n", "serve", "user", "kim", "--role", "look"+hostileText, "--users", in("people.txt"))
	v.typed(secret+"\n", "serve", "user", "kim", "--role", "look", "--users", in("people.txt"))
	do("serve", "--no-browser", "--port", "0", "--users", evil)
	do("work", "--listen", hostileText)
	do("work")
	do("version")
	do("help", hostileText)
	do("help", "codes")
	do("completion", hostileText)
	do("completion", "bash")
	do("__complete", "download", "--plan", "")
	do("no"+hostileText, "x")

	for c := range everyCommand(newRoot(&env{veil: new(veil)}, func() {})) {
		if c.Runnable() && !v.tried[c.CommandPath()] {
			t.Errorf("%s is not tried", c.CommandPath())
		}
	}
	for _, name := range []string{"a.xlsx", "clean.csv", "clean.xlsx", "r.csv", "r.xlsx", "r.html", "again.html", "run.csv", "run.html", "cancel.csv", "backup.db", "record.txt", "people.txt",
		"evil.mend.csv", "evil.mend.xlsx", "evil.results.csv", "evil.results.xlsx", "evil.results.html", "evil.results2.html", "evil.results3.xlsx"} {
		if _, err := os.Stat(in(name)); err != nil {
			t.Error(err)
		}
	}
	if n := v.platform.OrderCount(); n != 3 {
		t.Errorf("%d orders, want 3", n)
	}
	if v.count() < 2 {
		t.Error("no token was fetched")
	}
	v.files(append(cells, note), evil, in("evil.look.csv"))
}

// TestHostileFlags gives every flag of every command what a terminal would obey.
func TestHostileFlags(t *testing.T) {
	v := newVictim(t, someNames)
	v.do("download", "-o", v.in("a.csv"), "--plan", v.platform.Plans()[0].ID)
	v.do("import", v.in("a.csv"), "--yes", "--results", v.in("r.csv"))
	v.patience = 100 * time.Millisecond
	rest := map[string][]string{
		"bulkimport validate": {v.in("a.csv")}, "bulkimport import": {v.in("a.csv"), "--yes"}, "bulkimport audit": {v.in("r.csv")}, "bulkimport report": {v.in("r.csv")},
		"bulkimport completion": {"bash"}, "bulkimport serve": {"--no-browser"}, "bulkimport serve user": {"kim"}, "bulkimport ledger copy": {"--to", v.in("copy.db")},
	}
	secret := v.platform.OAuth2().ClientSecret
	for c := range everyCommand(newRoot(&env{veil: new(veil)}, func() {})) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() == "bool" {
				return
			}
			path := strings.Fields(c.CommandPath())[1:]
			for _, value := range []string{hostileName() + secret, "https://u:" + secret + "@" + hostileText} {
				v.do(slices.Concat(path, rest[c.CommandPath()], []string{"--" + f.Name + "=" + value})...)
			}
		})
		v.do(append(strings.Fields(c.CommandPath())[1:], hostileText+secret, secret+hostileText)...)
	}
}

// TestHostileAnswers asks a platform of whose answers every text is spoilt, one that
// refuses everything in such words, and one whose tokens cannot be had.
func TestHostileAnswers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(v *victim)
	}{
		{"every text", nil},
		{"refused", func(v *victim) { v.refusing("application/json", false) }},
		{"refused, by a page", func(v *victim) { v.refusing("text/html", false) }},
		{"no token", func(v *victim) { v.refusing("application/json", true) }},
		{"no token, by a page", func(v *victim) { v.refusing("text/html"+hostileText, true) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := newVictim(t, allTexts)
			good := newVictim(t, someNames) // of whose file it is asked
			good.do("download", "-o", v.in("a.csv"), "--plan", v.platform.Plans()[0].ID)
			t.Chdir(v.folder)
			if tt.spoil != nil {
				tt.spoil(v)
			}
			asked := []string{"plans --verbose", "accounts", "download", "validate a.csv", "import a.csv --yes --patience 1s", "doctor --timeout 1s",
				"login --no-keyring --client-id bulkimport --url " + v.variables["BULKIMPORT_URL"] + " --token-url " + v.variables["BULKIMPORT_TOKEN_URL"]}
			if tt.spoil == nil {
				asked = append(asked, "plans --json", "accounts --json", "download -o b.csv", "download -o b.xlsx", "validate a.csv --annotate mend.csv --clean clean.csv", "validate a.csv --json",
					"import a.csv --dry-run", "import a.csv --yes --results r.csv --report r.html --skip-invalid --patience 1s --settle 1s --show 1s --wait 1s",
					"import a.csv --yes --results r.xlsx --json --skip-invalid --patience 1s --settle 1s --show 1s --wait 1s", "status", "status --json", "reconcile --wait 0", "reconcile --wait 0 --json",
					"audit r.csv", "report --only unknown -o look.csv", "report --run 1 -o run.html", "report --cancel-list", "doctor --json", "doctor --compare SO000001",
					"doctor --learn SO000001 --yes", "doctor --record record.txt")
			}
			for _, command := range asked {
				v.typed(v.platform.OAuth2().ClientSecret+"\n", strings.Fields(command)...)
			}
			v.files(nil, v.in("config/bulkimport/secrets/default.client_secret"))
		})
	}
}

// refusing sets a platform that refuses everything, or only to give tokens, in words
// full of what was planted.
func (v *victim) refusing(kind string, tokens bool) {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !tokens && strings.Contains(r.URL.Path, "token") {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"access_token":"another-token-of-theirs","token_type":"Bearer","expires_in":300}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		sent, _ := url.ParseQuery(string(body))
		said := hostileText + v.platform.OAuth2().ClientSecret + r.Header.Get("Authorization") + sent.Get("client_secret")
		text, _ := json.Marshal(map[string]any{"error": said, "error_description": said, "code": 400, "message": said, "details": said, "type": said})
		if strings.HasPrefix(kind, "text/html") {
			text = []byte("<html><title>" + said + "</title><h1>" + said + "</h1>")
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Retry-After", "0"+hostileText)
		w.Header().Set("Server", said)
		w.WriteHeader(http.StatusBadRequest)
		w.Write(text)
	}))
	v.t.Cleanup(far.Close)
	v.add("another-token-of-theirs")
	v.variables["BULKIMPORT_URL"], v.variables["BULKIMPORT_TOKEN_URL"] = far.URL, far.URL+"/token"
}

// TestHostileSettings reads variables, a config.toml and files it names that are full of
// what was planted.
func TestHostileSettings(t *testing.T) {
	v := newVictim(t, someNames)
	secret := v.platform.OAuth2().ClientSecret
	ask := func() {
		t.Helper()
		for _, args := range [][]string{{"plans"}, {"doctor"}, {"status"}, {"profiles"}, {"logout"}, {"validate", "none.csv"}} {
			v.do(args...)
		}
	}
	for _, name := range settingVariables {
		was, set := v.variables[name]
		for _, value := range []string{hostileText, hostileName() + secret, "https://u:" + secret + "@h" + hostileText, `"` + secret + hostileText + `"`} {
			v.variables[name] = value
			ask()
		}
		if delete(v.variables, name); set {
			v.variables[name] = was
		}
	}
	if err := os.MkdirAll(v.in("config/bulkimport"), 0o700); err != nil {
		t.Fatal(err)
	}
	template := v.file("order"+hostileName()+".json", `{"accountId": "${`+hostileText+secret+`}"}`)
	held := v.file("secret"+hostileName(), hostileText+secret+"\n"+secret)
	authority := v.file("ca"+hostileName()+".pem", "-----BEGIN "+hostileText+secret+"-----\n\n-----END "+hostileText+secret+"-----\n")
	for name := range map[string]bool{"BULKIMPORT_CLIENT_ID": true, "BULKIMPORT_CLIENT_SECRET": true, "BULKIMPORT_TOKEN_URL": true} {
		delete(v.variables, name)
	}
	quoted := func(text string) string {
		q, _ := json.Marshal(text)
		return strings.ReplaceAll(string(q), "\x7f", `\u007f`)
	}
	own := []string{template, held, authority, v.in("config/bulkimport/config.toml")}
	for _, text := range []string{
		"[default]\nunknown" + hostileText + " = " + quoted(secret),
		"[default]\n" + quoted("unknown"+hostileText) + " = " + quoted(secret),
		"[default]\nsettle = " + quoted(hostileText+secret),
		"[default]\npace = " + quoted(hostileText+secret),
		"[default]\nurl = " + quoted("https://u:"+secret+"@"+hostileText),
		"[default]\nurl = " + quoted("https://u:"+secret+"%zz@"+hostileText),
		"[default]\nledger = " + quoted("postgres://u:"+secret+"@h/"+hostileText),
		"[default]\nca_file = " + quoted(authority),
		"[default]\nconsumer_key = " + quoted(hostileText) + "\nconsumer_secret_file = " + quoted(held),
		"[default]\nconsumer_key = 'k'\nconsumer_secret_command = " + quoted("no"+hostileText+" "+secret),
		"[default]\nconsumer_key = 'k'\nconsumer_secret_command = " + quoted(`"no`+hostileText),
		"[default.wire.order]\ntemplate_file = " + quoted(template),
		"[default.wire.order]\ntemplate = " + quoted(`{"`+hostileText+`": "${`+hostileText+`}"`),
		"[default.wire.order]\nshape = " + quoted(hostileText),
		"[default.wire]\n" + quoted("order."+hostileText) + " = 'x'",
		"[default.columns]\n" + quoted(hostileText) + " = 'x'",
		"[default.columns]\nemail = " + quoted(hostileText),
		"[" + quoted(hostileText) + "]\nurl = 'https://hub.example'",
		"url = " + quoted(hostileText),
		hostileText,
	} {
		v.file("config/bulkimport/config.toml", text)
		ask()
	}
	v.files(nil, own...)
}

// everyCommand are all commands, those of commands among them.
func everyCommand(c *cobra.Command) iter.Seq[*cobra.Command] {
	return func(yield func(*cobra.Command) bool) {
		for _, one := range c.Commands() {
			if one.GroupID == "" && !c.HasParent() { // a page of help, or help itself
				continue
			}
			if !yield(one) {
				return
			}
			for below := range everyCommand(one) {
				if !yield(below) {
					return
				}
			}
		}
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
