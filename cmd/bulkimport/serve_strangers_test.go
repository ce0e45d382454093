package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
)

// stranger sends a request as whoever is not in, and returns the status and the text of
// the answer.
func (d *desk) stranger(method, path string, header map[string]string) (status int, text string) {
	d.t.Helper()
	req, err := http.NewRequest(method, d.origin+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	for name, value := range header {
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// cookie is what the person's browser shows.
func (d *desk) cookie() string {
	d.t.Helper()
	req, err := http.NewRequest(http.MethodGet, d.origin+"/", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, c := range d.client.Jar.Cookies(req.URL) {
		return c.Name + "=" + c.Value
	}
	d.t.Fatal("no cookie")
	return ""
}

// TestServeStrangers lets nobody in who was not invited: nothing of the job, and no
// secret, is told, and nothing is done.
func TestServeStrangers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 2})
	d.serve()
	f := d.handIn("a.csv", d.planned(nil))
	address, _, _ := strings.Cut(d.out.String(), "\n")
	used := strings.TrimPrefix(address, d.origin)
	in := d.cookie()
	for name, test := range map[string]struct {
		method, path string
		header       map[string]string
		want         int
	}{
		"no cookie, the page":         {"GET", "/", nil, 401},
		"no cookie, a file of it":     {"GET", "/page/index.html", nil, 401},
		"no cookie, the job":          {"GET", "/api/where", nil, 401},
		"no cookie, a file":           {"GET", "/api/files/" + f.ID, nil, 401},
		"no cookie, an import":        {"POST", "/api/files/" + f.ID + "/import", nil, 401},
		"another's cookie":            {"GET", "/api/where", map[string]string{"Cookie": in[:len(in)-4] + "AAAA"}, 401},
		"a code that was used":        {"GET", used, nil, 401},
		"no code":                     {"GET", "/start", nil, 401},
		"the code by POST":            {"POST", used, nil, 405},
		"a code without the secret":   {"POST", "/code", nil, 401},
		"another host":                {"GET", "/api/where", map[string]string{"Cookie": in, "Host": "example.com"}, 421},
		"another host, same port":     {"GET", "/api/where", map[string]string{"Cookie": in, "Host": "example.com:" + port(d.origin)}, 421},
		"this host, another port":     {"GET", "/api/where", map[string]string{"Cookie": in, "Host": "127.0.0.1:1"}, 421},
		"health, by another host":     {"GET", "/healthz", map[string]string{"Host": "example.com"}, 421},
		"another origin":              {"POST", "/api/audit", map[string]string{"Cookie": in, "Origin": "http://example.com"}, 403},
		"another origin, reading":     {"GET", "/api/where", map[string]string{"Cookie": in, "Origin": "http://example.com"}, 403},
		"another port's origin":       {"POST", "/api/audit", map[string]string{"Cookie": in, "Origin": "http://127.0.0.1:1"}, 403},
		"no origin that can be told":  {"POST", "/api/audit", map[string]string{"Cookie": in, "Origin": "null"}, 403},
		"a page elsewhere":            {"POST", "/api/audit", map[string]string{"Cookie": in, "Sec-Fetch-Site": "cross-site"}, 403},
		"a picture elsewhere":         {"GET", "/api/where", map[string]string{"Cookie": in, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403},
		"a page of this machine":      {"GET", "/api/where", map[string]string{"Cookie": in, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403},
		"a path out of the folder":    {"GET", "/api/files/..%2f..%2fserve.json", map[string]string{"Cookie": in}, 404},
		"a path out of the pages":     {"GET", "/page/..%2f..%2fserve.json", map[string]string{"Cookie": in}, 404},
		"an id of nothing":            {"GET", "/api/files/aaaaaaaaaaaaaaaa", map[string]string{"Cookie": in}, 404},
		"an address of nothing":       {"GET", "/api/nothing", map[string]string{"Cookie": in}, 404},
		"the person, so that we know": {"GET", "/api/where", map[string]string{"Cookie": in}, 200},
		"the person, another name":    {"GET", "/api/where", map[string]string{"Cookie": in, "Host": "localhost:" + port(d.origin)}, 200},
		"health":                      {"GET", "/healthz", nil, 200},
	} {
		t.Run(name, func(t *testing.T) {
			status, text := d.stranger(test.method, test.path, test.header)
			if status != test.want {
				t.Errorf("%d %s, want %d", status, text, test.want)
			}
			if strings.Contains(text, d.platform.Secret()) || test.want >= 400 && strings.Contains(text, "a.csv") {
				t.Errorf("told: %s", text)
			}
		})
	}
	if d.platform.OrderCount() != 0 {
		t.Errorf("%d orders", d.platform.OrderCount())
	}
}

func port(origin string) string { return origin[strings.LastIndexByte(origin, ':')+1:] }

// TestServeGuesses slows down whoever tries codes, and lets the right one through all
// the same.
func TestServeGuesses(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 1})
	d.serve()
	var out, errs bytes.Buffer
	if status := d.run(t.Context(), &out, &errs, "serve", "--no-browser"); status != 0 {
		t.Fatalf("exit status %d: %s", status, &errs)
	}
	answers, began := map[int]int{}, time.Now()
	for i := range 10_000 {
		status, _ := d.stranger("GET", fmt.Sprintf("/start?code=%026d", i), nil)
		answers[status]++
	}
	most := 10 + int(time.Since(began)/(6*time.Second)) + 1 // ten at once, and one each six seconds
	if answers[401] > most || answers[401]+answers[429] != 10_000 {
		t.Errorf("answers: %v, want 401 at most %d times and else 429", answers, most)
	}
	enter(t, strings.TrimSpace(out.String()))
}

// TestServeBounds takes no body that is too large, too slow, cut off, or of unknown
// length, and keeps nothing of it.
func TestServeBounds(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 1})
	d.serve()
	head := func(length string) string {
		return "POST /api/files?name=a.csv HTTP/1.1\r\nHost: 127.0.0.1:" + port(d.origin) + "\r\nCookie: " + d.cookie() + "\r\n" + length + "\r\n\r\n"
	}
	for name, test := range map[string]struct {
		text string
		want int // 0: the connection just ends
	}{
		"too large":         {head("Content-Length: 1073741825"), 413},
		"of unknown length": {head("Transfer-Encoding: chunked"), 411},
		"too long a name":   {strings.Replace(head("Content-Length: 1"), "a.csv", strings.Repeat("a", 40<<10), 1), 431},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", strings.TrimPrefix(d.origin, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(c, test.text); err != nil {
				t.Fatal(err)
			}
			answer, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != test.want {
				t.Errorf("%s, want %d", answer.Status, test.want)
			}
		})
	}
	t.Run("cut off", func(t *testing.T) {
		c, err := net.Dial("tcp", strings.TrimPrefix(d.origin, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, head("Content-Length: 100")+"tenant,"); err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left, err := filepath.Glob(filepath.Join(d.folder, "state", "bulkimport", "ledger.serve", "files", "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 && len(d.acts()) >= 2 { // sign in, and the upload that was cut off
			break
		}
		if time.Now().After(end) {
			t.Fatalf("left over: %q, acts %q", left, d.acts())
		}
	}
	if files := get[[]fileShort](d.browser, "/api/files"); len(files) != 0 {
		t.Errorf("kept: %+v", files)
	}
	if said := d.refused(http.StatusBadRequest, http.MethodPost, "/api/files?name=", "x"); !strings.Contains(said.What, "no name") {
		t.Errorf("%+v", said)
	}
}

// TestServePrivate keeps what is handed in from others on this machine.
func TestServePrivate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 1})
	d.serve()
	d.handIn("a.csv", d.planned(nil))
	d.end()
	n, windows := 0, runtime.GOOS == "windows"
	if windows {
		t.Log("Windows has no modes: what is in a person's own folder has the rights of that folder")
	}
	err := filepath.Walk(filepath.Join(d.folder, "state"), func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		n++
		if !windows && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte(d.platform.Secret())) {
			t.Errorf("%s holds the secret", path)
		}
		return nil
	})
	if err != nil || n < 6 {
		t.Errorf("%d files, %v", n, err)
	}
}

// TestServeHostile shows nothing as it came of what strangers wrote, and no secret.
func TestServeHostile(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 3, Provisioning: 20 * time.Millisecond})
	secrets := new(planted)
	o := d.platform.OAuth2()
	secrets.add(o.ClientSecret)
	address := hostileNames(t, d.platform, secrets, someNames)
	for name, value := range map[string]string{
		"BULKIMPORT_URL": address, "BULKIMPORT_TOKEN_URL": address + strings.TrimPrefix(o.TokenURL, d.platform.URL()),
		"BULKIMPORT_CLIENT_ID": o.ClientID, "BULKIMPORT_CLIENT_SECRET": o.ClientSecret,
	} {
		d.variables[name] = value
	}
	delete(d.variables, "BULKIMPORT_CONSUMER_KEY")
	delete(d.variables, "BULKIMPORT_CONSUMER_SECRET")
	d.serve()
	good := d.handIn("good"+hostileText+".csv", d.planned(nil))
	evil := d.handIn("evil.csv", []byte("tenant,plan_id,sub_id,company_name,email,account_id,note"+hostileText+"\nx"+hostileText+",y"+hostileText+",z,=1+1"+hostileText+",a@b"+hostileText+",1,"+hostileText+"\n"))
	end := d.imports(good.ID, nil)
	if d.platform.OrderCount() != 3 || secrets.count() < 2 {
		t.Errorf("%d orders, %d secrets: %+v", d.platform.OrderCount(), secrets.count(), end.Outcome)
	}
	for _, path := range []string{
		"/api/where", "/api/choices", "/api/files", "/api/imports", "/metrics", "/api/files/" + evil.ID, "/api/files/" + evil.ID + "/rows", "/api/files/" + evil.ID + "/preview",
		"/api/files/" + good.ID, "/api/files/" + good.ID + "/rows", "/api/files/" + good.ID + "/preview", "/api/files/" + good.ID + "/choices?column=plan_id",
		"/api/files/" + good.ID + "/rows?only=" + url.QueryEscape(hostileText), "/api/imports/" + end.ID, "/api/imports/" + end.ID + "/results",
		"/api/me", "/api/template?form=csv", "/api/template?form=csv&plan=" + url.QueryEscape(hostileText+o.ClientSecret), "/api/journal", "/api/journal/table", "/api/journal?from=" + url.QueryEscape(hostileText+o.ClientSecret), "/api/sessions", "/api/files/" + evil.ID + "/mended",
		"/api/imports/" + end.ID + "/events", "/api/imports/" + end.ID + "/mend", "/api/imports/" + end.ID + "/report", "/api/files/" + url.PathEscape(hostileText), "/api/" + url.PathEscape(hostileText),
		"/" + url.PathEscape(hostileText),
	} {
		_, text, header := d.ask(http.MethodGet, path, nil)
		if name := header.Get("Content-Disposition"); name != "" { // a table has names as they came, but for marks of direction
			secrets.innocent(t, path, name)
			continue
		}
		if strings.HasSuffix(path, "/report") { // where each name stands apart
			text = bytes.ReplaceAll(text, []byte("\u200f"), nil)
		}
		secrets.innocent(t, path, string(text))
	}
	sheet, _ := json.Marshal(hostileText)
	edits := func(value string) string {
		text, _ := json.Marshal(map[string]any{"edits": []map[string]any{{"row": 2, "column": "company_name", "value": value}, {"row": 2, "column": value, "value": value}}})
		return string(text)
	}
	quoted, _ := json.Marshal(hostileText + o.ClientSecret)
	for _, sent := range [][2]string{
		{"/api/files/" + good.ID + "/edits", edits(hostileText)}, {"/api/files/" + good.ID + "/edits", string(quoted)}, {"/api/files/" + good.ID + "/undo", `{"version":` + string(quoted) + `}`},
		{"/api/files/" + good.ID + "/undo", `{"version":99}`}, {"/api/files/" + good.ID + "/reading", `{"sheet":` + string(sheet) + `}`}, {"/api/files/" + good.ID + "/reading", `{"hidden":` + string(quoted) + `}`},
		{"/api/files/" + good.ID + "/import", `{"typed":` + string(quoted) + `}`}, {"/api/imports/" + url.PathEscape(hostileText) + "/stop", ""}, {"/api/imports/" + end.ID + "/go-on", ""},
		{"/api/audit", `{"import":` + string(quoted) + `}`}, {"/api/files?name=" + url.QueryEscape(hostileText), ""}, {"/api/sessions/end", `{"id":` + string(quoted) + `}`},
	} {
		status, text, _ := d.ask(http.MethodPost, sent[0], strings.NewReader(sent[1]))
		secrets.innocent(t, sent[0]+" "+strconv.Itoa(status), string(text))
	}
	d.end()
	secrets.innocent(t, "what serve says", d.out.String()+d.err.String())
	err := filepath.Walk(d.folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		secrets.kept(t, path, string(text))
		if filepath.Ext(path) == ".jsonl" || filepath.Ext(path) == ".json" {
			free(t, path, string(text), hostileMarks)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
