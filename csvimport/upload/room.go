package upload

import (
	"errors"
	"sync"
)

// Most is how much a [Store] keeps.
type Most struct {
	Files int
	Bytes int64
}

// ErrFull is a file for which there is no room. Nothing of it was read.
var ErrFull = errors.New("no more files are kept")

// room counts what is on its way into a store, which is in no record yet. Another
// process at the same home does not know of it: what comes there just then is beyond.
type room struct {
	most Most
	mu   sync.Mutex
	on   Most // its way
}

// take keeps room for a file until it is given back.
func (r *room) take(size int64, kept func() ([]File, error)) (giveBack func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	files, err := kept()
	if err != nil {
		return nil, err
	}
	left := Most{r.most.Files - r.on.Files - len(files), r.most.Bytes - r.on.Bytes}
	for _, f := range files {
		left.Bytes -= f.Size
	}
	if left.Files < 1 || left.Bytes < size {
		return nil, ErrFull
	}
	r.on.Files++
	r.on.Bytes += size
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.on.Files--
		r.on.Bytes -= size
	}, nil
}
