package serve

import (
	"encoding/json"
	"os"
	"path/filepath"
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
