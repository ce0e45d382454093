package spill

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// scratch is bytes that are written once and then read anywhere: in memory, or,
// after spill, in a temporary file that only this user can read. Reading is safe
// for concurrent use once all is written and flushed.
type scratch struct {
	mem  []byte // all, or what is not in the file yet
	file *os.File
	kept bool  // the file still has a name to remove
	done int64 // bytes in the file
}

// scratchBuffer is how many bytes are written to the file at once.
const scratchBuffer = 256 << 10

func (s *scratch) size() int64 { return s.done + int64(len(s.mem)) }

func (s *scratch) append(p []byte) error {
	s.mem = append(s.mem, p...)
	if s.file != nil && len(s.mem) >= scratchBuffer {
		return s.write()
	}
	return nil
}

// spill moves what there is, and what will come, to a file.
func (s *scratch) spill() error {
	if s.file != nil {
		return nil
	}
	f, err := os.CreateTemp("", "bulkimport-*.index")
	if err != nil {
		return fmt.Errorf("cannot make a temporary file: %w", err)
	}
	// Where the system allows it the file vanishes even if we are killed.
	s.file, s.kept = f, os.Remove(f.Name()) != nil
	err = s.write()
	s.mem = make([]byte, 0, scratchBuffer+4096)
	return err
}

func (s *scratch) write() error {
	if _, err := s.file.Write(s.mem); err != nil {
		return fmt.Errorf("cannot write a temporary file: %w", err)
	}
	s.done += int64(len(s.mem))
	s.mem = s.mem[:0]
	return nil
}

// flush ends the writing.
func (s *scratch) flush() error {
	if s.file == nil {
		s.mem = slices.Clip(s.mem)
		return nil
	}
	err := s.write()
	s.mem = nil
	return err
}

// view returns n bytes from an offset on, fewer at the end. It may use buf, and
// may return memory that is not to be changed.
func (s *scratch) view(at int64, n int, buf *[]byte) ([]byte, error) {
	if s.file == nil {
		at = min(at, int64(len(s.mem)))
		return s.mem[at:min(at+int64(n), int64(len(s.mem)))], nil
	}
	if cap(*buf) < n {
		*buf = make([]byte, n)
	}
	got, err := s.file.ReadAt((*buf)[:n], at)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot read a temporary file: %w", err)
	}
	return (*buf)[:got], nil
}

func (s *scratch) close() error {
	s.mem = nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.kept {
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	s.file = nil
	return err
}
