package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

func TestWords(t *testing.T) {
	for _, test := range []struct{ name, got, want string }{
		{"clean leaves words", clean("Müller & Söhne, 株式会社"), "Müller & Söhne, 株式会社"},
		{"clean shows escapes", clean("a\x1b[31mb\x00"), `a\u001b[31mb\u0000`},
		{"clean shows line breaks", clean("a\nb"), "a⏎b"},
		{"clean shows turned writing", clean("a\u202eb"), `a\u202eb`},
		{"short leaves what fits", csvimport.Shorten("abc", 3), "abc"},
		{"short cuts letters, not bytes", csvimport.Shorten("äöüß", 3), "äö…"},
		{"number", number(1234567), "1,234,567"},
		{"number below a thousand", number(999), "999"},
		{"one", count(1, "row"), "1 row"},
		{"many", count(1200, "row"), "1,200 rows"},
		{"none", count(0, "row"), "0 rows"},
		{"of words in y", count(2, "account entry"), "2 account entries"},
		{"seconds", span(45 * time.Second), "45s"},
		{"minutes", span(4*time.Minute + 10*time.Second), "4m10s"},
		{"hours", span(2*time.Hour + 5*time.Minute), "2h05m"},
		{"list", list([]int{2, 5}, 2, 5), "2, 5"},
		{"list of many", list([]int{2, 5, 9}, 40, 3), "2, 5, 9 and 37 more"},
		{"results beside the input", resultsName("dir/accounts.csv"), "dir/accounts.results.csv"},
		{"results of a name without suffix", resultsName("accounts"), "accounts.results.csv"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, test.got, test.want)
		}
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	if err := table(&b, "  ", [][]string{{"1", "Contoso", "x"}, {"1000", "株式", "y"}, {"2", "e\u0301", ""}}); err != nil {
		t.Fatal(err)
	}
	want := "  1     Contoso  x\n  1000  株式     y\n  2     e\u0301\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResumeLeavesOutAgain(t *testing.T) {
	e := &env{args: []string{"import", "my file.csv", "--again", "a,b", "--yes", "--again=c"}}
	if got, want := e.resume(), "bulkimport import "+shell("my file.csv")+" --yes"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLeave shows the one door out: what is said of an error, and the status.
func TestLeave(t *testing.T) {
	place := func(kind apsclient.Kind, status int) error {
		return &apsclient.Error{Kind: kind, Op: "place order", Status: status, Message: "words of the platform"}
	}
	for _, test := range []struct {
		name   string
		err    error
		status int
		say    []string // parts of what is said
		never  string
	}{
		{"nothing wrong", nil, 0, nil, "error"},
		{"said already", ended(statusIncomplete), 3, nil, "error"},
		{"usage", wrong("this is wrong", "do that"), 2, []string{"error: this is wrong\n", "hint: do that\n"}, ""},
		{"a missing file", &fs.PathError{Op: "open", Path: "a.csv", Err: syscall.ENOENT}, 1, []string{"error: a.csv does not exist\n", "hint: "}, "no such file"},
		{"no permission", &fs.PathError{Op: "open", Path: "a.csv", Err: syscall.EACCES}, 1, []string{"no permission for a.csv"}, ""},
		{"a folder", &fs.PathError{Op: "read", Path: "dir", Err: syscall.EISDIR}, 1, []string{"dir is a folder"}, ""},
		{"a full disk", &fs.PathError{Op: "write", Path: "r.csv", Err: syscall.ENOSPC}, 1, []string{"r.csv: the disk is full"}, "ENOSPC"},
		{"a rename", &os.LinkError{Op: "rename", Old: "t", New: "r.csv", Err: syscall.EROFS}, 1, []string{"r.csv: the disk is read-only"}, ""},
		{"credentials", place(apsclient.Credentials, 401), 1, []string{"401", "words of the platform", "hint: "}, ""},
		{"rights", place(apsclient.Permission, 403), 1, []string{"hint: add the Allowed Operations"}, ""},
		{"a platform in trouble", place(apsclient.InDoubt, 502), 1, []string{"502", "hint: the platform is in trouble"}, ""},
		{"wrapped", fmt.Errorf("accounts could not be read: %w", place(apsclient.Credentials, 401)), 1, []string{"error: accounts could not be read: ", "hint: "}, ""},
		{"a damaged ledger", &ledger.Error{Where: "l.db", Err: ledger.ErrDamaged, Hint: "move it"}, 1, []string{"l.db", "hint: move it"}, ""},
		{"a secret in words", errors.New("it said hush-hush-hush"), 1, []string{"it said ********"}, "hush"},
		{"an escape in words", errors.New("a\x1b[31m"), 1, []string{`a\u001b[31m`}, "\x1b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var said bytes.Buffer
			e := &env{err: &said, lookup: func(string) (string, bool) { return "", false }, veil: new(veil)}
			e.veil.cover("hush-hush-hush")
			if got := e.leave(test.err); got != test.status {
				t.Errorf("status %d, want %d", got, test.status)
			}
			for _, part := range test.say {
				if !strings.Contains(said.String(), part) {
					t.Errorf("%q is not in %q", part, said.String())
				}
			}
			if test.never != "" && strings.Contains(said.String(), test.never) {
				t.Errorf("%q is in %q", test.never, said.String())
			}
		})
	}
}

func TestInterruptionWins(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&interruption{os.Interrupt})
	e := system()
	var said bytes.Buffer
	e.err, e.out = &said, &said
	e.lookup = func(name string) (string, bool) {
		return map[string]string{"BULKIMPORT_URL": "http://127.0.0.1:1", "BULKIMPORT_CONSUMER_KEY": "k", "BULKIMPORT_CONSUMER_SECRET": "s",
			"XDG_CONFIG_HOME": t.TempDir(), "XDG_STATE_HOME": t.TempDir()}[name], true
	}
	if got := run(ctx, []string{"plans"}, e); got != statusInterrupted {
		t.Errorf("status %d, want %d: %s", got, statusInterrupted, said.String())
	}
}

func TestProfileKeepsWhatAPersonWrote(t *testing.T) {
	const before = `# mine
[default]
url = "https://a" # the old one
consumer_key = "k"

# theirs
[other]
url = "https://b"
`
	for _, test := range []struct {
		name, text, table string
		keys              [][2]string
		want              string
	}{
		{"nothing yet", "", "default", [][2]string{{"url", `"https://a"`}},
			"# profiles of bulkimport; no secret stands here (bulkimport help credentials)\n\n[default]\nurl = \"https://a\"\n"},
		{"a key changes", before, "default", [][2]string{{"url", `"https://c"`}},
			strings.Replace(before, `"https://a" # the old one`, `"https://c"`, 1)},
		{"a key goes", before, "default", [][2]string{{"consumer_key", ""}}, strings.Replace(before, "consumer_key = \"k\"\n", "", 1)},
		{"a key comes", before, "default", [][2]string{{"keyring", "true"}}, strings.Replace(before, "\"k\"\n", "\"k\"\nkeyring = true\n", 1)},
		{"a table comes", before, "new", [][2]string{{"url", `"https://d"`}}, before + "\n[new]\nurl = \"https://d\"\n"},
		{"the last table", before, "other", [][2]string{{"url", `"https://e"`}}, strings.Replace(before, "https://b", "https://e", 1)},
	} {
		got := withKeys(test.text, test.table, test.keys)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if _, err := system().parseProfiles(got, "config.toml"); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestFindingsStayFew shows that the list of a hundred thousand findings is as
// long as one of a hundred, and that errors come before warnings in it.
func TestFindingsStayFew(t *testing.T) {
	l := new(findingList)
	for i := range 100_000 {
		l.add(csvimport.Finding{Severity: csvimport.SeverityWarning, Code: "W_MAILTO", Line: i + 2, Row: i + 2, Value: strconv.Itoa(i), Message: "m"})
	}
	l.add(csvimport.Finding{Severity: csvimport.SeverityError, Code: "E_GUID", Line: 200_000, Row: 200_000, Column: "plan_id", Value: "x", Message: "no id"})
	var b bytes.Buffer
	l.write(&b, pen{}, "a.csv")
	text := b.String()
	for _, part := range []string{"1 × E_GUID: row 200000", "100,000 × W_MAILTO: rows 2, 3, 4, 5, 6 and 99,995 more", "a.csv, row 200000\n  error    column plan_id: \"x\"", "and 99,901 more"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in the text", part)
		}
	}
	if n := strings.Count(text, "\n"); n > 400 {
		t.Errorf("the text has %d lines", n)
	}
}

// TestEqualFindings tells findings that are equal but for their row once, with how
// many there are, the first rows, and one mend.
func TestEqualFindings(t *testing.T) {
	rows, l := new(findingList), new(findingList)
	for row := 2; row <= 301; row++ {
		at := csvimport.Place{Line: row, Row: row, Column: "plan_id", Letter: "B"}
		rows.add(csvimport.NewFinding(csvimport.EEmpty, at, "", "the cell is empty", "fill it in"))
		at.Column, at.Letter = "email", "E"
		rows.add(csvimport.NewFinding(csvimport.EEmail, at, "a@b", "no address", "write one"))
	}
	rows.add(csvimport.NewFinding(csvimport.EGUID, csvimport.Place{Line: 7, Row: 7, Column: "sub_id", Letter: "C"}, "x", "no id", ""))
	l.add(csvimport.NewFinding(csvimport.WBlankRows, csvimport.Place{}, "", "2 blank rows", ""))
	l.merge(rows)
	var b bytes.Buffer
	l.write(&b, pen{}, "a.csv")
	want := `
a.csv
  warning  2 blank rows (W_BLANK_ROWS)

a.csv, rows 2, 3, 4, 5, 6 and 295 more
  error    column B plan_id
           the cell is empty (E_EMPTY)
           hint: fill it in
  error    column E email: "a@b"
           no address (E_EMAIL)
           hint: write one

a.csv, row 7
  error    column C sub_id: "x"
           no id (E_GUID)
           hint: take the id from the export or the platform
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFindingsInFileOrder shows that findings of the file as a whole, known
// only at the end, come where they belong, in memory and on disk.
func TestFindingsInFileOrder(t *testing.T) {
	for _, n := range []int{3, 60_000} {
		q := new(queue)
		for i := range n {
			if err := q.add(csvimport.Finding{Code: "E_GUID", Line: i + 2, Message: strings.Repeat("m", 50)}); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := q.write(&b, []csvimport.Finding{{Code: "W_LATE", Line: n + 9}, {Code: "W_MIDDLE", Line: 3}, {Code: "W_FILE"}}); err != nil {
			t.Fatal(err)
		}
		if err := q.Close(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if len(lines) != n+3 {
			t.Fatalf("%d lines, want %d", len(lines), n+3)
		}
		for at, code := range map[int]string{0: "W_FILE", 1: "E_GUID", 2: "W_MIDDLE", 3: "E_GUID", n + 2: "W_LATE"} {
			if !strings.Contains(lines[at], code) {
				t.Errorf("line %d of %d is %s, want %s", at, n+3, lines[at], code)
			}
		}
	}
}

func TestReplaceLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.csv")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the source ended")
	err := replace(path, func(w io.Writer) error {
		fmt.Fprint(w, "half of the new")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	text, _ := os.ReadFile(path)
	if string(text) != "old" {
		t.Errorf("the file holds %q", text)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
}

// TestBar shows the whole standing in the columns of an ordinary terminal.
func TestBar(t *testing.T) {
	for _, test := range []struct {
		name  string
		width int
		quiet time.Duration
		s     csvimport.Progress
		want  []string
	}{
		{"few", 80, 0, csvimport.Progress{Total: 40, Done: 3, InFlight: 4, PerSecond: 2.04, ETA: 18 * time.Second},
			[]string{"3 of 40 done, 0 failed, 0 unknown, 4 in flight, 2.0/s, 18s left"}},
		{"thousands", 80, 0, csvimport.Progress{Total: 10000, Done: 9876, Failed: 123, Unknown: 12, InFlight: 64, Open: 7, PerSecond: 12.34, ETA: 2*time.Hour + 5*time.Minute},
			[]string{"9,876/10,000", "123 failed", "12 unknown", "64 in flight", "12.3/s", "2h05m"}},
		{"a hundred thousand", 80, 0, csvimport.Progress{Total: 100000, Done: 99876, Failed: 123, Unknown: 12, InFlight: 64, PerSecond: 12.34, ETA: 2*time.Hour + 5*time.Minute},
			[]string{"99,876/100,000", "123 failed", "12 unknown", "64 in flight", "12.3/s", "2h05m"}},
		{"wide", 120, 0, csvimport.Progress{Total: 10000, Done: 9876, InFlight: 64, Open: 7, PerSecond: 12.34, ETA: time.Minute, Waiting: "the platform to answer again"},
			[]string{"9,876 of 10,000 done, 0 failed, 0 unknown, 64 in flight, 7 accepted, 12.3/s, 1m00s left"}},
		{"a long wait", 80, 95 * time.Second, csvimport.Progress{Total: 40, Done: 3, Open: 37, PerSecond: 0.04, Waiting: "37 orders still being provisioned"},
			[]string{"3/40, 0 failed, 0 unknown, 0 in flight", "waits 1m35s"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			b := bar{w: &out, width: test.width}
			b.draw(test.s, test.quiet)
			line := out.String()
			line = strings.TrimSuffix(line[strings.LastIndexByte(line, '\r')+1:], "\x1b[0K")
			if n := columns(line); n >= test.width {
				t.Errorf("%d columns: %q", n, line)
			}
			for _, words := range test.want {
				if !strings.Contains(line, words) {
					t.Errorf("%q is missing in %q", words, line)
				}
			}
		})
	}
}

// TestGaugeQuiet gives no estimate of the end while no row ends.
func TestGaugeQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gauge{moved: time.Now(), progress: new(csvimport.Meter)}
		estimate := func(s csvimport.Progress) time.Duration { g.settle(&s); return s.ETA }
		s := csvimport.Progress{Total: 100, Done: 50, InFlight: 4, PerSecond: 10, ETA: 5 * time.Second}
		if got := estimate(s); got != s.ETA {
			t.Errorf("at work: %v left, want %v", got, s.ETA)
		}
		time.Sleep(6 * time.Second)
		if got := estimate(s); got != 0 {
			t.Errorf("no row ended for 6 s: %v left, want none", got)
		}
		s.Done++
		if got := estimate(s); got != s.ETA {
			t.Errorf("at work again: %v left, want %v", got, s.ETA)
		}
		s.Waiting = "the platform to answer again"
		time.Sleep(3 * time.Second)
		if got := estimate(s); got != 0 {
			t.Errorf("waiting: %v left, want none", got)
		}
	})
}

// TestExplainOnce says what went wrong twice only once.
func TestExplainOnce(t *testing.T) {
	full := &ledger.Error{Where: "l.db", Err: ledger.ErrFull, Hint: "free some space"}
	words, hint := new(env).explain(errors.Join(full, full, errors.New("and more")))
	if want := "ledger l.db: " + ledger.ErrFull.Error() + "; and more"; words != want || hint != full.Hint {
		t.Errorf("explained as %q, hint %q; want %q, %q", words, hint, want, full.Hint)
	}
}

// TestStandingMoves shows that what a run says of itself never stands still while it
// waits.
func TestStandingMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		meter := new(csvimport.Meter)
		meter.Total(3)
		meter.Show(0, 3, time.Now().UnixMilli())
		meter.Waits("3 orders still being provisioned")
		g := gauge{env: &env{err: &out, veil: new(veil)}, moved: time.Now(), progress: meter}
		last := ""
		for range 12 {
			time.Sleep(lineEvery)
			out.Reset()
			g.log()
			_, words, _ := strings.Cut(out.String(), " done")
			if words == last {
				t.Fatalf("said twice: %s", out.String())
			}
			last = words
		}
		if !strings.Contains(last, "waiting for 3 orders still being provisioned, for 2m00s so far") {
			t.Errorf("after two minutes: %s", last)
		}
	})
}
