package serve_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/serve"
)

// house is a server behind a gate, with a clock of its own.
type house struct {
	*serve.Gate
	origin string

	mu  sync.Mutex
	now time.Time
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func newHouse(t *testing.T, inside func(*serve.Gate) http.Handler) *house {
	t.Helper()
	l, err := serve.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{origin: "http://" + l.Addr().String(), now: time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)}
	h.Gate = serve.NewGate(serve.Options{
		Address: l.Addr().(*net.TCPAddr), Now: h.clock, Patience: 200 * time.Millisecond,
		Refuse: func(w http.ResponseWriter, _ *http.Request, why serve.Refusal) {
			w.WriteHeader(why.Status())
			fmt.Fprint(w, int(why))
		},
	})
	done := make(chan error, 1)
	go func() { done <- serve.Run(t.Context(), l, h.Handler(nil, inside(h.Gate)), time.Second) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return h
}

func name(*serve.Gate) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, serve.From(r.Context()).Name) })
}

// visitor is somebody with a browser.
func visitor(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
}

func visit(t *testing.T, who *http.Client, address string) string {
	t.Helper()
	answer, err := who.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(answer.StatusCode, " ", string(text))
}

// TestCode lets one person in once, for as long as they are at it.
func TestCode(t *testing.T) {
	h := newHouse(t, name)
	first, second := visitor(t), visitor(t)
	old := h.Code(serve.Person{Name: "Old"})
	h.later(14 * time.Minute)
	code := h.Code(serve.Person{Name: "Kim", Role: serve.Look})
	steps := []struct {
		what string
		who  *http.Client
		path string
		wait time.Duration
		want string
	}{
		{"before", first, "/", 0, "401 1"},
		{"a code that is too old", second, "/start?code=" + old, 2 * time.Minute, "401 2"},
		{"the code", first, "/start?code=" + code, 0, "200 Kim"},
		{"the code again, by another", second, "/start?code=" + code, 0, "401 2"},
		{"the code again, by who is in", first, "/start?code=" + code, 0, "200 Kim"},
		{"nearly half a day later", first, "/", serve.Idle - time.Minute, "200 Kim"},
		{"and again: they were seen", first, "/", serve.Idle - time.Minute, "200 Kim"},
		{"after more than that", first, "/", serve.Idle + time.Minute, "401 1"},
	}
	for _, s := range steps {
		h.later(s.wait)
		if got := visit(t, s.who, h.origin+s.path); got != s.want {
			t.Fatalf("%s: %s, want %s", s.what, got, s.want)
		}
	}
}

// TestSlowBody cuts off a body that does not come, and the one who is turned away too.
func TestSlowBody(t *testing.T) {
	said := make(chan error, 1)
	h := newHouse(t, func(g *serve.Gate) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				return
			}
			body, err := g.Body(w, r, 1<<20)
			if err == nil {
				_, err = io.Copy(io.Discard, body)
			}
			said <- err
		})
	})
	who := visitor(t)
	visit(t, who, h.origin+"/start?code="+h.Code(serve.Person{Name: "Kim"}))
	req, err := http.NewRequest(http.MethodPost, h.origin, nil)
	if err != nil {
		t.Fatal(err)
	}
	cookie := who.Jar.Cookies(req.URL)[0]
	for name, header := range map[string]string{"a person": "Cookie: " + cookie.String() + "\r\n", "a stranger": ""} {
		c, err := net.Dial("tcp", strings.TrimPrefix(h.origin, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: %s\r\n%sContent-Length: 1000\r\n\r\nslow", strings.TrimPrefix(h.origin, "http://"), header)
		if header != "" {
			slow, ok := errors.AsType[net.Error](<-said)
			if !ok || !slow.Timeout() {
				t.Errorf("%s: %v, want a time-out", name, slow)
			}
		}
		if _, err := io.Copy(io.Discard, bufio.NewReader(c)); err != nil { // until the server hangs up
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestJournal only ever appends.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "audit.jsonl")
	for _, act := range []string{"upload", "import"} {
		j, err := serve.OpenJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Note(serve.Person{Name: "Kim", Role: serve.Import}, serve.Act{Act: act, File: "f\n"}); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []serve.Act
	for line := range strings.Lines(string(text)) {
		var a serve.Act
		if err := json.Unmarshal([]byte(line), &a); err != nil || a.Time.IsZero() {
			t.Fatalf("%v: %s", err, line)
		}
		a.Time = time.Time{}
		got = append(got, a)
	}
	want := []serve.Act{{Who: "Kim", Role: serve.Import, Act: "upload", File: "f\n"}, {Who: "Kim", Role: serve.Import, Act: "import", File: "f\n"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSessionEnds without a request for 12 hours, and after 7 days in any case.
func TestSessionEnds(t *testing.T) {
	h := newHouse(t, name)
	enter := func() *http.Client {
		t.Helper()
		v := visitor(t)
		answer, err := v.Get(h.origin + "/start?code=" + h.Code(serve.Person{Name: "kim", Role: serve.Look}))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return v
	}
	in := func(v *http.Client) bool {
		t.Helper()
		answer, err := v.Get(h.origin + "/")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}
	idle, busy := enter(), enter()
	began := h.clock()
	for h.clock().Sub(began) < serve.Lasts-serve.Idle {
		h.later(serve.Idle - time.Second)
		if !in(busy) {
			t.Fatalf("who is busy is out after %v", h.clock().Sub(began))
		}
		if h.clock().Sub(began) > serve.Idle && in(idle) {
			t.Fatalf("who is idle is in after %v", h.clock().Sub(began))
		}
	}
	present := func() int {
		t.Helper()
		all, err := h.Present(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if n := present(); n != 1 {
		t.Errorf("%d sessions go on, want 1", n)
	}
	h.later(began.Add(serve.Lasts).Sub(h.clock()))
	if !in(busy) {
		t.Error("out after 7 days less nothing")
	}
	h.later(time.Second)
	if in(busy) || present() != 0 {
		t.Error("in after more than 7 days")
	}
	if serve.Idle != 12*time.Hour || serve.Lasts != 7*24*time.Hour {
		t.Errorf("a session lasts %v without a request, and %v at most: the help says 12 hours and 7 days", serve.Idle, serve.Lasts)
	}
}
