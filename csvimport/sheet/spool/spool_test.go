package spool_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"bulkimport/csvimport/sheet/spool"
)

// temporary makes a folder the one for temporary files.
func temporary(t *testing.T, dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Setenv("TMP", dir)
	}
	t.Setenv("TMPDIR", dir)
}

// TestReadAt reads what was written at any offset, from memory and from disk.
func TestReadAt(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789abcde\n"), 50_000)
	for name, limit := range map[string]int64{"in memory": 1 << 20, "on disk": 1, "moved to disk": 300 << 10} {
		t.Run(name, func(t *testing.T) {
			s := spool.New(limit)
			defer s.Close()
			for part := range bytes.Lines(text[:len(text)/2]) {
				if _, err := s.Write(part); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Write(text[len(text)/2:]); err != nil {
				t.Fatal(err)
			}
			if s.Size() != int64(len(text)) {
				t.Errorf("size %d, want %d", s.Size(), len(text))
			}
			for _, at := range []int{0, 1, 256<<10 - 3, 256 << 10, 512<<10 - 1, len(text) - 10} {
				got := make([]byte, 10)
				if n, err := s.ReadAt(got, int64(at)); n != 10 || err != nil || !bytes.Equal(got, text[at:at+10]) {
					t.Errorf("at %d: %q, %v, want %q", at, got[:n], err, text[at:at+10])
				}
			}
			got := make([]byte, 10)
			if n, err := s.ReadAt(got, -1); n != 0 || err == nil || err == io.EOF {
				t.Errorf("before the start: %d bytes, %v", n, err)
			}
			if n, err := s.ReadAt(got, int64(len(text)-4)); n != 4 || err != io.EOF {
				t.Errorf("over the end: %d bytes, %v", n, err)
			}
			for range 2 {
				if err := s.Close(); err != nil {
					t.Errorf("closing: %v", err)
				}
			}
			if n, err := s.ReadAt(got, 0); n != 0 || err == nil {
				t.Errorf("closed: %d bytes, %v", n, err)
			}
		})
	}
}

// TestDisk makes a temporary file only for what is larger than allowed, and
// leaves none.
func TestDisk(t *testing.T) {
	t.Run("no folder", func(t *testing.T) {
		temporary(t, filepath.Join(t.TempDir(), "missing"))
		s := spool.New(3)
		if _, err := s.Write([]byte("abc")); err != nil {
			t.Errorf("in memory: %v", err)
		}
		if _, err := s.Write([]byte("d")); err == nil || !strings.Contains(err.Error(), "temporary file") {
			t.Errorf("beyond: %v", err)
		}
	})
	t.Run("nothing is left", func(t *testing.T) {
		dir := t.TempDir()
		temporary(t, dir)
		s := spool.New(0)
		if _, err := s.Write([]byte("abc")); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
			t.Errorf("left: %v, %v", left, err)
		}
	})
}
