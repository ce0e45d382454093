package sqlite

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"

	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/ledger"
)

// The journal is where intents and their outcomes go first: one row for all
// records of a transaction, so that many orders cost a page or two instead of a
// page of an index each. Folding moves what the records say into the table
// entry. It is done before anything is looked up that the journal may know, by
// whichever process looks.
//
// A subscription is in the journal only while it has no entry.

// journalLimit is how many records, of some 150 bytes, are folded at the latest.
const journalLimit = 48 << 10

const (
	journalAdd   = `INSERT INTO recent (records) VALUES (?)`
	journalRead  = `SELECT id, records FROM recent WHERE id > ? ORDER BY id LIMIT 64`
	journalClear = `DELETE FROM recent`
	journalAny   = `SELECT EXISTS (SELECT 1 FROM recent)`
)

// pending is what the writer knows of the journal: each subscription in it, with
// the numbers of its first and its last record.
type pending struct {
	of      map[entryKey]span
	records int
	version int64 // PRAGMA data_version, by which other connections' commits show
}

type span struct{ first, last int32 }

type entryKey struct {
	platform int64
	sub      string
}

func (p *pending) add(key entryKey) {
	p.records++
	s := p.of[key]
	if s.last = int32(p.records); s.first == 0 {
		s.first = s.last
	}
	p.of[key] = s
}

func (p *pending) clear() {
	clear(p.of)
	p.records = 0
}

// journal writes a record of e into the journal.
func (t *tx) journal(platform int64, e *ledger.Entry) {
	t.records = appendRecord(t.records, platform, e)
	t.w.pending.add(entryKey{platform, e.Sub})
}

// journaled reports whether the journal has a record of the subscription.
func (t *tx) journaled(platform int64, sub string) bool {
	_, ok := t.w.pending.of[entryKey{platform, sub}]
	return ok
}

// catchUp folds the journal if somebody else has written to the ledger since this
// writer did: what it knows of the journal may not be true any more.
func (t *tx) catchUp() error {
	var version int64
	if _, err := t.row(`PRAGMA data_version`, nil, &version); err != nil {
		return err
	}
	p := &t.w.pending
	if version == p.version {
		return nil
	}
	p.clear()
	err := t.eachRecord(func(platform int64, e *ledger.Entry) error {
		p.add(entryKey{platform, e.Sub})
		return nil
	})
	if err != nil {
		return err
	}
	p.version = version
	return t.fold()
}

// flush writes the records of this transaction.
func (t *tx) flush() error {
	if len(t.records) == 0 {
		return nil
	}
	_, err := t.exec(journalAdd, t.records)
	t.records = t.records[:0]
	t.w.records = t.records
	return err
}

// fold moves the journal into the entries, in the order of the intents: an entry
// waits for those that were intended before it and settled after it.
func (t *tx) fold() error {
	p := &t.w.pending
	if p.records == 0 {
		return nil
	}
	if err := t.flush(); err != nil {
		return err
	}
	type record struct {
		platform int64
		e        *ledger.Entry // nil as long as the last word has not come
		again    bool          // not the first of its subscription
	}
	var queue []record
	n, gone := int32(0), int32(0)
	err := t.eachRecord(func(platform int64, e *ledger.Entry) error {
		n++
		s := p.of[entryKey{platform, e.Sub}]
		queue = append(queue, record{again: s.first != n})
		if s.last == n {
			queue[s.first-gone-1] = record{platform: platform, e: e}
		}
		for ; len(queue) > 0 && (queue[0].e != nil || queue[0].again); queue, gone = queue[1:], gone+1 {
			if r := queue[0]; r.e != nil {
				if err := t.insert(r.platform, r.e, nil); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.clear()
	_, err = t.exec(journalClear)
	return err
}

func (t *tx) eachRecord(do func(platform int64, e *ledger.Entry) error) error {
	return eachRecord(t.w.path, t.query, do)
}

// eachRecord goes over the journal, in the order in which it was written.
func eachRecord(path string, query func(string, ...any) (*sql.Rows, error), do func(platform int64, e *ledger.Entry) error) error {
	for last := int64(0); ; {
		rows, err := query(journalRead, last)
		if err != nil {
			return err
		}
		var batches [][]byte
		for rows.Next() {
			var records []byte
			if err := rows.Scan(&last, &records); err != nil {
				rows.Close()
				return err
			}
			batches = append(batches, records)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(batches) == 0 {
			return err
		}
		for _, b := range batches {
			for len(b) > 0 {
				platform, e, rest, err := cutRecord(b)
				if err != nil {
					return &ledger.Error{Where: path, Err: ledger.ErrDamaged, Hint: hintDamaged, Cause: err}
				}
				if err := do(platform, &e); err != nil {
					return err
				}
				b = rest
			}
		}
	}
}

// textsOf are an entry's texts, as a record has them.
func textsOf(e *ledger.Entry) []*string {
	return []*string{
		&e.Sub, &e.Tenant, &e.AccountID, &e.AccountNo, &e.AccountName, &e.Email, &e.PlanID, &e.PlanName, &e.CutOff,
		&e.OrderID, &e.OrderNumber, &e.OrderStatus, &e.Code, &e.Message,
	}
}

// appendRecord appends a record: numbers as varints, texts with twice their
// length, GUIDs as 16 bytes after a 1. A record of the first form has its platform
// first; a newer one has that below zero, and more numbers and texts.
func appendRecord(b []byte, platform int64, e *ledger.Entry) []byte {
	for _, n := range [...]int64{
		-platform, int64(e.Gen), int64(e.State), e.Run, int64(e.Origin), int64(e.HTTPStatus), int64(e.Sends), int64(flag(e.Doubted)),
		millis(e.DoubtSince), millis(e.SubmittedAt), millis(e.FinishedAt), e.SentBy, millis(e.ShownAt), int64(e.Imported), millis(e.DoubtHere),
	} {
		b = binary.AppendVarint(b, n)
	}
	for _, s := range append(textsOf(e), &e.CommerceSub) {
		if id, lower, ok := guid.Parse(*s); ok && lower {
			b = append(append(b, 1), id[:]...)
		} else {
			b = append(binary.AppendUvarint(b, 2*uint64(len(*s))), *s...)
		}
	}
	return b
}

var errRecord = errors.New("a record of the journal is cut off")

// cutRecord reads the first record of b.
func cutRecord(b []byte) (platform int64, e ledger.Entry, rest []byte, err error) {
	var n [15]int64
	newer := len(b) > 0 && b[0]&1 == 1 // the sign of a varint
	numbers := n[:11]
	if newer {
		numbers = n[:]
	}
	for i := range numbers {
		size := 0
		if n[i], size = binary.Varint(b); size <= 0 {
			return 0, ledger.Entry{}, nil, errRecord
		}
		b = b[size:]
	}
	e.Gen, e.State, e.Run, e.Origin, e.HTTPStatus, e.Sends, e.Doubted = int(n[1]), stateOf(ledger.State(n[2])), n[3], ledger.Origin(n[4]), int(n[5]), int(n[6]), n[7] != 0
	e.DoubtSince, e.SubmittedAt, e.FinishedAt = instant(n[8]), instant(n[9]), instant(n[10])
	texts := textsOf(&e)
	if newer {
		n[0] = -n[0]
		e.SentBy, e.ShownAt, e.Imported, e.DoubtHere = n[11], instant(n[12]), ledger.Imported(n[13]), instant(n[14])
		texts = append(texts, &e.CommerceSub)
	} else if e.Sends > 0 && e.Origin == ledger.Here {
		e.SentBy = e.Run
	}
	for _, s := range texts {
		head, size := binary.Uvarint(b)
		length := head / 2
		if head == 1 {
			length = 16
		}
		if size <= 0 || length > uint64(len(b)-size) {
			return 0, ledger.Entry{}, nil, fmt.Errorf("%w, after subscription %q", errRecord, e.Sub)
		}
		value := b[size : size+int(length)]
		if *s = string(value); head == 1 {
			*s = unpacked(value)
		}
		b = b[size+int(length):]
	}
	return n[0], e, b, nil
}
