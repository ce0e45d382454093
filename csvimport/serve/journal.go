package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Act is one line of a journal: who did what, to what.
type Act struct {
	Time   time.Time `json:"time"`
	Who    string    `json:"who"`
	Role   Role      `json:"role"`
	Act    string    `json:"act"`
	File   string    `json:"file,omitempty"`
	Name   string    `json:"name,omitempty"` // of the file
	Import string    `json:"import,omitempty"`
	More   string    `json:"more,omitempty"`
}

// Journal keeps acts, one JSON object a line, and only ever appends. It is safe for
// concurrent use.
type Journal struct {
	mu  sync.Mutex
	f   *os.File
	cut bool // the last line is not whole
}

// OpenJournal opens the journal at path, which its owner alone can read.
func OpenJournal(path string) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	cut, err := cutOff(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Journal{f: f, cut: cut}, nil
}

// cutOff reports whether a crash has left a part of a line at a file's end.
func cutOff(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return last[0] != '\n', err
}

// Note keeps an act durably. Time, who and role are filled in.
func (j *Journal) Note(p Person, a Act) error {
	a.Time, a.Who, a.Role = time.Now().UTC(), p.Name, p.Role
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cut {
		line = append([]byte{'\n'}, line...)
	}
	if _, err := j.f.Write(line); err != nil {
		j.cut = true
		return err
	}
	j.cut = false
	return j.f.Sync()
}

// Close closes the file.
func (j *Journal) Close() error { return j.f.Close() }

// Wanted are the acts that are looked for in a journal: all of them for the zero value.
// Case does not matter.
type Wanted struct {
	Who  string // a part of the name of who did it
	What string // a part of the act, of the file's name, or of the id of file or import
	// From is the first moment, and Until the one after the last.
	From, Until time.Time
}

func (w *Wanted) has(a *Act) bool {
	if !w.From.IsZero() && a.Time.Before(w.From) || !w.Until.IsZero() && !a.Time.Before(w.Until) || !part(a.Who, w.Who) {
		return false
	}
	return slices.ContainsFunc([]string{a.Act, a.Name, a.File, a.Import}, func(text string) bool { return part(text, w.What) })
}

func part(text, of string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(of)) }

const (
	readAtOnce = 256 << 10 // bytes
	mostRead   = 32 << 20  // bytes, for one answer
)

// Older are acts before a place in the journal, the newest first and count at most, and
// the place before which there may be more: 0 is the journal's end where it is given, and
// its beginning where it is returned. No more than 32 MB are read, so that there may be
// fewer acts than count, or none, before the beginning.
func (j *Journal) Older(ctx context.Context, before int64, count int, want Wanted) (acts []Act, rest int64, err error) {
	f, size, err := j.reader()
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	if rest = size; before > 0 {
		rest = min(before, size)
	}
	least := max(rest-mostRead, 0)
	for atOnce := int64(readAtOnce); rest > least && len(acts) < count; {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		from := max(rest-atOnce, 0)
		text := make([]byte, rest-from)
		if _, err := f.ReadAt(text, from); err != nil {
			return nil, 0, err
		}
		if from > 0 { // where a line begins is not known
			i := bytes.IndexByte(text[:len(text)-1], '\n') + 1
			if i == 0 {
				atOnce *= 2
				continue
			}
			text, from = text[i:], from+int64(i)
		}
		for len(text) > 0 && len(acts) < count {
			i := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
			if a, ok := actOf(text[i:]); ok && want.has(&a) {
				acts = append(acts, a)
			}
			text, rest = text[:i], from+int64(i)
		}
	}
	return acts, rest, nil
}

// All are the acts that are wanted, the oldest first. It ends with an error where the
// journal cannot be read.
func (j *Journal) All(want Wanted) iter.Seq2[Act, error] {
	return func(yield func(Act, error) bool) {
		f, size, err := j.reader()
		if err != nil {
			yield(Act{}, err)
			return
		}
		defer f.Close()
		for lines := bufio.NewReader(io.LimitReader(f, size)); err == nil; {
			var line []byte
			line, err = lines.ReadBytes('\n')
			if a, ok := actOf(line); ok && want.has(&a) && !yield(a, nil) {
				return
			}
		}
		if err != io.EOF {
			yield(Act{}, err)
		}
	}
}

// reader is the journal as it is now, and how long: a line that is being written is no
// part of it.
func (j *Journal) reader() (f *os.File, size int64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if f, err = os.Open(j.f.Name()); err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// actOf reads a line, unless a crash cut it off.
func actOf(line []byte) (a Act, ok bool) { return a, json.Unmarshal(line, &a) == nil }
