package ledger

import (
	"database/sql"
	"encoding/hex"
	"time"
)

// packed is an identifier as a column holds it: a GUID in lower case as its 16
// bytes, anything else as text, the empty one as NULL.
func packed(id string) any {
	if id == "" {
		return nil
	}
	if b, ok := guid(id); ok {
		return b[:]
	}
	return id
}

func guid(s string) (b [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return b, false
	}
	var bad byte
	for i, at := range guidBytes {
		high, low := nibbles[s[at]], nibbles[s[at+1]]
		b[i] = high<<4 | low
		bad |= high | low
	}
	return b, bad < 16
}

// guidBytes is where the bytes of a GUID stand in its text.
var guidBytes = [16]uint8{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// nibbles is the value of each lower-case hexadecimal digit, 255 of all else.
var nibbles = func() (n [256]byte) {
	for i := range n {
		n[i] = 255
	}
	for i, digit := range []byte("0123456789abcdef") {
		n[digit] = byte(i)
	}
	return n
}()

// unpacked is the reverse of packed.
func unpacked(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		if len(v) != 16 {
			return string(v)
		}
		var s [36]byte
		hex.Encode(s[0:8], v[0:4])
		hex.Encode(s[9:13], v[4:6])
		hex.Encode(s[14:18], v[6:8])
		hex.Encode(s[19:23], v[8:10])
		hex.Encode(s[24:36], v[10:16])
		s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
		return string(s[:])
	}
	return ""
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// head is the part of an entry that decides what may be done with it.
type head struct {
	id      int64
	gen     int
	state   State
	run     int64
	sends   int
	doubted bool
	order   any
}

func (h *head) dest() []any {
	return []any{&h.id, &h.gen, &h.state, &h.run, &h.sends, &h.doubted, &h.order}
}

// stored is an entry's row: the entry, but for its texts, which are numbers
// still.
type stored struct {
	id int64
	e  Entry

	sub, order, account            any
	doubt, submitted, finished     int64
	planID, planName, cutOff, code int64
}

// dest is where the columns of entryColumns go.
func (s *stored) dest() []any {
	e := &s.e
	return []any{
		&s.id, &s.sub, &e.Gen, &e.State, &e.Run, &e.Sends, &e.Doubted, &s.doubt, &s.submitted, &s.finished, &e.Foreign, &e.HTTPStatus,
		&s.planID, &s.planName, &s.cutOff, &s.code, &s.order, &e.OrderNumber, &e.OrderStatus, &e.Tenant, &s.account, &e.AccountNo, &e.AccountName, &e.Message, &e.Email,
	}
}

// scanAll reads and closes rows of entryColumns, appending them to got.
func scanAll(rows *sql.Rows, got []stored) ([]stored, error) {
	defer rows.Close()
	for rows.Next() {
		got = append(got, stored{})
		if err := rows.Scan(got[len(got)-1].dest()...); err != nil {
			return nil, err
		}
	}
	return got, rows.Err()
}

// entry completes the entry with the texts that text looks up.
func (s *stored) entry(text func(int64) (string, error)) (Entry, error) {
	e := s.e
	e.Sub, e.OrderID, e.AccountID = unpacked(s.sub), unpacked(s.order), unpacked(s.account)
	e.DoubtSince, e.SubmittedAt, e.FinishedAt = instant(s.doubt), instant(s.submitted), instant(s.finished)
	for _, t := range []struct {
		n  int64
		to *string
	}{{s.planID, &e.PlanID}, {s.planName, &e.PlanName}, {s.cutOff, &e.CutOff}, {s.code, &e.Code}} {
		v, err := text(t.n)
		if err != nil {
			return e, err
		}
		*t.to = v
	}
	return e, nil
}

// entry reads a whole entry inside the transaction.
func (t *tx) entry(id int64) (Entry, error) {
	var s stored
	if _, err := t.row(queryByID, []any{id}, s.dest()...); err != nil {
		return Entry{}, err
	}
	return s.entry(t.textOf)
}

// columns are the values of an entry's columns from state to message, as insert
// and update take them.
func (t *tx) columns(e *Entry) ([]any, error) {
	var n [4]int64
	for i, v := range [...]string{e.PlanID, e.PlanName, e.CutOff, e.Code} {
		var err error
		if n[i], err = t.text(v); err != nil {
			return nil, err
		}
	}
	return append(make([]any, 0, 27),
		e.Run, e.Sends, flag(e.Doubted), millis(e.DoubtSince), millis(e.SubmittedAt), millis(e.FinishedAt), flag(e.Foreign), e.HTTPStatus,
		n[0], n[1], n[2], n[3], e.OrderNumber, e.OrderStatus, e.Tenant, packed(e.AccountID), e.AccountNo, e.AccountName, e.Message, e.Email,
		flag(e.State.holds()), int64(e.State), packed(e.OrderID),
	), nil
}

const (
	insertEntry = `INSERT INTO entry (run, sends, doubted, doubt_since, submitted_at, finished_at, adopted, http_status,
		plan_id, plan_name, cut_off, code, order_number, order_status, tenant, account_id, account_no, account_name, message, email,
		held, state, order_id, platform, sub, gen, old) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateEntry = `UPDATE entry SET run = ?, sends = ?, doubted = ?, doubt_since = ?, submitted_at = ?, finished_at = ?, adopted = ?, http_status = ?,
		plan_id = ?, plan_name = ?, cut_off = ?, code = ?, order_number = ?, order_status = ?, tenant = ?, account_id = ?, account_no = ?, account_name = ?, message = ?, email = ?,
		held = ?, state = ?, order_id = ? WHERE id = ?`
)

// insert adds an entry. Its platform's older generations of the subscription
// are marked as such, or it is, if there is a later one.
func (t *tx) insert(platform int64, e *Entry, latest *head) error {
	old := 0
	if latest != nil && latest.gen > e.Gen {
		old = e.Gen
	} else if latest != nil {
		if _, err := t.exec(`UPDATE entry SET old = gen WHERE id = ?`, latest.id); err != nil {
			return err
		}
	}
	args, err := t.columns(e)
	if err != nil {
		return err
	}
	t.inserted = true
	_, err = t.exec(insertEntry, append(args, platform, packed(e.Sub), e.Gen, old)...)
	return err
}

// update overwrites an entry.
func (t *tx) update(id int64, e *Entry) error {
	args, err := t.columns(e)
	if err != nil {
		return err
	}
	_, err = t.exec(updateEntry, append(args, id)...)
	return err
}
