package delimited_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// TestMaxBytes refuses files with more bytes than allowed.
func TestMaxBytes(t *testing.T) {
	text := []byte(headLine + row("x"))
	for name, data := range map[string][]byte{sheet.UTF8: text, sheet.UTF16LE: wide[sheet.UTF16LE]("\ufeff" + string(text))} {
		size := int64(len(data))
		for _, most := range []int64{size, size + 1} {
			if got := read(t, data, delimited.Options{MaxBytes: most}); got.Fault != nil || len(got.Lines) != 1 {
				t.Errorf("%s, %d of %d: fault %+v, %d records", name, size, most, got.Fault, len(got.Lines))
			}
		}
		for _, most := range []int64{1, size - 1} {
			got := open(t, data, delimited.Options{MaxBytes: most}).Facts().Fault
			if diff := cmp.Diff(&sheet.Fault{Kind: sheet.TooLarge, Column: -1, Count: int(most)}, got); diff != "" {
				t.Errorf("%s, %d of %d: fault (-want +got):\n%s", name, size, most, diff)
			}
		}
	}
}

// TestReadErrors returns the errors of the reader, wherever they come.
func TestReadErrors(t *testing.T) {
	broken := errors.New("broken")
	text := headLine + strings.Repeat(row("x"), 40_000) // more than is looked at for headings
	for _, n := range []int{0, 100, 20_000, 1_000_000, len(text)} {
		r := io.MultiReader(strings.NewReader(text[:n]), iotest.ErrReader(broken))
		table, err := delimited.Open(r, delimited.Options{Headings: headings})
		if !errors.Is(err, broken) || table != nil {
			t.Errorf("after %d bytes: error %v", n, err)
		}
	}
}

// TestLarge reads a file that is larger than what is looked at for headings,
// and than what is kept in memory.
func TestLarge(t *testing.T) {
	const rows = 40_000
	text := []byte(headLine + strings.Repeat(row("x"), rows))
	check := func(opt delimited.Options) {
		t.Helper()
		table := open(t, text, opt)
		facts := table.Facts()
		if facts.Fault != nil || facts.Size != int64(len(text)) || facts.Records != rows+2 {
			t.Fatalf("fault %+v, %d bytes, %d records", facts.Fault, facts.Size, facts.Records)
		}
		at := 2
		reader := table.Reader()
		for i := range facts.Chunks {
			_, err := reader.Read(i, func(r *sheet.Record) bool {
				if r.Line != at || r.Row != at || r.Used != 6 || r.Cells[3] != "x" {
					t.Fatalf("record %+v, want line %d", r, at)
				}
				at++
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if at != rows+2 {
			t.Errorf("%d records, want %d", at-2, rows)
		}
	}
	check(delimited.Options{})
	check(delimited.Options{MemoryBytes: 16 << 20, BlockBytes: 100_003})

	t.Run("no room on disk for what comes late", func(t *testing.T) {
		tempDir(t, t.TempDir()+"/missing")
		table, err := delimited.Open(bytes.NewReader(text), delimited.Options{Headings: headings, MemoryBytes: int64(len(text)) - 1})
		if err == nil || table != nil {
			t.Errorf("error %v", err)
		}
	})
}

// TestHugeRecord reads only the start of a record beyond all bounds.
func TestHugeRecord(t *testing.T) {
	const limit = 8 << 20
	huge := "a,b," + strings.Repeat("x", limit)
	for name, tt := range map[string]struct {
		text string
		want []line // but for the long cell
	}{
		"last":               {huge, []line{{2, 2, 3, 3, []string{"a", "b"}, nil, true}}},
		"with rows more":     {huge + "\nc\n", []line{{2, 2, 3, 3, []string{"a", "b"}, nil, true}, {3, 3, 1, 1, []string{"c"}, nil, false}}},
		"blank":              {strings.Repeat(" ", limit+1), []line{{2, 2, 1, 0, nil, nil, true}}},
		"as much as is read": {huge[:limit-1] + "\nc\n", []line{{2, 2, 3, 3, []string{"a", "b"}, nil, false}, {3, 3, 1, 1, []string{"c"}, nil, false}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, []byte(headLine+tt.text), delimited.Options{ChunkBytes: 1})
			for i, l := range got.Lines {
				if len(l.Cells) == 3 && strings.Trim(l.Cells[2], "x") == "" {
					got.Lines[i].Cells = l.Cells[:2]
				}
			}
			if diff := cmp.Diff(tt.want, got.Lines); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReaders reads chunks in any order, again, in part, and by several at
// once.
func TestReaders(t *testing.T) {
	text := headLine
	for range 50 {
		text += row("x") + "\n" + row("\"y\nz\"")
	}
	opt := delimited.Options{ChunkBytes: 400}
	table := open(t, []byte(text), opt)
	whole := read(t, []byte(text), opt)
	chunks := table.Facts().Chunks
	if chunks < 10 {
		t.Fatalf("%d chunks", chunks)
	}
	lines := func(reader sheet.Reader, chunk int) (all []line, skipped sheet.Skipped) {
		skipped, err := reader.Read(chunk, func(r *sheet.Record) bool {
			all = append(all, lineOf(r))
			return true
		})
		if err != nil {
			t.Error(err)
		}
		return all, skipped
	}
	t.Run("backwards", func(t *testing.T) {
		reader := table.Reader()
		var all []line
		for i := chunks - 1; i >= 0; i-- {
			part, skipped := lines(reader, i)
			all = append(part, all...)
			if again, also := lines(reader, i); cmp.Diff(part, again) != "" || skipped != also {
				t.Errorf("chunk %d read again is not the same", i)
			}
		}
		if diff := cmp.Diff(whole.Lines, all); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
	t.Run("in part", func(t *testing.T) {
		reader := table.Reader()
		n := 0
		skipped, err := reader.Read(0, func(*sheet.Record) bool { n++; return false })
		if n != 1 || err != nil || skipped != (sheet.Skipped{}) {
			t.Errorf("%d records, skipped %+v, error %v", n, skipped, err)
		}
		n = 0
		skipped, err = reader.Read(0, func(*sheet.Record) bool { n++; return n < 2 })
		if n != 2 || err != nil || skipped != (sheet.Skipped{Rows: 1, Line: 3, Row: 3}) {
			t.Errorf("%d records, skipped %+v, error %v", n, skipped, err)
		}
	})
	t.Run("at once", func(t *testing.T) {
		parts := make([][]line, chunks)
		var group sync.WaitGroup
		for worker := range 3 {
			group.Go(func() {
				reader := table.Reader()
				for i := worker; i < chunks; i += 3 {
					parts[i], _ = lines(reader, i)
				}
			})
		}
		group.Wait()
		var all []line
		for _, part := range parts {
			all = append(all, part...)
		}
		if diff := cmp.Diff(whole.Lines, all); diff != "" {
			t.Errorf("records (-want +got):\n%s", diff)
		}
	})
	t.Run("cells are kept", func(t *testing.T) {
		reader := table.Reader()
		var cells [][]string
		for i := range chunks {
			reader.Read(i, func(r *sheet.Record) bool {
				cells = append(cells, r.Cells)
				return true
			})
		}
		for i, l := range whole.Lines {
			if diff := cmp.Diff(l.Cells, cells[i]); diff != "" {
				t.Fatalf("record %d was overwritten (-want +got):\n%s", i, diff)
			}
		}
	})
}

// TestFacts tells how a table is written.
func TestFacts(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       sheet.Style
	}{
		{"plain", headLine, sheet.Style{Delimiter: ',', Encoding: sheet.UTF8}},
		{"a mark and CRLF", "\ufeff" + strings.ReplaceAll(headLine, "\n", "\r\n"), sheet.Style{Delimiter: ',', CRLF: true, BOM: true, Encoding: sheet.UTF8}},
		{"CR", strings.ReplaceAll(headLine, "\n", "\r"), sheet.Style{Delimiter: ',', Encoding: sheet.UTF8}},
		{"no table", "\x00\x01\x02\x03", sheet.Style{Delimiter: ',', Encoding: sheet.UTF8}},
		{"no text", "%PDF-1", sheet.Style{Delimiter: ',', Encoding: sheet.Unknown}},
		{"nothing", "", sheet.Style{Delimiter: ',', Encoding: sheet.UTF8}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			facts := open(t, []byte(tt.text), delimited.Options{}).Facts()
			if diff := cmp.Diff(tt.want, facts.Style); diff != "" {
				t.Errorf("style (-want +got):\n%s", diff)
			}
			if len(facts.Notices) > 0 {
				t.Errorf("notices %+v", facts.Notices)
			}
		})
	}
}
