package rows_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
)

// manyRows generates a file of n rows without holding it.
func manyRows(n int, row func(i int) string) io.Reader {
	pr, pw := io.Pipe()
	go func() {
		var b strings.Builder
		b.WriteString(sixHeadings + "\n")
		for i := range n {
			b.WriteString(row(i))
			if b.Len() > 1<<16 || i == n-1 {
				if _, err := io.WriteString(pw, b.String()); err != nil {
					return
				}
				b.Reset()
			}
		}
		pw.CloseWithError(nil)
	}()
	return pr
}

func plainRow(i int) string {
	return fmt.Sprintf("tenant%d.onmicrosoft.com,f75a4542-53a0-4f7e-b41e-491b9712a703,%08x-8ae1-4cab-8950-ee899c5b1ed0,Company %d,admin@tenant%d.example,%d\n", i, i*7919, i, i, 1000000+i)
}

// TestRowsKeepOrder ranges over a large file several times, at once and
// breaking off: order and numbers are always those of the file, and nothing is
// left running.
func TestRowsKeepOrder(t *testing.T) {
	defer goleak.VerifyNone(t)
	const n = 30_000
	f, err := rows.Open(manyRows(n, plainRow), "many.csv", rows.ReadOptions{})
	must(t, err)
	defer f.Close()
	check := func(rows iter.Seq[csvimport.Row], stop int) error {
		i := 0
		for row := range rows {
			if row.Index != i || row.Line != i+2 || row.Row != i+2 || row.AccountID != fmt.Sprint(1000000+i) || !row.Valid() {
				return fmt.Errorf("at %d: %+v", i, row)
			}
			if i++; i == stop {
				return nil
			}
		}
		if i != n {
			return fmt.Errorf("%d rows, want %d", i, n)
		}
		return nil
	}
	var group sync.WaitGroup
	for _, stop := range []int{0, 1, 10_000, 0} {
		group.Go(func() {
			if err := check(f.Rows(), stop); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if found := f.Findings(); len(found) != 0 {
		t.Errorf("findings: %+v", found)
	}
}

// TestDuplicatesFarApart finds ids that come again after many rows, and tells
// identical rows from others.
func TestDuplicatesFarApart(t *testing.T) {
	const n = 20_000
	f, err := rows.Open(manyRows(2*n, func(i int) string {
		row := plainRow(i % n)
		switch {
		case i == n+1: // an identical row, capitals and all
			return strings.ToUpper(row[:strings.Index(row, ".onmicrosoft")]) + row[strings.Index(row, ".onmicrosoft"):]
		case i == n+2:
			return strings.Replace(row, "Company", "Other", 1)
		case i > n:
			return plainRow(i)
		}
		return row
	}), "many.csv", rows.ReadOptions{})
	must(t, err)
	defer f.Close()
	var duplicates []int
	for row := range f.Rows() {
		for _, found := range row.Findings {
			if found.Code != "E_DUPLICATE_SUB_ID" {
				t.Errorf("%+v", found)
				continue
			}
			duplicates = append(duplicates, row.Index)
			if want := fmt.Sprintf("same sub_id as row %d", row.Index-n+2); !strings.HasPrefix(found.Message, want) {
				t.Errorf("row %d: %q, want %q", row.Index, found.Message, want)
			}
		}
		id := row.SubID
		if want := row.Index == n+2; row.Index >= n && row.Index <= n+2 && f.Conflicted(id) {
			t.Errorf("row %d: known as conflicted before the pass ended, want %v later", row.Index, want)
		}
	}
	if diff := cmp.Diff([]int{n, n + 1, n + 2}, duplicates); diff != "" {
		t.Errorf("duplicates (-want +got):\n%s", diff)
	}
	for i, want := range []bool{false, false, true} {
		id := fmt.Sprintf("%08x-8ae1-4cab-8950-ee899c5b1ed0", i*7919)
		if got := f.Conflicted(id); got != want {
			t.Errorf("Conflicted(%s) = %v, want %v", id, got, want)
		}
	}
}

// TestConflicted knows rows of one id whose cells do not agree, whichever of
// them are valid.
func TestConflicted(t *testing.T) {
	const id = "f4339ab3-8ae1-4cab-8950-ee899c5b1ed0"
	other := strings.Replace(soundLine, "Residences", "GmbH", 1)
	broken := strings.Replace(soundLine, "chris@", "chris", 1)
	for _, tt := range []struct {
		name, rows string
		conflicted bool
		valid      int
	}{
		{"once", soundLine, false, 1},
		{"identical", soundLine + "\n" + soundLine, false, 1},
		{"identical after the mend of letter case", soundLine + "\n" + strings.ToUpper(soundLine[:60]) + soundLine[60:], false, 1},
		{"other name", soundLine + "\n" + other, true, 1},
		{"an invalid one first", broken + "\n" + soundLine, true, 1},
		{"an invalid one last", soundLine + "\n" + broken, true, 1},
		{"identical but for an unquoted comma", soundLine + "\n" + strings.Replace(soundLine, "Residences", ", Residences", 1), true, 1},
		{"both invalid and alike", broken + "\n" + broken, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := openText(t, sixHeadings+"\n"+tt.rows+"\n")
			valid := 0
			for row := range f.Rows() {
				if row.Valid() {
					valid++
				}
			}
			if got := f.Conflicted(strings.ToUpper(id)); got != tt.conflicted || valid != tt.valid {
				t.Errorf("conflicted %v with %d valid rows, want %v with %d", got, valid, tt.conflicted, tt.valid)
			}
		})
	}
}

// TestAcrossRows warns of what only several rows together show.
func TestAcrossRows(t *testing.T) {
	row := func(tenant, id, account string) string {
		return tenant + ".example,f75a4542-53a0-4f7e-b41e-491b9712a703," + id + ",Contoso Residences,chris@contoso.example," + account + "\n"
	}
	counted, filled, random, many := "", "", "", ""
	for i := range 12 {
		counted += row(fmt.Sprint("t", i), fmt.Sprintf("f4339ab3-8ae1-4cab-8950-ee899c5b1e%02d", i+5), "")
		filled += row(fmt.Sprint("t", i), "f4339ab3-8ae1-4cab-8950-ee899c5b1ed0", "")
		random += row(fmt.Sprint("t", i%3), fmt.Sprintf("%08x-8ae1-4cab-8950-ee899c5b1ed0", i*7919), fmt.Sprint("00", 1000+i%2))
	}
	for i := range 1000 { // the last 200 have accounts of their own
		many += row(fmt.Sprint("t", i), fmt.Sprintf("%08x-8ae1-4cab-8950-ee899c5b1ed0", i*7919), fmt.Sprint(1000+i%400+i/800*400))
	}
	for _, tt := range []struct{ name, rows, code, says string }{
		{"counted up", counted, "W_SEQUENTIAL_IDS", "from f4339ab3-8ae1-4cab-8950-ee899c5b1e05 to f4339ab3-8ae1-4cab-8950-ee899c5b1e16"},
		{"filled down", filled, "E_DUPLICATE_SUB_ID", "filled down"},
		{"one account, several tenants", random, "W_SHARED_ACCOUNT_ID", "account_id 001000 stands with 3 tenants"},
		{"the last account that is named", many, "W_SHARED_ACCOUNT_ID", "account_id 1099 stands with 2 tenants"},
		{"many accounts, several tenants each", many, "W_SHARED_ACCOUNT_ID", "and 300 more accounts stand with several tenants"},
		{"plan in place of subscription", row("t", "f75a4542-53a0-4f7e-b41e-491b9712a703", ""), "W_SAME_ID", "same id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := readAll(openText(t, sixHeadings+"\n"+tt.rows))
			for _, f := range got.findings {
				if string(f.Code) == tt.code && strings.Contains(f.Message+f.Hint, tt.says) {
					return
				}
			}
			t.Errorf("no %s that says %q in %v", tt.code, tt.says, codesOf(got))
		})
	}
}

// TestDefaultCutOff gives rows without a cut-off of their own that of the run.
func TestDefaultCutOff(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	text := sixHeadings + ",cut_off_date\n" + soundLine + ",2026-10-01\n" + strings.Replace(soundLine, "f4339ab3", "a4339ab3", 1) + ",\n"
	f := openWith(t, text, rows.ReadOptions{CutOff: "01.12.2026", Now: now})
	var got []string
	for row := range f.Rows() {
		got = append(got, row.CutOff)
	}
	if diff := cmp.Diff([]string{"2026-10-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"}, got); diff != "" {
		t.Errorf("cut-offs (-want +got):\n%s", diff)
	}
	if found := f.Findings(); len(found) != 1 || found[0].Code != "W_CUT_OFF_IN_FUTURE" || found[0].Line != 0 {
		t.Errorf("findings %+v, want W_CUT_OFF_IN_FUTURE of the file", found)
	}
	if _, err := rows.Open(strings.NewReader(text), "x.csv", rows.ReadOptions{CutOff: "12/1/2026"}); err == nil || !strings.Contains(err.Error(), "two dates") {
		t.Errorf("a cut-off that can be read as two dates: %v", err)
	}
}

// TestOpenErrors: an error is about reading, never about content.
func TestOpenErrors(t *testing.T) {
	broken := errors.New("the line is dead")
	if _, err := rows.Open(io.MultiReader(strings.NewReader(sixHeadings), iotest.ErrReader(broken)), "x.csv", rows.ReadOptions{}); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	f, err := rows.Open(strings.NewReader(strings.Repeat("x", 2000)), "x.csv", rows.ReadOptions{MaxBytes: 1000})
	must(t, err)
	defer f.Close()
	if m := readAll(f).mistakes(); len(m) != 1 || m[0].Cls != "E_FILE_TOO_LARGE" {
		t.Errorf("errors %v, want E_FILE_TOO_LARGE", m)
	}
}

// encodings writes a text as other systems do.
var encodings = map[string]func(string) []byte{
	"utf-16-le": func(s string) []byte {
		b, _ := binary.Append(nil, binary.LittleEndian, utf16.Encode([]rune(s)))
		return b
	},
	"utf-16-be": func(s string) []byte {
		b, _ := binary.Append(nil, binary.BigEndian, utf16.Encode([]rune(s)))
		return b
	},
	"utf-32-le": func(s string) []byte { b, _ := binary.Append(nil, binary.LittleEndian, []rune(s)); return b },
	"utf-32-be": func(s string) []byte { b, _ := binary.Append(nil, binary.BigEndian, []rune(s)); return b },
	"utf-8":     func(s string) []byte { return []byte(s) },
}

// TestEncodings reads one table in every encoding that can be told, with and
// without a byte order mark.
func TestEncodings(t *testing.T) {
	want := readRef(t, corpusDir, "ref/o100.jsonl")
	text, err := os.ReadFile(filepath.Join(corpusDir, "export-o100.csv"))
	must(t, err)
	for name, encode := range encodings {
		for _, mark := range []string{"", "\ufeff"} {
			for _, delim := range []string{",", ";", "\t"} {
				t.Run(name+mark+delim, func(t *testing.T) {
					s := string(text)
					if delim != "," {
						s = redelimit(t, s, delim)
					}
					f, err := rows.Open(bytes.NewReader(encode(mark+s)), name, rows.ReadOptions{})
					must(t, err)
					defer f.Close()
					got := readAll(f)
					if diff := cmp.Diff(want, got.good); diff != "" {
						t.Errorf("rows (-want +got):\n%s", diff)
					}
					if f.Encoding() != name || f.Delimiter() != delim {
						t.Errorf("read as %s with %q", f.Encoding(), f.Delimiter())
					}
				})
			}
		}
	}
}

// redelimit writes a table with another delimiter.
func redelimit(t testing.TB, s, delim string) string {
	t.Helper()
	f := openText(t, s)
	var b strings.Builder
	line := func(cells []string) {
		for i, c := range cells {
			if i > 0 {
				b.WriteString(delim)
			}
			if strings.ContainsAny(c, "\"\n"+delim) {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			b.WriteString(c)
		}
		b.WriteString("\r\n")
	}
	line(f.Header())
	for row := range f.Rows() {
		line(row.Cells)
	}
	return b.String()
}
