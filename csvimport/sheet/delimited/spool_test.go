package delimited_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// tempDir makes a folder the one for temporary files.
func tempDir(t *testing.T, dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Setenv("TMP", dir)
	}
	t.Setenv("TMPDIR", dir)
}

// TestSpool keeps small files in memory and large ones on disk.
func TestSpool(t *testing.T) {
	text := []byte(headLine + row("x") + row("y"))
	size := int64(len(text))
	t.Run("in memory", func(t *testing.T) {
		tempDir(t, filepath.Join(t.TempDir(), "missing"))
		for _, block := range []int{0, 1, 50} {
			for _, memory := range []int64{0, size, size + 1} {
				opt := delimited.Options{MemoryBytes: memory, BlockBytes: block}
				if got := read(t, text, opt); len(got.Lines) != 2 {
					t.Errorf("%+v: fault %+v, %d records", opt, got.Fault, len(got.Lines))
				}
			}
		}
	})
	t.Run("no folder for temporary files", func(t *testing.T) {
		tempDir(t, filepath.Join(t.TempDir(), "missing"))
		for _, block := range []int{0, 1, 50} {
			for _, memory := range []int64{1, size - 1} {
				table, err := delimited.Open(strings.NewReader(string(text)), delimited.Options{Headings: headings, MemoryBytes: memory, BlockBytes: block})
				if err == nil || table != nil || !strings.Contains(err.Error(), "temporary file") {
					t.Errorf("%d bytes in blocks of %d: error %v", memory, block, err)
				}
			}
		}
	})
	t.Run("on disk", func(t *testing.T) {
		dir := t.TempDir()
		tempDir(t, dir)
		opt := delimited.Options{MemoryBytes: 60, BlockBytes: 50}
		if diff := cmp.Diff(read(t, text, delimited.Options{}), read(t, text, opt)); diff != "" {
			t.Errorf("content (-memory +disk):\n%s", diff)
		}
		table := open(t, text, opt)
		for range 2 {
			if err := table.Close(); err != nil {
				t.Errorf("closing: %v", err)
			}
		}
	})
	t.Run("nothing is left", func(t *testing.T) {
		dir := t.TempDir()
		tempDir(t, dir)
		table := open(t, text, delimited.Options{MemoryBytes: 1})
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
			t.Errorf("left: %v, %v", left, err)
		}
	})
}

// TestClosed reads nothing of a table that is closed.
func TestClosed(t *testing.T) {
	for name, memory := range map[string]int64{"in memory": 0, "on disk": 1} {
		t.Run(name, func(t *testing.T) {
			table := open(t, []byte(headLine+row("x")), delimited.Options{MemoryBytes: memory})
			if err := table.Close(); err != nil {
				t.Fatal(err)
			}
			_, err := table.Reader().Read(0, func(*sheet.Record) bool {
				t.Error("a record")
				return true
			})
			if err == nil || !strings.Contains(err.Error(), "temporary copy") {
				t.Errorf("error %v", err)
			}
			if strings.HasSuffix(err.Error(), io.EOF.Error()) && !strings.HasSuffix(err.Error(), io.ErrUnexpectedEOF.Error()) {
				t.Errorf("error %v, as if the table ended here", err)
			}
			if got := len(table.Facts().Header.Cells); got != len(headings) {
				t.Errorf("%d headings, want %d: facts stay", got, len(headings))
			}
		})
	}
}
