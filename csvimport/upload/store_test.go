package upload_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet/edited"
	"bulkimport/csvimport/upload"
)

func newStore(t *testing.T) (*upload.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "files")
	s, err := upload.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s, path
}

func add(t *testing.T, s *upload.Store, name, text string, at time.Time) upload.File {
	t.Helper()
	f, err := s.Add(upload.File{Name: name, Size: int64(len(text)), Who: "kim", Uploaded: at}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestStore keeps files and what was changed in them, for another process too.
func TestStore(t *testing.T) {
	s, path := newStore(t)
	at := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	a, b := add(t, s, "a.csv", "one", at), add(t, s, "b.csv", "two", at.Add(time.Second))
	for _, edits := range [][]upload.Edit{{{Row: 2, Column: 1, Value: "x"}}, {{Row: 2, Column: 1, Value: "y\n"}, {Row: 9, Column: 0, Value: ""}}} {
		if err := s.Edit(a.ID, edits); err != nil {
			t.Fatal(err)
		}
	}
	if s, err := upload.Open(path); err != nil || s.Sweep() != nil {
		t.Fatal(err)
	}
	files, err := s.Files()
	if diff := cmp.Diff([]upload.File{b, a}, files); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	cells, n, err := s.Edits(a.ID)
	if diff := cmp.Diff(edited.Cells{2: {1: "y\n"}, 9: {0: ""}}, cells); diff != "" || err != nil || n != 3 {
		t.Errorf("%d changes, %v (-want +got):\n%s", n, err, diff)
	}
	body, err := s.Read(a.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if text, err := io.ReadAll(body); string(text) != "one" || err != nil {
		t.Errorf("the file is %q, %v", text, err)
	}
}

// TestTorn leaves what a crash has left behind: half a line of changes, half a file.
func TestTorn(t *testing.T) {
	s, path := newStore(t)
	f := add(t, s, "a.csv", "one", time.Now())
	if err := s.Edit(f.ID, []upload.Edit{{Row: 2, Value: "x"}}); err != nil {
		t.Fatal(err)
	}
	edits := filepath.Join(path, f.ID, "edits.jsonl")
	text, err := os.ReadFile(edits)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(edits, append(text, `{"row":3,"val`...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Edit(f.ID, []upload.Edit{{Row: 4, Value: "z"}}); err != nil {
		t.Fatal(err)
	}
	cells, _, err := s.Edits(f.ID)
	if diff := cmp.Diff(edited.Cells{2: {0: "x"}, 4: {0: "z"}}, cells); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	half := filepath.Join(path, upload.NewID())
	if err := errors.Join(os.Mkdir(half, 0o700), os.WriteFile(filepath.Join(half, ".new-1"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a file is still there: %v", err)
	}
}

// TestNothing knows nothing of ids that are none, and keeps no file that is not whole.
func TestNothing(t *testing.T) {
	s, path := newStore(t)
	for _, id := range []string{"", ".", "..", "../../etc", "aaaaaaaaaaaaaaaa", "AAAAAAAAAAAAAAAA", "aaaaaaaaaaaaaaa/"} {
		_, err := s.File(id)
		_, unread := s.Read(id)
		if !errors.Is(err, upload.ErrNone) || unread == nil {
			t.Errorf("%q: %v, %v", id, err, unread)
		}
	}
	if _, err := s.Add(upload.File{Name: "a.csv", Size: 10}, strings.NewReader("short")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a file: %v", err)
	}
	if left, err := os.ReadDir(path); len(left) > 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestReading forgets changes when another sheet is read: they were of other rows.
func TestReading(t *testing.T) {
	s, _ := newStore(t)
	f := add(t, s, "a.xlsx", "one", time.Now())
	for _, step := range []struct {
		reading upload.Reading
		left    int
	}{{upload.Reading{Hidden: "skip"}, 1}, {upload.Reading{Hidden: "skip", Sheet: "B"}, 0}} {
		if err := s.Edit(f.ID, []upload.Edit{{Row: 2, Value: "x"}}); err != nil {
			t.Fatal(err)
		}
		if err := s.SetReading(f.ID, step.reading); err != nil {
			t.Fatal(err)
		}
		cells, _, err := s.Edits(f.ID)
		if err != nil || len(cells) != step.left {
			t.Errorf("%+v: %v, %v", step.reading, cells, err)
		}
		if f, err := s.File(f.ID); err != nil || f.Reading != step.reading {
			t.Errorf("%+v, %v", f, err)
		}
	}
}
