package delimited_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet/delimited"
)

var update = flag.Bool("update", false, "write the golden files anew")

// corpus returns the names of the files of the corpus.
func corpus(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("../../../testdata/corpus/*.*")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range names {
		if base := filepath.Base(name); base != "EXPECTED.tsv" && base != "README.md" {
			all = append(all, name)
		}
	}
	if len(all) != 264 {
		t.Errorf("the corpus has %d files, want 264", len(all))
	}
	return all
}

// TestCorpus reads every file of the corpus as a whole and in small pieces, and
// compares what is read with a golden file: an entry for each file, in which
// the records are a sum.
func TestCorpus(t *testing.T) {
	const golden = "testdata/corpus.golden"
	var got strings.Builder
	for _, name := range corpus(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		whole := read(t, data, delimited.Options{})
		fmt.Fprintf(&got, "%s\n%s\n", filepath.Base(name), entry(whole))
		for _, opt := range pieces {
			if diff := cmp.Diff(whole, read(t, data, opt)); diff != "" {
				t.Errorf("%s: cut in other pieces (-whole +%+v):\n%s", name, opt, diff)
			}
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n\n"), strings.Split(got.String(), "\n\n")); diff != "" {
		t.Errorf("%s; -update writes it anew (-want +got):\n%s", golden, diff)
	}
}

// entry is content in short.
func entry(c content) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s %q", c.Style.Encoding, c.Style.Delimiter)
	if c.Style.BOM {
		b.WriteString(" mark")
	}
	if c.Style.CRLF {
		b.WriteString(" crlf")
	}
	fmt.Fprintf(&b, ", %d bytes, at most %d records", c.Size, c.Records)
	if len(c.Notices) > 0 {
		fmt.Fprintf(&b, ", notices %v", c.Notices)
	}
	b.WriteByte('\n')
	if f := c.Fault; f != nil {
		fmt.Fprintf(&b, "  fault %d %s: line %d, row %d, column %d, %q, count %d, byte %#x\n", f.Kind, f.Detail, f.Line, f.Row, f.Column, f.Value, f.Count, f.Byte)
	}
	for _, l := range c.Preamble {
		fmt.Fprintf(&b, "  above %s\n", brief(l))
	}
	if c.Header.Width > 0 && !slices.Equal(c.Header.Cells, headings) {
		fmt.Fprintf(&b, "  headings %s\n", brief(c.Header))
	}
	if len(c.Lines) > 0 {
		sum := sha256.New()
		for _, l := range c.Lines {
			fmt.Fprintf(sum, "%d %d %d %d %q %v %t\n", l.Line, l.Row, l.Width, l.Used, l.Cells, l.Marks, l.Truncated)
		}
		last := c.Lines[len(c.Lines)-1]
		fmt.Fprintf(&b, "  first %s\n  %d records to line %d, row %d: %x\n", brief(c.Lines[0]), len(c.Lines), last.Line, last.Row, sum.Sum(nil)[:8])
	}
	if c.Skipped.Rows > 0 {
		fmt.Fprintf(&b, "  %d blank rows, first in line %d, row %d\n", c.Skipped.Rows, c.Skipped.Line, c.Skipped.Row)
	}
	return b.String()
}

// brief is a record in as much as fits into a line of the golden file.
func brief(l line) string {
	text := fmt.Sprintf("%q", l.Cells)
	if r := []rune(text); len(r) > 100 {
		text = string(r[:100]) + "…"
	}
	return fmt.Sprintf("line %d, row %d, %d of %d: %s", l.Line, l.Row, l.Used, l.Width, text)
}
