package upload_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet/edited"
	"bulkimport/csvimport/upload"
)

func newStore(t *testing.T) (*upload.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "files")
	return openStore(t, path), path
}

func openStore(t *testing.T, path string) *upload.Store {
	t.Helper()
	f, err := upload.OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	return upload.NewStore(f, upload.Most{Files: 3, Bytes: 1000})
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
	s = openStore(t, path)
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	a.Changes = 3
	files, err := s.Files()
	if diff := cmp.Diff([]upload.File{b, a}, files); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	edits, err := s.Edits(a.ID)
	if diff := cmp.Diff(upload.Edits{Cells: edited.Cells{2: {1: "y\n"}, 9: {0: ""}}, Steps: 3, Version: 3}, edits); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
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
	left, err := s.Edits(f.ID)
	if diff := cmp.Diff(edited.Cells{2: {0: "x"}, 4: {0: "z"}}, left.Cells); diff != "" || err != nil {
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

// TestFull takes no more than there is room for, counting what is on its way.
func TestFull(t *testing.T) {
	s, path := newStore(t)
	first := add(t, s, "a.csv", strings.Repeat("a", 400), time.Now())
	slow, hand := io.Pipe()
	came := make(chan error)
	go func() {
		_, err := s.Add(upload.File{Name: "slow.csv", Size: 500}, slow)
		came <- err
	}()
	if _, err := hand.Write([]byte("b")); err != nil { // it is on its way
		t.Fatal(err)
	}
	take := func(size int) error {
		_, err := s.Add(upload.File{Name: "c.csv", Size: int64(size)}, strings.NewReader(strings.Repeat("c", size)))
		return err
	}
	type step struct {
		name string
		do   func() error
		want error
	}
	try := func(steps ...step) {
		t.Helper()
		for _, step := range steps {
			if err := step.do(); !errors.Is(err, step.want) {
				t.Errorf("%s: %v, want %v", step.name, err, step.want)
			}
		}
	}
	try(
		step{"a byte too many", func() error { return take(101) }, upload.ErrFull},
		step{"the last byte", func() error { return take(100) }, nil},
		step{"a file too many", func() error { return take(0) }, upload.ErrFull},
	)
	hand.CloseWithError(io.ErrUnexpectedEOF)
	if err := <-came; !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("the slow one: %v", err)
	}
	s = openStore(t, path)
	try(
		step{"what broke off takes no room", func() error { return take(500) }, nil},
		step{"three files", func() error { return take(0) }, upload.ErrFull},
		step{"deleting makes room", func() error { return s.Remove(first.ID, nobody) }, nil},
		step{"for as much", func() error { return take(401) }, upload.ErrFull},
		step{"and no more", func() error { return take(400) }, nil},
	)
}

func nobody() error { return nil }

// TestNeeded removes no file that is needed, and does nothing with one that leaves.
func TestNeeded(t *testing.T) {
	s, _ := newStore(t)
	f := add(t, s, "a.csv", "one", time.Now())
	needed, failed := errors.New("needed"), errors.New("failed")
	var seen []string
	step := func(name string, err error) func() error {
		return func() error { seen = append(seen, name); return err }
	}
	for name, got := range map[string]struct{ got, want error }{
		"a need that fails":       {s.Need(f.ID, step("need", failed)), failed},
		"removed while needed":    {s.Remove(f.ID, step("needed", needed)), needed},
		"needed after that":       {s.Need(f.ID, step("need", nil)), nil},
		"removed":                 {s.Remove(f.ID, step("not needed", nil)), nil},
		"needed when it has gone": {s.Need(f.ID, step("never", nil)), upload.ErrNone},
		"removed again":           {s.Remove(f.ID, step("never", nil)), upload.ErrNone},
	} {
		if !errors.Is(got.got, got.want) {
			t.Errorf("%s: %v, want %v", name, got.got, got.want)
		}
	}
	if diff := cmp.Diff([]string{"need", "needed", "need", "not needed"}, seen); diff != "" {
		t.Errorf("what was done (-want +got):\n%s", diff)
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

// TestReading keeps the changes of each sheet apart: those of one are of other rows than
// those of another.
func TestReading(t *testing.T) {
	s, _ := newStore(t)
	f := add(t, s, "a.xlsx", "one", time.Now())
	for _, step := range []struct {
		reading upload.Reading
		left    int
	}{{upload.Reading{Hidden: "skip"}, 1}, {upload.Reading{Hidden: "skip", Sheet: "B"}, 0}, {upload.Reading{Sheet: "C"}, 0}, {upload.Reading{Sheet: "B"}, 1}} {
		if err := s.Edit(f.ID, []upload.Edit{{Row: 2, Value: "x"}}); err != nil {
			t.Fatal(err)
		}
		if err := s.SetReading(f.ID, step.reading); err != nil {
			t.Fatal(err)
		}
		edits, err := s.Edits(f.ID)
		if err != nil || len(edits.Cells) != step.left {
			t.Errorf("%+v: %v, %v", step.reading, edits, err)
		}
		if f, err := s.File(f.ID); err != nil || f.Reading != step.reading {
			t.Errorf("%+v, %v", f, err)
		}
	}
}

// TestUndo takes steps back one after the other, each as a whole, and by who has seen
// them only.
func TestUndo(t *testing.T) {
	s, path := newStore(t)
	f := add(t, s, "a.csv", "one", time.Now())
	edit := func(edits ...upload.Edit) error { return s.Edit(f.ID, edits) }
	undo := func(version int) func() error {
		return func() error {
			s = openStore(t, path) // as after a new start
			return s.Undo(f.ID, version)
		}
	}
	for _, step := range []struct {
		name string
		do   func() error
		want upload.Edits
		err  error
	}{
		{"nothing yet", undo(0), upload.Edits{Cells: edited.Cells{}}, upload.ErrUnchanged},
		{"a cell", func() error { return edit(upload.Edit{Row: 2, Value: "a"}) }, upload.Edits{Cells: edited.Cells{2: {0: "a"}}, Steps: 1, Version: 1}, nil},
		{"three cells at once", func() error {
			return edit(upload.Edit{Row: 2, Value: "b"}, upload.Edit{Row: 3, Value: "b", More: true}, upload.Edit{Row: 4, Value: "b", More: true})
		}, upload.Edits{Cells: edited.Cells{2: {0: "b"}, 3: {0: "b"}, 4: {0: "b"}}, Steps: 2, Version: 4}, nil},
		{"by who has not seen them", undo(1), upload.Edits{Cells: edited.Cells{2: {0: "b"}, 3: {0: "b"}, 4: {0: "b"}}, Steps: 2, Version: 4}, upload.ErrNewer},
		{"the three", undo(4), upload.Edits{Cells: edited.Cells{2: {0: "a"}}, Steps: 1, Version: 5}, nil},
		{"two cells, one after the other", func() error { return edit(upload.Edit{Row: 5, Value: "c"}, upload.Edit{Row: 5, Value: "d"}) },
			upload.Edits{Cells: edited.Cells{2: {0: "a"}, 5: {0: "d"}}, Steps: 3, Version: 7}, nil},
		{"the later", undo(7), upload.Edits{Cells: edited.Cells{2: {0: "a"}, 5: {0: "c"}}, Steps: 2, Version: 8}, nil},
		{"the earlier", undo(8), upload.Edits{Cells: edited.Cells{2: {0: "a"}}, Steps: 1, Version: 9}, nil},
		{"the first", undo(9), upload.Edits{Cells: edited.Cells{}, Version: 10}, nil},
		{"and no more", undo(10), upload.Edits{Cells: edited.Cells{}, Version: 10}, upload.ErrUnchanged},
	} {
		err := step.do()
		got, broken := s.Edits(f.ID)
		if diff := cmp.Diff(step.want, got); diff != "" || broken != nil || !errors.Is(err, step.err) {
			t.Fatalf("%s: %v, %v (-want +got):\n%s", step.name, err, broken, diff)
		}
	}
}

// TestUndoAtOnce takes one step back, however many ask for it at the same time.
func TestUndoAtOnce(t *testing.T) {
	s, _ := newStore(t)
	f := add(t, s, "a.csv", "one", time.Now())
	if err := s.Edit(f.ID, []upload.Edit{{Row: 2, Value: "a"}, {Row: 3, Value: "b"}}); err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = s.Undo(f.ID, 2) })
	}
	all.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else if !errors.Is(err, upload.ErrNewer) {
			t.Error(err)
		}
	}
	left, err := s.Edits(f.ID)
	if diff := cmp.Diff(upload.Edits{Cells: edited.Cells{2: {0: "a"}}, Steps: 1, Version: 3}, left); diff != "" || err != nil || done != 1 {
		t.Errorf("%d of them: %v (-want +got):\n%s", done, err, diff)
	}
}

// TestRemove leaves nothing of a file.
func TestRemove(t *testing.T) {
	s, path := newStore(t)
	f, other := add(t, s, "a.csv", "one", time.Now()), add(t, s, "b.csv", "two", time.Now())
	if err := errors.Join(s.Edit(f.ID, []upload.Edit{{Row: 2, Value: "x"}}), s.Remove(f.ID, nobody)); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"remove": s.Remove(f.ID, nobody), "edit": s.Edit(f.ID, []upload.Edit{{Row: 2}}), "undo": s.Undo(f.ID, 1), "read": s.SetReading(f.ID, upload.Reading{Sheet: "B"})} {
		if err == nil {
			t.Errorf("%s a file that is gone", name)
		}
	}
	left, err := os.ReadDir(path)
	if err != nil || len(left) != 1 || left[0].Name() != other.ID {
		t.Errorf("left: %v, %v", left, err)
	}
}
