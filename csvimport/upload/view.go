package upload

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
)

// Row is a row as it is shown. All texts are ready to be shown.
type Row struct {
	Row   int      `json:"row"` // as a spreadsheet numbers it
	Cells []string `json:"cells"`
	Marks []Mark   `json:"marks"`
}

// Mark is what was found in a cell.
type Mark struct {
	Column   int    `json:"column"` // from 0; -1 is the whole row
	Severity string `json:"severity"`
	What     string `json:"what"`
	Mend     string `json:"mend,omitempty"`
	Fault    string `json:"fault"` // the key that equal faults share

	Error bool `json:"-"`
}

// View is the rows of a file, added once in their order and read a page at a time
// meanwhile and afterwards. Rows are in a file without a name; in memory are 9 bytes
// for each and 8 for each mark. It is safe for concurrent use.
type View struct {
	mu     sync.RWMutex
	spool  *os.File
	name   string
	tail   []byte // not yet in the spool
	size   int64  // of the spool
	at     []int64
	worst  []byte // of each row
	marked []marked
	faults map[string]int32
}

// marked says that a row has a fault.
type marked struct {
	row   int32
	fault int32
}

// What the worst mark of a row is.
const (
	clean byte = iota
	warned
	wrong
)

const tailSize = 256 << 10

// NewView returns a view without rows.
func NewView() (*View, error) {
	f, err := os.CreateTemp("", "bulkimport-*")
	if err != nil {
		return nil, err
	}
	v := &View{spool: f, name: f.Name(), faults: make(map[string]int32)}
	if os.Remove(f.Name()) == nil { // where an open file may go
		v.name = ""
	}
	return v, nil
}

// Close drops the rows.
func (v *View) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.spool.Close()
	if v.name != "" {
		err = errors.Join(err, os.Remove(v.name))
	}
	return err
}

// Add adds a row.
func (v *View) Add(r *Row) error {
	if r.Marks == nil {
		r.Marks = []Mark{}
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	folded := fold(strings.Join(r.Cells, "\x00"))
	v.mu.Lock()
	defer v.mu.Unlock()
	row := int32(len(v.at))
	worst := clean
	for i := range r.Marks {
		m := &r.Marks[i]
		if m.Error {
			worst = wrong
		} else {
			worst = max(worst, warned)
		}
		v.marked = append(v.marked, marked{row, v.fault(m.Fault)})
	}
	v.at = append(v.at, v.size+int64(len(v.tail)))
	v.worst = append(v.worst, worst)
	v.tail = binary.AppendUvarint(v.tail, uint64(len(folded)))
	v.tail = append(v.tail, folded...)
	v.tail = append(v.tail, text...)
	if len(v.tail) < tailSize {
		return nil
	}
	return v.flush()
}

func (v *View) fault(key string) int32 {
	n, ok := v.faults[key]
	if !ok {
		n = int32(len(v.faults))
		v.faults[key] = n
	}
	return n
}

func (v *View) flush() error {
	n, err := v.spool.WriteAt(v.tail, v.size)
	if err != nil {
		return err
	}
	v.size += int64(n)
	v.tail = v.tail[:0]
	return nil
}

// Only chooses rows by their worst mark.
type Only uint8

const (
	All Only = iota
	Marked
	Errors
	Warnings // without errors
)

// Query chooses rows.
type Query struct {
	From, Count int    // a part of those that are chosen
	Search      string // a text that one of the cells holds, whatever the case
	Only        Only
	Fault       string // the key of one fault
}

// Len is how many rows there are.
func (v *View) Len() int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return len(v.at)
}

// Has reports whether a row has a fault.
func (v *View) Has(fault string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	_, ok := v.faults[fault]
	return ok
}

// Page reads rows, as JSON. total is how many are chosen, of all there are so far.
func (v *View) Page(q Query) (total int, rows []json.RawMessage, err error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	take := func(row int) error {
		if total++; total <= q.From || len(rows) >= q.Count {
			return nil
		}
		text, err := v.read(row)
		rows = append(rows, text)
		return err
	}
	if q.Search == "" {
		return total, rows, v.each(q, take)
	}
	if err := v.scan(q, take); err != nil {
		return 0, nil, err
	}
	return total, rows, nil
}

// Rows are the numbers, as a spreadsheet has them, of all rows with a fault.
func (v *View) Rows(fault string) (rows []int, err error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	err = v.each(Query{Fault: fault}, func(row int) error {
		text, err := v.read(row)
		if err != nil {
			return err
		}
		var r Row
		if err := json.Unmarshal(text, &r); err != nil {
			return err
		}
		rows = append(rows, r.Row)
		return nil
	})
	return rows, err
}

// each goes over the rows that are chosen, but for what is searched.
func (v *View) each(q Query, use func(row int) error) error {
	if q.Fault == "" {
		for row, worst := range v.worst {
			if !q.Only.has(worst) {
				continue
			}
			if err := use(row); err != nil {
				return err
			}
		}
		return nil
	}
	fault, ok := v.faults[q.Fault]
	last := int32(-1)
	for _, m := range v.marked {
		if !ok || m.fault != fault || m.row == last || !q.Only.has(v.worst[m.row]) {
			continue
		}
		last = m.row
		if err := use(int(m.row)); err != nil {
			return err
		}
	}
	return nil
}

func (o Only) has(worst byte) bool {
	switch o {
	case Marked:
		return worst != clean
	case Errors:
		return worst == wrong
	case Warnings:
		return worst == warned
	}
	return true
}

// scan is each for rows that hold a text, in one reading from the first to the last.
func (v *View) scan(q Query, use func(row int) error) error {
	want := []byte(fold(q.Search))
	var block []byte
	from, to := int64(0), int64(0) // of the block
	return v.each(q, func(row int) error {
		start, end := v.at[row], v.end(row)
		if end > to {
			from = start
			to = max(end, min(start+1<<20, v.size+int64(len(v.tail))))
			var err error
			if block, err = v.bytes(block, from, to); err != nil {
				return err
			}
		}
		folded, _, err := split(block[start-from : end-from])
		if err != nil || !bytes.Contains(folded, want) {
			return err
		}
		return use(row)
	})
}

func (v *View) end(row int) int64 {
	if row+1 < len(v.at) {
		return v.at[row+1]
	}
	return v.size + int64(len(v.tail))
}

// read reads a row.
func (v *View) read(row int) (json.RawMessage, error) {
	b, err := v.bytes(nil, v.at[row], v.end(row))
	if err != nil {
		return nil, err
	}
	_, text, err := split(b)
	return text, err
}

// bytes reads a part of the spool and what follows it.
func (v *View) bytes(into []byte, from, to int64) ([]byte, error) {
	n := int(to - from)
	if cap(into) < n {
		into = make([]byte, n)
	}
	into = into[:n]
	stored := max(0, min(to, v.size)-from)
	if stored > 0 {
		if _, err := v.spool.ReadAt(into[:stored], from); err != nil {
			return nil, err
		}
	}
	if to > v.size {
		copy(into[stored:], v.tail[max(0, from-v.size):to-v.size])
	}
	return into, nil
}

var errSpool = errors.New("the rows kept aside are damaged")

// split takes what is searched from what is shown.
func split(record []byte) (folded, text []byte, err error) {
	n, used := binary.Uvarint(record)
	if used <= 0 || n > uint64(len(record)-used) {
		return nil, nil, errSpool
	}
	return record[used : used+int(n)], record[used+int(n):], nil
}

// fold is a text as it is searched.
func fold(s string) string { return strings.ToLower(s) }
