package spool

import (
	"fmt"
	"io"
	"os"
)

// block is how much memory is taken at a time, in bytes: what grows by blocks is
// never copied.
const block = 64 << 10

// Spool is a private copy, written once from its start to its end and read at any
// offset, also by several goroutines at once. Its zero value is not ready: see
// New.
type Spool struct {
	limit int64
	mem   [][]byte // all but the last are full
	file  *os.File
	size  int64
	kept  bool // the file still has a name to remove
}

// New returns an empty spool that stays in memory up to limit bytes.
func New(limit int64) *Spool { return &Spool{limit: limit} }

// Size is how many bytes were written.
func (s *Spool) Size() int64 { return s.size }

// OnDisk reports whether the copy is in a temporary file.
func (s *Spool) OnDisk() bool { return s.file != nil }

// Write appends p. The error is about the temporary file.
func (s *Spool) Write(p []byte) (int, error) {
	if s.file == nil && s.size+int64(len(p)) > s.limit {
		if err := s.toDisk(); err != nil {
			return 0, err
		}
	}
	if s.file != nil {
		if _, err := s.file.Write(p); err != nil {
			return 0, fmt.Errorf("cannot write the temporary copy: %w", err)
		}
		s.size += int64(len(p))
		return len(p), nil
	}
	for rest := p; len(rest) > 0; {
		if n := len(s.mem); n == 0 || len(s.mem[n-1]) == cap(s.mem[n-1]) {
			s.mem = append(s.mem, make([]byte, 0, block))
		}
		last := &s.mem[len(s.mem)-1]
		n := min(len(rest), cap(*last)-len(*last))
		*last = append(*last, rest[:n]...)
		rest = rest[n:]
	}
	s.size += int64(len(p))
	return len(p), nil
}

// toDisk moves what is in memory to a temporary file.
func (s *Spool) toDisk() error {
	f, err := os.CreateTemp("", "bulkimport-*.spool")
	if err != nil {
		return fmt.Errorf("cannot make a temporary file: %w", err)
	}
	// Where the system allows it the copy vanishes even if we are killed.
	s.file, s.kept = f, os.Remove(f.Name()) != nil
	for _, b := range s.mem {
		if _, err := f.Write(b); err != nil {
			return fmt.Errorf("cannot write the temporary copy: %w", err)
		}
	}
	s.mem = nil
	return nil
}

// ReadAt fills p from an offset, which is not negative. It returns io.EOF where the copy ends before p
// is full, or has been closed.
func (s *Spool) ReadAt(p []byte, off int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, off)
	}
	if off < 0 {
		return 0, os.ErrInvalid
	}
	n := 0
	for n < len(p) {
		i, at := int((off+int64(n))/block), int((off+int64(n))%block)
		if i >= len(s.mem) || at >= len(s.mem[i]) {
			return n, io.EOF
		}
		n += copy(p[n:], s.mem[i][at:])
	}
	return n, nil
}

// Close drops the copy. It may be called again.
func (s *Spool) Close() error {
	s.mem = nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.kept {
		err = os.Remove(s.file.Name())
	}
	s.file = nil
	return err
}
