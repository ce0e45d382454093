package serve

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
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
	Import string    `json:"import,omitempty"`
	More   string    `json:"more,omitempty"`
}

// Journal keeps acts, one JSON object a line, and only ever appends. It is safe for
// concurrent use.
type Journal struct {
	mu sync.Mutex
	f  *os.File
}

// OpenJournal opens the journal at path, which its owner alone can read.
func OpenJournal(path string) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &Journal{f: f}, nil
}

// Note keeps an act durably. Time, who and role are filled in.
func (j *Journal) Note(p Person, a Act) error {
	a.Time, a.Who, a.Role = time.Now().UTC(), p.Name, p.Role
	line, err := json.Marshal(a)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.f.Write(append(line, '\n')); err != nil {
		return err
	}
	return j.f.Sync()
}

// Close closes the file.
func (j *Journal) Close() error { return j.f.Close() }

// mostLast bounds how much of its end is read at once, in bytes.
const mostLast = 1 << 20

// Last are the last lines at most count, the newest first.
func (j *Journal) Last(count int) ([][]byte, error) {
	f, err := os.Open(j.f.Name())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	text := make([]byte, min(size, mostLast))
	if _, err := f.ReadAt(text, size-int64(len(text))); err != nil {
		return nil, err
	}
	lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	slices.Reverse(lines)
	return lines[:min(count, len(lines))], nil
}
