package serve

import (
	"context"
	"encoding/hex"
	"sync"
	"time"
)

// Store keeps what is to be known of people from one request to the next: small things,
// each of a kind and under a key, for a time. It is in memory, or where servers share it.
// What a browser sends is never a key, but its hash. It is safe for concurrent use.
type Store interface {
	// Get is what is kept under a key; nil if nothing is.
	Get(ctx context.Context, kind, key string) ([]byte, error)
	// All is what is kept of a kind, by its keys.
	All(ctx context.Context, kind string) (map[string][]byte, error)
	// Change puts something in place of what is kept, nil where nothing is, while nobody
	// else changes it; until is when it may be forgotten. nil removes. change may be
	// called again.
	Change(ctx context.Context, kind, key string, change func(old []byte) (now []byte, until time.Time)) error
}

// mostKept is how many things of a kind are kept in memory. Those go first whose time is
// over first, so that nobody gets new tries by coming under many names.
const mostKept = 10_000

// Memory is a store of one server's. The zero value is empty. It is safe for concurrent
// use, and returns no errors.
type Memory struct {
	mu    sync.Mutex
	kinds map[string]map[string]thing
}

type thing struct {
	bytes []byte
	until time.Time
}

// Get is what is kept under a key: see [Store].
func (m *Memory) Get(_ context.Context, kind, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kinds[kind][key].bytes, nil
}

// All is what is kept of a kind: see [Store].
func (m *Memory) All(_ context.Context, kind string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string][]byte)
	for key, t := range m.kinds[kind] {
		all[key] = t.bytes
	}
	return all, nil
}

// Change puts something in place of what is kept: see [Store].
func (m *Memory) Change(_ context.Context, kind, key string, change func([]byte) ([]byte, time.Time)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := m.kinds[kind]
	now, until := change(of[key].bytes)
	if now == nil {
		delete(of, key)
		return nil
	}
	if _, kept := of[key]; !kept && len(of) >= mostKept {
		forget(of)
	}
	if of == nil {
		of = make(map[string]thing)
		if m.kinds == nil {
			m.kinds = make(map[string]map[string]thing)
		}
		m.kinds[kind] = of
	}
	of[key] = thing{now, until}
	return nil
}

// forget drops what may be forgotten first.
func forget(of map[string]thing) {
	first := ""
	for key, t := range of {
		if first == "" || t.until.Before(of[first].until) {
			first = key
		}
	}
	delete(of, first)
}

// KeyOf is the key of what somebody has sent.
func KeyOf(text string) string {
	d := digestOf(text)
	return hex.EncodeToString(d[:])
}
