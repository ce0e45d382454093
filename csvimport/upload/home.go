package upload

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"bulkimport/csvimport/visible"
)

// ErrNone is something that is not there.
var ErrNone = errors.New("there is nothing of this id")

// Home is where records are kept, each with parts that belong to it: a [Folder], or what
// machines share. What is not there is [fs.ErrNotExist]. It is safe for concurrent use.
type Home interface {
	// All are all records, in no order.
	All() ([][]byte, error)
	// Record is one of them.
	Record(id string) ([]byte, error)
	// Change puts a record in place of the old one, nil where there is none, while nobody
	// else changes it. An error of change's is returned, and nothing is changed. It may
	// be called again.
	Change(id string, change func(old []byte) ([]byte, error)) error
	// Read opens a part.
	Read(id, part string) (io.ReadCloser, error)
	// Write puts a part in place of the old one once it is whole.
	Write(id, part string, write func(io.Writer) error) error
	// Append adds whole lines to the end of a part, which it makes where there is none.
	Append(id, part string, lines []byte) error
	// Remove drops a record with its parts, if there is one.
	Remove(id string) error
	// Sweep drops parts without a record, which crashes have left.
	Sweep() error
}

// NewID makes an id that nobody else has.
func NewID() string { return strings.ToLower(rand.Text()[:16]) }

// isID reports whether a text can be an id: nothing else may become part of a path.
func isID(id string) bool {
	return len(id) == 16 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// Get reads a record.
func Get(h Home, id string, record any) error {
	if !isID(id) {
		return ErrNone
	}
	text, err := h.Record(id)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNone
	}
	if err != nil {
		return err
	}
	return decode(text, record)
}

// Put keeps a record in place of the one there is.
func Put[T any](h Home, id string, record T) error {
	return change(h, id, func(old []byte) (*T, error) { return &record, nil })
}

// Change changes a record that there is, unless change has an error.
func Change[T any](h Home, id string, do func(*T) error) error {
	return change(h, id, func(old []byte) (*T, error) {
		record := new(T)
		if old == nil {
			return nil, ErrNone
		}
		if err := decode(old, record); err != nil {
			return nil, err
		}
		return record, do(record)
	})
}

func change[T any](h Home, id string, to func(old []byte) (*T, error)) error {
	if !isID(id) {
		return ErrNone
	}
	return h.Change(id, func(old []byte) ([]byte, error) {
		record, err := to(old)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(record)
		return []byte(visible.Lines(string(text))), err // which means the same
	})
}

// Every is all records, in no order.
func Every[T any](h Home) ([]T, error) {
	texts, err := h.All()
	if err != nil {
		return nil, err
	}
	all := make([]T, len(texts))
	for i, text := range texts {
		if err := decode(text, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func decode(text []byte, record any) error {
	if err := json.Unmarshal(text, record); err != nil {
		return fmt.Errorf("a record that was kept is damaged: %w", err)
	}
	return nil
}
