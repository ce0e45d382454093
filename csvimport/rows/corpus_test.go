package rows_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
)

const (
	corpusDir    = "../../testdata/corpus"
	workbooksDir = "../../testdata/corpus-workbooks"
)

// expectation is a line of EXPECTED.tsv.
type expectation struct {
	file, outcome, ref, compare string
	rows                        int
	errors                      []mistake
	more                        int // further errors that are not listed
	warnings                    map[string]expectedWarning
	alt                         string
}

// mistake is an error and its position.
type mistake struct {
	Cls    string `json:"cls"`
	Line   int    `json:"line"`
	Row    int    `json:"row"`
	Column string `json:"column"`
}

type expectedWarning struct {
	Count int      `json:"count"`
	Must  bool     `json:"must"` // the operator has to be told
	First *mistake `json:"first"`
}

// six are the cells of a row.
type six struct {
	Tenant  string `json:"tenant"`
	Plan    string `json:"plan_id"`
	Sub     string `json:"sub_id"`
	Company string `json:"company_name"`
	Email   string `json:"email"`
	Account string `json:"account_id"`
	CutOff  string `json:"cut_off_date"` // where the file has the column
}

// altChosen are the files whose other acceptable outcome the rules choose.
var altChosen = map[string]string{
	"excel-mac-csv-macroman-cr-o10w.csv":   "E_ENCODING", // CR alone and letters outside of ASCII: Mac Roman cannot be told
	"excel-win-textdos-o10w.txt":           "E_ENCODING", // bytes that Windows-1252 leaves undefined
	"lo-text-o10-shiftjis-comma-lossy.csv": "E_ENCODING", // the same
	"lo-text-o10w-cp850-semicolon.csv":     "E_ENCODING", // the same
	"lo-text-o10.xlsx":                     "ok",         // workbooks are read
	"openpyxl-o10-renamed-to.csv":          "ok",
	"openpyxl-o10-text.xlsx":               "ok",
}

// damagedRow are the files whose one error costs the one row, and not the nine
// others that the table counts as lost.
var damagedRow = map[string]bool{"hand-row-extra-quote.csv": true, "hand-text-after-closing-quote.csv": true, "hand-unterminated-quote.csv": true}

func expectations(t testing.TB, dir string) []expectation {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "EXPECTED.tsv"))
	must(t, err)
	defer f.Close()
	var all []expectation
	var names []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		cells := strings.Split(lines.Text(), "\t")
		if names == nil {
			names = cells
			continue
		}
		at := func(name string) string { return cells[slices.Index(names, name)] }
		e := expectation{file: at("file"), outcome: at("outcome"), ref: at("ref"), compare: at("compare"), alt: at("alt")}
		e.rows, err = strconv.Atoi(at("rows"))
		must(t, err)
		if s := at("errors"); s != "" {
			e.errors, e.more = expectedErrors(t, s)
		}
		if s := at("warnings"); s != "" {
			must(t, json.Unmarshal([]byte(s), &e.warnings))
		}
		all = append(all, e)
	}
	must(t, lines.Err())
	return all
}

// expectedErrors reads a list of errors, and how many more there are.
func expectedErrors(t testing.TB, s string) (list []mistake, more int) {
	t.Helper()
	var raw []json.RawMessage
	must(t, json.Unmarshal([]byte(s), &raw))
	for _, r := range raw {
		var m struct {
			mistake
			More int `json:"more"`
		}
		must(t, json.Unmarshal(r, &m))
		if m.More > 0 {
			more = m.More
			continue
		}
		list = append(list, m.mistake)
	}
	return list, more
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func readRef(t testing.TB, dir, name string) (rows []six) {
	t.Helper()
	if name == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	must(t, err)
	for line := range bytes.Lines(b) {
		var r six
		must(t, json.Unmarshal(line, &r))
		rows = append(rows, r)
	}
	return rows
}

// outcome is what came of a file.
type outcome struct {
	good     []six
	findings []csvimport.Finding
}

func openCorpus(t testing.TB, dir, name string) *rows.File {
	t.Helper()
	r, err := os.Open(filepath.Join(dir, name))
	must(t, err)
	defer r.Close()
	f, err := rows.Open(r, name, rows.ReadOptions{})
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func sixOf(row csvimport.Row) six {
	return six{row.Tenant, row.PlanID, row.SubID, row.Company, row.Email, row.AccountID, row.CutOff}
}

func readAll(f *rows.File) (out outcome) {
	var rows []csvimport.Finding
	for row := range f.Rows() {
		rows = append(rows, row.Findings...)
		if row.Valid() {
			out.good = append(out.good, sixOf(row))
		}
	}
	out.findings = append(f.Findings(), rows...)
	sort.SliceStable(out.findings, func(i, j int) bool { return out.findings[i].Line < out.findings[j].Line })
	return out
}

func (o outcome) mistakes() (all []mistake) {
	for _, f := range o.findings {
		if f.Severity == csvimport.SeverityError {
			all = append(all, mistake{string(f.Code), f.Line, f.Row, f.Column})
		}
	}
	return all
}

// TestCorpus reads every file of the corpus: what must be read gives exactly
// the reference rows, what must be refused exactly the listed errors, at their
// positions, and the rows that are good on their own.
func TestCorpus(t *testing.T) {
	all := expectations(t, corpusDir)
	if len(all) != 264 {
		t.Errorf("the corpus has %d files, want 264", len(all))
	}
	for _, e := range all {
		t.Run(e.file, func(t *testing.T) {
			got := readAll(openCorpus(t, corpusDir, e.file))
			checkWords(t, got.findings)
			if alt := altChosen[e.file]; alt != "" {
				checkAlt(t, corpusDir, e, alt, got)
				return
			}
			checkExpected(t, corpusDir, e, got)
		})
	}
}

// checkExpected compares what came of a file with what is expected.
func checkExpected(t *testing.T, dir string, e expectation, got outcome) {
	t.Helper()
	mistakes := got.mistakes()
	if e.more > 0 && len(mistakes) == len(e.errors)+e.more {
		mistakes = mistakes[:len(e.errors)]
	}
	if diff := cmp.Diff(e.errors, mistakes); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if damagedRow[e.file] {
		e.rows = 9
	}
	if len(got.good) != e.rows {
		t.Errorf("%d good rows, want %d", len(got.good), e.rows)
	}
	checkRef(t, dir, e.ref, e.compare, got.good)
	if testing.Verbose() {
		compareWarnings(t, e, got)
	}
}

// TestCorpusInOtherEncodings writes the UTF-8 files of the corpus in UTF-16, and
// with a byte order mark: what is read, and what is refused where, stays the
// same.
func TestCorpusInOtherEncodings(t *testing.T) {
	for _, e := range expectations(t, corpusDir) {
		text, err := os.ReadFile(filepath.Join(corpusDir, e.file))
		must(t, err)
		if !utf8.Valid(text) || len(text) > 100_000 || bytes.HasPrefix(text, []byte("\ufeff")) || len(text) == 0 {
			continue
		}
		want := readAll(openText(t, string(text)))
		for name, encode := range map[string]func(string) []byte{"utf-16-le": encodings["utf-16-le"], "utf-8": encodings["utf-8"]} {
			t.Run(name+"/"+e.file, func(t *testing.T) {
				f, err := rows.Open(bytes.NewReader(encode("\ufeff"+string(text))), e.file, rows.ReadOptions{})
				must(t, err)
				defer f.Close()
				got := readAll(f)
				if diff := cmp.Diff(want.good, got.good); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(want.findings, got.findings, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// checkAlt checks that a file ends in the other outcome that is acceptable.
func checkAlt(t *testing.T, dir string, e expectation, alt string, got outcome) {
	t.Helper()
	if !strings.Contains(e.alt, alt) {
		t.Fatalf("%s is not among the acceptable outcomes %q", alt, e.alt)
	}
	m := got.mistakes()
	if alt == "ok" {
		_, ref, _ := strings.Cut(e.alt, "ref/")
		ref, _, _ = strings.Cut(ref, ".jsonl")
		checkRef(t, dir, "ref/"+ref+".jsonl", "all", got.good)
		if len(m) > 0 {
			t.Errorf("errors %v, want none", m)
		}
		return
	}
	if len(m) != 1 || m[0].Cls != alt || len(got.good) != 0 {
		t.Errorf("errors %v with %d rows, want %s alone", m, len(got.good), alt)
	}
}

// checkRef compares rows with the reference, without names where no reader can
// know the letters.
func checkRef(t *testing.T, dir, ref, compare string, good []six) {
	t.Helper()
	want := readRef(t, dir, ref)
	if want == nil || compare == "none" {
		return
	}
	got := slices.Clone(good)
	if compare == "ascii" {
		for _, rows := range [][]six{want, got} {
			for i := range rows {
				rows[i].Company = ""
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// misprinted is what fmt writes for values that do not fit a format, in whole: parts of it
// may stand in a file.
var misprinted = regexp.MustCompile(`%!.?\((?:MISSING|NOVERB|BADWIDTH|BADPREC|BADINDEX|<nil>|EXTRA |PANIC=|[\w.*\[\]]+=)`)

// TestMisprinted tells a misprint from what somebody typed.
func TestMisprinted(t *testing.T) {
	for _, tt := range []struct {
		text string
		want bool
	}{
		{fmt.Sprintf(strings.Repeat("%d", 1), "x"), true},
		{fmt.Sprintf(strings.Repeat("%d", 2), 1), true},
		{fmt.Sprintf(strings.Repeat("%,", 1), []string{"x"}), true},
		{fmt.Sprintf(strings.Repeat("%d", 1), nil), true},
		{fmt.Sprintf(strings.Repeat("%d", 1), 1, 2), true},
		{"%!(NOVERB)", true},
		{fmt.Sprintf(strings.Repeat("%*d", 1), "x", 1), true},
		{fmt.Sprintf(strings.Repeat("%[9]d", 1), 1), true},
		{"100 %! (really)", false},
		{"%!('' tenant", false},
	} {
		if got := misprinted.MatchString(tt.text); got != tt.want {
			t.Errorf("%q: misprinted %v, want %v", tt.text, got, tt.want)
		}
	}
}

// checkWords looks for findings that do not say what a person needs.
func checkWords(t *testing.T, findings []csvimport.Finding) {
	t.Helper()
	for _, f := range findings {
		switch {
		case f.Type != "finding" || f.Message == "" || f.Severity == "":
			t.Errorf("incomplete finding: %+v", f)
		case f.Severity == csvimport.SeverityError && f.Hint == "" && f.Next == 0:
			t.Errorf("%s has no hint", f.Code)
		case len([]rune(f.Value)) > 60:
			t.Errorf("%s shows a value of %d characters", f.Code, len([]rune(f.Value)))
		}
		for _, word := range []string{"invalid syntax", "unexpected EOF", "strconv", "parse error", "wrong number of fields", "<nil>"} {
			if strings.Contains(f.Message+f.Hint, word) {
				t.Errorf("%s speaks of %q: %s", f.Code, word, f.Message)
			}
		}
		if text := f.Message + f.Hint; misprinted.MatchString(text) {
			t.Errorf("%s is misprinted: %s", f.Code, text)
		}
	}
}

// compareWarnings tells where warnings differ from what a careful reader would
// say. They are no part of the contract.
func compareWarnings(t *testing.T, e expectation, got outcome) {
	counts := map[string]int{}
	first := map[string]mistake{}
	for _, f := range got.findings {
		if f.Severity == csvimport.SeverityWarning {
			code := string(f.Code)
			if counts[code]++; counts[code] == 1 {
				first[code] = mistake{"", f.Line, f.Row, f.Column}
			}
		}
	}
	for code, w := range e.warnings {
		if counts[code] != w.Count && code != "W_BLANK_ROWS" {
			t.Logf("NOTE %s: %d, a careful reader %d", code, counts[code], w.Count)
		} else if w.First != nil && first[code] != *w.First {
			t.Logf("NOTE %s: first at %v, a careful reader %v", code, first[code], *w.First)
		}
	}
	for code, n := range counts {
		if _, ok := e.warnings[code]; !ok {
			t.Logf("NOTE %s: %d, a careful reader none", code, n)
		}
	}
}
