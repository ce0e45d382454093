package delimited

import (
	"fmt"
	"io"
	"os"
)

// spool is a private copy of a file, in memory while it is small, else in a
// temporary file that only this user can read.
type spool struct {
	limit int64 // size in bytes up to which it stays in memory
	mem   []byte
	file  *os.File
	size  int64
	kept  bool // the file still has a name to remove
}

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.size+int64(len(p)) > s.limit {
		f, err := os.CreateTemp("", "bulkimport-*.spool")
		if err != nil {
			return 0, fmt.Errorf("cannot make a temporary file: %w", err)
		}
		// Where the system allows it the copy vanishes even if we are killed.
		s.file, s.kept = f, os.Remove(f.Name()) != nil
		if _, err := f.Write(s.mem); err != nil {
			return 0, fmt.Errorf("cannot write the temporary copy: %w", err)
		}
		s.mem = nil
	}
	if s.file == nil {
		s.mem = append(s.mem, p...)
	} else if _, err := s.file.Write(p); err != nil {
		return 0, fmt.Errorf("cannot write the temporary copy: %w", err)
	}
	s.size += int64(len(p))
	return len(p), nil
}

func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, off)
	}
	if off >= int64(len(s.mem)) {
		return 0, io.EOF
	}
	n := copy(p, s.mem[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close drops the copy.
func (s *spool) Close() error {
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
