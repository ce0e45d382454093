package mark_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/mark"
)

const now, next = "word now", "word next"

func place(t *testing.T) mark.Place {
	t.Helper()
	return mark.Place{Folder: t.TempDir(), Machine: "laptop", Platform: "platform", Ledger: "ours", Path: "/ledger.db"}
}

func write(t *testing.T, p mark.Place, m mark.Mark) {
	t.Helper()
	if err := p.Write(m); err != nil {
		t.Fatal(err)
	}
}

// Every state of the mark against every state of the file.
func TestJudgeWords(t *testing.T) {
	marks := map[string]func(*testing.T, mark.Place){
		"none":      func(*testing.T, mark.Place) {},
		"begun":     func(t *testing.T, p mark.Place) { write(t, p, mark.Mark{Word: now}) },
		"beginning": func(t *testing.T, p mark.Place) { write(t, p, mark.Mark{Word: now, Next: next}) },
		"first":     func(t *testing.T, p mark.Place) { write(t, p, mark.Mark{Next: next}) },
		"of another machine": func(t *testing.T, p mark.Place) {
			p.Machine = "another"
			write(t, p, mark.Mark{Word: now})
		},
		"torn": func(t *testing.T, p mark.Place) {
			write(t, p, mark.Mark{Word: now})
			files, err := filepath.Glob(filepath.Join(p.Folder, "*.mark"))
			if err != nil || len(files) != 1 {
				t.Fatalf("files %q, error %v", files, err)
			}
			if err := os.Truncate(files[0], 10); err != nil {
				t.Fatal(err)
			}
		},
	}
	unused, ours, following, other, never := mark.File{}, mark.File{Word: now, Used: true}, mark.File{Word: next, Used: true},
		mark.File{Word: "another", Used: true}, mark.File{Used: true}
	cut := ours
	cut.Cut = true
	for _, tt := range []struct {
		mark string
		file mark.File
		want ledger.Loss
	}{
		{"begun", cut, ledger.LossTail},
		{"beginning", cut, ledger.LossTail},
		{"none", cut, ledger.LossUnknown},
		{"none", unused, ledger.Sound},
		{"none", never, ledger.LossUnknown},
		{"none", ours, ledger.LossUnknown},
		{"begun", ours, ledger.Sound},
		{"begun", following, ledger.LossCopied},
		{"begun", other, ledger.LossCopied},
		{"begun", never, ledger.LossCopied},
		{"begun", unused, ledger.LossCopied},
		{"beginning", ours, ledger.Sound},
		{"beginning", following, ledger.Sound},
		{"beginning", other, ledger.LossCopied},
		{"beginning", unused, ledger.LossCopied},
		{"first", unused, ledger.Sound},
		{"first", never, ledger.Sound},
		{"first", following, ledger.Sound},
		{"first", ours, ledger.LossCopied},
		{"of another machine", ours, ledger.LossUnknown},
		{"of another machine", unused, ledger.Sound},
		{"torn", ours, ledger.LossUnknown},
	} {
		for _, torn := range []bool{false, true} {
			p := place(t)
			marks[tt.mark](t, p)
			file, want := tt.file, tt.want
			if file.Torn = torn; torn && want == ledger.LossCopied {
				want = ledger.LossTail
			}
			if got := p.Judge(file); got != want {
				t.Errorf("mark %s, file %+v: %v, want %v", tt.mark, file, got, want)
			}
		}
	}
}

// The ledger has another name than the mark says, or another ledger's mark is
// there.
func TestJudgePlaces(t *testing.T) {
	const there = "/there.db"
	for _, tt := range []struct {
		name  string
		path  string // as the mark of our ledger has it, empty: none
		other string // the same of another ledger
		holds string // the ledger at that path
		err   error
		want  ledger.Loss
	}{
		{"renamed", there, "", "", nil, ledger.Sound},
		{"renamed, and another in its place", there, "", "another", nil, ledger.Sound},
		{"a copy", there, "", "ours", nil, ledger.LossCopied},
		{"the other place cannot be read", there, "", "", os.ErrPermission, ledger.Sound},
		{"another ledger", "", there, "another", nil, ledger.Sound},
		{"another that cannot be read", "", there, "", os.ErrPermission, ledger.Sound},
		{"another that is gone", "", there, "", nil, ledger.LossMissing},
		{"another, and a third in its place", "", there, "third", nil, ledger.LossMissing},
		{"another that ours has taken the place of", "", "/ledger.db", "", nil, ledger.LossMissing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := place(t)
			if tt.path != "" {
				was := p
				was.Path = tt.path
				write(t, was, mark.Mark{Word: now})
			}
			if tt.other != "" {
				other := p
				other.Ledger, other.Path = "another", tt.other
				write(t, other, mark.Mark{Word: "another word"})
			}
			file := mark.File{Word: now, Used: tt.path != "", Holds: func(path, ledger string) (bool, error) {
				if path != there {
					t.Errorf("looks at %s", path)
				}
				return tt.holds == ledger, tt.err
			}}
			if got := p.Judge(file); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
			p.Found(file)
			if got := p.Judge(file); tt.want == ledger.LossMissing && got != ledger.Sound {
				t.Errorf("after it was looked for: %v", got)
			}
		})
	}
}

// A platform's marks are nobody else's.
func TestJudgeOtherPlatform(t *testing.T) {
	p := place(t)
	other := p
	other.Platform, other.Ledger = "another", "another"
	write(t, other, mark.Mark{Word: now})
	if got := p.Judge(mark.File{}); got != ledger.Sound {
		t.Errorf("%v, want sound", got)
	}
}

// Wherever the three steps of a turn end, mark and ledger agree, and an older
// ledger does not once the turn is done.
func TestTurn(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	p := place(t)
	word := ""
	agree := func(when string) {
		t.Helper()
		if m := p.Read(); !m.Agrees(word) {
			t.Errorf("%s: mark %+v, ledger %q", when, m, word)
		}
	}
	runs := func(all map[int64]time.Time) { all[int64(len(all))] = at }
	take := func(next string) error {
		agree("beginning")
		word = next
		agree("taken")
		return nil
	}
	for i := range 3 {
		before := word
		if err := p.Turn(word, false, take, runs); err != nil {
			t.Fatal(err)
		}
		agree("begun")
		if m := p.Read(); m.Agrees(before) || len(m.Runs) != i+1 {
			t.Errorf("after turn %d: %+v", i, m)
		}
	}
	full := errors.New("the disk is full")
	if err := p.Turn(word, false, func(string) error { return full }, runs); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	agree("given up")

	was := p.Read()
	if err := p.Turn("another", false, take, runs); !errors.Is(err, ledger.ErrReplaced) {
		t.Errorf("a ledger that does not agree: error %v", err)
	}
	if diff := cmp.Diff(was, p.Read()); diff != "" {
		t.Errorf("the mark has changed (-was +is):\n%s", diff)
	}
	word = "another"
	if err := p.Turn(word, true, take, runs); err != nil {
		t.Fatal(err)
	}
	agree("anew")
	if m := p.Read(); len(m.Runs) != 1 {
		t.Errorf("runs of the ledger before: %+v", m)
	}
	if err := p.Forget(); err != nil || p.Read() != nil {
		t.Errorf("forgotten: %+v, error %v", p.Read(), err)
	}
}

func TestEnter(t *testing.T) {
	p := place(t)
	other := p
	other.Ledger = "another"
	first, err := p.Enter(1)
	if err != nil || first == nil {
		t.Fatalf("error %v", err)
	}
	second, err := p.Enter(2)
	if err != nil {
		t.Errorf("the same ledger: %v", err)
	}
	if _, err := other.Enter(3); !errors.Is(err, ledger.ErrElsewhere) {
		t.Errorf("another ledger: error %v", err)
	}
	first.Drop()
	second.Drop()
	third, err := other.Enter(3)
	if err != nil {
		t.Fatalf("another ledger, after the first has ended: %v", err)
	}
	third.Drop()
	left, err := os.ReadDir(p.Folder)
	if err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return !e.IsDir() }) {
		t.Errorf("left %v, error %v", left, err)
	}
	nowhere := p
	nowhere.Folder = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(nowhere.Folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if lock, err := nowhere.Enter(1); lock != nil || err != nil {
		t.Errorf("no folder: %v, error %v", lock, err)
	}
}

// TestKept: a machine knows where it was at work with a ledger, and another does not.
func TestKept(t *testing.T) {
	p := place(t)
	write(t, p, mark.Mark{Word: now})
	for _, tt := range []struct {
		name, machine, path string
		want                bool
	}{
		{"there", p.Machine, p.Path, true},
		{"elsewhere", p.Machine, "/other.db", false},
		{"on another machine", "desktop", p.Path, false},
	} {
		if got := mark.Kept(p.Folder, tt.machine, tt.path); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
