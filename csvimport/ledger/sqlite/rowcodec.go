package sqlite

import (
	"database/sql"
	"strings"
	"time"

	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/ledger"
)

// packed is an identifier as a column holds it: a GUID in lower case as its 16
// bytes, anything else as text, the empty one as NULL.
func packed(id string) any {
	if id == "" {
		return nil
	}
	if b, lower, ok := guid.Parse(id); ok && lower {
		return b[:]
	}
	return id
}

// unpacked is the reverse of packed.
func unpacked(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		if len(v) != 16 {
			return string(v)
		}
		return guid.ID(v).String()
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

// oldImported is a state that no entry comes to any more: there was no order of
// ours, and the platform showed the subscription as imported. It is read as what
// is nearest, Completed, after which nothing is sent either.
const oldImported = 8

func stateOf(column ledger.State) ledger.State {
	if column == oldImported {
		return ledger.Completed
	}
	return column
}

// head is the part of an entry that the rules read.
type head struct {
	id  int64
	sub string
	ledger.Head
}

// rules is what the rules are told, nil if there is no entry.
func (h *head) rules() *ledger.Head {
	if h == nil {
		return nil
	}
	return &h.Head
}

// storedHead is a head's row.
type storedHead struct {
	head
	subID, order any
	doubt, shown int64
}

// dest is where the columns of headColumns go.
func (s *storedHead) dest() []any {
	return []any{&s.id, &s.subID, &s.Gen, &s.State, &s.Run, &s.Sends, &s.Doubted, &s.doubt, &s.order, &s.shown, &s.SentBy}
}

// complete fills in what follows from the columns. Of a run that holds nothing
// it does not find out whether that has ended.
func (s *storedHead) complete(l *lives) *head {
	h := &s.head
	h.sub, h.OrderID = unpacked(s.subID), unpacked(s.order)
	h.State, h.DoubtSince, h.Shown = stateOf(h.State), instant(s.doubt), s.shown != 0
	h.Ended = h.State.Holds() && !l.alive(h.Run)
	return h
}

// stored is an entry's row: the entry, but for its texts, which are numbers
// still.
type stored struct {
	id int64
	e  ledger.Entry

	sub, order, account            any
	doubt, submitted, finished     int64
	shown, here                    int64
	planID, planName, cutOff, code int64
}

// dest is where the columns of entryColumns go.
func (s *stored) dest() []any {
	e := &s.e
	return []any{
		&s.id, &s.sub, &e.Gen, &e.State, &e.Run, &e.Sends, &e.Doubted, &s.doubt, &s.submitted, &s.finished, &e.Origin, &e.HTTPStatus,
		&s.planID, &s.planName, &s.cutOff, &s.code, &s.order, &e.OrderNumber, &e.OrderStatus, &e.Tenant, &s.account, &e.AccountNo, &e.AccountName, &e.Message, &e.Email,
		&e.SentBy, &s.shown, &e.Imported, &e.CommerceSub, &s.here,
	}
}

// scanStored reads the columns of entryColumns.
func scanStored(rows *sql.Rows) (s stored, err error) {
	err = rows.Scan(s.dest()...)
	return s, err
}

// entry completes the entry with the texts that text looks up.
func (s *stored) entry(text func(int64) (string, error)) (ledger.Entry, error) {
	e := s.e
	e.State = stateOf(e.State)
	e.Sub, e.OrderID, e.AccountID = unpacked(s.sub), unpacked(s.order), unpacked(s.account)
	e.DoubtSince, e.SubmittedAt, e.FinishedAt, e.ShownAt, e.DoubtHere = instant(s.doubt), instant(s.submitted), instant(s.finished), instant(s.shown), instant(s.here)
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
func (t *tx) entry(id int64) (ledger.Entry, error) {
	var s stored
	if _, err := t.row(queryByID, []any{id}, s.dest()...); err != nil {
		return ledger.Entry{}, err
	}
	return s.entry(t.textOf)
}

// columns are the values of an entry's columns from state to message, as insert
// and update take them.
func (t *tx) columns(e *ledger.Entry) ([]any, error) {
	var n [4]int64
	for i, v := range [...]string{e.PlanID, e.PlanName, e.CutOff, e.Code} {
		var err error
		if n[i], err = t.text(v); err != nil {
			return nil, err
		}
	}
	return append(make([]any, 0, 32),
		e.Run, e.Sends, flag(e.Doubted), millis(e.DoubtSince), millis(e.SubmittedAt), millis(e.FinishedAt), int64(e.Origin), e.HTTPStatus,
		n[0], n[1], n[2], n[3], e.OrderNumber, e.OrderStatus, e.Tenant, packed(e.AccountID), e.AccountNo, e.AccountName, e.Message, e.Email,
		e.SentBy, millis(e.ShownAt), int64(e.Imported), e.CommerceSub, millis(e.DoubtHere),
		flag(e.State.Holds()), int64(e.State), packed(e.OrderID),
	), nil
}

const (
	insertEntry = `INSERT INTO entry (run, sends, doubted, doubt_since, submitted_at, finished_at, adopted, http_status,
		plan_id, plan_name, cut_off, code, order_number, order_status, tenant, account_id, account_no, account_name, message, email,
		sent_by, shown_at, imported, commerce_sub, doubt_here, held, state, order_id, platform, sub, gen, old) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateEntry = `UPDATE entry SET run = ?, sends = ?, doubted = ?, doubt_since = ?, submitted_at = ?, finished_at = ?, adopted = ?, http_status = ?,
		plan_id = ?, plan_name = ?, cut_off = ?, code = ?, order_number = ?, order_status = ?, tenant = ?, account_id = ?, account_no = ?, account_name = ?, message = ?, email = ?,
		sent_by = ?, shown_at = ?, imported = ?, commerce_sub = ?, doubt_here = ?, held = ?, state = ?, order_id = ? WHERE id = ?`
	updateHead = `UPDATE entry SET run = ?, state = ?, doubted = ?, doubt_since = ?, held = ? WHERE id = ?`
)

// insert adds an entry. Its platform's older generations of the subscription
// are marked as such, or it is, if there is a later one.
func (t *tx) insert(platform int64, e *ledger.Entry, latest *head) error {
	old := 0
	if latest != nil && latest.Gen > e.Gen {
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
func (t *tx) update(id int64, e *ledger.Entry) error {
	args, err := t.columns(e)
	if err != nil {
		return err
	}
	_, err = t.exec(updateEntry, append(args, id)...)
	return err
}

// updateHead overwrites what taking over changes of an entry.
func (t *tx) updateHead(id int64, h *ledger.Head) error {
	_, err := t.exec(updateHead, h.Run, int64(h.State), flag(h.Doubted), millis(h.DoubtSince), flag(h.State.Holds()), id)
	return err
}

// in is the query for keys that stand between begin and end, of which there may
// be fewer than it takes, and its arguments. There are five sizes, so that few
// statements have to be prepared.
func in(begin, end string, keys []any, before ...any) (string, []any) {
	n := 1
	for n < len(keys) {
		n *= 4
	}
	args := append(before, keys...)
	for len(args) < len(before)+n {
		args = append(args, keys[len(keys)-1])
	}
	return begin + strings.Repeat("?, ", n-1) + "?" + end, args
}

// packedAll are identifiers as columns hold them.
func packedAll(ids []string) []any {
	all := make([]any, len(ids))
	for i, id := range ids {
		all[i] = packed(id)
	}
	return all
}
