package sqlite

import (
	"database/sql"
	"sync"
)

// texts is what this process knows of the table text, in which a text keeps its
// number for ever. 0 is the empty text. It is safe for concurrent use.
type texts struct {
	mu     sync.RWMutex
	value  map[int64]string
	number map[string]int64
	last   int64 // every number up to it has been read
}

func newTexts() *texts {
	return &texts{value: map[int64]string{0: ""}, number: map[string]int64{"": 0}}
}

// add takes what has become durable.
func (s *texts) add(m map[string]int64) {
	if len(m) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for v, n := range m {
		s.value[n], s.number[v] = v, n
	}
}

func (s *texts) get(n int64) (string, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.value[n]
	return v, ok
}

// load reads what other processes, or earlier ones, have added, with a query for
// what comes after a number.
func (s *texts) load(query func(last int64) (*sql.Rows, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, err := query(s.last)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var v string
		if err := rows.Scan(&n, &v); err != nil {
			return err
		}
		s.value[n], s.number[v] = v, n
		s.last = max(s.last, n)
	}
	return rows.Err()
}

// text returns the number of a text, which it adds to the table if it is new.
func (t *tx) text(v string) (int64, error) {
	t.w.texts.mu.RLock()
	n, ok := t.w.texts.number[v]
	t.w.texts.mu.RUnlock()
	if ok {
		return n, nil
	}
	if n, ok = t.texts[v]; ok {
		return n, nil
	}
	found, err := t.row(queryText, []any{v}, &n)
	if err != nil {
		return 0, err
	}
	if !found {
		r, err := t.exec(`INSERT INTO text (value) VALUES (?)`, v)
		if err != nil {
			return 0, err
		}
		if n, err = r.LastInsertId(); err != nil {
			return 0, err
		}
	}
	if t.texts == nil {
		t.texts = make(map[string]int64)
	}
	t.texts[v] = n
	return n, nil
}

// textOf returns the text of a number, also of one interned in this
// transaction.
func (t *tx) textOf(n int64) (string, error) {
	if v, ok := t.w.texts.get(n); ok {
		return v, nil
	}
	var v string
	_, err := t.row(`SELECT value FROM text WHERE id = ?`, []any{n}, &v)
	return v, err
}
