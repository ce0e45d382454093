package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

func write(t testing.TB, p report.Page) string {
	t.Helper()
	var page bytes.Buffer
	if err := report.Write(&page, p); err != nil {
		t.Fatalf("Write: %v", err)
	}
	return page.String()
}

var (
	styleBlock  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	scriptBlock = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	dataBlock   = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)
	policyMeta  = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`)
	totalsLine  = regexp.MustCompile(`<i class="dot s-[a-z-]+"></i>([a-z-]+)(?:</a>)?</th><td class="meaning">[^<]*</td><td class="num">([0-9,]+)</td>`)
	totalsSum   = regexp.MustCompile(`id="total">([0-9,]+)<`)
	causeLine   = regexp.MustCompile(`(?s)<td class="num big">([0-9,]+)</td>\s*<td><span class="badge s-([a-z-]+)">.*?<td class="cause"><p><bdi>(.*?)</bdi></p>`)
	verdictText = regexp.MustCompile(`</svg>([^<]*)</h2>`)
)

func number(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func data(t testing.TB, page string) [][]string {
	t.Helper()
	found := dataBlock.FindStringSubmatch(page)
	if found == nil {
		t.Fatal("the page has no data block")
	}
	var rows [][]string
	if err := json.Unmarshal([]byte(found[1]), &rows); err != nil {
		t.Fatalf("data block: %v", err)
	}
	return rows
}

func TestGolden(t *testing.T) {
	tests := []struct {
		name string
		page report.Page
	}{
		{"mixed", report.Page{
			Title: "Import <of> November", File: hostileImage, Platform: hostileTurned, Started: began, Ended: began.Add(90 * time.Second),
			Program: "bulkimport", Version: "1.0.0", Rows: each(mixed()), Advice: advice,
		}},
		{"empty", report.Page{File: "accounts.csv"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := write(t, test.page)
			// Style and script have files of their own.
			got = styleBlock.ReplaceAllLiteralString(got, "<style></style>")
			got = scriptBlock.ReplaceAllLiteralString(got, "<script></script>")
			got = regexp.MustCompile(`sha256-[^&]*`).ReplaceAllLiteralString(got, "sha256-…")
			file := filepath.Join("testdata", test.name+".golden.html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("page differs from %s; -update writes it anew (-want +got):\n%s", file, diff)
			}
		})
	}
}

func TestPolicyAllowsOnlyThePageItself(t *testing.T) {
	page := write(t, report.Page{File: "accounts.csv", Rows: sample(200)})
	meta := policyMeta.FindStringSubmatch(page)
	if meta == nil {
		t.Fatal("the page has no policy")
	}
	hash := func(block *regexp.Regexp) string {
		found := block.FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("%s: found %d times, want once", block, len(found))
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; script-src " + hash(scriptBlock) + "; style-src " + hash(styleBlock) +
		"; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	if got := html.UnescapeString(meta[1]); got != want {
		t.Errorf("policy\n got %s\nwant %s", got, want)
	}
	if at := strings.Index(page, "<style"); at < strings.Index(page, meta[0]) {
		t.Error("the policy stands after the style, and would not hold for it")
	}
	for _, bad := range []string{` style="`, ` onclick=`, ` onload=`, ` src=`, `javascript:`, `http://`, `https://`, `@import`, `url(`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q, which its policy forbids or which leads outside", bad)
		}
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	page := write(t, report.Page{Rows: sample(500)})
	links := regexp.MustCompile(`<a [^>]*href="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) < 3 {
		t.Fatalf("found %d links, want more", len(links))
	}
	for _, link := range links {
		id, inPage := strings.CutPrefix(link[1], "#")
		if !inPage || !strings.Contains(page, ` id="`+id+`"`) {
			t.Errorf("the link to %q leads nowhere", link[1])
		}
	}
}

func TestTotalsAddUp(t *testing.T) {
	tests := []struct {
		name    string
		rows    iter.Seq2[csvimport.Reported, error]
		all     int
		verdict string
	}{
		{"no rows", each(nil), 0, "There are no rows."},
		{"nil rows", nil, 0, "There are no rows."},
		{"one done", results(csvimport.Result{Status: "existing"}), 1, "The one row is done."},
		{"all done", results(csvimport.Result{Status: "existing"}, csvimport.Result{Status: "completed"}), 2, "All 2 rows are done."},
		{"open", results(csvimport.Result{Status: "submitted"}, csvimport.Result{Status: "completed"}), 2, "1 of 2 rows done, 1 still open."},
		{"one to look at", results(csvimport.Result{Status: "unknown"}, csvimport.Result{Status: "completed"}), 2, "1 of 2 rows done, 1 needs a look."},
		{"every status", each(mixed()), 12, "3 of 12 rows done, 1 still open, 8 need a look."},
		{"many", sample(3000), 3000, "2,835 of 3,000 rows done, 15 still open, 150 need a look."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page := write(t, report.Page{Rows: test.rows})
			sum := 0
			for _, line := range totalsLine.FindAllStringSubmatch(page, -1) {
				sum += number(t, line[2])
			}
			total := number(t, totalsSum.FindStringSubmatch(page)[1])
			if sum != test.all || total != test.all || len(data(t, page)) != test.all {
				t.Errorf("statuses add up to %d, the total says %d, the data holds %d; want %d", sum, total, len(data(t, page)), test.all)
			}
			if got := verdictText.FindStringSubmatch(page)[1]; got != test.verdict {
				t.Errorf("verdict %q, want %q", got, test.verdict)
			}
		})
	}
}

func TestHostileTextStaysText(t *testing.T) {
	list := mixed()
	page := write(t, report.Page{
		Title: hostileScript, File: hostileImage, Platform: hostileTurned, Version: hostileScript, Rows: each(list),
	})
	for _, raw := range []string{hostileScript, hostileImage, "<img", "<b>strange", "\u2028", "onerror=\""} {
		if strings.Contains(page, raw) {
			t.Errorf("the page holds %q as it came", raw)
		}
	}
	if got := strings.Count(strings.ToLower(page), "<script"); got != 3 {
		t.Errorf("the page has %d script elements, want 3: data, words, script", got)
	}
	if !utf8.ValidString(page) {
		t.Error("the page is not UTF-8")
	}
	// Directions set in a text must end with it: in an element of its own, or in the data.
	seen := dataBlock.ReplaceAllLiteralString(page, "")
	for line := range strings.Lines(seen) {
		if strings.ContainsRune(line, '\u202e') && !strings.Contains(line, "<bdi>") {
			t.Errorf("not isolated: %s", line)
		}
	}
	var got, want []string
	for _, row := range data(t, page) {
		got = append(got, row[3], row[12])
	}
	for _, row := range list {
		want = append(want, strings.ToValidUTF8(row.Row.Company, "\ufffd"), row.Result.Error)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("companies and reasons in the data (-want +got):\n%s", diff)
	}
}

func TestCausesAreGrouped(t *testing.T) {
	var list []csvimport.Result
	add := func(n int, row csvimport.Result, form string, args ...any) {
		for i := range n {
			row.Row = len(list) + 2
			row.Error = fmt.Sprintf(form, append([]any{i}, args...)[:strings.Count(form, "%")]...)
			list = append(list, row)
		}
	}
	add(12, csvimport.Result{Status: "refused", ErrorCode: "NO_ACCOUNT"}, "account %d has no agreement")
	add(3, csvimport.Result{Status: "refused", ErrorCode: "OTHER_CODE"}, "account %d has no agreement")
	add(2, csvimport.Result{Status: "failed", OrderStatus: "PF"}, "the plan is not for sale")
	add(4, csvimport.Result{Status: "submitted", OrderStatus: "WP"}, "")
	add(1, csvimport.Result{Status: "submitted", OrderStatus: "HL"}, "")
	add(5, csvimport.Result{Status: "unknown"}, "")
	add(9, csvimport.Result{Status: "completed"}, "")
	var got []string
	page := write(t, report.Page{Rows: results(list...)})
	for _, line := range causeLine.FindAllStringSubmatch(page, -1) {
		got = append(got, strings.Join(line[1:], " "))
	}
	want := []string{
		"12 refused account … has no agreement",
		"5 unknown an order may or may not have been created",
		"4 submitted waiting for payment",
		"3 refused account … has no agreement",
		"2 failed the plan is not for sale",
		"1 submitted on hold",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
	if want := "rows <bdi>2</bdi>, <bdi>3</bdi>, <bdi>4</bdi>, <bdi>5</bdi>, <bdi>6</bdi>, <bdi>7</bdi> and 6 more"; !strings.Contains(page, want) {
		t.Errorf("the first rows of the first cause are missing: %s", want)
	}
}

func TestManyCausesStayFew(t *testing.T) {
	word := strings.NewReplacer("0", "a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6", "g", "7", "h", "8", "i", "9", "j")
	page := write(t, report.Page{Rows: func(yield func(csvimport.Reported, error) bool) {
		for i := range 5000 {
			status := []csvimport.Status{csvimport.Failed, csvimport.Refused}[i%2]
			if !yield(of("", csvimport.Result{Status: status, Error: word.Replace(strconv.Itoa(i))}), nil) {
				return
			}
		}
	}})
	lines := causeLine.FindAllStringSubmatch(page, -1)
	sum := 0
	for _, line := range lines {
		sum += number(t, line[1])
	}
	if len(lines) != 102 || sum != 5000 {
		t.Errorf("%d causes with %d rows, want 100 and one more for each status, with 5000", len(lines), sum)
	}
}

func TestErrorsEndThePage(t *testing.T) {
	broken := errors.New("line 7 cannot be read")
	rows := func(yield func(csvimport.Reported, error) bool) {
		if yield(of("", csvimport.Result{Status: csvimport.Completed}), nil) {
			yield(csvimport.Reported{}, broken)
		}
	}
	if err := report.Write(&bytes.Buffer{}, report.Page{Rows: rows}); !errors.Is(err, broken) {
		t.Errorf("Write = %v, want %v", err, broken)
	}
	full := errors.New("disk full")
	for _, room := range []int{0, 100, 200_000} {
		err := report.Write(&disk{room: room, full: full}, report.Page{Rows: sample(3000)})
		if !errors.Is(err, full) {
			t.Errorf("with room for %d bytes Write = %v, want %v", room, err, full)
		}
	}
}

// disk takes room bytes and then no more.
type disk struct {
	room, written int
	full          error
}

func (d *disk) Write(p []byte) (int, error) {
	if d.written+len(p) > d.room {
		return 0, d.full
	}
	d.written += len(p)
	return len(p), nil
}

func TestRowsStream(t *testing.T) {
	const count = 100_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	out := &disk{room: 1 << 40}
	before, most, i := heap(), uint64(0), 0
	rows := func(yield func(csvimport.Reported, error) bool) {
		for row, err := range sample(count) {
			if i++; i%25_000 == 0 {
				most = max(most, heap())
				if out.written < i*200 {
					t.Errorf("after %d rows %d bytes were written: rows are kept back", i, out.written)
				}
			}
			if !yield(row, err) {
				return
			}
		}
	}
	if err := report.Write(out, report.Page{Rows: rows}); err != nil {
		t.Fatal(err)
	}
	if limit := before + 16<<20; most > limit {
		t.Errorf("%d rows (a page of %d MB) held %d KB, want at most 16 MB", count, out.written>>20, (most-before)>>10)
	}
}

func TestChartsStayInTheirBox(t *testing.T) {
	at := began.Add
	long := func(n int, step, took time.Duration) (rows []csvimport.Result) {
		for i := range n {
			from := time.Duration(i) * step
			rows = append(rows, csvimport.Result{Status: "completed", SubmittedAt: at(from), FinishedAt: at(from + took)})
		}
		return rows
	}
	tests := []struct {
		name  string
		rows  []csvimport.Result
		empty int // charts without a drawing
	}{
		{"no times", []csvimport.Result{{Status: "completed"}}, 2},
		{"one moment", long(1, 0, 0), 0},
		{"one moment, many orders", long(5000, 0, time.Second), 0},
		{"milliseconds", long(300, time.Millisecond, 3*time.Millisecond), 0},
		{"months", long(40, 30*24*time.Hour, 50*24*time.Hour), 0},
		{"a century", long(3, 40*365*24*time.Hour, time.Hour), 0},
		{"sessions", append(append(long(2, time.Second, 5*time.Second), long(3, 26*time.Hour, time.Minute)...), long(900, time.Second, time.Minute)...), 0},
		{"ends before it begins", []csvimport.Result{{Status: "completed", SubmittedAt: at(time.Hour), FinishedAt: at(0)}}, 1},
		{"years no run can have", []csvimport.Result{{Status: "completed", SubmittedAt: time.Unix(0, 0), FinishedAt: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}}, 2},
		{"one slow order", append(long(500, time.Second, time.Second), csvimport.Result{Status: "failed", SubmittedAt: at(0), FinishedAt: at(9 * time.Hour)}), 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { checkCharts(t, write(t, report.Page{Rows: results(test.rows...)}), test.empty) })
	}
}

var (
	chartBlock = regexp.MustCompile(`(?s)<figure class="card chart".*?</figure>`)
	drawing    = regexp.MustCompile(`(?s)<svg viewBox="0 0 480 216".*?</svg>`)
	rectangle  = regexp.MustCompile(`<rect class="[^"]*" x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"/>`)
)

func checkCharts(t *testing.T, page string, empty int) {
	t.Helper()
	charts := chartBlock.FindAllString(page, -1)
	drawings := drawing.FindAllString(page, -1)
	if len(charts) != 2 || len(drawings) != 2-empty {
		t.Fatalf("%d charts with %d drawings, want 2 with %d", len(charts), len(drawings), 2-empty)
	}
	checkBars(t, page)
}

func checkBars(t *testing.T, page string) {
	t.Helper()
	for _, svg := range drawing.FindAllString(page, -1) {
		bars := rectangle.FindAllStringSubmatch(svg, -1)
		if len(bars) == 0 || len(bars) > 500 {
			t.Errorf("a chart has %d bars", len(bars))
		}
		for _, bar := range bars {
			var v [4]float64
			for i := range v {
				f, err := strconv.ParseFloat(bar[i+1], 64)
				if err != nil {
					t.Fatalf("%s: %v", bar[0], err)
				}
				v[i] = f
			}
			// Not (a and b and c), so that NaN fails too.
			if !(v[0] >= 33.9 && v[0]+v[2] <= 472.1 && v[1] >= 13.9 && v[1]+v[3] <= 172.1 && v[2] > 0 && v[3] > 0) {
				t.Errorf("outside the drawing: %s", bar[0])
			}
		}
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("2", hostileScript, hostileImage, "failed", int64(1795343467000), int64(1795343469500))
	f.Add("", hostileTurned, hostileQuotes, "", int64(1795293067000), int64(-62135596800000))
	f.Add("x", "\xff\xfe", "]]></script", "</bdi>", int64(7258118399000), int64(946684800000))
	f.Fuzz(func(t *testing.T, platform, company, reason, status string, from, to int64) {
		began, ended := time.UnixMilli(from), time.UnixMilli(to)
		page := write(t, report.Page{Title: company, File: reason, Platform: platform, Rows: each([]csvimport.Reported{
			of(company, csvimport.Result{Error: reason, Status: csvimport.Status(status), SubmittedAt: began, FinishedAt: ended}),
			of(reason, csvimport.Result{Error: company, ErrorCode: reason, Status: csvimport.Failed, SubmittedAt: ended, FinishedAt: began}),
		})})
		if got := strings.Count(strings.ToLower(page), "<script"); got != 3 {
			t.Errorf("%d script elements, want 3", got)
		}
		checkBars(t, page)
		if !utf8.ValidString(page) {
			t.Error("the page is not UTF-8")
		}
		rows := data(t, page)
		if len(rows) != 2 || utf8.ValidString(company) && rows[0][3] != company {
			t.Errorf("the data holds %q, want company %q", rows, company)
		}
	})
}
