package apstest

import (
	"fmt"
	"os"
	"sync"
)

// journal appends lines to a file so that they outlive a SIGKILL of this
// process. Lines that arrive while one write is under way share the next.
// A nil journal takes everything and keeps nothing.
type journal struct {
	file *os.File

	mu    sync.Mutex // guards the batch being gathered
	batch *batch

	writing sync.Mutex // held by the one who writes
}

type batch struct {
	lines   []byte
	written bool // guarded by journal.writing
	err     error
}

func openJournal(path string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &journal{file: f, batch: &batch{}}, nil
}

// add puts a line into the file's order without touching the disk. The line is
// kept once flush of the returned batch has returned nil.
func (j *journal) add(line []byte) *batch {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.batch.lines = append(append(j.batch.lines, line...), '\n')
	return j.batch
}

func (j *journal) flush(b *batch) error {
	if j == nil || b == nil {
		return nil
	}
	j.writing.Lock()
	defer j.writing.Unlock()
	if b.written {
		return b.err
	}
	j.mu.Lock()
	j.batch = &batch{}
	j.mu.Unlock()
	_, b.err = j.file.Write(b.lines)
	b.written, b.lines = true, nil
	return b.err
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.writing.Lock()
	defer j.writing.Unlock()
	return j.file.Close()
}
